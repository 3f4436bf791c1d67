"""Findings: the violations of a run, grouped by rule and cause as they come in."""

from __future__ import annotations

from dataclasses import dataclass
from os.path import commonprefix

from msgspec.structs import replace

from mockzoom.model import Violation

KEPT_IDS = 50
"""Delivery ids that one finding lists at most; its count goes on."""
_SHARED = 12
"""Characters from which a shared beginning is not repeated."""
_NAMES = 5
"""Events that are named, beside the first, where the same is true of all."""


@dataclass(slots=True)
class _Group:
    first: Violation
    count: int
    ids: list[str]
    messages: dict[str, None]
    events: dict[str, None]

    def take(self, violation: Violation) -> None:
        """Take one more violation of the group."""
        self.count += violation.count
        self.ids.extend(violation.deliveries[: KEPT_IDS - len(self.ids)])
        if violation.event is not None:
            self.events.setdefault(violation.event)
        if len(self.messages) < KEPT_IDS and not self.first.leads:
            self.messages.setdefault(violation.message)

    def reword(self, message: str, fix: str, *, leads: bool) -> None:
        """Let `message` (and `fix`, if any) stand for all that were taken."""
        self.messages = {message: None}
        self.first = replace(self.first, fix=fix or self.first.fix, leads=leads)

    def restate(self, message: str, exact: str) -> None:
        """Put an exacter message into the place of one that was taken."""
        said = (exact if each == message else each for each in self.messages)
        self.messages = dict.fromkeys(said)


class Findings:
    """Violations, grouped by rule and cause as they come in."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str], _Group] = {}

    def add(self, violation: Violation) -> None:
        """Take one violation."""
        key = (violation.rule, violation.cause)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Group(violation, 0, [], {}, {})
        group.take(violation)

    def has(self, rule: str, cause: str = "") -> bool:
        """Return whether `rule` was broken (for `cause`, where one is given)."""
        return any(key[0] == rule and cause in ("", key[1]) for key in self._groups)

    @property
    def total(self) -> int:
        """How many violations were taken."""
        return sum(group.count for group in self._groups.values())

    def reword(
        self, rule: str, message: str, fix: str = "", *, cause: str = "", leads: bool = False
    ) -> None:
        """Give findings another message; `leads` says that they explain others."""
        for (found, why), group in self._groups.items():
            if found == rule and cause in ("", why):
                group.reword(message, fix, leads=leads)

    def restate(self, rule: str, message: str, exact: str) -> None:
        """Put an exacter message into the place of one that was taken."""
        for (found, _), group in self._groups.items():
            if found == rule:
                group.restate(message, exact)

    def drop(self, rule: str, cause: str = "") -> None:
        """Forget the findings of `rule` (and `cause`): another finding explains them."""
        for key in list(self._groups):
            if key[0] == rule and cause in ("", key[1]):
                del self._groups[key]

    def all(self) -> tuple[Violation, ...]:
        """Return one violation a group, in the order of their rules."""
        found = [_merged(group) for group in self._groups.values()]
        return tuple(sorted(found, key=lambda item: (item.rule, item.cause)))


def _merged(group: _Group) -> Violation:
    return replace(
        group.first,
        message=_joined(*group.messages),
        count=group.count,
        deliveries=tuple(group.ids),
        events=tuple(group.events),
    )


def _joined(text: str, *others: str) -> str:
    """Return the first message, and of the others what differs from it."""
    if not others:
        return text
    what = text.partition(": ")[2]
    if what and all(other.partition(": ")[2] == what for other in others):
        names = [other.partition(": ")[0] for other in others[:_NAMES]]
        more = f" and {len(others) - _NAMES} more" if len(others) > _NAMES else ""
        return f"{text}; also {', '.join(names)}{more}"
    shared = len(commonprefix([text, *others]))  # noqa: RUF071 - texts, not paths
    shared = text.rfind(" ", 0, shared) + 1
    shown = ["… " + other[shared:] if shared > _SHARED else other for other in others[:3]]
    more = f"; and {len(others) - 3} more" if len(others) > 3 else ""
    return f"{text}; also {'; '.join(shown)}{more}"
