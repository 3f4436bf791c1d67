"""A run goes into the journal and comes out of it as it was, without its secrets."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from mockzoom.errors import UsageError
from mockzoom.journal import (
    REDACTED,
    Archive,
    JournalError,
    Recorder,
    Redactor,
    RunDescription,
    Writer,
)
from mockzoom.journal.interrupted import is_interrupted
from mockzoom.model import (
    ExchangeFinished,
    Observation,
    Observed,
    RunFinished,
    RunStarted,
    StepStarted,
    TimelineEntry,
)
from mockzoom.report import verdict
from tests.journal.runs import SECRET, TARGET, events, exchange, result

ABOUT = RunDescription("verify", TARGET, 7)


def keep(path: Path, deliveries: int = 2, *, feed: bool = False) -> int:
    writer = Writer(path)
    recorder = Recorder(writer, ABOUT, Redactor([SECRET]), feed=feed)
    for event in events(deliveries):
        recorder(event)
    recorder.close()
    writer.close()
    return recorder.run


def test_a_result_is_read_as_it_was_written_but_for_secrets(tmp_path: Path) -> None:
    number = keep(tmp_path / "j.db")
    archive = Archive(tmp_path / "j.db")
    expected = result()
    hidden = replace(expected.violations[0], reproduce=f"mockzoom send --secret {REDACTED}")
    assert archive.result(number) == replace(expected, violations=(hidden,))


def test_an_exchange_is_read_as_it_happened_but_for_credentials(tmp_path: Path) -> None:
    number = keep(tmp_path / "j.db")
    archive = Archive(tmp_path / "j.db")
    (row,) = archive.deliveries({"run": number, "name": "d-2"})
    original = exchange(2)
    assert row.delivery == original.delivery
    first, second = archive.attempts(row)
    assert first.attempt is not None
    assert second.attempt is not None
    assert first.request.body == original.attempts[0].request.body  # the tampered one
    assert second.request.body == original.attempts[1].request.body
    assert dict(second.request.headers)["authorization"] == REDACTED
    assert first.attempt.timings == original.attempts[0].timings
    assert first.attempt.delivery_code == -1
    assert second.attempt.reused
    answer = second.attempt.outcome
    assert answer.body == f"\udcff {REDACTED} \x00".encode("utf-8", "surrogateescape")  # type: ignore[union-attr]


def test_no_secret_stands_in_the_file(tmp_path: Path) -> None:
    keep(tmp_path / "j.db")
    assert SECRET.encode() not in (tmp_path / "j.db").read_bytes()
    assert b"dXNlcjpwYXNz" not in (tmp_path / "j.db").read_bytes()


def test_the_file_can_be_read_by_its_owner_only(tmp_path: Path) -> None:
    keep(tmp_path / "j.db")
    assert (tmp_path / "j.db").stat().st_mode & 0o077 == 0


def test_a_violation_names_the_row_of_its_delivery(tmp_path: Path) -> None:
    number = keep(tmp_path / "j.db", 6000)  # more than the recorder remembers by name
    archive = Archive(tmp_path / "j.db")
    (found,) = archive.violations({"run": number})
    assert found.delivery is not None
    assert archive.delivery(found.delivery).delivery.id == "d-1"


def test_a_delivery_under_the_request_id_of_another_is_its_duplicate(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "j.db")
    recorder = Recorder(writer, ABOUT, Redactor([SECRET]))
    first, again = exchange(1), exchange(2)
    same = replace(again.delivery, request_id=first.delivery.request_id)
    assert again.delivery.request_id != first.delivery.request_id
    for made in (first, replace(again, delivery=same), exchange(3)):
        recorder(ExchangeFinished(made))
    recorder(RunFinished(result()))
    recorder.close()
    writer.close()
    rows = Archive(tmp_path / "j.db").deliveries({"run": recorder.run})
    assert [row.replay_of for row in reversed(rows)] == [None, rows[-1].id, None]


def test_the_feed_tells_the_run_in_its_order(tmp_path: Path) -> None:
    number = keep(tmp_path / "j.db", feed=True)
    archive = Archive(tmp_path / "j.db")
    rows = archive.feed(number, 0)
    assert [row.kind for row in rows] == [
        "started", "step", "exchange", "exchange", "violation", "finished",
    ]  # fmt: skip
    assert archive.feed(number, rows[3].id) == rows[4:]
    shown = json.loads(rows[2].data)
    assert archive.delivery(shown["delivery"]).delivery.id == "d-1"


def test_a_run_that_goes_on_is_shown_to_its_writer_only(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "j.db")
    recorder = Recorder(writer, ABOUT, Redactor())
    own = Archive(tmp_path / "j.db", open_runs=writer.open_runs)
    assert [run.finished_at for run in own.runs()] == [None]
    assert own.result(recorder.run) is None
    other = Archive(tmp_path / "j.db")
    assert other.runs() == []
    with pytest.raises(UsageError, match="has no run 1"):
        other.run(1)
    recorder.close()
    writer.close()


def test_a_run_that_was_never_finished_is_removed(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "j.db")
    recorder = Recorder(writer, ABOUT, Redactor())
    for event in list(events())[:-1]:
        recorder(event)
    recorder.close()
    writer.close()
    archive = Archive(tmp_path / "j.db")
    assert archive.runs() == []
    assert archive.deliveries() == []


def test_a_run_whose_writer_was_killed_keeps_what_was_judged(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "j.db")
    recorder = Recorder(writer, ABOUT, Redactor())
    for event in list(events())[:-1]:
        recorder(event)
    recorder._hand_over()
    writer.close()  # as a killed process leaves it: committed, unfinished
    raw = sqlite3.connect(tmp_path / "j.db")
    assert raw.execute("SELECT count(*) FROM delivery").fetchone() == (2,)
    raw.execute("UPDATE run SET touched_at = ?", (time.time() - 61,))
    raw.commit()
    archive = Archive(tmp_path / "j.db")
    assert archive.runs() == []
    with pytest.raises(UsageError, match="has no run 1"):
        archive.run(1)
    Writer(tmp_path / "j.db").close()
    (run,) = archive.runs()
    assert (run.deliveries, run.finished_at is None) == (2, False)
    kept = archive.result(run.id)
    assert kept is not None
    assert is_interrupted(kept)
    assert verdict(kept) == "fail"
    assert [item.rule for item in kept.violations] == ["MZ101"]
    (found,) = archive.violations({"run": run.id})
    assert found.violation == kept.violations[0]
    assert found.delivery is not None
    assert archive.delivery(found.delivery).delivery.id == found.violation.delivery


def test_a_run_is_recorded_whole_or_not_at_all_when_the_file_cannot_grow(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "j.db")
    recorder = Recorder(writer, ABOUT, Redactor())
    writer.submit(lambda connection: connection.execute(
        "PRAGMA max_page_count = 60").fetchone()).result()  # fmt: skip
    for event in events(3000):
        recorder(event)
    with pytest.raises(JournalError, match="the disk is full; make room"):
        recorder.close()
    writer.close()
    assert Archive(tmp_path / "j.db").runs() == []


def test_a_run_that_lacks_something_is_not_shown_even_where_it_cannot_be_removed(
    tmp_path: Path,
) -> None:
    writer = Writer(tmp_path / "j.db")
    recorder = Recorder(writer, ABOUT, Redactor())
    for what in ("INSERT ON delivery WHEN NEW.name = 'd-1'", "DELETE ON run"):
        writer.submit(lambda connection, what=what: connection.execute(
            f"CREATE TRIGGER \"{what}\" BEFORE {what} BEGIN SELECT RAISE(ABORT, 'no room'); END"
        )).result()  # fmt: skip
    for event in events():
        recorder(event)
        recorder.flush()
    with pytest.raises(JournalError, match="no room"):
        recorder.close()
    writer.close()
    raw = sqlite3.connect(tmp_path / "j.db")
    assert raw.execute("SELECT finished_at FROM run").fetchall() == [(None,)]
    assert Archive(tmp_path / "j.db").runs() == []


def test_a_run_that_finishes_while_it_is_read_does_not_vanish(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "j.db")
    recorder = Recorder(writer, ABOUT, Redactor())

    class FinishesMeanwhile(Archive):
        def _all(self, sql: str, values: Sequence[Any]) -> list[sqlite3.Row]:
            found = super()._all(sql, values)
            for event in events():
                recorder(event)
            recorder.close()
            return found

    archive = FinishesMeanwhile(tmp_path / "j.db", open_runs=writer.open_runs)
    assert archive.run(recorder.run).finished_at is None
    assert Archive(tmp_path / "j.db").run(recorder.run).finished_at is not None
    writer.close()


def test_what_nobody_waits_for_any_more_is_written_all_the_same(tmp_path: Path) -> None:
    writer, at_work = Writer(tmp_path / "j.db"), threading.Event()
    writer.submit(lambda _: at_work.wait(10))

    async def give_up() -> None:
        waiting = asyncio.wrap_future(writer.submit(
            lambda connection: connection.execute("CREATE TABLE kept (a)")))  # fmt: skip
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting
        at_work.set()

    asyncio.run(give_up())
    recorder = Recorder(writer, ABOUT, Redactor())  # the writer goes on
    recorder.close()
    writer.close()
    raw = sqlite3.connect(tmp_path / "j.db")
    assert raw.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_a_writer_of_one_file_waits_for_another(tmp_path: Path) -> None:
    first, second = Writer(tmp_path / "j.db"), Writer(tmp_path / "j.db")
    recorders = [Recorder(writer, ABOUT, Redactor()) for writer in (first, second)]
    for pair in zip(*[events(500) for _ in recorders], strict=True):
        for recorder, event in zip(recorders, pair, strict=True):
            recorder(event)
    for recorder in recorders:
        recorder.close()
    first.close()
    second.close()
    archive = Archive(tmp_path / "j.db")
    assert [run.deliveries for run in archive.runs()] == [500, 500]
    for run in archive.runs():
        assert len(archive.deliveries({"run": run.id}, limit=1000)) == 500


def test_what_streams_showed_is_kept_without_media_and_keep_alives(tmp_path: Path) -> None:
    seen = Observation("in", 5.0, 1.0, "s1", "signaling-1", f"{{{SECRET}}}", "SESSION_STATE", 3)
    media = replace(seen, recognised="MEDIA_DATA_AUDIO")
    writer = Writer(tmp_path / "j.db")
    recorder = Recorder(writer, ABOUT, Redactor([SECRET]), feed=True)
    for event in (RunStarted(TARGET, 7, 0, "play"), Observed(seen), Observed(media)):
        recorder(event)
    timeline = (TimelineEntry(0.5, "signaling-1", "consumer: SESSION_STATE"),)
    recorder(RunFinished(replace(result(0), timeline=timeline)))
    recorder.close()
    writer.close()
    archive = Archive(tmp_path / "j.db")
    assert archive.observations(recorder.run) == [replace(seen, message=f"{{{REDACTED}}}")]
    kept = archive.result(recorder.run)
    assert kept is not None
    assert kept.timeline == timeline
    kinds = [row.kind for row in archive.feed(recorder.run, 0)]
    assert kinds == ["started", "observed", "finished"]


def test_the_first_deliveries_are_read_with_attempts_and_schedule(tmp_path: Path) -> None:
    planned = replace(exchange(1), schedule=(0.0, 300.0))
    writer = Writer(tmp_path / "j.db")
    recorder = Recorder(writer, ABOUT, Redactor([SECRET]))
    recorder(RunStarted(TARGET, 7, 2, "play"))
    recorder(StepStarted("rtms: started", "a start", 1.5))
    recorder(ExchangeFinished(planned))
    recorder(ExchangeFinished(exchange(2)))
    recorder(RunFinished(result()))
    recorder.close()
    writer.close()
    archive = Archive(tmp_path / "j.db")
    (first,) = archive.exchanges(recorder.run, 1)
    assert first.delivery == planned.delivery
    assert first.schedule == (0.0, 300.0)
    assert [attempt.status for attempt in first.attempts] == [None, 200]
    assert [(step.name, step.scheduled) for step in archive.groups(recorder.run)] == [
        ("rtms: started", 1.5)
    ]


def test_what_is_recorded_between_two_queries_is_read_by_neither(tmp_path: Path) -> None:
    """The page draws a run while it goes on."""
    path = tmp_path / "j.db"
    writer = Writer(path)
    recorder = Recorder(writer, ABOUT, Redactor([SECRET]))
    archive = Archive(path, open_runs={recorder.run})
    recorder(RunStarted(TARGET, 7, 3, "play"))

    def record(number: int) -> None:
        recorder(ExchangeFinished(exchange(number)))
        recorder.flush()
        writer.submit(lambda _: None).result()

    record(1)
    with archive.reading() as connection:
        connection.set_trace_callback(lambda sql: record(2) if "FROM attempt" in sql else None)
        assert [item.delivery.id for item in archive.exchanges(recorder.run)] == ["d-1"]
        connection.set_trace_callback(None)
    assert [item.delivery.id for item in archive.exchanges(recorder.run)] == ["d-1", "d-2"]
    recorder.close()
    writer.close()


def test_exchanges_that_are_named_are_read_beside_the_first_ones(tmp_path: Path) -> None:
    number = keep(tmp_path / "j.db", 300)
    archive = Archive(tmp_path / "j.db")
    names = [item.delivery.id for item in archive.exchanges(number, 2, ["d-7", "d-1", "d-300"])]
    assert names == ["d-1", "d-2", "d-7", "d-300"]
    assert [len(item.attempts) for item in archive.exchanges(number, 0, ["d-7", "none"])] == [2]
    assert archive.exchanges(number + 1, 2, ["d-7"]) == []
