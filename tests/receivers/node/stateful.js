// A receiver that keeps rows in maps, on Node's own http server.
//
// As it stands it claims the request id, writes what the event says into rows where the newest
// event_ts wins field by field, and then answers. Variants whose names begin with `legit-` are right
// as well, in other ways; the others have one defect each (`stateful_variants.js`). `GET /state` shows
// what it knows, `POST /reset` empties it, `POST /advance?seconds=N` sets the clock of its memory ahead.
"use strict";

const crypto = require("crypto");
const http = require("http");

const SECRET = process.env.ZOOM_WEBHOOK_SECRET_TOKEN || "test-secret-1234567890";
const WINDOW_S = 300;
const MOST_BYTES = 2 * 1024 * 1024;
const MOST_IDS = 10000;
const OUTCOMES = ["accepted", "rejected", "missed", "canceled", "failed", "ringing"];

const hex = (message) => crypto.createHmac("sha256", SECRET).update(message).digest("hex");
const same = (one, other) => one.length === other.length && crypto.timingSafeEqual(one, other);
const verbOf = (event) => event.slice(Math.max(event.lastIndexOf("_"), event.lastIndexOf(".")) + 1);

function isGenuine(request, raw) {
  const stamp = request.headers["x-zm-request-timestamp"] || "";
  if (!/^[0-9]{1,12}$/.test(stamp)) return false;
  if (Math.abs(Date.now() / 1000 - Number(stamp)) > WINDOW_S) return false;
  const due = "v0=" + hex(Buffer.concat([Buffer.from(`v0:${stamp}:`), raw]));
  return same(Buffer.from(due), Buffer.from(request.headers["x-zm-signature"] || "", "latin1"));
}

class Receiver {
  constructor() {
    this.ahead = 0;
    this.clear();
  }

  clear() {
    this.seen = new Map();
    this.tables = { sessions: new Map(), users: new Map(), streams: new Map(), files: new Map(),
      calls: new Map(), alerts: new Map() };
    this.counts = {};
  }

  now() {
    return Date.now() + this.ahead;
  }

  // -- what a defect gets wrong ------------------------------------------------------------------

  key(told) {
    return told.id;
  }

  isNew(told) {
    if (this.seen.has(this.key(told))) return false;
    this.mark(told);
    return true;
  }

  mark(told) {
    this.seen.set(this.key(told), this.now());
    if (this.seen.size > MOST_IDS) this.seen.delete(this.seen.keys().next().value);
  }

  // Answers with a status; `response` is not yet ended.
  async take(told, response) {
    if (this.isNew(told)) this.write(told);
    return 200;
  }

  // Of equal times the last arrival wins.
  wins(told, at) {
    return at === undefined || told.at >= at;
  }

  put(told, table, id, field, value) {
    const rows = this.tables[table];
    const row = rows.get(id) || { id, times: {} };
    rows.set(id, row);
    if (this.wins(told, row.times[field])) {
      row[field] = value;
      row.times[field] = told.at;
    }
    return row;
  }

  write(told) {
    this.counts[told.event] = (this.counts[told.event] || 0) + 1;
    const object = told.payload.object || {};
    const session = object.session_id || object.id;
    if (told.payload.rtms_stream_id) return this.stream(told, told.payload);
    if (session === undefined) return undefined;
    return this.session(told, String(session), object);
  }

  stream(told, payload) {
    const id = payload.rtms_stream_id;
    const row = this.put(told, "streams", id, "status", verbOf(told.event));
    if (payload.server_urls) this.put(told, "streams", id, "servers", payload.server_urls);
    if (payload.stop_reason) this.put(told, "streams", id, "reason", payload.stop_reason);
    return row;
  }

  session(told, session, object) {
    const verb = verbOf(told.event);
    const about = `${session}|`;
    if (object.user && /user_(joined|left)$/.test(told.event)) {
      this.put(told, "users", about + object.user.id, "name", object.user.name);
      this.put(told, "users", about + object.user.id, "present", verb === "joined");
    } else if (told.event === "session.alert") {
      this.put(told, "alerts", about + told.at, "issues", object.issues);
    } else if (/_callout_/.test(told.event) && OUTCOMES.includes(verb)) {
      const called = object.participant || {};
      const id = object.message_id || called.phone_number || called.device_ip;
      this.put(told, "calls", about + id, "outcome", verb);
    } else if (told.event === "session.recording_completed") {
      for (const file of object.recording_files || []) {
        this.put(told, "files", file.id, "url", file.download_url);
        this.put(told, "files", file.id, "session", session);
      }
    } else {
      const field = told.event.split(".")[1].replace(/_[a-z]+$/, "");
      this.put(told, "sessions", session, /^(started|ended)$/.test(field) ? "status" : field, verb);
    }
  }

  // -- what is shown -----------------------------------------------------------------------------

  rows(table) {
    const found = {};
    for (const [id, row] of this.tables[table]) {
      const { times, ...shown } = row;
      found[id] = shown;
    }
    return found;
  }

  state() {
    const found = { counts: this.counts };
    for (const table of Object.keys(this.tables)) found[table] = this.rows(table);
    return found;
  }

  // -- requests ----------------------------------------------------------------------------------

  async handle(request, response) {
    if (request.method === "GET" && request.url === "/state") {
      return reply(response, 200, this.state());
    }
    const parts = [];
    let size = 0;
    for await (const part of request) {
      size += part.length;
      if (size <= MOST_BYTES) parts.push(part);
    }
    const raw = Buffer.concat(parts);
    if (request.method === "POST" && request.url === "/reset") {
      this.clear();
      return reply(response, 204);
    }
    if (request.method === "POST" && request.url.startsWith("/advance?seconds=")) {
      this.ahead += Number(request.url.split("=")[1]) * 1000;
      return reply(response, 204);
    }
    if (request.method !== "POST" || request.url !== "/webhook") return reply(response, 404);
    if (size > MOST_BYTES) return reply(response, 413);
    if (!isGenuine(request, raw)) return reply(response, 401, { error: "not authentic" });
    return this.read(request, response, raw);
  }

  async read(request, response, raw) {
    let body;
    try {
      body = JSON.parse(raw.toString("utf8"));
    } catch (error) {
      return reply(response, 400, { error: "no JSON" });
    }
    if (body === null || typeof body !== "object" || typeof body.event !== "string") {
      return reply(response, 400, { error: "no event" });
    }
    const payload = body.payload !== null && typeof body.payload === "object" ? body.payload : {};
    if (body.event === "endpoint.url_validation") return challenge(response, payload.plainToken);
    const id = request.headers["x-zm-request-id"] || crypto.createHash("md5").update(raw).digest("hex");
    const at = Number.isInteger(body.event_ts) ? body.event_ts : this.now();
    const told = { event: body.event, at, payload, id };
    const status = await this.take(told, response);
    return response.writableEnded || response.destroyed ? undefined : reply(response, status);
  }
}

function challenge(response, token) {
  if (typeof token !== "string" || !/^[\w+/=-]{8,128}$/.test(token)) return reply(response, 400);
  return reply(response, 200, { plainToken: token, encryptedToken: hex(token) });
}

function reply(response, status, content) {
  const body = content === undefined ? "" : JSON.stringify(content);
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}

module.exports = { Receiver, reply, verbOf };

function main() {
  const { VARIANTS } = require("./stateful_variants");
  const given = process.argv.slice(2);
  const option = (name) => (given.includes(name) ? given[given.indexOf(name) + 1] : undefined);
  if (given.includes("--list-defects")) return console.log(Object.keys(VARIANTS).join("\n"));
  const defect = option("--defect");
  if (defect !== undefined && !(defect in VARIANTS)) throw new Error(`no defect is called ${defect}`);
  const receiver = new (defect === undefined ? Receiver : VARIANTS[defect])();
  const server = http.createServer((request, response) => {
    receiver.handle(request, response).catch(() => response.destroy());
  });
  server.listen(Number(option("--port") || 0), "127.0.0.1", 1024, () => {
    console.log(`listening http://127.0.0.1:${server.address().port}/webhook`);
  });
  process.stdin.resume();
  return process.stdin.on("end", () => process.exit(0));
}

if (require.main === module) main();
