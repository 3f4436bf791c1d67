"""A frame that is larger than a consumer may expect; what is in it is a message of unknown type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockzoom.stream.actions import Action, number_from, target_sockets

if TYPE_CHECKING:
    from mockzoom.stream.stream import Stream

LARGEST = 16 * 1024 * 1024


def _play(stream: Stream, *, socket: str = "signaling", size: int = 2 * 1024 * 1024) -> str:
    number_from("oversized-frame", "size", size, 1024, LARGEST)
    sockets = target_sockets(stream, "oversized-frame", socket)
    frame = '{"msg_type":199,"padding":"'
    frame += "x" * (size - len(frame) - 2) + '"}'
    for item in sockets:
        item.send_text(frame)
    return f"{len(sockets)} sockets got a frame of {size} bytes"


OVERSIZED_FRAME = Action("oversized-frame", "a very large frame comes", _play)
