"""The time that a play may spend on comparing what scenarios leave behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from time import monotonic


class ComparisonBudget:
    """Seconds of wall time from now on; `seconds` None is without end.

    `remedy` says what to do where they are not enough.
    """

    def __init__(self, seconds: float | None, remedy: str = "--budget raises it") -> None:
        self._seconds, self._remedy = seconds, remedy
        self._ends = None if seconds is None else monotonic() + seconds
        self._left_out: dict[str, frozenset[str]] = {}
        self._differing: dict[str, frozenset[str]] = {}
        """Those of them in which it was seen that something differs."""
        self._took: dict[tuple[str, str], float] = {}
        """Seconds that each kind of play has taken, at most by scenario, and the last of any."""

    @property
    def is_spent(self) -> bool:
        """Whether nothing more is to be compared."""
        return self._ends is not None and monotonic() >= self._ends

    def is_enough(self, kind: str, title: str = "") -> bool:
        """Return whether one more play of this kind, such as of a scenario, probably ends in time.

        It is taken to last as long as the longest before, or as the last one of any scenario.
        """
        expected = self._took.get((kind, title), self._took.get((kind, ""), 0.0))
        return self._ends is None or monotonic() + expected < self._ends

    @contextmanager
    def measuring(self, kind: str, title: str = "") -> Iterator[None]:
        """Learn how long a play of this kind takes."""
        began = monotonic()
        try:
            yield
        finally:
            took = monotonic() - began
            self._took[kind, ""] = took
            self._took[kind, title] = max(took, self._took.get((kind, title), 0.0))

    def leaves_out(self, title: str, rules: Iterable[str], *, differs: bool = False) -> None:
        """Note a scenario that was not compared, and the rules that it would have judged.

        `differs` says that something was seen to differ in it: it is not known yet what.
        """
        self._left_out[title] = self._left_out.get(title, frozenset()).union(rules)
        if differs:
            self._differing[title] = self._differing.get(title, frozenset()).union(rules)

    def notices(self) -> list[str]:
        """Return what the report says of the scenarios that were left out."""
        return [self._said(self._left_out)] if self._left_out else []

    def breakages(self, judged: Iterable[str], *, is_explained: bool) -> list[str]:
        """Return why a run is not complete: rules that nothing else has `judged`.

        Where something differs, and nothing that was reported may have explained it, other
        scenarios in which a rule was judged say nothing.
        """
        others = frozenset(judged)
        missing = {
            title: rules - others
            | (frozenset() if is_explained else self._differing.get(title, frozenset()))
            for title, rules in self._left_out.items()
        }
        titles = [title for title, rules in missing.items() if rules]
        rules = sorted(frozenset().union(*missing.values()))
        return [f"{', '.join(rules)} not checked: {self._said(titles)}"] if rules else []

    def _said(self, titles: Iterable[str]) -> str:
        return (
            f"{', '.join(titles)}: not compared, since the budget of {self._seconds:g} s was spent;"
            f" {self._remedy}"
        )
