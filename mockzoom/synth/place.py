"""A place of an event with what the document says of it, and what its name alone tells."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from mockzoom.schema.place import ValuePlace

NAMESPACES = ("meeting", "webinar", "session")


@dataclass(frozen=True, slots=True)
class EventPlace(ValuePlace):
    """One place of an event, with what the document says of it."""

    event: str = ""

    @property
    def namespace(self) -> str:
        """`meeting` of `meeting.rtms_started`."""
        return self.event.partition(".")[0]

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
        for role, word in (("host", "host"), ("operator", "operator"), ("host", "inviter")):
            if word in name or word in self.parent:
                return role
        if name == "user_key" and self.parent == "object":
            return "host"
        return "guest" + self.item


@lru_cache(1024)  # a document has few names, each asked for at many places
def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|-", "_", name).lower()


def rank(name: str) -> int:
    """Return when the moment called `name` is, in sixteenths between the start and now.

    start <= join <= recording start < recording end <= leave, end <= now.
    """
    for pattern, sixteenths in _RANKS:
        if re.search(pattern, name):
            return sixteenths
    return 16


_RANKS = (
    (r"(recording|record|file|archive|share|sharing|stream)\w*_(start|begin)", 4),
    (r"(recording|record|file|archive)\w*_(end|stop)", 14),
    (r"creat|schedul|regist|publish", 0),
    (r"start|begin|began", 0),
    (r"join|admit|enter|answer", 2),
    (r"updat|modif|chang|last", 15),
    (r"end|leave|left|stop|finish|complet|delet|expir", 16),
)


def is_free_text(place: EventPlace) -> bool:
    """Tell whether people write what stands in the string at `place`, in any script."""
    return bool(_FREE.fullmatch(place.snake)) and not _TECHNICAL.fullmatch(place.snake)


_FREE = re.compile(
    r"(.*_)?(name|topic|title|description|subject|agenda|comments?|notes?|message|text|question"
    r"|answer|caption|summary|leave_reason|job_title|dept|department|company|display_name)"
)
_TECHNICAL = re.compile(
    r"(event|host|server|domain|service|file|app|application|country|region|codec|device|field"
    r"|key|class|type|rule|policy|function)_?name|hostname|domainname"
)
