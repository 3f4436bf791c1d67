"""The names that a scenario may use and that no schema can list: the events of a contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mockzoom.model import EventSpec


@dataclass(frozen=True, slots=True)
class Names:
    """The events that a scenario may deliver, by name; the caller hands them to the loader."""

    events: Mapping[str, EventSpec] = field(default_factory=dict)
