"""The NDJSON report: the events of a run, one JSON object a line, in the order of time.

Each has its `type` (`TYPES`) and the fields of its class in `mockzoom.model`, nested as there.
Bytes are objects of `encoding` (`utf-8`, or `base64` for what is no UTF-8) and `content`. `cases`
is a list of objects, since JSON has no pairs as names. Fields only get more within a major version.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from msgspec import to_builtins
from msgspec.structs import replace

from mockzoom.model import (
    JSON,
    ExchangeFinished,
    FailOn,
    Observed,
    RunEvent,
    RunFinished,
    RunStarted,
    StepStarted,
    ViolationFound,
)
from mockzoom.report.escaping import as_json_text, encoded
from mockzoom.report.reporter import MOST_KEPT, GatheringReporter

TYPES: Mapping[type[RunEvent], str] = {
    RunStarted: "run-started", StepStarted: "step-started", ExchangeFinished: "exchange-finished",
    Observed: "observed", ViolationFound: "violation-found", RunFinished: "run-finished",
}  # fmt: skip


class NdjsonReporter(GatheringReporter):
    """Reports the events of a run, line by line."""

    takes: ClassVar[Mapping[type[RunEvent], int]] = dict.fromkeys(
        (StepStarted, ExchangeFinished, Observed, ViolationFound), MOST_KEPT
    )

    def lines(self, event: RunEvent) -> Iterator[str]:
        """Yield the line of an event."""
        yield as_line(event)

    def text(self, fail_on: FailOn) -> str:
        """Return all lines; they have no verdict, which depends on what fails a run."""
        return "".join(f"{line}\n" for line in (*self.gathered, as_line(RunFinished(self.result))))


def as_line(event: RunEvent) -> str:
    """Return a run event as one line of JSON."""
    cases: JSON = None
    if isinstance(event, RunFinished):
        names = ("rule", "event", "count")
        judged = event.result.cases.items()
        cases = [dict(zip(names, (*key, count), strict=True)) for key, count in judged]
        event = RunFinished(replace(event.result, cases={}))
    document = _plain(to_builtins(event, builtin_types=(bytes,)))
    if cases is not None:
        document["result"]["cases"] = cases
    return as_json_text({"type": TYPES[type(event)], **document}, indent=None)


def _plain(value: JSON) -> JSON:
    """Return a value in which bytes are objects."""
    if isinstance(value, bytes):
        return dict(zip(("encoding", "content"), encoded(value), strict=True))
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
