"""A client of delivery over WebSocket: correct, or with the one defect that its argument names.

With STATE_PORT it shows what it has kept, as JSON, at http://127.0.0.1:STATE_PORT/state.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import websockets

DEFECT = sys.argv[1] if len(sys.argv) > 1 else ""
HEARTBEAT_S = 30 * float(os.environ.get("SCALE", "1"))
LONGEST_PAUSE_S = 30.0
STATE: dict[str, dict[str, Any]] = {}
SEEN: set[str] = set()
WORKER = asyncio.Lock()
RUNNING: set[asyncio.Task[None]] = set()


class StatePage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps(STATE).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


async def keep(text: str) -> None:
    """Count an event once, and keep which came last of what it is about."""
    if DEFECT == "slow-worker":
        async with WORKER:
            await asyncio.sleep(0.1)
    if text in SEEN and DEFECT != "takes-copies":
        return
    if DEFECT == "races":
        await asyncio.sleep(0.01)
    SEEN.add(text)
    event = json.loads(text)
    payload = event["payload"]
    about = payload.get("object", {}).get("id") or payload.get("rtms_stream_id") or "account"
    entry = STATE.setdefault(str(about), {"events": 0, "last": "", "at": 0})
    entry["events"] += 1
    if (event["event_ts"], event["event"]) > (entry["at"], entry["last"]) or DEFECT == "last-wins":
        entry.update(last=event["event"], at=event["event_ts"])


def new_token() -> str:
    name = f"{os.environ['ZOOM_CLIENT_ID']}:{os.environ['ZOOM_CLIENT_SECRET']}"
    asked = urllib.request.Request(
        f"{os.environ['ZOOM_TOKEN_URL']}?grant_type=account_credentials"
        f"&account_id={os.environ['ZOOM_ACCOUNT_ID']}",
        method="POST",
        headers={"Authorization": "Basic " + base64.b64encode(name.encode()).decode()},
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return json.load(answer)["access_token"]


async def heartbeats(socket: websockets.ClientConnection) -> None:
    if DEFECT == "no-heartbeat":
        return
    if DEFECT == "one-heartbeat":
        await socket.send('{"module":"heartbeat"}')
        return
    while True:
        await asyncio.sleep(HEARTBEAT_S)
        if DEFECT == "says-ping":
            await socket.send("ping")
        else:
            await socket.send(json.dumps({"module": "heartbeat"}))


async def receive(token: str) -> bool:
    """Take what comes until the connection ends; tell whether the token was accepted."""
    accepted = True
    async with websockets.connect(
        f"{os.environ['ZOOM_WEBSOCKET_URL']}&access_token={token}"
    ) as socket:
        beating = asyncio.ensure_future(heartbeats(socket))
        try:
            async for text in socket:
                said = json.loads(text)
                if said["module"] == "build_connection":
                    accepted = said["success"]
                elif said["module"] == "message":
                    event = json.loads(said["content"])
                    if DEFECT == "slow-loop" and "recording" in event["event"]:
                        time.sleep(0.3)
                    if DEFECT == "crashes" and event["event"] == "session.ended":
                        raise SystemExit("no such event")
                    task = asyncio.ensure_future(keep(said["content"]))
                    RUNNING.add(task)
                    task.add_done_callback(RUNNING.discard)
        except websockets.ConnectionClosedError:
            pass
        finally:
            beating.cancel()
    return accepted


async def main() -> None:
    token = await asyncio.to_thread(new_token)
    pause = 0.05
    while True:
        accepted = True
        try:
            accepted = await receive(token)
            pause = 0.05
        except (OSError, websockets.InvalidStatus, websockets.InvalidMessage):
            pause = min(max(2 * pause, 0.5), LONGEST_PAUSE_S)
            if DEFECT == "gives-up":
                return
        if DEFECT == "no-reconnect":
            await asyncio.sleep(600)
        if not accepted and DEFECT != "keeps-token":
            token = await asyncio.to_thread(new_token)
        elif not accepted:
            pause = 2.5
        await asyncio.sleep(0.05 if DEFECT == "storms" else pause)


if "STATE_PORT" in os.environ:
    page = HTTPServer(("127.0.0.1", int(os.environ["STATE_PORT"])), StatePage)
    threading.Thread(target=page.serve_forever, daemon=True).start()
asyncio.run(main())
