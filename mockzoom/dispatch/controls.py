"""Controls: genuine deliveries that an answer is compared with, each with a row in the store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec import Struct
from msgspec.structs import replace

from mockzoom.dispatch.delivery_store import Accepted, Settled
from mockzoom.dispatch.subscription import Subscription
from mockzoom.journal import DeliveryRow
from mockzoom.model import Delivery, Exchange
from mockzoom.transport import HttpTransport
from mockzoom.transport.faults import TransportFault
from mockzoom.zoom.delivery_sender import DeliverySender

_NAME = "control-of-"
"""What the name of a control begins with; the number of the judged delivery follows."""


def control_name(number: int) -> str:
    """Return the name of the controls of delivery `number`."""
    return f"{_NAME}{number}"


def control_of(row: DeliveryRow) -> int | None:
    """Return the number of the delivery that a control is for; None for any other delivery."""
    return int(row.delivery.id.removeprefix(_NAME)) if row.kind == "control" else None


class ControlNotMade(Exception):
    """A control was not delivered; says why."""


class MadeControl(Struct, frozen=True):
    """A control with the number of its row."""

    row: int
    delivery: Delivery


class RecordingSender(DeliverySender):
    """Delivers to one subscription by way of the store: every request has its row.

    Its deliveries are the controls of the delivery `judged`. `made` has them by their id in the
    run. Raises `ControlNotMade` where one is not made as the judged delivery was.
    """

    def __init__(
        self,
        transport: HttpTransport,
        subscription: Subscription,
        timeout: float,
        judged: DeliveryRow,
        accept: Callable[[Accepted], Awaitable[tuple[int, Settled]]],
    ) -> None:
        super().__init__(transport, subscription.secret, timeout=timeout)
        self.made: dict[str, MadeControl] = {}
        self._subscription = subscription
        self._judged = judged
        self._accept = accept

    async def deliver(
        self,
        delivery: Delivery,
        *,
        fault: TransportFault | None = None,
        fresh: bool = False,
        anew: bool = False,
        early: bool = False,
    ) -> Exchange:
        """Deliver a control once; its connection is always a fresh one."""
        named = replace(delivery, id=control_name(self._judged.id))
        number, settled = await self._accept(
            Accepted(named, self._subscription.id, "none", "control")
        )
        self.made[delivery.id] = MadeControl(number, delivery)
        if settled.attempt is None:
            raise ControlNotMade(settled.reason)
        by, judged = settled.sent_for, self._subscription
        if by is None or (by.url, by.secret) != (judged.url, judged.secret):
            raise ControlNotMade("the subscription has another URL or secret by now")
        return Exchange(delivery, (settled.attempt,))
