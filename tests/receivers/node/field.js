// Receivers that live by how Node hands over headers and bodies; `node field.js NAME`.
//
// exact-case: looks headers up by exact case, as a gateway hands them to a function.
// body-already-read: waits for the end of a body that a JSON parser has read before.
"use strict";

const crypto = require("node:crypto");
const http = require("node:http");

const SECRET = "test-secret-1234567890";
const WINDOW_S = 300;

function mac(...parts) {
  const hash = crypto.createHmac("sha256", SECRET);
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

function read(request, then) {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => then(Buffer.concat(parts)));
}

function answer(response, stamp, signature, raw) {
  const genuine = signature === "v0=" + mac(`v0:${stamp}:`, raw);
  if (!genuine || !(Math.abs(Date.now() / 1000 - stamp) < WINDOW_S)) return end(response, 401);
  let event;
  try {
    event = JSON.parse(raw);
  } catch {
    return end(response, 400);
  }
  if (event === null || typeof event !== "object") return end(response, 400);
  if (event.event !== "endpoint.url_validation") return end(response, 200);
  const plainToken = event.payload?.plainToken;
  if (typeof plainToken !== "string") return end(response, 400);
  return end(response, 200, JSON.stringify({ plainToken, encryptedToken: mac(plainToken) }));
}

function end(response, status, body = "") {
  response.statusCode = status;
  response.setHeader("content-type", "application/json");
  response.end(body);
}

const RECEIVERS = {
  "exact-case": (request, response) =>
    read(request, (raw) => {
      const named = {};
      for (let place = 0; place < request.rawHeaders.length; place += 2) {
        named[request.rawHeaders[place]] = request.rawHeaders[place + 1];
      }
      answer(response, named["x-zm-request-timestamp"], named["x-zm-signature"], raw);
    }),
  "body-already-read": (request, response) => {
    const { "x-zm-request-timestamp": stamp, "x-zm-signature": signature } = request.headers;
    const wait = () => read(request, (raw) => answer(response, stamp, signature, raw));
    if (!/json/.test(request.headers["content-type"] ?? "")) return wait();
    return read(request, () => setImmediate(wait)); // the parser first: then no `end` comes again
  },
};

const server = http.createServer(RECEIVERS[process.argv[2]]);
server.listen(0, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}/webhook`);
});
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
