"""What a play is to do: which scenarios, on which clock, with which probe."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from mockzoom.play.controls import Controls
from mockzoom.probe_source import ProbeSource
from mockzoom.scenario.model import Scenario
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
