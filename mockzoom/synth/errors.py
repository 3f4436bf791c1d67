"""What can go wrong while an event is made."""

from __future__ import annotations

from mockzoom.errors import MockzoomError


class SynthesisError(MockzoomError):
    """No value was found that satisfies a place of an event's schema, within the bounded search.

    `event` is the event's name, `place` the path into its body (`*` stands for any array item),
    `reason` what could not be met there.
    """

    def __init__(self, event: str, place: str, reason: str) -> None:
        self.event, self.place, self.reason = event, place or "/", reason
        super().__init__(
            f"{event}: no value fits at {self.place}: {reason}; "
            "`mockzoom specs lint` names contradictions in the document"
        )
