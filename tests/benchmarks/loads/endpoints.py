"""Four endpoints of one server: `/good`, `/slow` (2.9 s), `/hanging`, `/failing` (500).

Prints its URL; `GET /seen` tells when each request id first arrived at `/good`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from mockzoom.zoom.headers import REQUEST_ID
from mockzoom.zoom.url_validation import plain_token, right_answer

_WAITS = {"/slow": 2.9, "/hanging": 60.0}
_SEEN: dict[str, float] = {}


async def answer(path: str, headers: dict[str, str], body: bytes, secret: str) -> tuple[int, bytes]:
    """Return the status and the body of an answer."""
    at = time.time()
    if path == "/seen":
        return 200, json.dumps(_SEEN).encode()
    token = plain_token(json.loads(body))
    if token:
        return 200, json.dumps(right_answer(secret, token)).encode()
    if path == "/good":
        _SEEN.setdefault(headers[REQUEST_ID], at)
    await asyncio.sleep(_WAITS.get(path, 0.0))
    return (500 if path == "/failing" else 200), b""


async def serve(secret: str) -> None:
    """Serve until this process is ended."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            pairs = (line.partition(":") for line in head[1:] if line)
            headers = {name.lower(): value.strip() for name, _, value in pairs}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            status, text = await answer(head[0].split()[1], headers, body, secret)
            writer.write(
                b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n" % (status, len(text)) + text
            )
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0, backlog=1000)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
