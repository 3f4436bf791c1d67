"""The server reads on, and says nothing more on any socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockzoom.stream.actions import Action

if TYPE_CHECKING:
    from mockzoom.stream.stream import Stream


def _play(stream: Stream) -> str:
    stream.trouble.silent = True
    return "no answer, no keep-alive, no media until heal"


STOP_ANSWERING = Action("stop-answering", "the server says nothing more, until heal", _play)
