"""Reporters: what each is given of a run, and what one that fails costs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import pytest
from msgspec.structs import replace

from mockzoom.client.journalling import recorded_events
from mockzoom.journal import REDACTED, Archive, Recorder, Redactor, RunDescription, Writer
from mockzoom.model import (
    ExchangeFinished,
    Observation,
    Observed,
    RunEvent,
    RunFinished,
    RunStarted,
    StepStarted,
    ViolationFound,
)
from mockzoom.report import FORMATS, FailOn, Reporter, Reports, as_text, new_reports
from mockzoom.report.diagram import SvgReporter
from mockzoom.report.json_report import as_json
from mockzoom.report.junit import as_junit
from mockzoom.report.text import TextReporter
from tests.journal.runs import SECRET, TARGET, events, result, violation

EVERY = (StepStarted, ExchangeFinished, Observed, ViolationFound)


class KeepingReporter(Reporter):
    """Keeps what it is given: two events of each type."""

    takes: ClassVar[Mapping[type[RunEvent], int]] = dict.fromkeys(EVERY, 2)

    def __init__(self) -> None:
        super().__init__()
        self.events: list[RunEvent] = []

    def take(self, event: RunEvent) -> None:
        super().take(event)
        self.events.append(event)

    def text(self, fail_on: FailOn) -> str:
        return f"{len(self.events)} events, {fail_on}"


class FailingReporter(KeepingReporter):
    """Fails at the first exchange."""

    def take(self, event: RunEvent) -> None:
        super().take(event)
        if isinstance(event, ExchangeFinished):
            raise KeyError("what is it")


def seen(recognised: str, message: str = "{}") -> Observed:
    return Observed(Observation("in", 1.0, 0.0, "s", "signaling-1", message, recognised))


def feed(reports: Reports, deliveries: int = 3) -> None:
    for event in events(deliveries):
        reports(event)


def test_each_format_makes_the_report_of_a_run_from_its_events() -> None:
    reports = new_reports((name, name) for name in FORMATS)
    feed(reports)
    texts = dict(reports.texts("warning"))
    assert reports.errors == []
    assert list(texts) == list(FORMATS)
    final = result(3)
    assert texts["text"] == as_text(final, "warning")
    assert texts["json"] == as_json(final, "warning")
    assert texts["junit"] == as_junit(final, "warning")
    assert texts["svg"].count("<title>d-") == 12  # request and answer of two attempts each


def test_a_reporter_is_given_the_first_events_of_each_type_in_their_order() -> None:
    keeping = KeepingReporter()
    feed(Reports([("keep", "-", keeping)]), 5)
    kinds = [type(event) for event in keeping.events]
    assert kinds == [
        RunStarted, StepStarted, ExchangeFinished, ExchangeFinished, ViolationFound, RunFinished,
    ]  # fmt: skip
    started = keeping.events[0]
    assert isinstance(started, RunStarted)
    assert (started.target, started.seed, started.kind) == (TARGET, 7, "verify")
    assert keeping.result.deliveries == 5


def test_media_and_keep_alives_of_streams_do_not_use_up_what_is_taken() -> None:
    keeping = KeepingReporter()
    reports = Reports([("keep", "-", keeping)])
    for name in ("KEEP_ALIVE_REQ", "MEDIA_DATA_AUDIO", "CLIENT_READY_ACK", "a", "b"):
        reports(seen(name))
    names = [event.observation.recognised for event in keeping.events
             if isinstance(event, Observed)]  # fmt: skip
    assert names == ["CLIENT_READY_ACK", "a"]


def test_credentials_are_taken_out_of_what_is_taken_and_of_nothing_else() -> None:
    cleaned: list[RunEvent] = []

    def clean(event: RunEvent) -> RunEvent:
        cleaned.append(event)
        return Redactor([SECRET]).event(event)

    feed(Reports([("text", "-", TextReporter())], clean))
    assert cleaned == []  # it needs the result only
    keeping = KeepingReporter()
    reports = Reports([("text", "-", TextReporter()), ("keep", "-", keeping)], clean)
    feed(reports)
    reports(seen("CLIENT_READY_ACK", f"signed with {SECRET}"))
    assert [type(event) for event in cleaned] == [ExchangeFinished, ExchangeFinished, Observed]
    given = [event for event in keeping.events if isinstance(event, ExchangeFinished | Observed)]
    assert len(given) == 3
    assert SECRET not in repr(given)
    assert "Basic dXNlcjpwYXNz" not in repr(given)
    # Of each exchange: two credentials, a failure's message, a header; bodies are bytes.
    assert repr(given).count(REDACTED) == 2 * 4 + 1
    assert repr(given).count(repr(REDACTED.encode())[2:-1]) == 2


def test_a_reporter_that_fails_is_named_and_costs_the_others_nothing() -> None:
    failing, keeping = FailingReporter(), KeepingReporter()
    reports = Reports([("bad", "b.txt", failing), ("keep", "-", keeping)])
    feed(reports)
    assert list(reports.texts("error")) == [("-", "6 events, error")]
    assert len(failing.events) == 3  # nothing after its failure
    [error] = reports.errors
    assert error.startswith(
        "--report bad=b.txt: the reporter failed and nothing was written: KeyError: 'what is it'"
        " (test_reporters.py:"
    )


def test_a_run_that_has_not_finished_has_no_report() -> None:
    reports = new_reports([("json", "r.json")])
    reports(RunStarted(TARGET, 7, 1, "play"))
    assert list(reports.texts("error")) == []
    assert "RuntimeError: the run has not finished" in reports.errors[0]


def test_an_interrupt_is_no_failure_of_a_reporter(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Reporter, event: RunEvent) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(TextReporter, "take", interrupted)
    with pytest.raises(KeyboardInterrupt):
        feed(new_reports([("text", "-")]))


def test_a_journal_gives_a_reporter_what_the_run_gave(tmp_path: Path) -> None:
    told = [*events(3)]
    told.insert(-1, seen("CLIENT_READY_ACK"))
    live, kept = KeepingReporter(), KeepingReporter()
    reports = Reports([("keep", "-", live)], Redactor([SECRET]).event)
    writer = Writer(tmp_path / "j.db")
    recorder = Recorder(writer, RunDescription("verify", TARGET, 7), Redactor([SECRET]))
    for event in told:
        recorder(event)
        reports(event)
    recorder.close()
    archive = Archive(tmp_path / "j.db")
    for event in recorded_events(archive, recorder.run, kept.takes):
        kept.take(event)
    archive.close()
    writer.close()
    for kind in (RunStarted, StepStarted, ExchangeFinished, Observed):
        before, after = ([event for event in reporter.events if type(event) is kind]
                         for reporter in (live, kept))  # fmt: skip
        assert before == after
    assert isinstance(kept.events[-1], RunFinished)
    assert kept.result.violations == tuple(
        replace(item, reproduce=item.reproduce.replace(SECRET, REDACTED))
        for item in live.result.violations
    )


def test_a_diagram_is_drawn_while_a_run_goes_on() -> None:
    drawing = SvgReporter()
    for event in [*events(2)][:-1]:
        drawing.take(event)
    recorded = drawing.recorded(7)
    assert recorded.title == f"verify of {TARGET}"
    assert [item.name for item in recorded.groups] == []  # it began after what is drawn
    assert (len(recorded.exchanges), len(recorded.violations), recorded.left_out) == (2, 1, 5)


def test_a_format_is_imported_when_it_is_asked_for() -> None:
    code = (
        "import sys, mockzoom.cli, mockzoom.report\n"
        "from mockzoom.report import FORMATS\n"
        "modules = {item.module for item in FORMATS.values()} - {'mockzoom.report.text'}\n"
        "print(sorted(modules & sys.modules.keys()), 'mockzoom.suites' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[] False\n"


def test_a_reporter_of_what_violations_name_takes_every_exchange_and_of_a_journal_those(
    tmp_path: Path,
) -> None:
    class NamedReporter(KeepingReporter):
        takes_named = True

    live, kept = NamedReporter(), NamedReporter()
    writer = Writer(tmp_path / "j.db")
    recorder = Recorder(writer, RunDescription("verify", TARGET, 7), Redactor())
    reports = Reports([("keep", "-", live)])
    named = replace(violation(1), delivery="d-9", deliveries=("d-9",))
    told = [*events(20)][:-2]
    told += [ViolationFound(named), RunFinished(replace(result(20), violations=(named,)))]
    for event in told:
        recorder(event)
        reports(event)
    recorder.close()
    archive = Archive(tmp_path / "j.db")
    for event in recorded_events(archive, recorder.run, kept.takes, named=kept.takes_named):
        kept.take(event)
    archive.close()
    writer.close()
    assert reports.takes_named
    assert deliveries_of(live) == [f"d-{number}" for number in range(1, 21)]
    assert deliveries_of(kept) == ["d-1", "d-2", "d-9"]
    after = kept.events[kept.events.index(ViolationFound(named)) - 1]
    assert isinstance(after, ExchangeFinished)
    assert after.exchange.delivery.id == "d-9"


def deliveries_of(reporter: KeepingReporter) -> list[str]:
    return [event.exchange.delivery.id for event in reporter.events
            if isinstance(event, ExchangeFinished)]  # fmt: skip
