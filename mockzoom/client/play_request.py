"""What a test asks to be played: scenarios and options, from a call or from a marker.

Both are read by one constructor, so that both refuse the same mistakes with the same words.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeAlias, get_args

from mockzoom.client.reproduce import word_of
from mockzoom.client.scenarios import ALL, load_scenarios
from mockzoom.contract import Contract
from mockzoom.errors import UsageError, nearest
from mockzoom.model import JSON
from mockzoom.play import Controls, PlayPlan, Reader, applicable
from mockzoom.play.plan import Clocks
from mockzoom.probe_source import ProbeSource
from mockzoom.report import FAIL_ON, FailOn
from mockzoom.settings import Settings

Name: TypeAlias = str | Path
ProbeLike: TypeAlias = str | Reader | ProbeSource | None
"""Where the receiver's state is read: a URL or path that answers JSON, or what returns it."""
MOST_RUNS = 10_000
"""Scenario runs that one play may have; those of the next one are about other entities."""
_NOT_OF_A_PLAY = {"events", "suites", "wait", "ack_first", "fuzz", "probe"}
_SHOWN = ("lets", "folders", "clock", "scale", "effects", "compare")
"""Options that a reproduce line repeats; the others it can't spell, or should not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayOptions:
    """How scenarios are played.

    `lets` sets values of their `let` and `matrix`; `folders` are where names are looked up first.
    On the `clock` "auto" nobody waits, "real" waits as long as the scenario says; `scale` is the
    number of scheduled seconds in a real one. `effects` are patterns of events that have to change
    the probed state. `compare=False` plays once, also with a probe; `budget` is the number of
    seconds after which nothing more is compared (None: no bound).
    """

    lets: Mapping[str, JSON] = field(default_factory=dict)
    folders: Sequence[Name] = ()
    clock: Clocks = "auto"
    scale: float | None = None
    probe: ProbeLike = None
    effects: Sequence[str] = ()
    next_secret: str = field(default="", repr=False)
    compare: bool = True
    budget: float | None = 120.0
    controls: Controls | None = None

    def __post_init__(self) -> None:
        _expect(isinstance(self.lets, Mapping), "lets", self.lets, "a mapping of names to values")
        known = get_args(Clocks)
        _expect(self.clock in known, "clock", self.clock, f"one of {', '.join(map(repr, known))}")
        _expect(
            self.scale is None or (_number(self.scale) and 0 < self.scale < math.inf),
            "scale", self.scale, "a number above 0: the scheduled seconds in a real one",
        )  # fmt: skip
        _expect(
            self.scale is None or self.clock == "auto",
            "scale", self.scale, f"none beside clock={self.clock!r}",
        )  # fmt: skip
        _expect(_is_probe(self.probe), "probe", self.probe,
                "a URL or path, a callable that returns the state, or a ProbeSource")  # fmt: skip
        _expect(_texts(self.effects), "effects", self.effects, "patterns of event names")
        _expect(
            self.budget is None or (_number(self.budget) and 0 <= self.budget < math.inf),
            "budget", self.budget, "seconds from 0 up, or None",
        )  # fmt: skip
        _expect(isinstance(self.next_secret, str), "next_secret", "…", "a text")


@dataclass(frozen=True, slots=True)
class PlayRequest:
    """Scenarios to be played, how, and with which settings of the session."""

    scenarios: tuple[Name, ...]
    options: PlayOptions = field(default_factory=PlayOptions)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def plan(
        self,
        contract: Contract,
        folders: Sequence[Name],
        probe: ProbeLike,
        *,
        wire: bool,
        number: int = 0,
    ) -> tuple[PlayPlan, tuple[str, ...]]:
        """Return the plan, and what was left out of `all`; read what was named.

        `folders` and `probe` are those of the project, `number` is how many plays were before.
        Raises `UsageError` (`ScenarioError`) for scenarios that are unknown or have mistakes.
        """
        how = self.options
        left_out: list[str] = []
        found = load_scenarios(
            self.scenarios, contract, how.lets, (*_several(how.folders), *folders), left_out.append
        )
        source, reader = probe_source(probe if how.probe is None else how.probe)
        plan = PlayPlan(
            found, clock=how.clock, scale=how.scale, probe=source, reader=reader,
            effects=_several(how.effects), next_secret=how.next_secret, controls=how.controls,
            compare=how.compare, budget=how.budget, first_number=number * MOST_RUNS,
        )  # fmt: skip
        if ALL in self.scenarios:
            plan = applicable(plan, left_out.append, wire=wire)
        return plan, tuple(left_out)

    def arguments(self) -> str:
        """Return the options as a reproduce line has them."""
        said = [
            f", {name}={getattr(self.options, name)!r}"
            for name in _SHOWN
            if getattr(self.options, name) != getattr(PlayOptions(), name)
        ]
        if self.options.next_secret:
            said.append(", next_secret=NEXT_SECRET")
        return "".join(said)


_OPTIONS = tuple(item.name for item in fields(PlayOptions))
_SETTINGS = tuple(item.name for item in fields(Settings) if item.name not in _NOT_OF_A_PLAY)


def requested(*scenarios: Name, **options: Any) -> PlayRequest:
    """Return what a call asks for; raise `UsageError` for an argument that there is not."""
    __tracebackhide__ = True
    for name in scenarios:
        _expect(
            isinstance(name, str | Path) and str(name) != "", "scenario", name,
            "the name of a scenario, or the path of a YAML file",
        )  # fmt: skip
    if not scenarios:
        raise UsageError("no scenario: name one (`mockzoom play --list` shows them), or 'all'")
    _known(options, {*_OPTIONS, *_SETTINGS})
    own = {name: value for name, value in options.items() if name in _OPTIONS}
    rest = {name: value for name, value in options.items() if name not in _OPTIONS}
    return PlayRequest(scenarios, PlayOptions(**own), rest)


@dataclass(frozen=True, slots=True)
class MarkerArguments:
    """The arguments of `@pytest.mark.mockzoom`."""

    scenarios: tuple[Name, ...]
    options: Mapping[str, Any]
    fail_on: FailOn | None = None


def marked(
    *scenarios: Name,
    scenario: Name | Sequence[Name] = (),
    fail_on: FailOn | None = None,
    **options: Any,
) -> MarkerArguments:
    """Return what a marker asks for; raise `UsageError` for what cannot be used."""
    __tracebackhide__ = True
    fits = fail_on is None or fail_on in FAIL_ON
    _expect(fits, "fail_on", fail_on, f"one of {', '.join(map(repr, FAIL_ON))}")
    _known(options, {*_OPTIONS, *_SETTINGS, "scenario", "fail_on"})
    asked = requested(*scenarios, *_several(scenario), **options)
    return MarkerArguments(asked.scenarios, options, fail_on)


def words_of(plan: PlayPlan) -> dict[str, str]:
    """Return what names each scenario of a plan, by the name that its cases have."""
    return {scenario.name: word_of(scenario) for scenario in plan.scenarios}


def _known(names: Mapping[str, Any], known: set[str]) -> None:
    for name in names:
        if name not in known:
            raise UsageError(f"no argument is called {name!r}{nearest(name, known)}")


def _expect(fits: bool, name: str, value: object, expected: str) -> None:
    if not fits:
        raise UsageError(f"{name}={value!r}: expected {expected}")


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _texts(value: object) -> bool:
    several = [value] if isinstance(value, str) else value
    return isinstance(several, Sequence) and all(isinstance(item, str) for item in several)


def _several(value: Any) -> tuple[Any, ...]:
    return (value,) if isinstance(value, str | Path) else tuple(value)


def _is_probe(probe: object) -> bool:
    return probe is None or isinstance(probe, str | ProbeSource) or callable(probe)


def probe_source(probe: ProbeLike) -> tuple[ProbeSource | None, Callable[[], Any] | None]:
    """Return where a probe reads, or the callable that it is; raise `UsageError` for others."""
    _expect(_is_probe(probe), "probe", probe,
            "a URL or path, a callable that returns the state, or a ProbeSource")  # fmt: skip
    if isinstance(probe, str):
        return (ProbeSource(get=probe), None) if probe else (None, None)
    if probe is None or isinstance(probe, ProbeSource):
        return probe, None
    return None, probe
