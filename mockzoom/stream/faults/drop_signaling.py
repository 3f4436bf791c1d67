"""The signaling socket is lost; media counts as interrupted with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockzoom.stream.actions import Action

if TYPE_CHECKING:
    from mockzoom.stream.stream import Stream


def _play(stream: Stream, *, close_frame: bool = False, code: int = 1011) -> str:
    socket = stream.signaling
    if socket is None:
        return "no signaling socket is joined"
    if close_frame:
        socket.close(code, "dropped")
    else:
        socket.abort()
    stream.gone(socket)
    return f"{socket.name} {'closed' if close_frame else 'cut without a close frame'}"


DROP_SIGNALING = Action("drop-signaling", "the signaling socket is lost", _play)
