"""Genuine deliveries a second, against Locust and wrk, all to one nginx worker over loopback."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from mockzoom import contract
from mockzoom.model import Delivery, Request
from mockzoom.synth import encode, synthesise
from mockzoom.transport import Dialer, HttpTransport, parse_target
from mockzoom.zoom.delivery_sender import DeliverySender
from mockzoom.zoom.headers import request_id
from tests.benchmarks.loads.pipeline import CONNECTIONS, EVENT, SECRET, SEED
from tests.benchmarks.options import Options
from tests.benchmarks.programs import (
    child,
    need_package,
    nginx,
    plain_headers,
    program,
    wrk,
    wrk_script,
)
from tests.benchmarks.rounds import Samples, Unmeasured, interleaved, samples_of
from tests.benchmarks.table import Row, against, share

_OURS = "synthesis, signature, delivery, verdict and record"
_THEIRS = f"FastHttpUser, 1 process, {CONNECTIONS} users, one prepared signed event"


def rows(options: Options) -> Iterator[Row]:
    """Yield the ratios to Locust and the shares of wrk."""
    seconds, warm_up = (1.5, 0.5) if options.quick else (4.0, 1.0)
    rounds = options.rounds(quick=2, full=5)
    try:
        with nginx() as url, tempfile.TemporaryDirectory(prefix="mockzoom-load-") as folder:
            request = prepared(url)
            script, described = Path(folder, "post.lua"), Path(folder, "request.json")
            script.write_text(wrk_script(request))
            described.write_text(
                json.dumps({"headers": plain_headers(request), "body": request.body.decode()})
            )
            found = interleaved(
                {
                    "asyncio": partial(ours, url, "asyncio", warm_up, seconds),
                    "Locust": partial(locust, url, described, warm_up, seconds),
                    "uvloop": partial(ours, url, "uvloop", warm_up, seconds),
                    "wrk": partial(wrk_posts, url, script, seconds),
                },
                rounds,
                options.progress,
            )
    except Unmeasured as reason:
        yield Row("deliveries", how=str(reason))
        return
    yield from _rows_of(found, f"{len(request.body)} byte {EVENT}, {rounds} x {seconds:g} s")


def _rows_of(found: Mapping[str, Mapping[str, Samples]], load: str) -> Iterator[Row]:
    rates = {name: samples_of(outcome, "rate") for name, outcome in found.items()}
    cpu = {name: samples_of(outcome, "cpu_us") for name, outcome in found.items()}
    base = f"{CONNECTIONS} connections to one nginx worker, {load}; ours with {_OURS}"
    for loop, target in (("asyncio", 2.5), ("uvloop", 5.0)):
        spent = ""
        if cpu[loop] and cpu["Locust"]:
            ratio = cpu["Locust"].median / cpu[loop].median
            spent = (
                f"; CPU of a delivery {cpu[loop].median:.0f} µs, Locust's"
                f" {cpu['Locust'].median:.0f} µs ({ratio:.2f} x)"
            )
        yield against(
            f"deliveries on {loop}, to Locust", rates[loop], rates["Locust"], at_least=target,
            how=f"{base}; Locust: {_THEIRS}{spent}",
        )  # fmt: skip
        yield share(
            f"deliveries on {loop}, of wrk", rates[loop], rates["wrk"],
            how=f"the same load; wrk: -t1 -c{CONNECTIONS}, one prepared signed event",
        )  # fmt: skip


def prepared(url: str) -> Request:
    """Return one signed delivery to `url`, as the others send it over and over."""
    body = encode(synthesise(contract.load().get(EVENT), seed=SEED).body)
    delivery = Delivery("d-1", "valid:0", EVENT, body, request_id(SEED, "d-1"))

    async def make() -> Request:
        sender = DeliverySender(HttpTransport(Dialer(parse_target(url))), SECRET, seed=SEED)
        return await sender.request(delivery)

    return asyncio.run(make())


def ours(url: str, loop: str, warm_up: float, seconds: float) -> Mapping[str, float]:
    """Measure our pipeline on one of the event loops."""
    if loop == "uvloop":
        need_package("uvloop")
    outcome = child(
        "pipeline", url, "--loop", loop, "--warm-up", warm_up, "--seconds", seconds,
        timeout=warm_up + seconds + 60,
    )  # fmt: skip
    if outcome["violations"] or outcome["acknowledged"] != outcome["deliveries"]:
        raise Unmeasured(f"not every delivery was acknowledged: {outcome}")
    return {"rate": outcome["rate"], "cpu_us": outcome["cpu_us"]}


def locust(url: str, request: Path, warm_up: float, seconds: float) -> Mapping[str, float]:
    """Measure Locust."""
    need_package("locust")
    outcome = child(
        "locust_posts", url, request, "--users", CONNECTIONS, "--warm-up", warm_up,
        "--seconds", seconds, timeout=warm_up + seconds + 60,
    )  # fmt: skip
    if outcome["failures"]:
        raise Unmeasured(f"Locust: {outcome['failures']} requests failed")
    return {"rate": outcome["rate"], "cpu_us": outcome["cpu_us"]}


def wrk_posts(url: str, script: Path, seconds: float) -> Mapping[str, float]:
    """Measure wrk."""
    program("wrk")
    return {"rate": wrk(url, script, CONNECTIONS, seconds)}
