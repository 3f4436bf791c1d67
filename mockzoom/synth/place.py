"""A place of an event with what the document says of it, and what its name alone tells."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from mockzoom.schema.place import ValuePlace
from mockzoom.zoom.fields import (
    EVENT_ROLES,
    FREE_TEXTS,
    HOSTS_FIELDS,
    OF_ONE_CALL,
    PHONED_OBJECTS,
    ROLES,
    TECHNICAL,
)
from mockzoom.zoom.moments import moment_of_field


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
        if self.parent in PHONED_OBJECTS:
            return self.parent
        for word, role in ROLES:
            if word in name or word in self.parent:
                return role
        if (self.parent, name) in HOSTS_FIELDS:
            return "host"
        for pattern, role in EVENT_ROLES:
            if pattern.fullmatch(self.event):
                return role
        return "guest" + self.item

    @property
    def owned(self) -> str:
        """A role for what this field holds: of its own, and of its person where that is no guest.

        So the devices of caller and callee differ.
        """
        person, own = self.person, self.snake + self.item
        if person in OF_ONE_CALL or person in PHONED_OBJECTS:
            return f"{person}.{self.snake}"
        return own

    @property
    def moment(self) -> str:
        """The moment that a time here is (`mockzoom.zoom.moments`)."""
        return moment_of_field(self.snake, self.event)


@lru_cache(1024)  # a document has few names, each asked for at many places
def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|-", "_", name).lower()


def is_free_text(place: EventPlace) -> bool:
    """Tell whether people write what stands in the string at `place`, in any script."""
    return bool(FREE_TEXTS.fullmatch(place.snake)) and not TECHNICAL.fullmatch(place.snake)
