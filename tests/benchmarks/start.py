"""Seconds until the first word: `mockzoom --help` and `import mockzoom` over `python -c pass`."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from tests.benchmarks.options import Options
from tests.benchmarks.programs import finished, program
from tests.benchmarks.rounds import Samples, Unmeasured, interleaved, samples_of
from tests.benchmarks.table import Row, verdict

_TARGETS_MS = {"mockzoom --help": 150, "import mockzoom": 300}


def rows(options: Options) -> Iterator[Row]:
    """Yield what each costs more than a bare interpreter."""
    rounds = options.rounds(quick=5, full=15)
    commands = {
        "bare": [sys.executable, "-c", "pass"],
        "mockzoom --help": [program("mockzoom"), "--help"],
        "import mockzoom": [sys.executable, "-c", "import mockzoom"],
    }
    found = interleaved(
        {name: partial(took, command) for name, command in commands.items()},
        rounds,
        options.progress,
    )
    times = {name: samples_of(outcome, "ms") for name, outcome in found.items()}
    for name, target in _TARGETS_MS.items():
        yield _row(name, times[name], times["bare"], target, rounds)


def _row(name: str, ours: Samples, bare: Samples, target: int, rounds: int) -> Row:
    if not ours or not bare:
        return Row(name, how=ours.why_not or bare.why_not)
    more = ours.median - bare.median
    return Row(
        f"{name}, over python -c pass", f"{ours.median:.0f} ms", f"{bare.median:.0f} ms",
        f"+{more:.0f} ms", f"<= +{target} ms{verdict(more <= target)}",
        f"wall time of the process, medians of {rounds}",
    )  # fmt: skip


def took(command: Sequence[str]) -> Mapping[str, float]:
    """Return the milliseconds that `command` takes."""
    start = time.perf_counter()
    done = finished(command, 60)
    if done.returncode:
        raise Unmeasured(f"{command[0]} ended with {done.returncode}")
    return {"ms": (time.perf_counter() - start) * 1000}
