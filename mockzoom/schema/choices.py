"""Who decides, wherever a schema leaves a choice: which shapes of an event there are.

Shape 0 is full (every optional field), shape 1 bare (only what is required); the further ones are
chosen so that together they reach every value of an enum, every branch, and every optional field
both present and absent. An option that has not been reached yet is a goal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal

from mockzoom.model import JSON

Mode = Literal["full", "bare", "cover"]


@dataclass(slots=True)
class Goals:
    """The options of an event that shapes are to reach."""

    open: dict[str, set[int]] = field(default_factory=dict)
    """Path of a choice to the options not reached yet; a path ending in `?` is an optional field,
    with option 0 for present and 1 for absent."""
    known: set[str] = field(default_factory=set)

    def meet(self, path: str, count: int) -> None:
        """Learn that there is a choice between `count` options at `path`."""
        if path not in self.known:
            self.known.add(path)
            self.open[path] = set(range(count))

    def reach(self, choices: Iterable[tuple[str, int]]) -> bool:
        """Cross out what `choices` reached; return whether any of it was open."""
        progress = False
        for path, option in choices:
            left = self.open.get(path)
            if left and option in left:
                progress = True
                left.discard(option)
                if not left:
                    del self.open[path]
        return progress

    def below(self, path: str) -> bool:
        """Return whether anything at or below the field `path` is open."""
        return any(
            other.startswith(path) and other != path + "?"
            and other[len(path) : len(path) + 1] in ("", "/", "?", "=")
            for other in self.open
        )  # fmt: skip


@dataclass(slots=True)
class Chooser:
    """Decides. `attempt` and the like return choosers that decide otherwise."""

    mode: Mode
    goals: Goals
    random: Random
    taken: set[tuple[str, int]] = field(default_factory=set)
    """Options already used in this shape, so that its array items differ."""
    focus: tuple[str, int] | None = None
    is_tight: bool = False
    """Inside a recursion: as little as possible, and no goals."""
    loose: bool = False
    """After failures: by chance."""
    keep_none: bool = False
    turn: int = 0
    siblings: Mapping[str, JSON] = field(default_factory=dict)
    """The enumerated values of neighbouring fields."""
    kept: tuple[str, frozenset[str]] | None = None
    """An object, and its only optional fields that are to be there."""
    forced: Mapping[str, int] = field(default_factory=dict)
    """Choices to be made as before."""
    picked: dict[str, int] = field(default_factory=dict)
    """The last option taken at each path, for places that are to differ or to be alike."""

    @classmethod
    def first(cls) -> Chooser:
        """Return a chooser that always takes the first option."""
        return cls("full", Goals(), Random(0))

    @property
    def full(self) -> bool:
        """Whether every optional field is wanted."""
        return self.mode == "full" and not self.is_tight

    def pick(
        self, path: str, count: int, allowed: list[int] | None = None, *, loose_goal: bool = True,
        unlike: str = "",
    ) -> int:  # fmt: skip
        """Return one of `count` options, among `allowed` where that is given.

        It is another one than that at the path `unlike`, where there are several.
        """
        options = self._unlike(allowed or list(range(count)), unlike)
        option = self._picked(path, count, options, loose_goal)
        self.picked[path] = option
        return option

    def _unlike(self, options: list[int], path: str) -> list[int]:
        taken = self.picked.get(path)
        if taken is None and self.focus and self.focus[0] == path:
            taken = self.focus[1]
        return [option for option in options if option != taken] or options

    def _picked(self, path: str, count: int, options: list[int], loose_goal: bool) -> int:
        if self.is_tight:
            return options[self.turn % len(options)]
        if loose_goal:
            self.goals.meet(path, count)
        if path in self.forced and self.forced[path] < count:
            return self.forced[path]
        if self.focus and self.focus[0] == path and self.turn < 24:
            return self.focus[1]
        if self.loose:
            return self.random.choice(options)
        option = self._next(path, options)
        self.taken.add((path, option))
        return option

    def _next(self, path: str, options: list[int]) -> int:
        if self.turn:
            return options[self.turn % len(options)]
        fresh = [option for option in options if (path, option) not in self.taken] or options
        if self.mode != "cover":
            return fresh[0]
        goals = [option for option in fresh if option in self.goals.open.get(path, ())]
        return goals[0] if goals else fresh[int(self.random.random() * len(fresh))]

    def keep(self, path: str, twin: str | None = None) -> bool:
        """Return whether the optional field at `path` is to be there, as the one at `twin` is."""
        if twin is None:
            return self._kept(path)
        shared = min(path, twin) + "?"
        known = self.picked.get(shared)
        if known is None or self.turn:
            kept = self._kept(min(path, twin), max(path, twin))
            known = self.picked[shared] = 0 if kept else 1
        return known == 0

    def _kept(self, path: str, twin: str | None = None) -> bool:
        if self.is_tight:
            return False
        self.goals.meet(path + "?", 2)
        if twin and self.focus and (self.focus[0] + "/").startswith((twin + "/", twin + "=")):
            return True
        if self.kept and path.rpartition("/")[0] == self.kept[0]:
            return path.rpartition("/")[2] in self.kept[1]
        if self.focus and (self.focus[0] + "/").startswith(path + "/"):
            return True
        if self.focus and self.focus[0].endswith("?"):
            wanted, (there, _, name) = self.focus[0][:-1], path.rpartition("/")
            if wanted == path:
                return self.focus[1] == 0
            if wanted.rpartition("/")[0] == there and name:
                return True  # so that the object is not empty without it
        if self.keep_none:
            return False
        if self.loose:
            return self.random.random() < 0.5
        return self._wanted(path)

    def _wanted(self, path: str) -> bool:
        if self.mode != "cover":
            return self.mode == "full"
        open_here = self.goals.open.get(path + "?", ())
        if 0 in open_here or self.goals.below(path):
            return True
        return 1 not in open_here and self.random.random() < 0.6

    def length(self, path: str, prefix: int) -> int:
        """Return how many items an array should have, before its bounds are looked at."""
        if self.is_tight or (self.loose and self.random.random() < 0.3):
            return 0
        if self.mode == "bare":
            return max(1, prefix)
        more = 3 if self.mode == "cover" and self.goals.below(path) else 2
        return max(more, prefix)

    def attempt(self, number: int, taken: Iterable[tuple[str, int]] = ()) -> Chooser:
        """Return the chooser for another attempt after failures; 0 decides as this one does.

        `taken` are the options that were used before the first attempt.
        """
        other = replace(self, taken=set(taken or self.taken))
        other.picked = dict(self.picked)
        if number == 0:
            return other
        if number < 8:
            other.turn, other.keep_none = number // 2, number % 2 == 1
        else:
            other.turn, other.loose = number, True
        return other
