"""The values that travel through mockzoom, one after the other.

`EventSpec -> Event -> Delivery -> Exchange (Attempts) -> Violation -> RunResult`. All are frozen: a
later stage adds a value of its own and never changes an earlier one. Durations are seconds, points
in time are seconds since the epoch, unless a name ends in `_ms`.
"""

from __future__ import annotations

from mockzoom.model.contract import (
    JSON,
    SEVERITIES,
    Event,
    EventSpec,
    Finding,
    Mutation,
    Severity,
    Variant,
)
from mockzoom.model.exchange import (
    Attempt,
    Delivery,
    Direction,
    Exchange,
    Failure,
    FailureKind,
    HeaderCase,
    Headers,
    Observation,
    Request,
    Response,
    Timings,
)
from mockzoom.model.outcome import (
    Coverage,
    ExchangeFinished,
    FailOn,
    Ignored,
    Load,
    LoadWindow,
    NotJudged,
    Observed,
    RunEvent,
    RunFinished,
    RunKind,
    RunResult,
    RunStarted,
    StepStarted,
    TimelineEntry,
    Violation,
    ViolationFound,
)

__all__ = [
    "JSON", "SEVERITIES", "Attempt", "Coverage", "Delivery", "Direction", "Event", "EventSpec",
    "Exchange", "ExchangeFinished", "FailOn", "Failure", "FailureKind", "Finding", "HeaderCase",
    "Headers", "Ignored", "Load", "LoadWindow", "Mutation", "NotJudged", "Observation", "Observed",
    "Request", "Response", "RunEvent", "RunFinished", "RunKind", "RunResult", "RunStarted",
    "Severity", "StepStarted", "TimelineEntry", "Timings", "Variant", "Violation", "ViolationFound",
]  # fmt: skip
