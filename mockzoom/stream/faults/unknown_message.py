"""A message of a type that the protocol does not know."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mockzoom.stream.actions import Action, number_from, target_sockets

if TYPE_CHECKING:
    from mockzoom.stream.stream import Stream


def _play(stream: Stream, *, socket: str = "signaling", msg_type: int = 199) -> str:
    number_from("unknown-message", "msg_type", msg_type, 30, 1_000_000)
    sockets = target_sockets(stream, "unknown-message", socket)
    for item in sockets:
        item.send_text(json.dumps({"msg_type": msg_type, "timestamp": stream.now_ms()}))
    return f"{len(sockets)} sockets got msg_type {msg_type}"


UNKNOWN_MESSAGE = Action("unknown-message", "a message of an unknown type comes", _play)
