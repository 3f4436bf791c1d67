// A receiver as samples show it: a body parser first, then the signature over
// JSON.stringify(req.body). Its one defect is that second serialisation.
"use strict";

const crypto = require("node:crypto");
const http = require("node:http");

const SECRET = process.env.ZOOM_WEBHOOK_SECRET_TOKEN ?? "test-secret-1234567890";
const PLAIN_TOKEN = /^[A-Za-z0-9_+/=-]{8,128}$/;

const hmac = (message) => crypto.createHmac("sha256", SECRET).update(message).digest("hex");

/** What a body parser does: the body as text, parsed, or 400. */
function parseBody(request, respond, next) {
  let text = "";
  request.setEncoding("utf8");
  request.on("error", () => {});
  request.on("data", (chunk) => {
    text += chunk;
  });
  request.on("end", () => {
    try {
      request.body = JSON.parse(text);
      next();
    } catch {
      respond(400, { message: "Bad Request" });
    }
  });
}

function isFresh(timestamp) {
  return /^\d{1,12}$/.test(timestamp ?? "") && Math.abs(Date.now() / 1000 - timestamp) <= 300;
}

function isSigned(request) {
  const timestamp = request.headers["x-zm-request-timestamp"];
  const message = `v0:${timestamp}:${JSON.stringify(request.body)}`;
  return isFresh(timestamp) && request.headers["x-zm-signature"] === `v0=${hmac(message)}`;
}

function webhook(request, respond) {
  if (!isSigned(request)) return respond(401, { message: "Unauthorized request" });
  const { event, payload } = request.body ?? {};
  if (event === "endpoint.url_validation") {
    const plainToken = payload?.plainToken;
    if (!PLAIN_TOKEN.test(plainToken)) return respond(400, { message: "Bad Request" });
    return respond(200, { plainToken, encryptedToken: hmac(plainToken) });
  }
  return respond(200, { message: "Authorized request" });
}

const server = http.createServer((request, response) => {
  const respond = (status, body) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
  parseBody(request, respond, () => webhook(request, respond));
});

const place = process.argv.indexOf("--port");
server.listen(place < 0 ? 0 : Number(process.argv[place + 1]), "127.0.0.1", () => {
  process.stdout.write(`listening http://127.0.0.1:${server.address().port}/webhook\n`);
});
process.stdin.on("end", () => process.exit(0)).resume();
