"""A client of delivery over WebSocket: correct, or with the one defect that its argument names."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import time
import urllib.request

import websockets

DEFECT = sys.argv[1] if len(sys.argv) > 1 else ""
HEARTBEAT_S = 30 * float(os.environ.get("SCALE", "1"))
LONGEST_PAUSE_S = 30.0


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


asyncio.run(main())
