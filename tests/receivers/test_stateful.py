"""The stateful receivers are what their table says: the right ones right, each defect real."""

from __future__ import annotations

import ast
import json
import random
import subprocess
import sys
import time
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from tests.each import thorough
from tests.receivers.launch import running
from tests.receivers.stateful_drive import Driver, Sent, event, symptoms
from tests.receivers.stateful_table import BOTH, CASES, CORRECT, PLAYS, Case

pytestmark = pytest.mark.slow

HERE = Path(__file__).resolve().parent
STREAM, OTHER = "e6c69a82f335b1d7f1f3fdad212ccc13", "0a" * 16
MEETING, WEBINAR, SESSION = "/gDSqlKbUN3IWj+Q==", "p/89hAbp//vgUv==", "irrUAP//TSjRn1=="
FIRST, SECOND = "wss://a.zoom.example:443", "wss://b.zoom.example:443"
USER, GUEST = "17406677", "16778240"
SLOW = ("works-before-answering", "works-before-answering-twice")
SETTLES_S = {"legit-works-after-answering": 0.5, "inbox-overflows": 1.3}


def in_meeting(**more: Any) -> dict[str, Any]:
    return {"meeting_uuid": MEETING, "rtms_stream_id": STREAM, **more}


def in_session(**more: Any) -> dict[str, Any]:
    return {"account_id": "a", "object": {"id": SESSION, "session_id": SESSION, **more}}


def user(number: str, **more: Any) -> dict[str, Any]:
    return in_session(user={"id": number, "name": "Þóra Çelik", **more})


def recording(*urls: str) -> dict[str, Any]:
    return in_session(recording_files=[{"id": "r", "download_url": url} for url in urls])


CALLED = {"invitee_name": "Þóra", "phone_number": 13035550151}
PLOT: tuple[tuple[str, dict[str, Any]], ...] = (
    ("meeting.rtms_started", in_meeting(server_urls=FIRST)),
    ("meeting.rtms_interrupted", in_meeting()),
    ("meeting.rtms_started", in_meeting(server_urls=SECOND)),
    ("meeting.rtms_interrupted", in_meeting()),
    ("meeting.rtms_stopped", in_meeting(stop_reason=6)),
    (
        "webinar.rtms_started",
        {"webinar_uuid": WEBINAR, "rtms_stream_id": OTHER, "server_urls": FIRST},
    ),
    ("session.started", in_session()),
    ("session.user_joined", user(USER)),
    ("session.user_left", user(USER)),
    ("session.user_joined", user(USER)),
    ("session.user_phone_callout_ringing", in_session(participant=CALLED)),
    ("session.user_phone_callout_accepted", in_session(participant=CALLED)),
    ("session.recording_completed", recording("https://zoom.example/1")),
    ("session.recording_completed", recording("https://zoom.example/2")),
    ("rtms.concurrency_near_limit", {"concurrency_limit": 2000, "percentage": 80}),
)
RIGHT: dict[str, Any] = {
    "counts": {
        "sessions_started": 1,
        "sessions_active": 1,
        "streams_started": 2,
        "streams_active": 1,
        "failovers": 1,
        "recordings": 1,
        "participants_joined": 2,
        "participants_present": 1,
        "callouts": 1,
    },
    "events": {
        "meeting.rtms_interrupted": 2,
        "meeting.rtms_started": 2,
        "meeting.rtms_stopped": 1,
        "rtms.concurrency_near_limit": 1,
        "session.recording_completed": 2,
        "session.started": 1,
        "session.user_joined": 2,
        "session.user_left": 1,
        "session.user_phone_callout_accepted": 1,
        "session.user_phone_callout_ringing": 1,
        "webinar.rtms_started": 1,
    },
    "streams": {
        STREAM: {
            "status": "stopped",
            "servers": SECOND,
            "reason": 6,
            "history": ["started", "interrupted", "started", "interrupted", "stopped"],
        },
        OTHER: {"status": "started", "servers": FIRST, "reason": None, "history": ["started"]},
    },
    "active_streams": [OTHER],
    "sessions": {SESSION: {"status": "started", "participants": {USER: "joined"}}},
    "recordings": {
        SESSION: {"status": "completed", "files": ["https://zoom.example/2"], "transcript": None}
    },
    "callouts": {SESSION: {"13035550151": "accepted"}},
}
# Two at work for 3.5 s each time would take minutes over the whole plot.
SHORT = tuple(PLOT[place] for place in (5, 7))
SHORT_EVENTS = {"session.user_joined": 1, "webinar.rtms_started": 1}


def story(plot: tuple[tuple[str, dict[str, Any]], ...]) -> list[Sent]:
    begin = int(time.time() * 1000) - 3_600_000
    return [event(name, begin + 1000 * index, said) for index, (name, said) in enumerate(plot)]


COPIED = (0, 4, 7)
"""Places in the plot of the events that meet with a copy or lose their answer."""
ORDERS = ("shuffle", "shuffle: left before it joined", "shuffle: left after the rejoin")


def play(driver: Driver, name: str, sent: list[Sent]) -> None:
    if name == ORDERS[0]:
        sent = sent[::-1]
    elif name == ORDERS[1]:
        sent = sent[8:] + sent[:8]
    elif name == ORDERS[2]:
        sent = [*sent[:8], sent[9], sent[8], *sent[10:]]
    for index, one in enumerate(sent):
        copied = index in COPIED
        if name == "lost" and copied:
            driver.lose(one, read=index != 4)
        elif name == "concurrent" and copied:
            driver.twice_at_once(one)
        else:
            driver.deliver(one)
        if name == "duplicate" and copied:
            driver.deliver(one)


def shows(case: Case, driver: Driver, name: str) -> set[str]:
    """Play, and return what came out wrong; `once` has a recording completed twice in it."""
    settles = SETTLES_S.get(case.defect, 0.0)
    plot, right = PLOT, RIGHT
    if case.defect in SLOW:
        plot, right = SHORT, {"events": SHORT_EVENTS, "counts": {}}
        if name != "once":
            plot, right = SHORT[1:], {"events": {"session.user_joined": 1}, "counts": {}}
        settles = 1.0
    found: set[str] = set()
    once = None
    for order in ("once", *ORDERS) if name == "shuffle" else (name,):
        driver.reset()
        play(driver, order, story(plot))
        time.sleep(settles)
        state = driver.state()
        if case in CORRECT:
            assert state == RIGHT, order
        if name == "shuffle" and order == "once":
            once = state
        else:
            found |= symptoms(driver, name, right, once)
    return found


def name_of(case: Case) -> str:
    return f"{case.receiver}-{case.defect or 'as-it-stands'}"


def plays_of(case: Case) -> list[str]:
    played = ["once", "duplicate", "lost", "concurrent", "shuffle"]
    if case.defect in SLOW:
        # What is quick is right or wrong as in the others; only the slow part is its own.
        played = ["once", "duplicate", "concurrent"]
    return played


# `tests/test_stateful_play.py` plays to each defect in one stack, so here they are thorough.
@pytest.mark.parametrize(
    "case", [*CORRECT, *thorough(*(case for case in CASES if case not in CORRECT))], ids=name_of
)
def test_a_receiver_shows_what_the_table_says_in_each_play(case: Case) -> None:
    found = {}
    with running(case.receiver, case.defect or None) as url:
        driver = Driver(url)
        for name in plays_of(case):
            found[name] = shows(case, driver, name)
    for name, rules in found.items():
        plays = ("once", "twice") if name == "once" else (name,)
        must, allowed = case.rules(plays), case.allowed(plays)
        if case.defect in SLOW:
            own = {"MZ102", "MZ503"} if name != "once" else {"MZ510"}
            must, allowed = must - own, allowed - own
        assert must <= rules, f"{name}: {sorted(rules)} is too little"
        assert rules <= allowed, f"{name}: {sorted(rules)} is too much"


@pytest.mark.parametrize("case", CORRECT, ids=name_of)
def test_no_order_of_arrival_changes_a_right_receivers_state(case: Case) -> None:
    with running(case.receiver, case.defect or None) as url:
        driver = Driver(url)
        for seed in range(3):
            sent = story(PLOT) * 2
            random.Random(seed).shuffle(sent)
            driver.reset()
            # Events of different times at once, copies of some among them.
            for start in range(0, len(sent), 10):
                driver.together(sent[start : start + 10])
            time.sleep(SETTLES_S.get(case.defect, 0.0))
            assert driver.state() == RIGHT, f"seed {seed}"
            assert set(driver.statuses) <= {200, 204}


@pytest.mark.parametrize("case", CORRECT, ids=name_of)
def test_of_equal_event_ts_the_last_arrival_wins(case: Case) -> None:
    at = int(time.time() * 1000)
    with running(case.receiver, case.defect or None) as url:
        driver = Driver(url)
        for urls in (FIRST, SECOND):
            driver.deliver(event("meeting.rtms_started", at, in_meeting(server_urls=urls)))
        for url_ in ("https://zoom.example/1", "https://zoom.example/2"):
            driver.deliver(event("session.recording_completed", at, recording(url_)))
        for word in ("joined", "left"):
            driver.deliver(event(f"session.user_{word}", at, user(GUEST)))
        time.sleep(SETTLES_S.get(case.defect, 0.0))
        state = driver.state()
    assert state["streams"][STREAM]["servers"] == SECOND
    assert state["recordings"][SESSION]["files"] == ["https://zoom.example/2"]
    assert state["counts"]["recordings"] == 1
    assert state["sessions"][SESSION]["participants"] == {GUEST: "left"}


@pytest.mark.parametrize("case", CORRECT, ids=name_of)
def test_what_was_sent_before_a_reset_does_not_show_after_it(case: Case) -> None:
    with running(case.receiver, case.defect or None) as url:
        driver = Driver(url)
        driver.together(story(PLOT))
        driver.reset()
        time.sleep(0.5)
        state = driver.state()
    assert not any(state["counts"].values())
    assert not any(state[part] for part in state if part != "counts")


@pytest.mark.parametrize("case", CORRECT, ids=name_of)
def test_a_right_receiver_refuses_what_is_not_authentic(case: Case) -> None:
    with running(case.receiver, case.defect or None) as url:
        driver = Driver(url)
        sent = story(PLOT)[0]
        assert Driver(url, "another").post(sent) in (401, 403)
        for shift in (-400, 400):
            headers = driver.headers(sent, shift)
            assert driver.call("POST", "/webhook", sent.body, headers)[0] in (401, 403)
        right = driver.headers(sent)
        assert driver.call("POST", "/webhook", sent.body + b" ", right)[0] in (401, 403)
        assert driver.call("POST", "/webhook", sent.body, {})[0] in (401, 403)
        assert not driver.state()["events"]
        challenge = event("endpoint.url_validation", 1, {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"})
        headers = driver.headers(challenge)
        status, body = driver.call("POST", "/webhook", challenge.body, headers)
    assert status == 200
    assert json.loads(body) == {
        "plainToken": "qgg8vlvZRS6UYooatFL8Aw",
        "encryptedToken": _hex("qgg8vlvZRS6UYooatFL8Aw"),
    }


def _hex(token: str) -> str:
    done = subprocess.run(
        ["openssl", "dgst", "-sha256", "-hmac", "test-secret-1234567890"],
        input=token.encode(), capture_output=True, check=True,
    )  # fmt: skip
    return done.stdout.decode().split()[-1]


def burst(driver: Driver) -> int:
    """Start 200 streams at once, and return how many the receiver then knows."""
    at = int(time.time() * 1000)
    said = [in_meeting(rtms_stream_id=f"{n:032x}", server_urls=FIRST) for n in range(200)]
    sent = [event("meeting.rtms_started", at + n, one) for n, one in enumerate(said)]
    driver.together(sent)
    time.sleep(0.8)
    assert set(driver.statuses) <= {200, 204}
    return int(driver.state()["counts"]["streams_started"])


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case in CORRECT or case.must.keys() == {"burst"}],
    ids=name_of,
)
def test_a_burst_is_lost_on_those_that_overflow_and_on_no_other(case: Case) -> None:
    with running(case.receiver, case.defect or None) as url:
        streams = burst(Driver(url))
    assert (streams < 200) == ("MZ505" in case.rules(["burst"]))


@pytest.mark.parametrize("receiver", BOTH)
def test_a_part_of_the_state_can_be_asked_for(receiver: str) -> None:
    with running(receiver) as url:
        driver = Driver(url)
        whole = driver.state()
        for part, content in whole.items():
            assert json.loads(driver.call("GET", f"/state/{part}")[1]) == content
        assert driver.call("GET", "/state/nothing")[0] == 404


@pytest.mark.parametrize("receiver", BOTH)
def test_every_variant_has_its_case_and_every_case_its_variant(receiver: str) -> None:
    command = [sys.executable, str(HERE / f"{receiver}.py"), "--list-defects"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    expected = [case.defect for case in CASES if case.receiver == receiver and case.defect]
    assert sorted(listed.stdout.split()) == sorted(expected)
    assert sum(not name.startswith("legit-") for name in expected) >= 14


def test_every_rule_of_sequences_is_shown_in_both_stacks() -> None:
    for rule in ("MZ101", "MZ102", "MZ501", "MZ502", "MZ503", "MZ504", "MZ505"):
        stacks = {case.receiver for case in CASES if rule in case.rules(PLAYS)}
        assert stacks == set(BOTH), rule


def test_the_events_of_a_case_are_in_the_plot_played_here() -> None:
    for case in CASES:
        names = [name for name, _ in PLOT]
        assert not case.events or any(fnmatch(n, e) for n in names for e in case.events)


@pytest.mark.parametrize("script", sorted(HERE.glob("stateful_[fa]*.py")), ids=lambda p: p.stem)
def test_the_stacks_import_neither_the_product_nor_each_other(script: Path) -> None:
    other = "stateful_asyncio" if "flask" in script.stem else "stateful_flask"
    for node in ast.walk(ast.parse(script.read_text("utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            assert name.split(".")[0] not in ("mockzoom", "tests")
            assert not name.startswith(other)
