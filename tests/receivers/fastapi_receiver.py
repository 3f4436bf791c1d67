"""A receiver on FastAPI and uvicorn, and its defective variants.

Legitimate choices made here: keep-alive, 200 with an empty body, 422 for what does not fit the
envelope (checked with pydantic, which ignores fields that it does not know).
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import re
import socket
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from typing import Annotated, Any, ClassVar

import uvicorn
from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.background import BackgroundTask

MAX_BODY = 2 * 1024 * 1024
TOLERANCE_S = 300


class Envelope(BaseModel):
    """What every event has. Fields that Zoom adds are ignored."""

    event: str
    event_ts: int
    payload: dict[str, Any]


class PlainToken(BaseModel):
    plainToken: str


class Webhook:
    """The correct receiver. A defect is a subclass that gets one step wrong."""

    path = "/webhook"
    envelope: type[Envelope] = Envelope
    objects: ClassVar[Mapping[str, type[BaseModel]]] = {}
    """Models of `payload.object`, by what the event's name begins with."""
    dependencies: tuple[Any, ...] = ()

    def __init__(self, secret: str, auth: str) -> None:
        self.secret = secret
        self.auth = auth
        self.seen: deque[Envelope] = deque(maxlen=1000)

    async def __call__(self, request: Request) -> Response:
        raw = await request.body()
        if len(raw) > MAX_BODY:
            return Response(status_code=413)
        if not self.allowed(request):
            return self.forbid()
        return await self.receive(request, raw)

    async def receive(self, request: Request, raw: bytes) -> Response:
        if not self.genuine(request, raw):
            return self.forbid()
        try:
            event = self.parse(raw)
            self.check_object(event)
        except ValidationError:
            return Response(status_code=422)
        if event.event == "endpoint.url_validation":
            return await self.validate_url(event)
        return await self.accept(event)

    def allowed(self, request: Request) -> bool:
        scheme, _, rest = self.auth.partition(":")
        if not scheme:
            return True
        if scheme == "header":
            name, _, wanted = rest.partition(":")
        elif scheme == "basic":
            name, wanted = "authorization", "Basic " + base64.b64encode(rest.encode()).decode()
        else:
            name, wanted = "authorization", f"Bearer {rest}"
        return hmac.compare_digest(request.headers.get(name, "").encode(), wanted.encode())

    def genuine(self, request: Request, raw: bytes) -> bool:
        timestamp = request.headers.get("x-zm-request-timestamp", "")
        signature = request.headers.get("x-zm-signature", "")
        if re.fullmatch(r"[0-9]{1,12}", timestamp) is None or not self.fresh(int(timestamp)):
            return False
        return self.matches(timestamp, raw, signature)

    def fresh(self, timestamp: int) -> bool:
        return abs(time.time() - timestamp) <= TOLERANCE_S

    def matches(self, timestamp: str, raw: bytes, signature: str) -> bool:
        digest = hmac.new(self.secret.encode(), digestmod=sha256)
        digest.update(f"v0:{timestamp}:".encode())
        digest.update(raw)
        return hmac.compare_digest(b"v0=" + digest.hexdigest().encode(), signature.encode())

    def forbid(self) -> Response:
        return JSONResponse({"detail": "invalid signature"}, status_code=401)

    def parse(self, raw: bytes) -> Envelope:
        return self.envelope.model_validate_json(raw)

    def check_object(self, event: Envelope) -> None:
        for prefix, model in self.objects.items():
            if event.event.startswith(prefix):
                model.model_validate(event.payload.get("object"))

    async def validate_url(self, event: Envelope) -> Response:
        try:
            plain = PlainToken.model_validate(event.payload).plainToken
        except ValidationError:
            return Response(status_code=422)
        if re.fullmatch(r"[A-Za-z0-9_=+/-]{8,128}", plain) is None:
            return Response(status_code=422)
        return JSONResponse({"plainToken": plain, "encryptedToken": self.encrypted(plain)})

    def encrypted(self, plain: str) -> str:
        return hmac.new(self.secret.encode(), plain.encode(), sha256).hexdigest()

    async def accept(self, event: Envelope) -> Response:
        self.seen.append(event)
        return Response(status_code=200)


class RedirectsToSlash(Webhook):
    """The route ends in a slash, the URL in the Zoom app does not: FastAPI redirects."""

    path = "/webhook/"


class Joined(BaseModel):
    session_key: str


class OptionalFieldRequired(Webhook):
    """Models an optional field as a required one."""

    objects: ClassVar = {"session.user_joined": Joined}


class ClosedEnvelope(Envelope):
    model_config = ConfigDict(extra="forbid")
    download_token: str | None = None


class ForbidsExtraFields(Webhook):
    """Models the envelope with `extra="forbid"`."""

    envelope = ClosedEnvelope


class Recorded(BaseModel):
    session_id: str


class SessionIdMustBeText(Webhook):
    """Models session_id as text alone; Zoom's examples of recording events have a number."""

    objects: ClassVar = {"session.recording_": Recorded}


class TimestampInMilliseconds(Webhook):
    """Reads the header's seconds as milliseconds: everything is stale."""

    def fresh(self, timestamp: int) -> bool:
        return abs(time.time() * 1000 - timestamp) <= TOLERANCE_S * 1000


class SignaturePresentIsEnough(Webhook):
    """Looks whether there is a signature, not whether it is right."""

    def matches(self, timestamp: str, raw: bytes, signature: str) -> bool:
        return bool(signature)


class UnsignedEventsPass(Webhook):
    """Checks an event's signature where there is one (challenges are always checked)."""

    def genuine(self, request: Request, raw: bytes) -> bool:
        signed = "x-zm-signature" in request.headers
        if not signed and b"endpoint.url_validation" not in raw:
            return True
        return super().genuine(request, raw)


class ForgeryRaises(Webhook):
    """Raises for whatever is not authentic, and nothing catches it: 500."""

    def forbid(self) -> Response:
        raise PermissionError("invalid signature")


async def signature_headers(
    x_zm_signature: Annotated[str, Header()],
    x_zm_request_timestamp: Annotated[str, Header()],
) -> None:
    """Let FastAPI refuse a request without these headers, which it does with 422."""


class HeadersAsParameters(Webhook):
    """Declares the headers as parameters, so that an unsigned request gets 422."""

    dependencies = (Depends(signature_headers),)


class ChallengeUnsigned(Webhook):
    """Answers challenges before it looks at the signature (tokens alone, so no oracle)."""

    async def receive(self, request: Request, raw: bytes) -> Response:
        try:
            event = self.parse(raw)
        except ValidationError:
            return await super().receive(request, raw)
        if event.event == "endpoint.url_validation":
            return await self.validate_url(event)
        return await super().receive(request, raw)


class ChallengeNotHandled(Webhook):
    """Takes the challenge for one more event."""

    async def validate_url(self, event: Envelope) -> Response:
        return await self.accept(event)


class ChallengePlainSha256(Webhook):
    """Hashes the challenge without a key."""

    def encrypted(self, plain: str) -> str:
        return sha256(plain.encode()).hexdigest()


class BearerNotEnforced(Webhook):
    """A token was set in the Zoom app and is looked at by nobody."""

    def allowed(self, request: Request) -> bool:
        return True


class NullCrash(Webhook):
    """Trusts the fields to be text: null has no `strip`."""

    async def accept(self, event: Envelope) -> Response:
        event.payload.get("object", {}).get("session_name", "").strip()
        return await super().accept(event)


class WaitsForUnknownSession(Webhook):
    """Waits for the session that an event belongs to; without an id it never comes."""

    async def accept(self, event: Envelope) -> Response:
        session = event.payload.get("object")
        if event.event == "session.ended" and isinstance(session, dict):
            while session.get("session_id") is None:
                await asyncio.sleep(1)
        return await super().accept(event)


class LockNeverReleased(Webhook):
    """Works after the answer, under a lock that an exception leaves locked for ever."""

    lock = asyncio.Lock()

    async def accept(self, event: Envelope) -> Response:
        async with self.lock:
            response = await super().accept(event)
        if event.event == "session.user_joined":
            await self.lock.acquire()
            response.background = BackgroundTask(self.work, event)
        return response

    async def work(self, event: Envelope) -> None:
        str(event.payload["object"]["user"]["id"])
        self.lock.release()


class LockBeforeBody(Webhook):
    """Takes a lock before the body has come: a slow sender holds it."""

    lock = asyncio.Lock()

    async def __call__(self, request: Request) -> Response:
        async with self.lock:
            return await super().__call__(request)


class MasksRecursively(Webhook):
    """Masks secrets at every level by recursion: deep nesting exhausts the stack."""

    def mask(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.mask(item) for key, item in value.items()}
        return [self.mask(item) for item in value] if isinstance(value, list) else value

    def parse(self, raw: bytes) -> Envelope:
        with suppress(ValueError):
            self.mask(json.loads(raw))
        return super().parse(raw)


DEFECTS: dict[str, type[Webhook]] = {
    "redirects-to-slash": RedirectsToSlash,
    "optional-field-required": OptionalFieldRequired,
    "forbids-extra-fields": ForbidsExtraFields,
    "session-id-must-be-text": SessionIdMustBeText,
    "timestamp-in-milliseconds": TimestampInMilliseconds,
    "signature-present-is-enough": SignaturePresentIsEnough,
    "unsigned-events-pass": UnsignedEventsPass,
    "forgery-raises": ForgeryRaises,
    "headers-as-parameters": HeadersAsParameters,
    "challenge-unsigned": ChallengeUnsigned,
    "challenge-not-handled": ChallengeNotHandled,
    "challenge-plain-sha256": ChallengePlainSha256,
    "bearer-not-enforced": BearerNotEnforced,
    "null-crash": NullCrash,
    "waits-for-unknown-session": WaitsForUnknownSession,
    "lock-never-released": LockNeverReleased,
    "lock-before-body": LockBeforeBody,
    "masks-recursively": MasksRecursively,
}


class Server(uvicorn.Server):
    """Says so when it accepts connections."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        port = (sockets or [])[0].getsockname()[1]
        print(f"listening http://127.0.0.1:{port}/webhook", flush=True)


def create_app(webhook: Webhook) -> FastAPI:
    app = FastAPI(openapi_url=None)
    app.post(webhook.path, dependencies=list(webhook.dependencies))(webhook.__call__)
    return app


def main() -> None:
    from program import end_with_input, options

    given = options(__doc__, DEFECTS, str)
    listener = socket.create_server(("127.0.0.1", given.port), backlog=256)
    end_with_input()
    app = create_app(DEFECTS.get(given.defect, Webhook)(given.secret, given.auth))
    config = uvicorn.Config(app, log_config=None, log_level="critical", access_log=False)
    Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
