"""The stream ends: state TERMINATED with a reason; the consumer has to close its sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockzoom.stream.actions import Action, number_from
from mockzoom.stream.protocol import StopReason

if TYPE_CHECKING:
    from mockzoom.stream.stream import Stream


def _play(stream: Stream, *, reason: int = int(StopReason.MEETING_ENDED)) -> str:
    number_from("terminate", "reason", reason, 1, 9999)
    stream.terminate(reason, session_ends=reason == StopReason.MEETING_ENDED)
    return f"the stream ends with reason {reason}"


TERMINATE = Action("terminate", "the stream ends with a stop reason", _play)
