"""The next handshakes are refused with a status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockzoom.stream.actions import Action, number_from, one_of
from mockzoom.stream.sockets import ROLES

if TYPE_CHECKING:
    from mockzoom.stream.stream import Stream


def _play(stream: Stream, *, status: int = 45, socket: str = "signaling", times: int = 1) -> str:
    number_from("refuse", "times", times, 1, 1_000_000)
    number_from("refuse", "status", status, 1, 9999)
    one_of("refuse", "socket", socket, ROLES)
    stream.trouble.refused["media" if socket == "media" else "signaling"] = status, times
    return f"the next {times} {socket} handshakes are refused with status {status}"


REFUSE = Action("refuse", "the next handshakes are refused with a status", _play)
