"""A frame that is no JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockzoom.stream.actions import Action, target_sockets

if TYPE_CHECKING:
    from mockzoom.stream.stream import Stream

TEXT = '{"msg_type":12,"timestamp":'


def _play(stream: Stream, *, socket: str = "signaling") -> str:
    sockets = target_sockets(stream, "malformed-json", socket)
    for item in sockets:
        item.send_text(TEXT)
    return f"{len(sockets)} sockets got {TEXT}"


MALFORMED_JSON = Action("malformed-json", "a frame comes that is no JSON", _play)
