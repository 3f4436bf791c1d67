"""One subscription's endpoint: makes the requests of its deliveries, and sends them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from mockzoom.dispatch.subscription import Subscription
from mockzoom.errors import MockzoomError
from mockzoom.model import Attempt, Delivery, Failure, Request, Timings
from mockzoom.transport import Dialer, HttpTransport, Permit, parse_target
from mockzoom.zoom.auth import TokenSource
from mockzoom.zoom.courier import Courier
from mockzoom.zoom.delivery_codes import with_code

TIMEOUT_S = 3.0
"""What Zoom gives a receiver (Zoom, "Using webhooks")."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How endpoints are reached: what may be connected to, and how certificates are checked."""

    permit: Permit | None = None
    timeout: float = TIMEOUT_S
    cafile: str | None = None
    insecure: bool = False
    client_id: str = ""
    seed: int = 1
    entities: Mapping[str, str] = field(default_factory=dict)
    """Values of entities that are pinned."""


class Endpoint:
    """Delivers to the URL of one subscription, each attempt on a connection of its own.

    A reused connection that ends early would be repeated silently by the transport; here every
    request that goes out has its row in the journal.
    """

    def __init__(self, subscription: Subscription, reach: Reach) -> None:
        self.subscription = subscription
        self.redactor = subscription.redactor()
        auth = subscription.auth.endpoint()
        tokens = None
        if auth is not None and auth.kind == "token":
            tokens = TokenSource(auth, _dialer(auth.token_url, reach))
        self._url = parse_target(subscription.url).url
        self._transport = transport_to(subscription, reach)
        self._courier = Courier(
            self._transport, subscription.secret, seed=reach.seed, timeout=reach.timeout,
            client_id=reach.client_id, auth=auth, tokens=tokens,
        )  # fmt: skip

    async def request(self, delivery: Delivery, *, retried: bool) -> Request | Attempt:
        """Return the request of an attempt, or the attempt that failed for want of a token.

        One that is `retried` has a signature that no earlier attempt had.
        """
        try:
            return await self._courier.request(delivery, anew=retried)
        except MockzoomError as error:
            request = Request("POST", self._url, (), delivery.body)
            failure = Failure("token", str(error))
            return with_code(Attempt(request, failure, Timings(), time.time()))

    async def send(self, request: Request) -> Attempt:
        """Send a request."""
        try:
            return await self._courier.attempt(request, fresh=True)
        finally:
            await self._transport.close()


def transport_to(subscription: Subscription, reach: Reach) -> HttpTransport:
    """Return what carries requests to a subscription's URL."""
    return HttpTransport(_dialer(subscription.url, reach))


def _dialer(url: str, reach: Reach) -> Dialer:
    return Dialer(
        parse_target(url), reach.timeout, reach.cafile, reach.insecure, permit=reach.permit
    )
