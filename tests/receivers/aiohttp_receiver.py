"""A receiver on aiohttp's server, and its defective variants.

Legitimate choices made here: keep-alive, 204, 400 for what is no JSON, 403 for wrong credentials.
"""

from __future__ import annotations

import asyncio
import base64
import enum
import hmac
import json
import os
import string
import time
from typing import Any

from aiohttp import web

WINDOW = 300
URL_SAFE = set(string.ascii_letters + string.digits + "-_+/=")
NAMESPACES = ("meeting", "webinar", "session", "rtms", "contact_center")


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def header_bytes(request: web.Request, name: str) -> bytes:
    return request.headers.get(name, "").encode("utf-8", "surrogateescape")


class Receiver:
    """The correct receiver. A defect is a subclass that gets one step wrong."""

    malformed: tuple[type[Exception], ...] = (ValueError, RecursionError)

    def __init__(self, secret: str, auth: str) -> None:
        self.secret = secret.encode()
        self.auth = auth
        self.queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.worker: asyncio.Task[None] | None = None

    async def drain(self) -> None:
        """Work off what was acknowledged; here there is nothing to be done with it."""
        while True:
            await self.queue.get()

    async def post(self, request: web.Request) -> web.StreamResponse:
        if self.worker is None:
            self.worker = asyncio.create_task(self.drain())
        body = await request.read()
        if not self.authorized(request):
            raise web.HTTPForbidden
        if not self.signed(request, body):
            return self.refuse()
        try:
            event = await self.decode(body)
        except self.malformed:
            return web.Response(status=400, text="not JSON")
        if not isinstance(event, dict):
            return web.Response(status=400, text="not an object")
        if event.get("event") == "endpoint.url_validation":
            return await self.challenge(event)
        return await self.event(event)

    def authorized(self, request: web.Request) -> bool:
        kind, _, rest = self.auth.partition(":")
        match kind:
            case "basic":
                name, value = "authorization", "Basic " + base64.b64encode(rest.encode()).decode()
            case "bearer":
                name, value = "authorization", "Bearer " + rest
            case "header":
                name, _, value = rest.partition(":")
            case _:
                return True
        return hmac.compare_digest(header_bytes(request, name), value.encode())

    def signed(self, request: web.Request, body: bytes) -> bool:
        timestamp = header_bytes(request, "x-zm-request-timestamp")
        if not timestamp.isdigit() or len(timestamp) > 12 or not self.recent(int(timestamp)):
            return False
        return self.matches(timestamp, body, header_bytes(request, "x-zm-signature"))

    def recent(self, timestamp: int) -> bool:
        return abs(time.time() - timestamp) <= WINDOW

    def matches(self, timestamp: bytes, body: bytes, signature: bytes) -> bool:
        expected = hmac_sha256(self.secret, b"v0:%b:%b" % (timestamp, body)).hex()
        return hmac.compare_digest(b"v0=" + expected.encode(), signature)

    def refuse(self) -> web.StreamResponse:
        return web.Response(status=401)

    async def decode(self, body: bytes) -> Any:
        return json.loads(body)

    async def challenge(self, event: dict[str, Any]) -> web.StreamResponse:
        payload = event.get("payload")
        token = payload.get("plainToken") if isinstance(payload, dict) else None
        if not isinstance(token, str) or not 8 <= len(token) <= 128 or set(token) - URL_SAFE:
            return web.Response(status=400, text="not a token")
        return web.json_response(self.answer(token))

    def answer(self, token: str) -> dict[str, str]:
        return {
            "plainToken": token,
            "encryptedToken": hmac_sha256(self.secret, token.encode()).hex(),
        }

    async def event(self, event: dict[str, Any]) -> web.StreamResponse:
        self.queue.put_nowait(event)
        return web.Response(status=204)


class ChunkedAnswer(Receiver):
    """No defect: acknowledges with 200 and a body in chunks."""

    async def post(self, request: web.Request) -> web.StreamResponse:
        answer = await super().post(request)
        if answer.status != 204:
            return answer
        chunked = web.StreamResponse(status=200)
        chunked.enable_chunked_encoding()
        await chunked.prepare(request)
        await chunked.write(b"recei")
        await chunked.write(b"ved")
        await chunked.write_eof()
        return chunked


class Acknowledges202(Receiver):
    """Answers 202, as for work that is still to be done."""

    async def event(self, event: dict[str, Any]) -> web.StreamResponse:
        return web.Response(status=202)


class NeverAnswers(Receiver):
    """Reads the request and never answers."""

    async def post(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        await asyncio.sleep(3600)
        return web.Response(status=204)


class OneEventSlow(Receiver):
    """Fetches the recording before it acknowledges its event."""

    async def event(self, event: dict[str, Any]) -> web.StreamResponse:
        if event.get("event") == "session.recording_completed":
            await asyncio.sleep(3.5)
        return await super().event(event)


class UnknownNamespace404(Receiver):
    """Routes by the event's namespace; one that it does not know is 404."""

    async def event(self, event: dict[str, Any]) -> web.StreamResponse:
        if str(event.get("event")).split(".")[0] not in NAMESPACES:
            return web.Response(status=404)
        return await super().event(event)


class ClosedPayload(Receiver):
    """Validates one payload with `additionalProperties: false`."""

    KNOWN = frozenset({"meeting_uuid", "rtms_stream_id"})

    async def event(self, event: dict[str, Any]) -> web.StreamResponse:
        if event.get("event") == "meeting.rtms_interrupted":
            payload = event.get("payload")
            unknown = set(payload) - self.KNOWN if isinstance(payload, dict) else set()
            if unknown:
                return web.Response(status=400, text="unknown: " + ", ".join(map(str, unknown)))
        return await super().event(event)


class SignsEscapedJson(Receiver):
    """Signs `json.dumps` of the parsed body, compact, but with non-ASCII text escaped."""

    def matches(self, timestamp: bytes, body: bytes, signature: bytes) -> bool:
        try:
            text = json.dumps(json.loads(body), separators=(",", ":"))
        except (ValueError, RecursionError):
            return False
        return super().matches(timestamp, text.encode(), signature)


class ToleratesClockSkew(Receiver):
    """Tries the seconds around the timestamp, too, when the signature does not match."""

    def matches(self, timestamp: bytes, body: bytes, signature: bytes) -> bool:
        return any(
            super(ToleratesClockSkew, self).matches(
                b"%d" % (int(timestamp) + skew), body, signature
            )
            for skew in sorted(range(-120, 121), key=abs)
        )


class OnlyFutureRefused(Receiver):
    """Subtracts the wrong way round: refuses what is too new, never what is too old."""

    def recent(self, timestamp: int) -> bool:
        return timestamp - time.time() <= WINDOW


class GarbledSignatureCrash(Receiver):
    """Decodes the signature's hex, which raises where it is none."""

    def matches(self, timestamp: bytes, body: bytes, signature: bytes) -> bool:
        bytes.fromhex(signature.decode().split("=")[1])
        return super().matches(timestamp, body, signature)


class Forgery404(Receiver):
    """Hides from whoever is not authentic."""

    def refuse(self) -> web.StreamResponse:
        return web.Response(status=404)


class ChallengeLowerCase(Receiver):
    """Gives the plain token back in lower case."""

    def answer(self, token: str) -> dict[str, str]:
        return {**super().answer(token), "plainToken": token.lower()}


class ChallengeSlow(Receiver):
    """Answers the challenge after 3.5 s."""

    async def challenge(self, event: dict[str, Any]) -> web.StreamResponse:
        await asyncio.sleep(3.5)
        return await super().challenge(event)


class ChallengeEmptyKey(Receiver):
    """Reads the challenge's key from a setting that nobody set."""

    def answer(self, token: str) -> dict[str, str]:
        digest = hmac_sha256(os.environ.get("ZOOM_SECRET", "").encode(), token.encode())
        return {**super().answer(token), "encryptedToken": digest.hex()}


class SharedContent(enum.Enum):
    APPLICATION = "application"
    WHITEBOARD = "whiteboard"
    DESKTOP = "desktop"
    UNKNOWN = "unknown"


class EnumCrash(Receiver):
    """Makes an enum of a value that is not in the list: 500."""

    async def event(self, event: dict[str, Any]) -> web.StreamResponse:
        if event.get("event") == "session.sharing_started":
            value: Any = event
            for key in ("payload", "object", "user", "sharing_details", "content"):
                value = value.get(key) if isinstance(value, dict) else None
            if isinstance(value, str):
                SharedContent(value)
        return await super().event(event)


class WrongTypeHang(Receiver):
    """Waits for a turn that never comes where the time is no number."""

    async def event(self, event: dict[str, Any]) -> web.StreamResponse:
        while not isinstance(event.get("event_ts"), int):
            await asyncio.sleep(1)
        return await super().event(event)


class BadJsonHang(Receiver):
    """Tries again and again to read what is no JSON."""

    async def decode(self, body: bytes) -> Any:
        while True:
            try:
                return await super().decode(body)
            except json.JSONDecodeError:
                await asyncio.sleep(1)


class Utf8Crash(Receiver):
    """Catches JSONDecodeError, but decodes the bytes itself: what is no UTF-8 raises."""

    malformed = (json.JSONDecodeError, RecursionError)

    async def decode(self, body: bytes) -> Any:
        return json.loads(body.decode())


class LogsAsUtf8(Receiver):
    """Writes the event to a log in UTF-8: half a surrogate pair cannot be encoded."""

    async def event(self, event: dict[str, Any]) -> web.StreamResponse:
        json.dumps(event, ensure_ascii=False).encode()
        return await super().event(event)


DEFECTS: dict[str, type[Receiver]] = {
    "legit-chunked-answer": ChunkedAnswer,
    "acknowledges-202": Acknowledges202,
    "never-answers": NeverAnswers,
    "one-event-slow": OneEventSlow,
    "unknown-namespace-404": UnknownNamespace404,
    "closed-payload": ClosedPayload,
    "signs-escaped-json": SignsEscapedJson,
    "tolerates-clock-skew": ToleratesClockSkew,
    "only-future-refused": OnlyFutureRefused,
    "garbled-signature-crash": GarbledSignatureCrash,
    "forgery-404": Forgery404,
    "challenge-lower-case": ChallengeLowerCase,
    "challenge-slow": ChallengeSlow,
    "challenge-empty-key": ChallengeEmptyKey,
    "enum-crash": EnumCrash,
    "wrong-type-hang": WrongTypeHang,
    "bad-json-hang": BadJsonHang,
    "utf-8-crash": Utf8Crash,
    "logs-as-utf-8": LogsAsUtf8,
}


async def serve(receiver: Receiver, port: int) -> None:
    app = web.Application(client_max_size=2 * 1024 * 1024)
    app.router.add_post("/webhook", receiver.post)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print(f"listening http://127.0.0.1:{runner.addresses[0][1]}/webhook", flush=True)
    await asyncio.Event().wait()


def main() -> None:
    from program import end_with_input, options

    given = options(__doc__, DEFECTS, str)
    end_with_input()
    receiver = DEFECTS.get(given.defect, Receiver)(given.secret, given.auth)
    asyncio.run(serve(receiver, given.port))


if __name__ == "__main__":
    main()
