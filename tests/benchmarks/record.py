"""`mockzoom record`: what it adds to each delivery, and whether any is lost at 500 a second."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit
from urllib.request import urlopen

from mockzoom.zoom.signing import sign
from tests.benchmarks.options import Options
from tests.benchmarks.programs import ROOT, finished, quiet, served
from tests.benchmarks.rounds import Samples, Unmeasured, interleaved, samples_of
from tests.benchmarks.table import NONE, Row, number, verdict

SECRET = "secret-of-the-benchmark"
RATE = 500
"""Deliveries a second of `load`."""
PACE = 200
"""Signed events a second, one after the other, by which the median is measured."""
MOST_ADDED_MS = 1.0
_BODY = (
    b'{"event":"session.started","event_ts":1790000000000,"payload":{"account_id":"a","object":{}}}'
)


def rows(options: Options) -> Iterator[Row]:
    """Yield the median with and without `record`, and what was lost in `load` through it."""
    requests, seconds = (300, 3) if options.quick else (1000, 10)
    with served("receiver", SECRET) as url, recording(url) as through:
        found = interleaved(
            {
                "recorded": partial(measure, through, requests),
                "direct": partial(measure, url, requests),
            },
            options.rounds(quick=3, full=9), options.progress,
        )  # fmt: skip
        how = (
            f"signed events on one connection, {PACE} a second, {requests} a round, to a receiver"
            " that checks them; theirs: the same without `record`"
        )
        for name in ("p50", "p99"):
            yield _row(
                name, samples_of(found["recorded"], name), samples_of(found["direct"], name), how
            )
        options.progress(f"load at {RATE} a second through record")
        yield lost(url, through, seconds)


def _row(name: str, recorded: Samples, direct: Samples, how: str) -> Row:
    what = f"record, {name} of an answer"
    if not recorded or not direct:
        return Row(what, how=recorded.why_not or direct.why_not)
    added = 1000 * (recorded.median - direct.median)
    shown = (f"{number(1000 * side.median)} ms" for side in (recorded, direct))
    met = verdict(added < MOST_ADDED_MS)
    target = f"< {MOST_ADDED_MS:g} ms added{met}" if name == "p50" else NONE
    return Row(what, *shown, f"+{number(added)} ms", target, how)


def measure(url: str, requests: int) -> Mapping[str, float]:
    """Return percentiles of the seconds from the request to its answer."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.netloc, timeout=30)
    took = []
    started = time.monotonic()
    for index in range(requests):
        time.sleep(max(0.0, started + index / PACE - time.monotonic()))
        stamp = str(int(time.time()))
        headers = {
            "content-type": "application/json; charset=utf-8",
            "x-zm-request-timestamp": stamp, "x-zm-signature": sign(SECRET, stamp, _BODY),
        }  # fmt: skip
        began = time.perf_counter()
        connection.request("POST", where.path, _BODY, headers)
        answer = connection.getresponse()
        answer.read()
        took.append(time.perf_counter() - began)
        if answer.status >= 300:
            raise Unmeasured(f"{url} answered {answer.status}")
    connection.close()
    found = quantiles(took, n=100)
    return {"p50": found[49], "p99": found[98]}


def lost(url: str, through: str, seconds: int) -> Row:
    """Return how many events of `load` did not reach the receiver.

    On a busy machine some are acknowledged late; these are no loss of `record`'s.
    """
    what = f"record, lost of the events of `load` at {RATE} a second"
    before = _acknowledged(url)
    with tempfile.TemporaryDirectory(prefix="mockzoom-record-") as folder:
        report = Path(folder) / "load.json"
        command = [sys.executable, "-m", "mockzoom", "load", through, "--secret", SECRET, "--rate",
                   str(RATE), "--for", f"{seconds}s", "--report", f"json={report}"]  # fmt: skip
        done = finished(command, 60 + 30 * seconds)
        if not report.exists():
            raise Unmeasured(f"load ended with {done.returncode}: {done.stderr[-200:]}")
        told = json.loads(report.read_text("utf-8"))
    late = sum(sum(window["lost"].values()) for window in told["load"]["windows"])
    sent, arrived = told["deliveries"], _acknowledged(url) - before
    how = f"`mockzoom load --rate {RATE} --for {seconds}s`; acknowledged after 3 s or not: {late}"
    shown = f"{max(0, sent - arrived):,} of {sent:,}"
    return Row(what, shown, target=f"0{verdict(arrived >= sent)}", how=how)


def _acknowledged(url: str) -> int:
    with urlopen(f"{url.removesuffix('/webhook')}/count", timeout=30) as answer:
        return int(answer.read().split()[1])


@contextmanager
def recording(url: str) -> Iterator[str]:
    """Run `mockzoom record` before a receiver, with a journal; give its address."""
    with tempfile.TemporaryDirectory(prefix="mockzoom-record-") as folder:
        command = [sys.executable, "-m", "mockzoom", "record", "--to", url, "--port", "0",
                   "--secret", SECRET, "--journal", f"{folder}/j.db"]  # fmt: skip
        process = subprocess.Popen(
            command, cwd=ROOT, env=quiet(), text=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )  # fmt: skip
        try:
            assert process.stderr is not None
            found = re.search(r"listening at (\S+),", process.stderr.readline())
            if found is None:
                raise Unmeasured("record did not start")
            yield found[1] + urlsplit(url).path
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(90)
            except subprocess.TimeoutExpired:
                process.kill()
