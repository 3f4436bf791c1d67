"""How much a scenario may ask for: steps, values and text, once everything is filled in."""

from __future__ import annotations

from dataclasses import dataclass

from mockzoom.errors import UsageError
from mockzoom.scenario.mistakes import Mistakes
from mockzoom.scenario.model import Place

MOST_STEPS = 10_000
"""Steps that a document may expand to, all its variants together."""
MOST_VALUES = 200_000
"""Values that are read once `let`, `matrix`, `repeat` and `play` are filled in."""
MOST_TEXT = 64 * 1024
"""Characters of one text once its values are filled in."""
MOST_TEXTS = 16 * 1024 * 1024
"""Characters of all such texts."""


class TooLarge(UsageError):
    """Raised to stop an expansion that would not end soon; its mistake is noted already."""


@dataclass(slots=True)
class Budget:
    """Counts what a document expands to, and ends it where that is too much."""

    mistakes: Mistakes
    steps: int = 0
    values: int = 0
    characters: int = 0

    def step(self, place: Place) -> None:
        """Count a step; raise `TooLarge` where they, or the mistakes, are too many."""
        self.steps += 1
        if self.mistakes.is_full:
            raise TooLarge("too many mistakes to go on")
        if self.steps > MOST_STEPS:
            message = "too many steps once `play`, `repeat` and `matrix` are expanded"
            self._end(place, message, f"at most {MOST_STEPS:,}")

    def value(self, place: Place) -> None:
        """Count a value; raise `TooLarge` where they are too many."""
        self.values += 1
        if self.values > MOST_VALUES:
            message = "too many values once those of `let`, `matrix` and `repeat` are filled in"
            self._end(place, message, f"at most {MOST_VALUES:,}")

    def text(self, length: int, place: Place) -> bool:
        """Return whether a filled text may be so long; raise `TooLarge` where all are too long."""
        if length > MOST_TEXT:
            message = f"a text of {length:,} characters once its values are filled in"
            self.mistakes.add(place, message, f"at most {MOST_TEXT:,}")
            return False
        self.characters += length
        if self.characters > MOST_TEXTS:
            message = "too much text once its values are filled in"
            self._end(place, message, f"at most {MOST_TEXTS:,} characters")
        return True

    def _end(self, place: Place, message: str, expected: str) -> None:
        self.mistakes.add(place, message, expected)
        raise TooLarge(message)
