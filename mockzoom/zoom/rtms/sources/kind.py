"""What every source of media is, and who speaks in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

Params: TypeAlias = Mapping[str, Any]
Lack: TypeAlias = tuple[str, str]
"""A parameter whose value cannot be sent, and why."""


@dataclass(frozen=True, slots=True)
class Participant:
    """One person in the meeting."""

    user_id: int
    user_name: str


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of media. `data` is base64 of bytes, or the text of a line.

    `who` is an index of the participants, or None for what is mixed. `lasts` are seconds.
    """

    data: str
    length: int
    who: int | None = None
    lasts: float = 0.0


class MediaSource(Protocol):
    """A kind of media: the same seed and number give the same frame."""

    def lacks(self, params: Params) -> Lack | None:
        """Return what of these parameters cannot be sent, if anything."""

    def interval(self, params: Params) -> float:
        """Return the seconds between two numbers."""

    def frames(self, number: int, params: Params, people: int) -> Sequence[Frame]:
        """Return the frames of one number: one, or one for each of `people` participants."""


def channel_of(participant: int) -> int:
    """Return the id of a participant's channel, which Contact Center has; by it files are named."""
    return participant + 1


def participants(seed: int, count: int = 2) -> tuple[Participant, ...]:
    """Return the people of a stream, drawn from the seed's names."""
    from mockzoom.free_text import POOL, words

    people = words(seed).people
    first = 16_778_240
    return tuple(
        Participant(first + 1024 * index, people[index % POOL][0]) for index in range(count)
    )
