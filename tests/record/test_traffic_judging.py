"""What has passed is judged as Zoom's traffic is: by the contract, the signature and the answer."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from typing import Any

import pytest

from mockzoom.client.settings import load_contract
from mockzoom.engine.reproduce import Reproducer
from mockzoom.model import Failure, RunEvent, RunResult
from mockzoom.record import Observer, Proxied, TrafficJudging
from mockzoom.settings import Settings
from mockzoom.suites.cases import TestCases
from mockzoom.synth import synthesise
from mockzoom.transport.framing import HttpMessage
from mockzoom.transport.target import parse_target
from mockzoom.zoom import signing
from tests.each import each

SECRET, OLD = "s3cret-of-the-tests", "an-older-s3cret"
TARGET = parse_target("http://127.0.0.1:5000/webhook")
CONTRACT = load_contract(Settings(SECRET))


def passed(
    body: bytes, status: int = 200, *, secret: str = SECRET, took: float = 0.1, signed: bool = True
) -> Proxied:
    stamp = str(int(time.time()))
    headers = [("content-type", "application/json")]
    if signed:
        signature = signing.sign(secret, stamp, body)
        headers += [("x-zm-request-timestamp", stamp), ("X-Zm-Signature", signature)]
    request = HttpMessage("POST /webhook HTTP/1.1", tuple(headers), body, len(body))
    answer = HttpMessage(f"HTTP/1.1 {status} Whatever", (), b"", 0)
    return Proxied(request, answer, None, time.time(), 0.001, took, took)


def event(**more: Any) -> bytes:
    body = dict(synthesise(CONTRACT.get("session.started"), seed=1).body)
    return json.dumps({**body, **more}).encode()


def body_of(name: str, **payload: Any) -> bytes:
    body = dict(synthesise(CONTRACT.get(name), seed=1).body)
    return json.dumps({**body, "payload": {**body["payload"], **payload}}).encode()


def unanswered(body: bytes) -> Proxied:
    """Return what passed to a receiver that could not be reached: its sender got a 502."""
    whole = passed(body)
    return Proxied(whole.request, None, Failure("refused", "refused"), whole.began, 0.001)


def judged(*items: Proxied, dropped: int = 0) -> RunResult:
    told: list[RunEvent] = []
    cases = TestCases(CONTRACT, 1, 1_790_000_000_000)
    lines = Reproducer(TARGET.url, 1, cases.at_ms)
    judging = TrafficJudging(TARGET, cases, [SECRET, OLD], lines, told.append, timeout=3.0)
    for item in items:
        judging(item)
    return judging.finish(dropped=dropped, not_understood=0)


def rules(result: RunResult) -> dict[str, str]:
    return {item.rule: item.severity for item in result.violations}


def test_a_genuine_event_that_is_acknowledged_shows_nothing_with_either_secret() -> None:
    result = judged(passed(event()), passed(event(), 204, secret=OLD))
    assert result.violations == ()
    assert (result.deliveries, result.coverage.events[0]) == (2, 1)


def test_each_deviation_has_its_rule() -> None:
    unknown = json.dumps({"event": "session.exploded", "event_ts": 1, "payload": {}}).encode()
    table = {
        "MZ801": (passed(unknown), "warning"),
        "MZ802": (passed(event(new_member=1)), "warning"),
        "MZ803": (passed(event(payload=5)), "warning"),
        "MZ804": (passed(event(), secret="nobody's"), "error"),
        "MZ805": (passed(body_of("meeting.rtms_stopped", stop_reason=99)), "warning"),
        "MZ103": (unanswered(event()), "error"),
        "MZ101": (passed(event(), 500), "error"),
        "MZ102": (passed(event(), took=4.0), "error"),
        "MZ104": (passed(event(), 302), "error"),
        "MZ105": (passed(event(), 202), "warning"),
    }

    @each("rule", table)
    def check(rule: str) -> None:
        item, severity = table[rule]
        assert rules(judged(item)) == {rule: severity}

    check()
    assert "MZ107" in rules(judged(passed(unknown, 501)))
    assert "MZ108" in rules(judged(passed(event(new_member=1), 400)))


def test_an_answer_counts_only_after_a_valid_signature_and_says_that_it_was_seen_once() -> None:
    assert set(rules(judged(passed(event(), 401, secret="nobody's")))) == {"MZ804"}
    (found,) = judged(passed(event(), 500)).violations
    assert found.message.endswith("(observed once)")
    assert "mockzoom send session.started --to http://127.0.0.1:5000/webhook --body" in (
        found.reproduce
    )


def test_429_is_a_lost_event() -> None:
    (found,) = judged(passed(event(), 429)).violations
    assert found.rule == "MZ101"
    assert "Zoom does not wait" in found.message


def test_what_zoom_did_not_sign_is_not_judged() -> None:
    result = judged(passed(b"<script>", 404, signed=False), passed(event(), 500, signed=False))
    assert result.violations == ()
    assert result.notices == ("2 requests were not signed by Zoom: passed on, and not checked",)


def test_a_url_validation_is_judged_by_its_tokens() -> None:
    body = b'{"event":"endpoint.url_validation","event_ts":1,"payload":{"plainToken":"abc"}}'
    assert "MZ301" in rules(judged(passed(body)))


def test_a_body_that_is_no_json_or_too_large_breaks_the_contract() -> None:
    assert set(rules(judged(passed(b"{")))) == {"MZ803"}
    large = passed(event())
    cut = HttpMessage(large.request.start, large.request.headers, large.request.body, 2**30)
    result = judged(Proxied(cut, large.answer, None, large.began, 0.0, 0.1, 0.1))
    assert "MZ803" in rules(result)


def test_a_body_that_no_command_line_can_hold_is_judged_and_printed_into_its_line() -> None:
    (found,) = judged(passed("{'é%".encode("utf-16"), 400)).violations
    assert found.rule == "MZ803"
    printed, _, command = (found.reproduce or "").partition(" | ")
    shown = subprocess.run(["sh", "-c", printed], capture_output=True, check=True).stdout
    assert shown == "{'é%".encode("utf-16")
    assert command.endswith("--body @- --raw")


def test_judging_never_holds_up_what_passes() -> None:
    go, taken = threading.Event(), []

    def slow(item: Proxied) -> None:
        go.wait(30)
        taken.append(item)

    observer = Observer(slow, places=5)
    for _ in range(50):
        observer(passed(event()))
    assert observer.dropped >= 44
    go.set()
    observer.close()
    assert len(taken) + observer.dropped == 50


def test_what_was_dropped_is_counted_and_makes_the_recording_incomplete() -> None:
    (breakage,) = judged(passed(event()), dropped=3).breakages
    assert breakage.startswith("3 exchanges were passed on and not checked")


def test_judging_is_told_while_nothing_passes() -> None:
    idle = threading.Event()
    observer = Observer(lambda item: None, idle=idle.set)
    assert idle.wait(30)
    observer.close()


def test_what_judging_raises_comes_out_at_the_end() -> None:
    def broken(item: Proxied) -> None:
        raise ZeroDivisionError("wrong")

    observer = Observer(broken)
    observer(passed(event()))
    with pytest.raises(ZeroDivisionError):
        observer.close()
