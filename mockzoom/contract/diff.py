"""Says what changes for a receiver between two contracts.

A receiver reads what it needs and passes over the rest, so a new field harms nobody, and neither
does an event that is narrower than before. What it reads may be gone, or may come in a shape that
it has never met: that can break it. Schemas are compared as the loader compiles them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from msgspec import Struct

from mockzoom.contract.schema_changes import Impact, SchemaComparison
from mockzoom.model import JSON, EventSpec

MOST_DIFFERENCES = 1_000
"""Differences of one event that are named."""
IMPACTS: tuple[Impact, ...] = ("breaking", "notice", "harmless")
"""Worst first."""


class Difference(Struct, frozen=True, gc=False):
    """One difference between two contracts, as a receiver sees it.

    `before` and `after` are what the schemas say there, None where they say nothing.
    """

    event: str
    pointer: str
    """RFC 6901 pointer into the event's body; `*` stands for any item, or any other field."""
    change: str
    impact: Impact
    before: JSON
    after: JSON
    why: str


def differences(
    old: Mapping[str, EventSpec], new: Mapping[str, EventSpec]
) -> tuple[Difference, ...]:
    """Return what changes from the events `old` to `new`: worst first, then by event and place.

    At most `MOST_DIFFERENCES` an event. An event that was renamed shows as removed and as new.
    """
    found = [item for name in sorted({*old, *new}) for item in _of_event(name, old, new)]
    return tuple(sorted(found, key=lambda item: (IMPACTS.index(item.impact), item.event)))


def _of_event(
    name: str, old: Mapping[str, EventSpec], new: Mapping[str, EventSpec]
) -> Iterator[Difference]:
    if name not in new:
        yield Difference(name, "", "event removed", "breaking", name, None, _GONE)
    elif name not in old:
        yield Difference(name, "", "new event", "notice", None, name, _NEW)
    else:
        changes = SchemaComparison(old[name].schema, new[name].schema).changes()
        for change in islice(changes, MOST_DIFFERENCES):
            yield Difference(name, *change)
        if next(changes, None) is not None:
            yield Difference(name, "", _MORE, "breaking", None, None, _UNSEEN)


_MORE = f"more than {MOST_DIFFERENCES:,} differences"
_UNSEEN = "The others are not named; one that can break a receiver may be among them."
_GONE = "A receiver that waits for it gets nothing more, or another event in its place."
_NEW = "A receiver acknowledges events that it does not know."
