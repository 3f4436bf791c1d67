"""The time that a play may spend on comparing what scenarios leave behind."""

from __future__ import annotations

from time import monotonic


class ComparisonBudget:
    """Seconds of wall time from now on; `seconds` None is without end."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._ends = None if seconds is None else monotonic() + seconds
        self._left_out: dict[str, None] = {}

    @property
    def is_spent(self) -> bool:
        """Whether nothing more is to be compared."""
        return self._ends is not None and monotonic() >= self._ends

    def leaves_out(self, titles: list[str]) -> None:
        """Note scenarios that were not compared."""
        self._left_out.update(dict.fromkeys(titles))

    def notices(self) -> list[str]:
        """Return what the report says of them."""
        if not self._left_out:
            return []
        return [
            f"{', '.join(self._left_out)}: not compared, since the budget of {self._seconds:g} s"
            " was spent; --budget raises it"
        ]
