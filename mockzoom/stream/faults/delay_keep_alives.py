"""Keep-alives come late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockzoom.stream.actions import Action, number_from

if TYPE_CHECKING:
    from mockzoom.stream.stream import Stream


def _play(stream: Stream, *, by: float = 5.0) -> str:
    number_from("delay-keep-alives", "by", by, 0, 3600)
    stream.trouble.delay = by
    return f"keep-alives come {by:g} s late"


DELAY_KEEP_ALIVES = Action("delay-keep-alives", "keep-alives come late, until heal", _play)
