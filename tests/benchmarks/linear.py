"""What one event of the contract costs `verify`, at several sizes of the contract."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from tests.benchmarks.contract import cloned
from tests.benchmarks.options import Options
from tests.benchmarks.programs import child, responder
from tests.benchmarks.rounds import Unmeasured, interleaved, samples_of
from tests.benchmarks.table import NONE, Row, verdict

_MAY_GROW = 1.3
_MAY_TAKE_S = 900


def rows(options: Options) -> Iterator[Row]:
    """Yield one row a size; the smallest is what the others are compared with."""
    sizes = (25, 50, 100) if options.quick else (50, 100, 200, 400)
    rounds = options.rounds(quick=2, full=3)
    with responder() as url, tempfile.TemporaryDirectory(prefix="mockzoom-linear-") as folder:
        found = interleaved(
            {str(size): partial(verified, url, cloned(size, Path(folder)), size) for size in sizes},
            rounds,
            options.progress,
        )
    smallest = samples_of(found[str(sizes[0])], "ms an event")
    for size in sizes:
        outcome = found[str(size)]
        cost = samples_of(outcome, "ms an event")
        what = f"verify, per event of {size}"
        if not cost or not smallest:
            yield Row(what, how=cost.why_not or smallest.why_not)
            continue
        ratio = cost.median / smallest.median
        compared = size != sizes[0]
        target = f"<= {_MAY_GROW:g} x{verdict(ratio <= _MAY_GROW)}"
        yield Row(
            what, f"{cost.median:.0f} ms", f"{smallest.median:.0f} ms" if compared else NONE,
            f"{ratio:.3g} x" if compared else NONE, target if compared else NONE,
            _how(outcome, rounds),
        )  # fmt: skip


def _how(outcome: Mapping[str, object], rounds: int) -> str:
    typical = {
        name: samples_of(outcome, name).median  # type: ignore[arg-type]
        for name in ("load, ms an event", "deliveries", "resident MB")
    }
    return (
        f"bundled events cloned, medians of {rounds}; {typical['deliveries']:,.0f} deliveries;"
        f" of it {typical['load, ms an event']:.1f} ms for loading; {typical['resident MB']:.0f} MB"
    )


def verified(url: str, spec: Path, size: int) -> Mapping[str, float]:
    """Verify once against the contract in `spec`."""
    outcome = child("verify_clones", url, spec, timeout=_MAY_TAKE_S)
    if outcome["events"] != size or outcome["breakages"]:
        raise Unmeasured(f"{spec.name}: {outcome['events']} events, {outcome['breakages']}")
    return {
        "ms an event": 1000 * (outcome["load_s"] + outcome["verify_s"]) / size,
        "load, ms an event": 1000 * outcome["load_s"] / size,
        "deliveries": outcome["deliveries"],
        "resident MB": outcome["resident_mb"],
    }
