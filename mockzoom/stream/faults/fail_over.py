"""The stream moves to other URLs; a second start, which the player delivers, names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockzoom.stream.actions import Action

if TYPE_CHECKING:
    from mockzoom.stream.stream import Stream


def _play(stream: Stream) -> str:
    stream.fail_over()
    return stream.server_urls


FAIL_OVER = Action("fail-over", "the stream moves to other URLs", _play)
