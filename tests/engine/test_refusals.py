"""What is refused is judged by three refusals between controls; what is accepted, by its twins."""

from __future__ import annotations

import hmac
import json
import time
from collections import Counter
from typing import Any

import pytest

from mockzoom import Mockzoom
from mockzoom.model import RunResult
from mockzoom.suites import EXAMINED
from tests.receivers.field import Answer, Right, is_genuine, mac
from tests.receivers.launch import SECRET

EVENT = "meeting.rtms_started"


def examined(receiver: Right, *suites: str, events: str = "meeting.rtms_*") -> RunResult:
    with Mockzoom(receiver, SECRET) as zoom:
        return zoom.verify(events=events, suites=suites or EXAMINED).result


def rules(result: RunResult) -> list[str]:
    return [item.rule for item in result.violations]


# -- entities --------------------------------------------------------------------------------------


class Remembers(Right):
    """Keeps what it has acknowledged: event, and the ids that it is about."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []

    def take(self, event: dict[str, Any]) -> Answer:
        payload = event["payload"]
        ids = [payload.get(key) for key in ("meeting_uuid", "rtms_stream_id")]
        self.taken.append((str(event.get("event")), json.dumps(ids)))
        return 200, None


def test_no_two_deliveries_of_a_run_are_about_the_same_entities() -> None:
    receiver = Remembers()
    result = examined(receiver)
    assert result.violations == ()
    starts = Counter(ids for event, ids in receiver.taken if event == EVENT)
    assert len(starts) > 100
    assert set(starts.values()) == {1}


def test_a_stop_comes_after_the_start_of_the_same_stream() -> None:
    receiver = Remembers()
    examined(receiver, "authenticity", events="meeting.rtms_stopped")
    started: set[str] = set()
    alone = 0
    for event, ids in receiver.taken:
        if event == EVENT:
            started.add(ids)
        elif event == "meeting.rtms_stopped":
            alone += ids not in started
    assert alone == 1  # once, on purpose, without its prelude


# -- refusals --------------------------------------------------------------------------------------


class RefusesFields(Right):
    """Refuses fields that it does not know, `times` of them."""

    def __init__(self, times: int) -> None:
        self.left = times

    def take(self, event: dict[str, Any]) -> Answer:
        if set(event) - {"event", "event_ts", "payload"} and self.left:
            self.left -= 1
            return 400, {"error": "unknown field"}
        return 200, None


@pytest.mark.parametrize(("times", "expected"), [(1, []), (2, []), (10_000, ["MZ108"])])
def test_a_refusal_counts_where_it_was_repeated_twice(times: int, expected: list[str]) -> None:
    assert rules(examined(RefusesFields(times), "evolution", events=EVENT)) == expected


class FailsOnce(Right):
    """Refuses the first event with `status`, and takes all others."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.failed = False

    def take(self, event: dict[str, Any]) -> Answer:
        if self.failed:
            return 200, None
        self.failed = True
        return self.status, None


def test_a_5xx_that_passes_when_repeated_is_intermittent() -> None:
    (found,) = examined(FailsOnce(503), "events").violations
    assert (found.rule, found.count) == ("MZ101", 1)
    assert found.message.startswith("intermittent: 1 of ")
    assert "acknowledged when they were repeated" in found.message


def test_a_4xx_is_reported_at_once() -> None:
    (found,) = examined(FailsOnce(400), "events", events=EVENT).violations
    assert (found.rule, found.count) == ("MZ101", 1)
    assert "intermittent" not in found.message


# -- forgeries -------------------------------------------------------------------------------------


class Naive(Right):
    """Verifies as many do: `compare_digest` of two texts, `int` of what `isdigit` lets through."""

    def is_genuine(self, environ: dict[str, Any], raw: bytes) -> bool:
        stamp = environ.get("HTTP_X_ZM_REQUEST_TIMESTAMP", "")
        wanted = "v0=" + mac(b"v0:" + stamp.encode("latin-1") + b":" + raw)
        return hmac.compare_digest(wanted, environ.get("HTTP_X_ZM_SIGNATURE", ""))


class Superscript(Right):
    def is_genuine(self, environ: dict[str, Any], raw: bytes) -> bool:
        stamp = environ.get("HTTP_X_ZM_REQUEST_TIMESTAMP", "")
        return stamp.isdigit() and int(stamp) > 0 and is_genuine(environ, raw)


@pytest.mark.parametrize(
    ("receiver", "about"),
    [(Naive(), "signature header holds a byte that is no ASCII"), (Superscript(), "`²`")],
)
def test_a_header_beyond_ascii_that_makes_a_receiver_fail_is_reported(
    receiver: Right, about: str
) -> None:
    result = examined(receiver, "authenticity", events=EVENT)
    (found,) = [item for item in result.violations if item.rule == "MZ209"]
    assert about in found.message


def test_a_front_server_may_answer_400_to_headers_beyond_ascii() -> None:
    class Front(Right):
        def answer(self, environ: dict[str, Any], raw: bytes) -> Answer:
            headers = (
                environ.get("HTTP_X_ZM_REQUEST_TIMESTAMP", ""),
                environ.get("HTTP_X_ZM_SIGNATURE", ""),
            )
            if not all(text.isascii() for text in headers):
                return 400, None
            return super().answer(environ, raw)

    assert examined(Front(), "authenticity", events=EVENT).violations == ()


class Window(Right):
    """Refuses what is older than five minutes, or (`both`) nothing by its age."""

    def __init__(self, *, refuses_old: bool) -> None:
        self.refuses_old = refuses_old

    def is_genuine(self, environ: dict[str, Any], raw: bytes) -> bool:
        stamp = environ.get("HTTP_X_ZM_REQUEST_TIMESTAMP", "")
        if not (stamp.isascii() and stamp.isdigit()):
            return False
        if self.refuses_old and time.time() - int(stamp) > 300:
            return False
        wanted = "v0=" + mac(b"v0:" + stamp.encode() + b":" + raw)
        given = environ.get("HTTP_X_ZM_SIGNATURE", "").encode("latin-1")
        return hmac.compare_digest(wanted.encode(), given)


@pytest.mark.parametrize(("refuses_old", "expected"), [(True, "MZ212"), (False, "MZ205")])
def test_a_future_signature_is_reported_where_an_old_one_is_refused(
    refuses_old: bool, expected: str
) -> None:
    receiver = Window(refuses_old=refuses_old)
    (found,) = examined(receiver, "authenticity", events=EVENT).violations
    assert (found.rule, found.severity) == (expected, "warning")
    if not refuses_old:
        assert "of any age, 24 hours old or 24 hours ahead" in found.message
    with Mockzoom(receiver, SECRET) as zoom:
        sent = zoom.send(EVENT, forge="future")
        assert [item.rule for item in sent.violations] == [expected]
