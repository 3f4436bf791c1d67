"""A place of an event with what the document says of it, and what its name alone tells."""

from __future__ import annotations

import re
from functools import lru_cache

from mockzoom.schema.shape import ValuePlace
from mockzoom.zoom.field_values import (
    EVENT_ROLES,
    FREE_TEXTS,
    HOSTS_FIELDS,
    OF_ONE_CALL,
    PHONED_OBJECTS,
    ROLES,
    TECHNICAL,
)
from mockzoom.zoom.fields import moment_of_field


class EventPlace(ValuePlace, frozen=True):
    """One place of an event, with what the document says of it."""

    event: str = ""

    @property
    def snake(self) -> str:
        """The name in lower case with underscores."""
        return _snake(self.name)

    @property
    def item(self) -> str:
        """The array positions on the way, so that two items are two entities.

        It is empty without, and for the first item: that is the one which other events speak of.
        """
        positions = re.findall(r"/\d+", self.pointer)
        return "".join(positions) if any(each != "/0" for each in positions) else ""

    @property
    def person(self) -> str:
        """Whose name, id or key stands here."""
        role = self._named
        for pattern, roles in EVENT_ROLES:
            if pattern.fullmatch(self.event):
                role = roles.get(role, role)
                break
        return role or "guest" + self.item

    @property
    def _named(self) -> str:
        """The role of the person whom the names of the field and its object name; empty without."""
        name, parent = self.snake, self.parent
        if parent in PHONED_OBJECTS:
            return parent
        for word, role in ROLES:
            if word in parent:
                return role if role in OF_ONE_CALL else role + self.item
            if word in name:
                return role
        return "host" if (parent, name) in HOSTS_FIELDS else ""

    @property
    def owned(self) -> str:
        """A role for what this field holds: of its own, and of its person where that is no guest.

        So the devices of caller and callee differ.
        """
        person, own = self._named, self.snake + self.item
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
    """Return whether people write what stands in the string at `place`, in any script."""
    return bool(FREE_TEXTS.fullmatch(place.snake)) and not TECHNICAL.fullmatch(place.snake)
