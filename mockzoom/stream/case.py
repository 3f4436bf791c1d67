"""What the rules judge: one stream with what was seen of it, or one canary."""

from __future__ import annotations

from dataclasses import dataclass

from mockzoom.model import Observation
from mockzoom.stream.identity import Kind
from mockzoom.stream.timing import Timing


@dataclass(frozen=True, slots=True)
class StreamCase:
    """One stream at one moment. `until` is when, on the observations' clock (`elapsed`)."""

    stream: str
    kind: Kind
    event: str
    """The name of the webhook that starts it."""
    timing: Timing
    observations: tuple[Observation, ...]
    until: float
    webhooks: bool = True
    """Whether the consumer is told of an interruption by a webhook, and may wait for it."""


@dataclass(frozen=True, slots=True)
class CanaryCase:
    """One canary URL that a forged start named, watched for `watched` seconds."""

    url: str
    event: str
    watched: float
    observations: tuple[Observation, ...]
