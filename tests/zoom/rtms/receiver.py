"""A webhook receiver with a consumer of streams behind it: an ASGI application for tests.

`defects` names what it does wrong: `follows-forgeries` checks no signature, `webhooks-only` never
joins, `only-meetings` joins streams of meetings alone, `one-at-a-time` no stream beside another.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from tests.zoom.rtms.consumer import Consumer, Style

_OWNERS = ("meeting_uuid", "webinar_uuid", "session_id", "engagement_id")


class StreamReceiver:
    """Answers Zoom's webhooks, and hands those of streams to a consumer each."""

    def __init__(
        self, secret: str, client_id: str, client_secret: str, style: Style | None = None,
        defects: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        self.secret, self.credentials = secret.encode(), (client_id, client_secret)
        self.style, self.defects = style or Style(), defects
        self.consumers: dict[str, Consumer] = {}
        self.events: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self.lifespan(receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        status, answer = self.answer(dict(scope["headers"]), body)
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    async def lifespan(self, receive: Any, send: Any) -> None:
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        for consumer in self.consumers.values():
            await consumer.leave()
        await send({"type": "lifespan.shutdown.complete"})

    def answer(self, headers: dict[bytes, bytes], body: bytes) -> tuple[int, Any]:
        if "follows-forgeries" not in self.defects and not self.genuine(headers, body):
            return 401, {}
        try:
            event = json.loads(body)
            name, payload = event["event"], event["payload"]
        except (ValueError, KeyError, TypeError):
            return 400, {}
        if name == "endpoint.url_validation":
            token = str(payload.get("plainToken"))
            return 200, {"plainToken": token, "encryptedToken": self.digest(token.encode())}
        self.events.append(name)
        if "webhooks-only" not in self.defects and isinstance(payload, dict):
            self.told(name, payload)
        return 200, {}

    def genuine(self, headers: dict[bytes, bytes], body: bytes) -> bool:
        stamp = headers.get(b"x-zm-request-timestamp", b"")
        right = "v0=" + self.digest(b"v0:" + stamp + b":" + body)
        given = headers.get(b"x-zm-signature", b"").decode("latin-1")
        return hmac.compare_digest(right.encode(), given.encode())

    def digest(self, message: bytes) -> str:
        return hmac.new(self.secret, message, hashlib.sha256).hexdigest()

    def told(self, name: str, payload: dict[str, Any]) -> None:
        stream, word = payload.get("rtms_stream_id"), name.rpartition("rtms_")[2]
        if "rtms_" not in name or not isinstance(stream, str):
            return
        if "only-meetings" in self.defects and not name.startswith("meeting."):
            return
        consumer = self.consumers.get(stream)
        busy = any(not each.stopped for each in self.consumers.values())
        if "one-at-a-time" in self.defects and consumer is None and busy:
            return
        if word == "started" and str(payload.get("server_urls")).startswith("ws://127.0.0.1:"):
            owner = next((payload[key] for key in _OWNERS if key in payload), "")
            if consumer is None:
                consumer = self.consumers[stream] = Consumer(self.style, *self.credentials)
            consumer.started(str(owner), stream, payload["server_urls"])
        elif consumer is not None and word == "interrupted":
            consumer.interrupted()
        elif consumer is not None and word == "stopped":
            consumer.ended()
