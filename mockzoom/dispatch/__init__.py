"""The durable delivery service behind `mockzoom serve`: subscriptions, validations, retries."""

from __future__ import annotations

from mockzoom.dispatch.controls import control_name, control_of
from mockzoom.dispatch.delivery_store import Accepted, Conflict, DeliveryStore, Settled
from mockzoom.dispatch.dispatcher import DispatchClock, Dispatcher
from mockzoom.dispatch.endpoint import Reach
from mockzoom.dispatch.subscription import Subscription, check_subscription

__all__ = [
    "Accepted",
    "Conflict",
    "DeliveryStore",
    "DispatchClock",
    "Dispatcher",
    "Reach",
    "Settled",
    "Subscription",
    "check_subscription",
    "control_name",
    "control_of",
]  # fmt: skip
