"""What a suite is: a group of test cases with the rules that they judge, and its part of a run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from msgspec import Struct

from mockzoom.engine.acknowledged import Acknowledged
from mockzoom.engine.case import Kind
from mockzoom.engine.runner import Runner
from mockzoom.model import EventSpec
from mockzoom.rules import Rule
from mockzoom.settings import Settings


class Examination(Struct, frozen=True, eq=False):
    """What the suites of one run share: the runner, the event types, and what was acknowledged."""

    runner: Runner
    specs: tuple[EventSpec, ...]
    settings: Settings
    acknowledged: Acknowledged
    traced: frozenset[str] = frozenset()
    """Forgeries that were judged by what they leave in the probed state."""


Play: TypeAlias = Callable[[Examination], Awaitable[None]]


def _chosen(suite: Suite, settings: Settings) -> bool:
    """Whether a suite has a part in a run, and is among those that were asked for."""
    asked_for = settings.suites is None or suite.name in settings.suites
    return suite.play is not None and asked_for


class Suite(Struct, frozen=True, eq=False):
    """A group of rules with the kinds of test cases that judge them; `title` heads it in reports.

    `play` delivers its cases in a run of `mockzoom verify`; a suite without it is judged elsewhere.
    `wanted` says whether a run with these settings plays it.
    """

    name: str
    title: str
    rules: tuple[Rule, ...] = ()
    kinds: tuple[Kind, ...] = ()
    play: Play | None = None
    wanted: Callable[[Suite, Settings], bool] = _chosen
    unasked: Callable[[Settings], Mapping[str, str]] = lambda settings: {}
    """The rules that a run with these settings does not judge, and why."""

    @property
    def judged(self) -> tuple[str, ...]:
        """The ids of the rules that it judges: its own, and those of its kinds."""
        of_kinds = (rule for kind in self.kinds for rule in (*kind.rules, *kind.strict_rules))
        return tuple(dict.fromkeys((*(rule.id for rule in self.rules), *of_kinds)))

    @property
    def by_status(self) -> bool:
        """Whether the status of an answer decides everything that it judges."""
        return bool(self.rules) and all(rule.by_status for rule in self.rules)
