"""Our side of a load: events made, signed, delivered, judged and recorded, as a run does it.

`python -m tests.benchmarks.loads.pipeline URL --seconds S` prints the rate as JSON, `--checkpoints
N,N,…` the resident memory after so many deliveries. `--profile FILE` writes what cProfile saw.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from mockzoom import contract
from mockzoom.engine.case import CaseName
from mockzoom.engine.genuine import GenuineDeliveries
from mockzoom.engine.reproduce import Reproducer
from mockzoom.engine.runner import Runner
from mockzoom.model import ExchangeFinished, RunEvent
from mockzoom.suites.cases import TestCases
from mockzoom.suites.events import NOT_ACKNOWLEDGED
from mockzoom.synth import DEFAULT_AT_MS, shapes
from mockzoom.transport import Dialer, HttpTransport, parse_target
from mockzoom.zoom.delivery_sender import DeliverySender

EVENT = "meeting.rtms_started"
SECRET = "a-secret-for-benchmarks"
CONNECTIONS = 32
SEED = 1


@dataclass(slots=True)
class Record:
    """The listener of the run: what a report needs of each exchange."""

    statuses: Counter[int | None] = field(default_factory=Counter)
    slowest: float = 0.0

    def __call__(self, event: RunEvent) -> None:
        """Take one run event."""
        if isinstance(event, ExchangeFinished):
            attempt = event.exchange.last
            self.statuses[attempt.status] += 1
            took = attempt.timings.answer
            if took is not None and took > self.slowest:
                self.slowest = took


class Pipeline:
    """One run whose deliveries are all valid events of one kind, over several connections."""

    def __init__(self, url: str, event: str = EVENT) -> None:
        self._event = event
        self._transport = HttpTransport(Dialer(parse_target(url)))
        self._cases = TestCases(contract.load(), SEED, DEFAULT_AT_MS)
        self._shapes = shapes(self._cases.contract.get(event))
        self._reproducer = Reproducer(url, SEED, DEFAULT_AT_MS)
        self._stopped = False
        self._limit = sys.maxsize
        self.record = Record()
        sender = DeliverySender(self._transport, SECRET, seed=SEED)
        self.run = Runner(
            sender, self._cases, self._reproducer, self.record,
            genuine=GenuineDeliveries(NOT_ACKNOWLEDGED),
        )  # fmt: skip

    async def _worker(self) -> None:
        run, cases = self.run, self._cases
        while not self._stopped and run.deliveries < self._limit:
            # Every delivery has its own entities, so that no two bodies are alike.
            number = run.deliveries
            name = CaseName("valid", number % self._shapes, False, number)
            case = cases.prepare(self._event, name)
            run.judge(case, await run.send(case))

    async def _together(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(CONNECTIONS):
                group.create_task(self._worker())

    async def rate(self, warm_up: float, seconds: float) -> dict[str, float]:
        """Return the deliveries a second over `seconds`, after a warm-up, and the CPU of each."""
        work = asyncio.create_task(self._together())
        await asyncio.sleep(warm_up)
        before, start, cpu = self.run.deliveries, time.perf_counter(), time.process_time()
        await asyncio.wait([work], timeout=seconds)
        done, took = self.run.deliveries - before, time.perf_counter() - start
        cpu = time.process_time() - cpu
        self._stopped = True
        await work
        await self._transport.close()
        return {"rate": done / took, "cpu_us": 1e6 * cpu / max(1, done)}

    async def memory(self, checkpoints: Sequence[int]) -> dict[int, float]:
        """Return the resident MB after each number of deliveries."""
        resident = {}
        for self._limit in sorted(checkpoints):
            await self._together()
            resident[self._limit] = resident_mb()
        await self._transport.close()
        return resident

    def outcome(self) -> dict[str, int]:
        """Return how many deliveries were made, acknowledged, and found wanting."""
        return {
            "deliveries": self.run.deliveries,
            "acknowledged": self.record.statuses[200],
            "violations": sum(found.count for found in self.run.findings.all()),
        }


def resident_mb() -> float:
    """Return the resident memory of this process in MB (its peak, where /proc is missing)."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * resource.getpagesize() / 1e6


def loop_factory(name: str) -> Callable[[], asyncio.AbstractEventLoop]:
    """Return what makes the event loop called `name`."""
    if name == "asyncio":
        return asyncio.new_event_loop
    import uvloop

    return uvloop.new_event_loop


async def _play(options: argparse.Namespace) -> dict[str, object]:
    pipeline = Pipeline(options.url)
    if options.checkpoints:
        numbers = [int(text) for text in options.checkpoints.split(",")]
        found: dict[str, object] = {"resident_mb": await pipeline.memory(numbers)}
    else:
        found = {**await pipeline.rate(options.warm_up, options.seconds)}
    return {**found, **pipeline.outcome()}


def main() -> None:
    """Play one load and print its outcome."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--loop", choices=("asyncio", "uvloop"), default="asyncio")
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--warm-up", type=float, default=1.0)
    parser.add_argument("--checkpoints", default="")
    parser.add_argument("--profile", default="")
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=loop_factory(options.loop)) as runner:
        profile = cProfile.Profile() if options.profile else None
        with profile or nullcontext():
            outcome = runner.run(_play(options))
    if profile is not None:
        profile.dump_stats(options.profile)
    print(json.dumps(outcome))


if __name__ == "__main__":
    main()
