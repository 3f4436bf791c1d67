"""The next handshakes get no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockzoom.stream.actions import Action, number_from, one_of
from mockzoom.stream.sockets import ROLES

if TYPE_CHECKING:
    from mockzoom.stream.stream import Stream


def _play(stream: Stream, *, socket: str = "signaling", times: int = 1) -> str:
    number_from("withhold-handshake", "times", times, 1, 1_000_000)
    one_of("withhold-handshake", "socket", socket, ROLES)
    stream.trouble.withheld["media" if socket == "media" else "signaling"] = times
    return f"the next {times} {socket} handshakes get no answer"


WITHHOLD_HANDSHAKE = Action("withhold-handshake", "the next handshakes get no answer", _play)
