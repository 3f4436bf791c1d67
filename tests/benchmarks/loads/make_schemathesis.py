"""Schemathesis's side of synthesis: bodies a second for the same schemas, as JSON.

Its own strategies, positive and negative, drawn by Hypothesis with nothing but generation switched
on, after a warm-up of the same strategy; seconds are CPU seconds.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from mockzoom.contract import load
from mockzoom.model import EventSpec
from tests.benchmarks.contract import as_paths

_WARM_UP = 10


def rates(spec: EventSpec, examples: int) -> dict[str, float]:
    """Return the rates for one event."""
    operation = schemathesis.openapi.from_dict(as_paths([spec]))[f"/webhook/{spec.name}"]["POST"]
    return {
        "valid": _rate(operation.as_strategy(generation_mode=GenerationMode.POSITIVE), examples),
        "mutants": _rate(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE), examples),
    }


def _rate(strategy: Any, examples: int) -> float:
    _draw(strategy, _WARM_UP)
    start = time.process_time()
    drawn = _draw(strategy, examples)
    return drawn / (time.process_time() - start)


def _draw(strategy: Any, examples: int) -> int:
    drawn = 0

    @settings(
        max_examples=examples, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def each(case: Any) -> None:
        nonlocal drawn
        drawn += 1

    each()
    return drawn


def main() -> None:
    """Measure the events named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("events", nargs="+")
    parser.add_argument("--examples", type=int, default=100)
    options = parser.parse_args()
    contract = load()
    print(
        json.dumps({name: rates(contract.get(name), options.examples) for name in options.events})
    )


if __name__ == "__main__":
    main()
