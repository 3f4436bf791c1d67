// A client of delivery over WebSocket, of Node alone: correct, or with the one defect that its
// argument names. Run it with --experimental-websocket before Node 22.
const defect = process.argv[2] ?? "";
const { env } = process;
const heartbeatMs = 30000 * Number(env.SCALE ?? "1");

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
    if (said.module === "message") JSON.parse(said.content);
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
