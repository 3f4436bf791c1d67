"""A receiver with a correct consumer of RTMS streams behind it, on uvicorn."""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import uvicorn

from tests.zoom.rtms.receiver import StreamReceiver

CLIENT_ID, CLIENT_SECRET = "guard-client", "guard-client-secret"


async def serve(port: int, defect: str) -> None:
    """Serve until standard input ends."""
    secret = os.environ["ZOOM_WEBHOOK_SECRET_TOKEN"]
    app = StreamReceiver(
        secret, CLIENT_ID, CLIENT_SECRET, defects=frozenset(filter(None, [defect]))
    )
    listener = socket.create_server(("127.0.0.1", port), backlog=128)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    print(f"listening http://127.0.0.1:{listener.getsockname()[1]}/webhook", flush=True)
    await server.serve(sockets=[listener])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--defect", default="")
    given = options.parse_args()
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    asyncio.run(serve(given.port, given.defect))


if __name__ == "__main__":
    main()
