"""The lasting faults end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockzoom.stream.actions import Action

if TYPE_CHECKING:
    from mockzoom.stream.stream import Stream


def _play(stream: Stream) -> str:
    trouble = stream.trouble
    trouble.silent, trouble.delay = False, 0.0
    trouble.muted.clear()
    trouble.refused.clear()
    trouble.withheld.clear()
    return "nothing is withheld, refused, muted or delayed any more"


HEAL = Action("heal", "faults that last end", _play)
