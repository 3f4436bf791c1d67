"""The proof for each product: a correct receiver passes, one defect on one event gets its rule.

The quick tier has one small product, with the receiver in this process; the others are thorough.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mockzoom.client.verifying import verify
from mockzoom.contract import Contract, load
from mockzoom.model import RunResult
from mockzoom.settings import Settings
from tests.each import thorough
from tests.receivers import product_receiver
from tests.receivers.launch import SECRET, running

RECEIVER = "product_receiver"
PRODUCTS = load().all_products()
SMALL = "mail"
RULES = {"refused": "MZ101", "crashes": "MZ401", "closed": "MZ108"}
"""The rule that each kind of defect of the receiver breaks."""
MOST_MEMORY_MB = 500

ENVELOPE = product_receiver.ENVELOPE


def spoilt_event(contract: Contract) -> str:
    """Return the event in the middle of those with the usual envelope, which defects spoil."""
    names = [
        spec.name
        for spec in contract.events.values()
        if spec.schema["properties"].keys() <= ENVELOPE and "event_ts" in spec.schema["required"]
    ]
    return names[len(names) // 2]


@contextmanager
def serving(product: str, defect: str = "") -> Iterator[str]:
    """Run the receiver and give its URL: in this process for the small product."""
    if product != SMALL:
        with running(RECEIVER, defect or None) as url:
            yield url
        return
    kind, _, event = defect.partition(":")
    own = {"secret": SECRET.encode(), "defect": kind, "event": event}
    server = product_receiver.Server(
        ("127.0.0.1", 0), type("Own", (product_receiver.Receiver,), own)
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/webhook"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def examined(url: str, product: str) -> RunResult:
    return verify(url, Settings(secret=SECRET, product=(product,)))


def told(result: RunResult) -> set[tuple[str, str | None]]:
    return {(item.rule, item.event) for item in result.violations}


def defects() -> Iterator[tuple[str, str]]:
    for product in PRODUCTS:
        for kind in RULES:
            yield product, kind


_QUICK = [(SMALL, kind) for kind in RULES]


@pytest.mark.parametrize(
    "case", [*_QUICK, *thorough(*(one for one in defects() if one not in _QUICK))], ids="-".join
)
def test_a_defect_on_one_event_of_a_product_breaks_its_rule_and_no_other(
    case: tuple[str, str],
) -> None:
    product, kind = case
    contract = load(products=[product])
    event = spoilt_event(contract)
    with serving(product, f"{kind}:{event}") as url:
        result = examined(url, product)
    assert told(result) == {(RULES[kind], event)}, result.violations
    assert result.breakages == ()
    assert result.coverage.events == (len(contract.events), len(contract.events))


@pytest.mark.parametrize("product", [SMALL, *thorough(*(one for one in PRODUCTS if one != SMALL))])
def test_a_correct_receiver_of_a_product_passes_with_every_constraint(product: str) -> None:
    with serving(product) as url:
        result = examined(url, product)
    assert (told(result), result.breakages) == (set(), ())
    events = len(load(products=[product]).events)
    assert result.coverage.events == (events, events)
    done, total = result.coverage.constraints
    assert done == total > 0


@pytest.mark.thorough
def test_a_correct_receiver_passes_with_all_products_in_bounded_memory() -> None:
    """`verify --product all` in a process of its own, whose memory is measured."""
    with running(RECEIVER) as url:
        process = subprocess.Popen(
            [sys.executable, "-m", "mockzoom", "verify", url, "--product", "all",
             "--report", "json=-"],
            env={**os.environ, "MOCKZOOM_SECRET": SECRET}, stdout=subprocess.PIPE,
        )  # fmt: skip
        with process:
            assert process.stdout is not None
            printed = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
    report = json.loads(printed)
    assert (process.returncode, report["verdict"], report["violations"]) == (0, "pass", [])
    assert report["coverage"]["events"] == [458, 458]
    made, constraints = report["coverage"]["constraints"]
    assert made == constraints > 20_000
    assert usage.ru_maxrss < 1024 * MOST_MEMORY_MB
