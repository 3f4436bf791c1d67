// A client of delivery over WebSocket, of Node alone: correct, or with the one defect that its
// argument names. Run it with --experimental-websocket before Node 22. With STATE_PORT it shows what
// it has kept, as JSON, at http://127.0.0.1:STATE_PORT/state.
import { createServer } from "node:http";
import { setTimeout as pauseOf } from "node:timers/promises";

const defect = process.argv[2] ?? "";
const { env } = process;
const heartbeatMs = 30000 * Number(env.SCALE ?? "1");

const state = {};
const seen = new Set();
if (env.STATE_PORT) {
  createServer((_, answer) => answer.end(JSON.stringify(state))).listen(env.STATE_PORT, "127.0.0.1");
}

async function keep(text) { // counts an event once, and keeps which came last of what it is about
  if (seen.has(text) && defect !== "takes-copies") return;
  if (defect === "races") await pauseOf(10);
  seen.add(text);
  const { event, event_ts: at, payload } = JSON.parse(text);
  const about = payload.object?.id ?? payload.rtms_stream_id ?? "account";
  const entry = (state[about] ??= { events: 0, last: "", at: 0 });
  entry.events += 1;
  const isLater = at > entry.at || (at === entry.at && event > entry.last);
  if (isLater || defect === "last-wins") Object.assign(entry, { last: event, at });
}

async function newToken() {
  const basic = Buffer.from(`${env.ZOOM_CLIENT_ID}:${env.ZOOM_CLIENT_SECRET}`).toString("base64");
  const answer = await fetch(`${env.ZOOM_TOKEN_URL}?grant_type=client_credentials`, {
    method: "POST",
    headers: { Authorization: `Basic ${basic}` },
  });
  return (await answer.json()).access_token;
}

let token = await newToken();
let pause = 500;

function connect() {
  const socket = new WebSocket(`${env.ZOOM_WEBSOCKET_URL}&access_token=${token}`);
  let timer;
  let refused = false;
  socket.onopen = () => {
    pause = 50;
    if (defect !== "no-heartbeat") {
      timer = setInterval(() => socket.send(JSON.stringify({ module: "heartbeat" })), heartbeatMs);
    }
  };
  socket.onmessage = ({ data }) => {
    const said = JSON.parse(data);
    if (said.module === "build_connection") refused = !said.success;
    if (said.module === "message") keep(said.content);
  };
  let over = false;
  socket.onerror = socket.onclose = async () => { // Node 20 tells of a refused upgrade by "error" only
    if (over) return;
    over = true;
    clearInterval(timer);
    if (defect === "no-reconnect") {
      setTimeout(() => {}, 600000);
      return;
    }
    if (refused && defect === "keeps-token") pause = 2500;
    else if (refused) token = await newToken();
    setTimeout(connect, defect === "storms" ? 50 : pause);
    pause = Math.min(Math.max(500, 2 * pause), 30000);
  };
}

connect();
