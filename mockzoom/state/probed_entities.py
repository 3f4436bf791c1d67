"""The entities whose state is read one by one: those of the events that were delivered."""

from __future__ import annotations

from collections.abc import Iterable

from mockzoom.errors import MockzoomError
from mockzoom.model import JSON
from mockzoom.probe_source import filled_url, placeholders
from mockzoom.state.roles import SentEvent

MOST_ENTITIES = 1_000
"""Entities of one play, or of one pass, at most."""


class TooManyEntities(MockzoomError):
    """A play is about more entities than can be read one by one."""


class ProbedEntities:
    """The entities of one play or pass, for a probe's `url` with placeholders."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.urls: dict[str, str] = {}
        """Where each entity is read, by the values that identify it."""
        self._pinned: dict[str, str] = {}
        self.is_used = False
        """Whether any event had a value for each placeholder."""

    def add(self, sent: Iterable[SentEvent], pinned: Iterable[JSON] = ()) -> None:
        """Add the entities of events; those with `pinned` values alone are those of every play."""
        every = frozenset(map(str, pinned))
        for event in sent:
            found = filled_url(self._url, event.body)
            if found is None:
                continue
            self.is_used = True
            values, url = found
            name = " ".join(values)
            self.urls[name] = url
            if every.issuperset(values):
                self._pinned[name] = url
            if len(self.urls) > MOST_ENTITIES:
                raise TooManyEntities(
                    f"probe {self._url}: more than {MOST_ENTITIES:,} entities in one play;"
                    " have a probe show the whole state"
                )

    def forget(self) -> None:
        """Begin another play: about new entities, and those that are pinned."""
        self.urls = dict(self._pinned)

    def unused(self) -> str:
        """Return what to say if no event had the values; empty if any had them."""
        if self.is_used:
            return ""
        paths = " and ".join(placeholders(self._url))
        return f"probe {self._url}: no event that was delivered has {paths}, so nothing was read"
