// A correct receiver on Node's standard library alone.
//
// Legitimate choices made here: keep-alive, 204, 401 for forgeries, 400 for what is no JSON object.
"use strict";

const crypto = require("node:crypto");
const http = require("node:http");

const SECRET = process.env.ZOOM_WEBHOOK_SECRET_TOKEN ?? "test-secret-1234567890";
const MAX_BODY = 2 * 1024 * 1024;
const WINDOW_S = 300;
const latest = [];

function option(name, otherwise) {
  const place = process.argv.indexOf(`--${name}`);
  return place < 0 ? otherwise : process.argv[place + 1];
}

function hex(message) {
  return crypto.createHmac("sha256", SECRET).update(message).digest("hex");
}

function equal(left, right) {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && crypto.timingSafeEqual(a, b);
}

/** The header that `basic:USER:PASSWORD`, `bearer:TOKEN` or `header:NAME:VALUE` asks for. */
function credentials(auth) {
  const [kind, ...rest] = auth.split(":");
  if (kind === "basic") {
    return ["authorization", "Basic " + Buffer.from(rest.join(":")).toString("base64")];
  }
  return kind === "bearer"
    ? ["authorization", "Bearer " + rest.join(":")]
    : [rest[0].toLowerCase(), rest.slice(1).join(":")];
}

function authentic(headers, body) {
  const timestamp = headers["x-zm-request-timestamp"] ?? "";
  if (!/^[0-9]{1,12}$/.test(timestamp)) return false;
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > WINDOW_S) return false;
  const expected = "v0=" + hex(Buffer.concat([Buffer.from(`v0:${timestamp}:`), body]));
  return equal(expected, headers["x-zm-signature"] ?? "");
}

/** Status and JSON that answer an authentic body. */
function receive(body) {
  let event;
  try {
    event = JSON.parse(body.toString("utf8"));
  } catch {
    return [400, { error: "not JSON" }];
  }
  if (event === null || typeof event !== "object" || Array.isArray(event)) {
    return [400, { error: "not an object" }];
  }
  if (event.event === "endpoint.url_validation") {
    const plainToken = event.payload?.plainToken;
    if (typeof plainToken !== "string" || !/^[\w+/=-]{8,128}$/.test(plainToken)) {
      return [400, { error: "not a challenge" }];
    }
    return [200, { plainToken, encryptedToken: hex(plainToken) }];
  }
  latest.push(event);
  latest.splice(0, latest.length - 1000);
  return [204];
}

function answer(response, status, json) {
  response.writeHead(status, json ? { "content-type": "application/json" } : {});
  response.end(json ? JSON.stringify(json) : undefined);
}

async function read(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= MAX_BODY) chunks.push(chunk);
  }
  return size <= MAX_BODY ? Buffer.concat(chunks) : null;
}

const wanted = option("auth") ? credentials(option("auth")) : null;

const server = http.createServer(async (request, response) => {
  let body;
  try {
    body = await read(request);
  } catch {
    return; // the sender went away
  }
  if (request.method !== "POST" || request.url !== "/webhook") return answer(response, 404);
  if (body === null) return answer(response, 413);
  const entitled = !wanted || equal(wanted[1], request.headers[wanted[0]] ?? "");
  if (!entitled || !authentic(request.headers, body)) {
    return answer(response, 401, { error: "not authentic" });
  }
  answer(response, ...receive(body));
});

if (!SECRET) {
  process.stderr.write("ZOOM_WEBHOOK_SECRET_TOKEN is empty\n");
  process.exit(1);
}
server.listen(Number(option("port", "0")), "127.0.0.1", () => {
  process.stdout.write(`listening http://127.0.0.1:${server.address().port}/webhook\n`);
});
process.stdin.on("end", () => process.exit(0)).resume();
