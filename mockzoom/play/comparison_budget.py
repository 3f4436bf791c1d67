"""The time that a play may spend on comparing what scenarios leave behind."""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic


class ComparisonBudget:
    """Seconds of wall time from now on; `seconds` None is without end.

    `remedy` says what to do where they are not enough.
    """

    def __init__(self, seconds: float | None, remedy: str = "--budget raises it") -> None:
        self._seconds, self._remedy = seconds, remedy
        self._ends = None if seconds is None else monotonic() + seconds
        self._left_out: dict[str, frozenset[str]] = {}

    @property
    def is_spent(self) -> bool:
        """Whether nothing more is to be compared."""
        return self._ends is not None and monotonic() >= self._ends

    def leaves_out(self, title: str, rules: Iterable[str]) -> None:
        """Note a scenario that was not compared, and the rules that it would have judged."""
        self._left_out[title] = frozenset(rules)

    def notices(self) -> list[str]:
        """Return what the report says of the scenarios that were left out."""
        return [self._said(self._left_out)] if self._left_out else []

    def breakages(self, judged: Iterable[str]) -> list[str]:
        """Return why a run is not complete: rules that nothing else has `judged`."""
        missing = sorted(frozenset().union(*self._left_out.values()) - frozenset(judged))
        if not missing:
            return []
        titles = [title for title, rules in self._left_out.items() if not rules.isdisjoint(missing)]
        return [f"{', '.join(missing)} not checked: {self._said(titles)}"]

    def _said(self, titles: Iterable[str]) -> str:
        return (
            f"{', '.join(titles)}: not compared, since the budget of {self._seconds:g} s was spent;"
            f" {self._remedy}"
        )
