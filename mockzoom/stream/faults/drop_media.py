"""Media sockets are lost, all or those of one kind; signaling stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockzoom.stream.actions import Action, target_sockets

if TYPE_CHECKING:
    from mockzoom.stream.stream import Stream


def _play(
    stream: Stream, *, socket: str = "media", close_frame: bool = False, code: int = 1011
) -> str:
    sockets = [item for item in target_sockets(stream, "drop-media", socket) if item.kinds]
    for item in sockets:
        if close_frame:
            item.close(code, "dropped")
        else:
            item.abort()
        stream.gone(item)
    if not sockets:
        return "no media socket is joined"
    names = ", ".join(sorted(item.name for item in sockets))
    return f"{names} {'closed' if close_frame else 'cut without a close frame'}"


DROP_MEDIA = Action("drop-media", "media sockets are lost (all, or of one kind)", _play)
