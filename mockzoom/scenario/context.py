"""What reading a step needs to know beyond the step itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from mockzoom.errors import UsageError
from mockzoom.scenario.mistakes import Mistakes
from mockzoom.scenario.model import AnyStep, Place, RetryPolicy
from mockzoom.scenario.names import Names
from mockzoom.scenario.naming import free
from mockzoom.scenario.values import Scope

if TYPE_CHECKING:
    from mockzoom.scenario.fields import Fields

MOST_STEPS = 10_000
"""How many steps a document may expand to, all its variants together."""


class TooManySteps(UsageError):
    """Raised to stop an expansion that would not end soon; its mistake is noted already."""


@dataclass(slots=True)
class Budget:
    """Counts the steps that a document expands to."""

    notebook: Mistakes
    spent: int = 0

    def spend(self, place: Place) -> None:
        """Count a step; raise `TooManySteps` where they, or the mistakes, are too many."""
        self.spent += 1
        if self.notebook.is_full:
            raise TooManySteps("too many mistakes to go on")
        if self.spent > MOST_STEPS:
            message = "too many steps once `play` and `matrix` are expanded"
            self.notebook.add(place, message, f"at most {MOST_STEPS:,}")
            raise TooManySteps(message)


@dataclass(slots=True)
class Context:
    """Where a step is read: the names it may use, the values, and the steps around it."""

    names: Names
    scope: Scope
    budget: Budget
    play: Callable[[Fields, Context], tuple[AnyStep, ...]]
    """Reads a `play` step: the steps of the other scenario."""
    retry: RetryPolicy = "zoom"
    has_stream: bool = False
    trusted: bool = True
    path: str = ""
    """What the names of saved values begin with, in a scenario that another one plays."""
    taken: dict[str, Place] = field(default_factory=dict)
    """The names written in this document, with the place of each."""
    kept: set[str] = field(default_factory=set)
    """What values saved in this document are called in the play."""
    within: Literal["", "together", "shuffle"] = ""

    @property
    def notebook(self) -> Mistakes:
        """Where mistakes go."""
        return self.scope.notebook

    def inside(self, within: Literal["together", "shuffle"]) -> Context:
        """Return the context of a lane, or of what is shuffled: what it saves stays there."""
        return replace(self, within=within, scope=self.scope.branch())

    def save(self, name: str) -> str:
        """Make a saved name known to later steps; return what it is called in the play.

        That is another name each time, so that lanes don't overwrite each other's values.
        """
        whole = free(self.path + name, self.kept)
        self.kept.add(whole)
        self.scope.saved[name] = whole
        return whole

    def take(self, name: str, place: Place) -> None:
        """Note a name that another step of the document has."""
        first = self.taken.get(name)
        if first is None:
            self.taken[name] = place
        else:
            self.notebook.add(
                place, f"two steps are called '{name}'; the first in line {first.line}",
                "a name of its own for each step",
            )  # fmt: skip
