"""The sender: turns a delivery into requests as Zoom sends them, and brings back the exchange."""

from __future__ import annotations

from copy import copy
from typing import Self

from mockzoom.clock import Clock, SystemClock
from mockzoom.model import Attempt, Delivery, Exchange, Request
from mockzoom.transport import Transport
from mockzoom.transport.faults import IN_TWO_PIECES, TransportFault
from mockzoom.transport.throttle import Throttle
from mockzoom.zoom.auth import EndpointAuth, TokenSource
from mockzoom.zoom.delivery_codes import with_code
from mockzoom.zoom.forgeries import forgery, genuine
from mockzoom.zoom.headers import TIMESTAMP, DeliveryHeaders
from mockzoom.zoom.timestamps import Timestamps
from mockzoom.zoom.verifier_mistakes import mistake


class DeliverySender:
    """Delivers to one receiver; `async with` closes its connections at the end.

    `secret` signs, `rate` limits deliveries a second (0 = no limit), `seed` goes into the trace ids
    and the client id.
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
        self._throttle = Throttle(self.clock)
        self._timestamps = Timestamps(self.clock)
        self._auth = auth
        self._tokens = tokens
        self._interval = 1.0 / rate if rate else 0.0
        self._next = 0.0
        target = transport.target
        self._headers = DeliveryHeaders(target.netloc, client_id, seed=seed, now=self.clock.now())
        self._url = target.url

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.transport.close()

    @property
    def is_paced(self) -> bool:
        """Whether it makes no more than so many deliveries a second."""
        return self._interval > 0

    @property
    def throttled(self) -> float:
        """Seconds of wall time that the run has spent on answers of 429."""
        return self._throttle.spent

    @property
    def out_of_patience(self) -> bool:
        """Whether a 429 was not obeyed, since the run's budget is spent; none is from then on."""
        return self._throttle.exhausted

    def waited(self) -> str:
        """Say how long the run has waited because of 429."""
        return self._throttle.waited()

    def signing_with(self, secret: str) -> Self:
        """Return a sender that differs in its secret only.

        All else is shared: connections, trace ids, and what a run may spend on 429.
        """
        other = copy(self)
        other.secret = secret
        return other

    def waiting(self, timeout: float) -> Self:
        """Return a sender that waits for answers so many seconds; all else is shared."""
        other = copy(self)
        other.timeout = timeout
        return other

    async def deliver(
        self,
        delivery: Delivery,
        *,
        fault: TransportFault | None = None,
        fresh: bool = False,
        anew: bool = False,
        early: bool = False,
    ) -> Exchange:
        """Deliver once; a 429 is obeyed and tried again, within the run's budget.

        So is a copy that is refused and has the signature of another: its own may be taken. `anew`
        says that it must have one that no copy had before, as each of Zoom's retries has, `early`
        that such copies follow: it is signed a second before.
        """
        await self._until_unused(delivery, anew)
        if delivery.in_pieces and self.transport.wire:
            fault = fault or IN_TWO_PIECES
        attempts = [await self._once(delivery, fault, fresh, early=early)]
        if attempts[0].status == 429:
            await self._while_throttled(delivery, attempts, fault, fresh)
        if not delivery.forge and self._is_refused_copy(attempts[-1]):
            second = await self._timestamps.next(delivery.body, delivery.request_id, own=True)
            request = self._signed(delivery, second, await self._token())
            attempts.append(await self.attempt(request, fault=fault, fresh=fresh))
            self._timestamps.made_again(acknowledged=attempts[-1].acknowledged)
        return Exchange(delivery, tuple(attempts))

    async def _while_throttled(
        self, delivery: Delivery, attempts: list[Attempt], fault: TransportFault | None, fresh: bool
    ) -> None:
        """Add the attempts that follow an answer of 429."""
        try:
            while attempts[-1].status == 429:
                if not await self._throttle.obey(attempts[-1], len(attempts) - 1):
                    break
                attempts.append(await self._once(delivery, fault, fresh))
        finally:
            self._throttle.over()

    def _is_refused_copy(self, attempt: Attempt) -> bool:
        """Whether an attempt was refused, and its signature has gone out with another copy."""
        status = attempt.status
        if status is None or not 400 <= status < 500 or status == 429:
            return False
        stamp = next(value for name, value in attempt.request.headers if name.lower() == TIMESTAMP)
        return self._timestamps.copied(attempt.request.body, int(stamp))

    async def _once(
        self, delivery: Delivery, fault: TransportFault | None, fresh: bool, *, early: bool = False
    ) -> Attempt:
        if self._interval:
            await self._pace()
        request = self._at_once(delivery, early=early) or await self._in_time(delivery)
        return await self.attempt(request, fault=fault, fresh=fresh)

    async def attempt(
        self, request: Request, *, fault: TransportFault | None = None, fresh: bool = False
    ) -> Attempt:
        """Send a request that `request` has made, once."""
        return with_code(await self.transport.exchange(request, self.timeout, fault, fresh=fresh))

    async def request(self, delivery: Delivery, *, anew: bool = False) -> Request:
        """Return the request of one attempt: headers as Zoom sends them, signed at this moment.

        `anew` is as for `deliver`.
        """
        await self._until_unused(delivery, anew)
        return self._at_once(delivery) or await self._in_time(delivery)

    def turn(self, delivery: Delivery, *, anew: bool = False) -> int | None:
        """Return the epoch second at which a delivery can be signed; None where that is now.

        Whoever asks `request` after that waits for no second. `anew` is as for `deliver`.
        """
        if delivery.refusable or (delivery.forge and not _is_signed_now(delivery.forge)):
            return None
        return self._timestamps.turn(delivery.body, delivery.request_id, own=anew)

    async def _until_unused(self, delivery: Delivery, anew: bool) -> None:
        """Wait, where `anew` asks for it, until a right signature is one that no copy has had."""
        if anew and not delivery.forge:
            await self._timestamps.until_unused(delivery.body)

    def _at_once(self, delivery: Delivery, *, early: bool = False) -> Request | None:
        """Return the same where nothing has to be waited for: almost always."""
        if delivery.forge or self._tokens is not None:
            return None
        second = self._timestamps.take(delivery.body, delivery.request_id, early=early)
        return None if second is None else self._signed(delivery, second, "")

    async def _in_time(self, delivery: Delivery) -> Request:
        """Return the same, waiting for a token and for a second where it must."""
        token = await self._token()
        return self._signed(delivery, await self._second(delivery), token)

    async def _token(self) -> str:
        return await self._tokens.token() if self._tokens is not None else ""

    async def _second(self, delivery: Delivery) -> int:
        """Return now, in epoch seconds, once a right signature of then is not another delivery's.

        That holds for a forgery, too, whose signature is right: it must not look like a replay.
        What a receiver may refuse anyway does not wait.
        """
        if delivery.forge and not _is_signed_now(delivery.forge):
            return int(self.clock.now())
        if delivery.refusable:
            second = self._timestamps.take(delivery.body, delivery.request_id)
            return int(self.clock.now()) if second is None else second
        return await self._timestamps.next(delivery.body, delivery.request_id)

    def _signed(self, delivery: Delivery, second: int, token: str) -> Request:
        name = delivery.forge
        make = (mistake(name) or forgery(name)).apply if name else genuine
        signed = make(self.secret, second, delivery.body)
        extra = self._auth.headers(signed.endpoint_auth, token) if self._auth is not None else ()
        headers = self._headers.make(delivery, signed, extra)
        return Request("POST", self._url, headers, signed.body)

    async def _pace(self) -> None:
        now = self.clock.monotonic()
        wait = self._next - now
        self._next = max(now, self._next) + self._interval
        if wait > 0:
            await self.clock.sleep(wait)


def _is_signed_now(name: str) -> bool:
    """Return whether the signature of a forgery is right and fresh; a mistake's never is."""
    return mistake(name) is None and forgery(name).signed_now
