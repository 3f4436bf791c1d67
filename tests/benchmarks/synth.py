"""Valid events and mutants a second, against jsf and Schemathesis on the same schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from tests.benchmarks.options import Options
from tests.benchmarks.programs import child, need_package
from tests.benchmarks.rounds import Samples, interleaved, samples_of
from tests.benchmarks.table import Row, against

EVENTS = ("meeting.rtms_started", "session.user_joined", "session.recording_completed")
_JSF, _SCHEMATHESIS = 20.0, 100.0


def rows(options: Options) -> Iterator[Row]:
    """Yield the ratios, event by event."""
    seconds, examples = (0.15, 40) if options.quick else (0.5, 150)
    rounds = options.rounds(quick=2, full=5)
    found = interleaved(
        {
            "ours": partial(measured, "make_ours", "--seconds", seconds),
            "jsf": partial(measured, "make_jsf", "--seconds", seconds),
            "schemathesis": partial(measured, "make_schemathesis", "--examples", examples),
        },
        rounds,
        options.progress,
    )
    for event in EVENTS:
        samples = {who: partial(_of, outcome, event) for who, outcome in found.items()}
        yield from _rows_of(event, samples["ours"], samples["jsf"], samples["schemathesis"], rounds)


def _of(outcome: Mapping[str, Samples], event: str, what: str) -> Samples:
    return samples_of(outcome, f"{event} {what}")


def _rows_of(event: str, ours: Any, jsf: Any, schemathesis: Any, rounds: int) -> Iterator[Row]:
    share = jsf("share")
    fitting = f", {100 * share.median:.0f} % of them valid" if share else ""
    base = f"each second one of CPU; medians of {rounds} rounds, one process each"
    base += "; ours: entities of its own in each event"
    to_jsf = f"{base}; jsf: valid values by one JSF(schema){fitting}"
    for made, noun, mode in (
        ("valid", "valid events", "positive"),
        ("mutants", "mutants, re-validated", "negative"),
    ):
        yield against(
            f"{event}: {noun}, to jsf", ours(made), jsf("valid"), at_least=_JSF, how=to_jsf
        )
        yield against(
            f"{event}: {noun} as bytes, to jsf",
            ours(f"{made}, encoded"), jsf("valid, encoded"), at_least=_JSF,
            how=f"{to_jsf}, spelled by json.dumps",
        )  # fmt: skip
        yield against(
            f"{event}: {noun}, to Schemathesis", ours(made), schemathesis(made),
            at_least=_SCHEMATHESIS, how=f"{base}; Schemathesis: its {mode} strategy",
        )  # fmt: skip
    yield against(
        f"{event}: all mutants for the first time, to Schemathesis",
        ours("mutants, first time"), schemathesis("mutants"),
        how=f"{base}; ours with planning, and the proof by both validators",
    )  # fmt: skip


def measured(module: str, *limits: object) -> Mapping[str, float]:
    """Run one side once; return its rates by event and what was made."""
    package = module.removeprefix("make_")
    if package != "ours":
        need_package(package)
    outcome = child(module, *EVENTS, *limits, timeout=300)
    return {
        f"{event} {what}": value
        for event, rates in outcome.items()
        for what, value in rates.items()
    }
