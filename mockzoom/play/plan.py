"""What a play is to do: which scenarios, on which clock, with which probe, and what they need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from mockzoom.errors import UsageError
from mockzoom.play.controls import Controls
from mockzoom.play.streams import check_actions, lacking_credentials, streamed
from mockzoom.probe_source import ProbeSource, mistake_in
from mockzoom.scenario.model import Scenario, Send, Together, walk
from mockzoom.scenario.steps import Probe
from mockzoom.state.extrapolation import entity_sets_of
from mockzoom.state.probe import Reader

Clocks: TypeAlias = Literal["auto", "real", "virtual"]


@dataclass(frozen=True, slots=True)
class PlayPlan:
    """What is played.

    On the clock `auto`, nobody waits for scenarios without a stream. `scale` is the number of
    scheduled seconds in a real one, where waits are to be compressed. `probe` stands for scenarios
    that name none; `reader` is a callable in its place. `effects` are patterns of events that have
    to change the probed state. `compare` lets a probed scenario be played again for comparison.
    """

    scenarios: tuple[Scenario, ...]
    clock: Clocks = "auto"
    scale: float | None = None
    probe: ProbeSource | None = None
    reader: Reader | None = None
    effects: tuple[str, ...] = ()
    next_secret: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    stream_scale: float = 1.0
    """What the stream protocol's times are multiplied by: wall time unless it is given."""
    controls: Controls | None = None
    compare: bool = True
    budget: float | None = 120.0
    """Seconds of wall time after which nothing more is compared; None: without end."""
    first_number: int = 0
    """The number of the first scenario run: a later play is about other entities."""
    given: tuple[str, ...] = ()
    """Words of the command line that the scenarios were read with, for reproduce lines."""
    rehearsal: bool = False
    """Whether nobody is there: what waits for a consumer is passed over."""
    answered: bool = True
    """Whether the receiver answers; a client over WebSocket does not, so no answer is judged."""

    def source(self, scenario: Scenario) -> ProbeSource | None:
        """Return the probe of a scenario: its own, or the one given from outside."""
        if scenario.probe is not None:
            return scenario.probe
        if self.probe is not None:
            return self.probe
        return ProbeSource() if self.reader is not None else None


def check(plan: PlayPlan, *, wire: bool = True) -> None:
    """Raise `UsageError` for a plan that cannot be played, before anything is sent."""
    for scenario in plan.scenarios:
        _check_probes(scenario, plan)
        if streamed(scenario) and plan.clock == "virtual":
            raise UsageError(
                f"{scenario.file}: {scenario.name} has a stream, whose windows are wall time:"
                " --virtual cannot be; leave it out, or compress waits with --time-scale"
            )
        if streamed(scenario):
            check_actions(scenario)
        missing = needs(scenario, plan, wire=wire)
        if missing:
            raise UsageError(f"{scenario.file}: {scenario.name} {missing[0]}")


def _check_probes(scenario: Scenario, plan: PlayPlan) -> None:
    """Raise `UsageError` for a probe whose placeholders are wrong."""
    own = (step.source for step in walk(scenario.steps) if isinstance(step, Probe))
    for source in (plan.source(scenario), *own):
        mistake = mistake_in(source.get) if source is not None else ""
        if source is not None and mistake:
            raise UsageError(f"probe {source.get!r}: {mistake}")


def needs(scenario: Scenario, plan: PlayPlan, *, wire: bool = True) -> list[str]:
    """Return what a scenario needs that the plan has not, each as a sentence without subject."""
    found = []
    if streamed(scenario) and not plan.rehearsal:
        missing = lacking_credentials(plan.client_id, plan.client_secret)
        found += [f"has a stream: {missing}"] if missing else []
    if scenario.rotates and not plan.next_secret:
        found.append(
            "signs with a second secret from some step on; pass it with --next-secret"
            " (Python: next_secret=…)"
        )
    steps = tuple(walk(scenario.steps))
    probes = any(isinstance(step, Probe) and step.source is None for step in steps)
    if probes and plan.source(scenario) is None:
        found.append("probes the receiver's state; pass --probe URL (pytest: mockzoom_probe)")
    faults = [step for step in steps if isinstance(step, Send) and step.deliver.fault]
    if faults and not wire and not plan.rehearsal:
        found.append("injects faults of the wire, which an application in process does not have")
    return found


def applicable(plan: PlayPlan, skipped: Callable[[str], None], *, wire: bool = True) -> PlayPlan:
    """Return the plan without the scenarios that it cannot play; `skipped` takes each reason."""
    kept = []
    for scenario in plan.scenarios:
        missing = needs(scenario, plan, wire=wire)
        if missing:
            skipped(f"{scenario.title} was left out: it {missing[0]}")
        else:
            kept.append(scenario)
    return replace(plan, scenarios=tuple(kept))


def passable(plan: PlayPlan) -> list[Scenario]:
    """Return the scenarios that can be played in passes: by one probe, on the virtual clock.

    A burst for many entity sets is played alone, since a plain play of it takes long, and so is a
    scenario that expects something of a state which is forgotten before each play. What comes at
    once is played last.
    """
    alone = plan.controls is not None or plan.effects or plan.rehearsal
    if alone or not plan.compare or plan.scale is not None or plan.clock == "real":
        return []
    found = [
        scenario
        for scenario in plan.scenarios
        if plan.source(scenario) is not None
        and not (streamed(scenario) or scenario.rotates or scenario.is_recorded)
        and not entity_sets_of(scenario)
    ]
    source = plan.source(found[0]) if found else None
    found = [scenario for scenario in found if plan.source(scenario) == source]
    if source is not None and source.reset:
        found = [scenario for scenario in found if not _has(scenario, Probe)]
    return sorted(found, key=_comes_at_once)


def _comes_at_once(scenario: Scenario) -> bool:
    """Tell whether anything of a scenario is delivered at the same time."""
    return _has(scenario, Together) or any(
        isinstance(step, Send) and step.deliver.gap == 0 for step in walk(scenario.steps)
    )


def _has(scenario: Scenario, kind: type[Probe] | type[Together]) -> bool:
    return any(isinstance(step, kind) for step in walk(scenario.steps))
