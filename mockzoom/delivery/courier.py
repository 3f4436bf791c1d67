"""The courier: turns a delivery into requests as Zoom sends them, and brings back the exchange."""

from __future__ import annotations

from contextlib import suppress
from copy import copy
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from math import isnan
from typing import Protocol, Self

from mockzoom.clock import Clock, SystemClock
from mockzoom.delivery.auth import EndpointAuth, TokenSource, header_value
from mockzoom.delivery.faults import TransportFault
from mockzoom.delivery.forgeries import SignedBody, forgery, sign_body
from mockzoom.delivery.target import Target
from mockzoom.model import Attempt, Delivery, Exchange, Failure, HeaderCase, Headers, Request

_AGENT = ("user-agent", "Zoom Marketplace/1.0a")
THROTTLE_BUDGET_S = 30.0
"""Seconds a run waits in all because a receiver asked for it with 429 and Retry-After."""
_REMEMBERED_BODIES = 4096
_MOST_BACK_S = 10
"""Seconds that a timestamp may lie back so that no signature recurs."""

# Zoom's delivery codes for the failures that can be seen from the sender's side. That a reset is
# -7 (remote error) is an inference; certificate and TLS failures have no code.
DELIVERY_CODES = {
    "timeout": -1, "refused": -2, "reset": -7, "closed": -7, "protocol": -7, "dns": -13,
    "token": -14,
}  # fmt: skip


class Transport(Protocol):
    """Carries one request to the receiver: over HTTP, or in process."""

    target: Target
    wire: bool

    async def exchange(
        self,
        request: Request,
        timeout: float,
        fault: TransportFault | None = None,
        *,
        fresh: bool = False,
    ) -> Attempt:
        """Send `request` and return what came of it."""

    async def reach(self) -> Failure | None:
        """Tell why the receiver cannot be reached; None where it can."""

    async def close(self) -> None:
        """Release what the transport holds."""


class Courier:
    """Delivers to one receiver.

    `secret` signs, `rate` limits deliveries a second (0 = no limit), `seed` goes into the trace ids
    and the client id. `throttled` is the number of seconds waited because the receiver asked for it
    (429), `out_of_patience` whether one was not obeyed, since that budget is spent.
    """

    def __init__(
        self,
        transport: Transport,
        secret: str,
        *,
        seed: int = 1,
        timeout: float = 3.0,
        client_id: str = "",
        auth: EndpointAuth | None = None,
        tokens: TokenSource | None = None,
        rate: float = 0.0,
        clock: Clock | None = None,
    ) -> None:
        self.transport = transport
        self.secret = secret
        self.timeout = timeout
        self.clock: Clock = clock or SystemClock()
        self.throttled = 0.0
        self.out_of_patience = False
        self._auth = auth
        self._tokens = tokens
        self._interval = 1.0 / rate if rate else 0.0
        self._next = 0.0
        # The seconds used for the bodies of late, in two generations.
        self._used: dict[int, tuple[int, ...]] = {}
        self._used_before: dict[int, tuple[int, ...]] = {}
        self._attempts = 0
        key = f"{seed}|{self.clock.now()}".encode()
        self._trace = blake2b(key, digest_size=8).hexdigest()
        client_id = client_id or f"mockzoom{seed & 0xFFFFFFFF:08x}client"
        self._host = ("host", transport.target.netloc)
        self._client = (
            ("clientid", header_value(client_id, "--client-id")),
            ("zm-trace-upstream", "Meeting_Web_marketplace-consumer"),
            ("accept-encoding", "gzip"),
        )
        self._url = transport.target.url

    def signing_with(self, secret: str) -> Self:
        """Return a courier that differs in its secret only; the connections are shared."""
        other = copy(self)
        other.secret = secret
        return other

    async def deliver(
        self, delivery: Delivery, *, fault: TransportFault | None = None, fresh: bool = False
    ) -> Exchange:
        """Deliver once; a 429 is obeyed and tried again, within the run's budget of waiting."""
        attempts: tuple[Attempt, ...] = ()
        while True:
            if self._interval:
                await self._pace()
            request = self._at_once(delivery) or await self._in_time(delivery)
            attempt = await self.transport.exchange(request, self.timeout, fault, fresh=fresh)
            outcome = attempt.outcome
            if isinstance(outcome, Failure):
                return Exchange(delivery, (*attempts, _with_code(attempt, outcome)))
            attempts += (attempt,)
            if outcome.status != 429 or not await self._obey(attempt):
                return Exchange(delivery, attempts)

    async def attempt(
        self, request: Request, *, fault: TransportFault | None = None, fresh: bool = False
    ) -> Attempt:
        """Send a request that `request` has made, once."""
        attempt = await self.transport.exchange(request, self.timeout, fault, fresh=fresh)
        if isinstance(attempt.outcome, Failure):
            return _with_code(attempt, attempt.outcome)
        return attempt

    async def request(self, delivery: Delivery) -> Request:
        """Return the request of one attempt: headers as Zoom sends them, signed at this moment."""
        return self._at_once(delivery) or await self._in_time(delivery)

    def _at_once(self, delivery: Delivery) -> Request | None:
        """Return the same where nothing has to be waited for: almost always."""
        if delivery.forge or self._tokens is not None:
            return None
        now = int(self.clock.now())
        return self._signed(delivery, now) if self._first_use(delivery.body, now) else None

    async def _in_time(self, delivery: Delivery) -> Request:
        """Return the same, waiting for an unused second and for a token where it must."""
        # A forgery whose signature is right must not look like a replay either.
        signed = not delivery.forge or forgery(delivery.forge).signed_now
        now = int(self.clock.now())
        if signed and not self._first_use(delivery.body, now):
            now = await self._unused_second(delivery.body)
        token = await self._tokens.token() if self._tokens is not None else ""
        return self._signed(delivery, now, token)

    def _signed(self, delivery: Delivery, second: int, token: str = "") -> Request:
        signed = sign_body(self.secret, second, delivery.body, delivery.forge)
        extra = self._auth.headers(signed.endpoint_auth, token) if self._auth is not None else ()
        return Request("POST", self._url, self._headers(delivery, signed, extra), signed.body)

    def _headers(self, delivery: Delivery, signed: SignedBody, extra: Headers) -> Headers:
        # New for every attempt, as Zoom's are, and never those of another run.
        self._attempts = attempts = self._attempts + 1
        number = f"{attempts:016x}"
        trace = self._trace + number
        kind, second, signature = delivery.content_type, signed.timestamp, signed.signature
        headers = (
            self._host,
            *(() if kind is None else (("content-type", kind),)),
            _AGENT,
            *(() if second is None else (("x-zm-request-timestamp", second),)),
            *(() if signature is None else (("x-zm-signature", signature),)),
            ("x-zm-request-id", delivery.request_id),
            ("x-zm-trackingid", f"v=2.0;clid=us02;rid=WEB_{trace}"),
            ("traceparent", f"00-{trace}-{number}-02"),
            *self._client,
            *extra,
            *delivery.headers,
            ("content-length", str(len(signed.body))),
        )
        return _spelt(headers, delivery.header_case) if delivery.header_case else headers

    def _first_use(self, body: bytes, second: int) -> bool:
        """Note that `body` is signed at `second`; False where it has been signed before."""
        key = hash(body)
        if key in self._used or key in self._used_before:
            return False
        if len(self._used) > _REMEMBERED_BODIES:
            self._used, self._used_before = {}, self._used
        self._used[key] = (second,)
        return True

    async def _unused_second(self, body: bytes) -> int:
        """Return now, in epoch seconds, or the nearest earlier second not yet used for `body`.

        Zoom never signs the same bytes twice with one timestamp (a retry comes minutes later), so
        a receiver may refuse a signature that it has seen. Nor may the timestamp lie far back, or
        a receiver with a short replay window refuses it: then this waits for the next second.
        """
        key = hash(body)
        now = self.clock.now()
        second = int(now)
        while second in self._seconds(key) and now - second < _MOST_BACK_S:
            second -= 1
        while second in self._seconds(key):
            now = self.clock.now()
            await self.clock.sleep(1 - now % 1)
            second = int(self.clock.now())
        self._used[key] = (*self._seconds(key), second)
        return second

    def _seconds(self, key: int) -> tuple[int, ...]:
        return self._used.get(key) or self._used_before.get(key, ())

    async def _pace(self) -> None:
        now = self.clock.monotonic()
        wait = self._next - now
        self._next = max(now, self._next) + self._interval
        if wait > 0:
            await self.clock.sleep(wait)

    async def _obey(self, attempt: Attempt) -> bool:
        """Wait as a 429 asks; False where the budget of waiting is spent."""
        wait = _retry_after(attempt, self.clock.now())
        if self.throttled + wait > THROTTLE_BUDGET_S:
            self.out_of_patience = True
            return False
        self.throttled += wait
        await self.clock.sleep(wait)
        return True


def _spelt(headers: Headers, how: HeaderCase) -> Headers:
    """Return headers with their names spelt as gateways do, `X-Zm-Signature` or in capitals."""
    spell = str.title if how == "title-case" else str.upper
    return tuple((spell(name), value) for name, value in headers)


def _with_code(attempt: Attempt, failure: Failure) -> Attempt:
    return Attempt(
        attempt.request, failure, attempt.timings, attempt.started_at, attempt.reused,
        DELIVERY_CODES.get(failure.kind),
    )  # fmt: skip


def _retry_after(attempt: Attempt, now: float) -> float:
    """Return the seconds of `Retry-After` (delta or HTTP date, RFC 9110 10.2.3), 1 by default."""
    value = None if isinstance(attempt.outcome, Failure) else attempt.outcome.header("retry-after")
    if value is None:
        return 1.0
    with suppress(ValueError):
        seconds = float(value)
        return 1.0 if isnan(seconds) else max(0.05, seconds)
    try:
        return max(0.05, parsedate_to_datetime(value).timestamp() - now)
    except (TypeError, ValueError):
        return 1.0


def request_id(seed: int, text: str) -> str:
    """Return an `x-zm-request-id`: `8_4_4_4_12` hex digits, made from `seed` and `text`."""
    key = seed.to_bytes(16, "big", signed=True)
    digits = blake2b(text.encode(), digest_size=16, key=key).hexdigest()
    return "_".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
