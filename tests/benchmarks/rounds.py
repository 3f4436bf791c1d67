"""Rounds: contenders take turns (A B C, A B C), so that a noisy machine hits all alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median


class Unmeasured(Exception):
    """A contender that cannot be measured here; the text says why, or what to install."""


@dataclass(frozen=True, slots=True)
class Samples:
    """What one contender reached in each round; false where it could not be measured."""

    values: tuple[float, ...] = ()
    why_not: str = ""

    def __bool__(self) -> bool:
        return bool(self.values) and not self.why_not

    @property
    def median(self) -> float:
        """The median of the rounds."""
        return median(self.values)


Measure = Callable[[], Mapping[str, float]]
"""Measures once, and returns the rates (or seconds) by name."""


def interleaved(
    contenders: Mapping[str, Measure],
    rounds: int,
    progress: Callable[[str], None] = lambda text: None,
) -> dict[str, dict[str, Samples]]:
    """Let each contender measure once a round; return the samples by contender and name.

    A contender that raises `Unmeasured` is left out of the later rounds, and its reason is kept
    under the name "" (see `samples_of`).
    """
    values: dict[str, dict[str, list[float]]] = {name: {} for name in contenders}
    reasons: dict[str, str] = {}
    for turn in range(rounds):
        for name, measure in contenders.items():
            if name in reasons:
                continue
            progress(f"{name}, round {turn + 1} of {rounds}")
            try:
                for what, value in measure().items():
                    if not value > 0:
                        raise Unmeasured(f"{name}: {what} came to {value:g}")
                    values[name].setdefault(what, []).append(value)
            except Unmeasured as reason:
                reasons[name] = str(reason)
    return {
        name: {what: Samples(tuple(found)) for what, found in found_by.items()}
        | ({"": Samples((), reasons[name])} if name in reasons else {})
        for name, found_by in values.items()
    }


def samples_of(outcome: Mapping[str, Samples], what: str) -> Samples:
    """Return the samples of `what`, or why there are none."""
    if "" in outcome:
        return outcome[""]
    return outcome.get(what, Samples((), f"{what} could not be measured"))
