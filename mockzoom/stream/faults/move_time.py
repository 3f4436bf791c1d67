"""The stream's clock jumps forward: its reconnect windows end sooner, its timestamps jump.

What waits for the consumer (keep-alives, 10 s to leave) stays in wall time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockzoom.stream.actions import Action, number_from

if TYPE_CHECKING:
    from mockzoom.stream.stream import Stream


def _play(stream: Stream, *, by: float = 60.0) -> str:
    number_from("move-time", "by", by, 0, 86_400)
    stream.programme.moved_ms += round(by * 1000)
    stream.windows.move(by)
    return f"the stream's clock is {by:g} s further on"


MOVE_TIME = Action("move-time", "the stream's clock jumps forward", _play)
