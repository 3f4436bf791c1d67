"""Resident memory while deliveries go by: it must not grow with their number."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.options import Options
from tests.benchmarks.programs import child, responder
from tests.benchmarks.table import Row, verdict

_MAY_GROW = 1.1
_MAY_TAKE_S = 1800


def rows(options: Options) -> Iterator[Row]:
    """Yield one row a checkpoint; the first is what the others are compared with."""
    points = (10_000, 50_000, 200_000) if options.quick else (10_000, 100_000, 1_000_000)
    options.progress(f"memory, {points[-1]:,} deliveries")
    with responder() as url:
        outcome = child(
            "pipeline", url, "--checkpoints", ",".join(map(str, points)), timeout=_MAY_TAKE_S
        )
    resident = {int(point): value for point, value in outcome["resident_mb"].items()}
    first = resident[points[0]]
    for point in points[1:]:
        ratio = resident[point] / first
        yield Row(
            f"memory after {point:,} deliveries, to that after {points[0]:,}",
            f"{resident[point]:.1f} MB", f"{first:.1f} MB", f"{ratio:.3g} x",
            f"<= {_MAY_GROW:g} x{verdict(ratio <= _MAY_GROW)}",
            "resident set of one process that makes, delivers, judges and records",
        )  # fmt: skip
