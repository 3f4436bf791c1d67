"""Event subscriptions: where a team's events go, and in which state they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal, TypeAlias

from mockzoom.errors import UsageError
from mockzoom.journal import Redactor
from mockzoom.transport import parse_target
from mockzoom.zoom.subscription_auth import SIGNATURE_ONLY, SubscriptionAuth, check_auth
from mockzoom.zoom.websocket.messages import path_of

State: TypeAlias = Literal["pending", "validated", "disabled"]


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscription as it stands; times are seconds of the schedule's clock.

    `failures` counts validations that failed one after the other; `reason` says why the state is
    not `validated`. `owner` keeps what Zoom's API says of a subscription beyond delivering.
    """

    id: str
    created_at: float
    name: str
    url: str
    secret: str = field(repr=False)
    events: tuple[str, ...] = ("*",)
    auth: SubscriptionAuth = SIGNATURE_ONLY
    policy: str = "zoom"
    state: State = "pending"
    failures: int = 0
    reason: str = ""
    validated_at: float | None = None
    validate_at: float | None = None
    owner: Mapping[str, Any] = field(default_factory=dict)

    @property
    def over_websocket(self) -> bool:
        """Whether its events go to a client that connects here, and not to a URL."""
        return self.url == path_of(self.id)

    def wants(self, event: str | None) -> bool:
        """Return whether `event` is subscribed to."""
        return any(fnmatchcase(event or "", pattern) for pattern in self.events)

    def redactor(self) -> Redactor:
        """Return what takes this subscription's secrets out of what is stored."""
        endpoint = self.auth.endpoint()
        values = () if endpoint is None else (endpoint.value, endpoint.value.partition(" ")[2])
        names = () if endpoint is None else (endpoint.name,)
        return Redactor((self.secret, *self.auth.secrets, *values), names)


def check_subscription(subscription: Subscription) -> Subscription:
    """Return `subscription`; raise `UsageError` for a URL, secret or filter that cannot be."""
    if not subscription.over_websocket:
        target = parse_target(subscription.url)
        if target.credentials:
            raise UsageError(
                f"{target.url}: the URL carries credentials, which Zoom takes none of there; use"
                " basic authentication"
            )
    if not subscription.secret.strip():
        raise UsageError("the secret is empty; who accepts an empty secret accepts anybody")
    _check_texts((subscription.secret, subscription.name, *subscription.events))
    if not subscription.events or not all(item.strip() for item in subscription.events):
        raise UsageError("events: expected at least one event's name or pattern, such as session.*")
    check_auth(subscription.auth)
    return subscription


def _check_texts(texts: Iterable[str]) -> None:
    for text in texts:
        try:
            text.encode()
        except UnicodeEncodeError:
            raise UsageError("a value is no text in UTF-8") from None
