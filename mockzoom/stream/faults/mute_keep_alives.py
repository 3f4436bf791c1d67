"""No more keep-alives are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockzoom.stream.actions import Action, one_of
from mockzoom.stream.sockets import ROLES

if TYPE_CHECKING:
    from mockzoom.stream.stream import Stream


def _play(stream: Stream, *, socket: str = "all") -> str:
    one_of("mute-keep-alives", "socket", socket, ("all", *ROLES))
    stream.trouble.muted.update(role for role in ROLES if socket in ("all", role))
    return f"no keep-alives are sent on {socket} sockets"


MUTE_KEEP_ALIVES = Action("mute-keep-alives", "no keep-alives are sent, until heal", _play)
