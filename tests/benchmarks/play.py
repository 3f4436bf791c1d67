"""Seconds of `mockzoom play all --probe` against correct receivers, which it has to pass."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.loads.pipeline import SECRET
from tests.benchmarks.options import Options
from tests.benchmarks.programs import finished, program, served
from tests.benchmarks.rounds import Unmeasured
from tests.benchmarks.table import NONE, Row, verdict

GOALS = {
    "prompt": ("works before it answers", 10),
    "stamped": ("the same, with received_at and random ids", 15),
    "parallel": ("works 1.5 s after each answer", 45),
}
"""What each receiver is, and in how many seconds `play all` is to be done on two quiet cores."""
BURST = "burst"
_BUDGET_S = 600


def rows(options: Options) -> Iterator[Row]:
    """Yield the seconds for each receiver, and for a burst of 48 sessions alone."""
    for manner, (about, goal) in GOALS.items():
        yield _row("all", manner, about, goal, options)
    for manner in ("prompt", "parallel"):
        yield _row(BURST, manner, GOALS[manner][0], None, options)


def _row(scenario: str, manner: str, about: str, goal: int | None, options: Options) -> Row:
    what = f"play {scenario} --probe; the receiver {about}"
    options.progress(what)
    before = os.getloadavg()[0]
    try:
        seconds = played(scenario, manner)
    except Unmeasured as reason:
        return Row(what, how=str(reason))
    target = NONE if goal is None else f"<= {goal} s{verdict(seconds <= goal)}"
    how = f"whole command, start included; load average {before:.1f} at its start"
    return Row(what, f"{seconds:.1f} s", target=target, how=how)


def played(scenario: str, manner: str) -> float:
    """Return the seconds that one play takes; raise `Unmeasured` if it does not pass."""
    with tempfile.TemporaryDirectory() as folder, served("state_receiver", manner, SECRET) as url:
        report = Path(folder) / "report.json"
        command = [program("mockzoom"), "play", scenario, "--to", url, "--secret", SECRET]
        command += ["--probe", "/state", "--budget", f"{_BUDGET_S}s", "--report", f"json={report}"]
        began = time.perf_counter()
        finished(command, 2 * _BUDGET_S)
        took = time.perf_counter() - began
        result = json.loads(report.read_text())
    if result["verdict"] != "pass":
        found = [*(item["message"] for item in result["violations"]), *result["breakages"]]
        raise Unmeasured(f"{manner}: the verdict was {result['verdict']}: {found[:1]}")
    return took
