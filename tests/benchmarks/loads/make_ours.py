"""Our side of synthesis: events and mutants a second, by contract event, as JSON.

Each event is of the next shape and has entities of its own, so that nothing is made twice; mutants
are all those of such events. Seconds are of this process on the CPU, since all of it is work and
machines are shared.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from itertools import count

from mockzoom.contract import load
from mockzoom.model import Event, EventSpec
from mockzoom.synth import all_mutants, encode, encoded, mutants, shapes, synthesise

_BATCH = 20


def rate(make: Callable[[int], int], seconds: float) -> float:
    """Return how many a CPU second `make` makes (it returns how many), after a warm-up."""
    for index in range(_BATCH):
        make(index)
    done, start = 0, time.process_time()
    for index in count():
        done += make(index)
        if index % _BATCH == 0 and time.process_time() - start >= seconds:
            return done / (time.process_time() - start)
    raise AssertionError


def rates(spec: EventSpec, seconds: float) -> dict[str, float]:
    """Return the rates for one event, and the seconds that its first set of mutants takes."""
    number = shapes(spec)

    def made(index: int) -> Event:
        return synthesise(spec, index=index % number, entities=index)

    def event(index: int) -> int:
        made(index)
        return 1

    def body(index: int) -> int:
        encoded(spec, index=index % number, entities=index)
        return 1

    def mutant(index: int) -> int:
        return sum(1 for _ in mutants(spec, made(index)))

    def mutant_body(index: int) -> int:
        return len([encode(odd.body) for odd in mutants(spec, made(index))])

    start = time.process_time()
    found = sum(1 for _ in all_mutants(spec))
    first = found / (time.process_time() - start)
    return {
        "valid": rate(event, seconds),
        "valid, encoded": rate(body, seconds),
        "mutants": rate(mutant, seconds),
        "mutants, encoded": rate(mutant_body, seconds),
        "mutants, first time": first,
    }


def main() -> None:
    """Measure the events named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("events", nargs="+")
    parser.add_argument("--seconds", type=float, default=0.5)
    options = parser.parse_args()
    contract = load()
    print(json.dumps({name: rates(contract.get(name), options.seconds) for name in options.events}))


if __name__ == "__main__":
    main()
