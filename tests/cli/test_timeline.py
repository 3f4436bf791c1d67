"""The timeline of a play: its lines in the order of time."""

from __future__ import annotations

from mockzoom.cli.timeline import TimelinePrinter
from mockzoom.model import (
    Attempt,
    Delivery,
    Exchange,
    ExchangeFinished,
    Request,
    Response,
    RunFinished,
    StepStarted,
    Timings,
)
from tests.report.results import RESULT

LATE = "x" * 300


def delivered(name: str, *schedule: float, status: int = 200) -> ExchangeFinished:
    request = Request("POST", "http://h/", (), b"{}")
    answers = [500] * (len(schedule) - 1) + [status]
    attempts = tuple(
        Attempt(request, Response(status, LATE, (), b""), Timings(), 0.0) for status in answers
    )
    delivery = Delivery(name, "valid:0", "a.b", b"{}", "id")
    return ExchangeFinished(Exchange(delivery, attempts, schedule))


def shown(**how: bool | int) -> list[str]:
    lines: list[str] = []
    printer = TimelinePrinter(lambda style, line: lines.append(line), **how)  # type: ignore[arg-type]
    printer(StepStarted("one", "a scenario"))
    printer(StepStarted("one: first", "send a.b", 0.0))
    printer(StepStarted("one: second", "send a.b", 60.0))
    printer(delivered("d-2", 60.0))
    printer(delivered("d-1", 0.0, 300.0))
    printer(RunFinished(RESULT))
    return [" ".join(line.split()[:3]) for line in lines]


def test_lines_stand_in_the_order_of_time_although_a_retry_is_told_of_last() -> None:
    assert [line.split()[0] for line in shown()] == ["one", "+0s", "+0s", "+1m", "+1m", "+5m"]


def test_a_play_that_takes_its_time_is_shown_as_it_happens() -> None:
    assert [line.split()[0] for line in shown(live=True)] == [
        "one", "+0s", "+1m", "+1m", "+0s", "+5m",
    ]  # fmt: skip


def test_a_line_is_cut_at_the_width_of_a_terminal_and_not_without_one() -> None:
    lines: list[str] = []
    for width in (80, 0):
        printer = TimelinePrinter(lambda style, line: lines.append(line), width=width)
        printer(delivered("d-1", 0.0))
        printer(RunFinished(RESULT))
    cut, whole = lines
    assert (len(cut), cut[-1]) == (80, "…")
    assert whole.endswith(LATE)
