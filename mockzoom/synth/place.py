"""A place of an event with what the document says of it, and what its name alone tells."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from mockzoom.schema.place import ValuePlace
from mockzoom.zoom.fields import FREE_TEXTS, HOSTS_FIELDS, RANKS, ROLES, TECHNICAL


@dataclass(frozen=True, slots=True)
class EventPlace(ValuePlace):
    """One place of an event, with what the document says of it."""

    event: str = ""

    @property
    def snake(self) -> str:
        """The name in lower case with underscores."""
        return _snake(self.name)

    @property
    def item(self) -> str:
        """The array positions on the way, so that two items are two entities; empty without."""
        return "".join(re.findall(r"/\d+", self.pointer))

    @property
    def person(self) -> str:
        """Whose name, id or key stands here."""
        name = self.snake
        for word, role in ROLES:
            if word in name or word in self.parent:
                return role
        if (self.parent, name) in HOSTS_FIELDS:
            return "host"
        return "guest" + self.item


@lru_cache(1024)  # a document has few names, each asked for at many places
def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|-", "_", name).lower()


def rank(name: str) -> int:
    """Return when the moment called `name` is, in sixteenths between the start and now."""
    for pattern, sixteenths in RANKS:
        if pattern.search(name):
            return sixteenths
    return 16


def is_free_text(place: EventPlace) -> bool:
    """Tell whether people write what stands in the string at `place`, in any script."""
    return bool(FREE_TEXTS.fullmatch(place.snake)) and not TECHNICAL.fullmatch(place.snake)
