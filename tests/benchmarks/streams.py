"""RTMS streams held at once: memory, frames, the worst keep-alive; and audio fed on time."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.options import Options
from tests.benchmarks.programs import child
from tests.benchmarks.rounds import Unmeasured
from tests.benchmarks.table import NONE, Row, number

ON_TIME = 0.99
"""The share of audio frames that has to go out before the next one is due (20 ms later)."""
TRIES = 3
"""A neighbour's burst of work makes frames late, and says nothing of us."""
_MAY_TAKE_S = 300


def rows(options: Options) -> Iterator[Row]:
    """Yield one row a number of streams, then what one core feeds of audio."""
    yield from _held(options)
    yield _audio(options)


def _held(options: Options) -> Iterator[Row]:
    sizes = (200, 500) if options.quick else (200, 500, 1000, 2000)
    times = ("--keep-alive", 2, "--seconds", 5) if options.quick else ("--seconds", 21)
    for size in sizes:
        options.progress(f"streams, {size} with a transcript line a second")
        what = f"{size:,} streams, a line a second each"
        try:
            found = child("stream_server", "--streams", size, *times, timeout=_MAY_TAKE_S)
        except Unmeasured as reason:
            yield Row(what, how=str(reason))
            continue
        yield Row(
            what, f"{found['kb a stream']:.0f} KB a stream", NONE,
            f"{found['frames a second']:,.0f} frames/s",
            how=f"signaling and one media socket each, {found['ready']:.0f} ready; worst keep-alive"
            f" {found['keep-alive late ms']:.0f} ms late, answered after"
            f" {found['keep-alive answered ms']:.0f} ms; {found['cpu %']:.0f} % of a core",
        )  # fmt: skip


def _audio(options: Options) -> Row:
    best, told = 0, []
    for size in (50, 100) if options.quick else (100, 200, 300, 400, 500, 600, 800):
        options.progress(f"streams, {size} of 20 ms audio")
        try:
            share, used = max(_on_time(size) for _ in range(1 if options.quick else TRIES))
        except Unmeasured as reason:
            told.append(f"{size}: {reason}")
            break
        told.append(f"{size}: {100 * share:.1f} % on time, {used:.0f} % of a core")
        if share < ON_TIME:
            break
        best = size
    return Row(
        "20 ms audio streams fed on time by one core", number(best),
        how=f"{100 * ON_TIME:g} % of frames before the next one is due, best of {TRIES} tries; "
        + "; ".join(told),
    )  # fmt: skip


def _on_time(size: int) -> tuple[float, float]:
    """Return the share of frames that were sent in time, and the share of a core that it took."""
    found = child(
        "stream_server", "--streams", size, "--media", "audio", "--keep-alive", 2, "--seconds", 5,
        timeout=_MAY_TAKE_S,
    )  # fmt: skip
    due = 50 * 5 * size
    sent = min(1.0, found["frames a second"] * 5 / due)
    return sent - found["frames after the next one was due"] / due, found["cpu %"]
