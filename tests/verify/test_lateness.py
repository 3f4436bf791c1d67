"""Our own loop is blocked on purpose while a receiver is judged: its lateness is not reported."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from mockzoom.client.sending import ByHand
from mockzoom.client.verifying import verify
from mockzoom.model import RunEvent, RunStarted
from mockzoom.settings import Settings
from tests.receivers.launch import SECRET, running
from tests.transport.servers import NO_CONTENT, Received, answering, serving

pytestmark = pytest.mark.slow

EVENT = "meeting.rtms_started"


def blocking(event: RunEvent) -> None:
    """A listener that has our loop blocked for most of the run, longer than a deadline each time.

    Listeners are called on the loop.
    """
    if not isinstance(event, RunStarted):
        return
    loop = asyncio.get_running_loop()

    def block() -> None:
        time.sleep(0.3)
        loop.call_later(0.02, block)

    loop.call_soon(block)


def test_a_correct_receiver_breaks_no_rule_while_our_loop_is_blocked_again_and_again() -> None:
    settings = Settings(secret=SECRET, timeout=0.25, events=(EVENT,), suites=("malformed",))
    with running("aiohttp_receiver") as url:
        result = verify(url, settings, blocking)
    assert result.violations == ()
    assert result.breakages == ()
    assert result.deliveries > 50


def test_an_application_in_process_breaks_no_rule_while_our_loop_is_blocked() -> None:
    from tests.verify.apps import SECRET as ITS_SECRET
    from tests.verify.apps import Receiver

    settings = Settings(secret=ITS_SECRET, timeout=0.25, events=(EVENT,), suites=("malformed",))
    assert not [item.rule for item in verify(Receiver(), settings, blocking).violations
                if item.rule in ("MZ102", "MZ304", "MZ402", "MZ405", "MZ406")]  # fmt: skip


def test_a_receiver_that_takes_too_long_is_reported() -> None:
    def slow(received: Received) -> bytes:
        time.sleep(7)  # more than 3 s also where our own lateness is subtracted
        return NO_CONTENT

    by_hand = ByHand(Settings(secret=SECRET))
    with serving(answering(slow)) as server:
        (sent,) = by_hand.send(server.url, by_hand.named(EVENT))
    assert [item.rule for item in sent.result.violations] == ["MZ102"]


def test_an_application_that_computes_for_4_s_is_reported() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        json.load(environ["wsgi.input"])
        ends = time.perf_counter() + 4
        while time.perf_counter() < ends:
            sum(range(1000))
        start_response("200 OK", [])
        return []

    by_hand = ByHand(Settings(secret=SECRET))
    (sent,) = by_hand.send(app, by_hand.named(EVENT))
    assert [item.rule for item in sent.result.violations] == ["MZ102"]
