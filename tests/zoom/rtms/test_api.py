"""What a player builds on: observations, conditions, callbacks, windows, what was not judged."""

from __future__ import annotations

import asyncio
import hmac
import typing
from itertools import permutations

import pytest

from mockzoom.cli.progress import Progress
from mockzoom.model import Observation, Observed, RunEvent
from mockzoom.suites import RULES
from mockzoom.suites.stream_checks import judge_honeypot, judge_stream, unjudged
from mockzoom.zoom.rtms import Identity, StreamServer, Timing, asks_for_fresh_start
from mockzoom.zoom.rtms.timeline import FIRST, LAST, Timeline
from tests.zoom.rtms.consumer import Style
from tests.zoom.rtms.play import CLIENT, OWNER, QUICK, SECRET, STREAM, scene

pytestmark = pytest.mark.slow

ALL = [f"MZ6{number:02}" for number in range(1, 14)]


def test_every_rule_of_streams_is_in_the_table() -> None:
    assert [rule for rule in RULES if rule.startswith(("MZ60", "MZ61"))] == ALL
    assert [rule for rule in ALL if RULES[rule].severity == "warning"] == ["MZ612"]


def test_observed_is_a_run_event_and_listeners_take_it() -> None:
    assert Observed in typing.get_args(RunEvent)
    seen = Observation("in", 1.0, 0.5, STREAM, "signaling-1", "{}", "EVENT_SUBSCRIPTION")
    Progress()(Observed(seen))


@pytest.mark.parametrize(
    ("reason", "kind", "fresh"),
    [(6, "meeting", False), (10, "meeting", True), (19, "session", True), (20, "meeting", False),
     (24, "webinar", True), (6, "engagement", True), (5, "engagement", False),
     (None, "meeting", False)],
)  # fmt: skip
def test_reasons_that_ask_for_a_fresh_start(reason: int | None, kind: str, fresh: bool) -> None:
    assert asks_for_fresh_start(reason, kind) is fresh


def test_webhooks_are_named_after_the_kind() -> None:
    names = {
        kind: Identity(kind, OWNER, STREAM, CLIENT, SECRET).event("started")  # type: ignore[arg-type]
        for kind in ("meeting", "webinar", "session", "engagement")
    }
    assert names == {
        "meeting": "meeting.rtms_started", "webinar": "webinar.rtms_started",
        "session": "session.rtms_started", "engagement": "contact_center.voice_rtms_started",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "cause"),
    [(str.upper, "upper-case"), (lambda text: "", "empty"), (lambda text: "x", "no likely")],
)
def test_a_wrong_signature_is_explained(wrong: typing.Callable[[str], str], cause: str) -> None:
    identity = Identity("meeting", OWNER, STREAM, CLIENT, SECRET)
    assert identity.check(identity.signature) is None
    assert cause in (identity.check(wrong(identity.signature)) or "")
    assert SECRET not in repr(identity)


def test_a_timeline_keeps_the_first_and_the_last_of_each_name() -> None:
    told: list[Observation] = []
    timeline = Timeline("s", told.append, 0.0)
    for number in range(2000):
        timeline.note("many", str(number))
    timeline.note("one")
    kept = [seen.message for seen in timeline.all() if seen.recognised == "many"]
    assert kept == [*map(str, range(FIRST)), *map(str, range(2000 - LAST, 2000))]
    assert timeline.counts == {"many": 2000, "one": 1}
    assert len(told) == 2001


def test_times_scale_together() -> None:
    quick = Timing().scaled(0.1)
    assert (quick.keep_alive, quick.signaling_window, quick.media_window) == (1, 6, 6.5)
    assert quick.alive == Timing().alive


@pytest.mark.asyncio
async def test_observations_carry_direction_time_socket_and_message() -> None:
    told: list[Observation] = []
    async with scene(listener=told.append) as play:
        play.start()
        await play.ready()
        (asked,) = [seen for seen in told if seen.recognised == "SIGNALING_HAND_SHAKE_REQ"]
        assert (asked.direction, asked.stream, asked.socket) == ("in", STREAM, "signaling-1")
        assert '"signature"' in asked.message
        (answer,) = [seen for seen in told if seen.recognised == "SIGNALING_HAND_SHAKE_RESP"]
        assert (answer.direction, answer.code) == ("out", 0)
        assert asked.at <= answer.at
        assert asked.elapsed <= answer.elapsed
        assert "MEDIA_DATA_AUDIO" not in {seen.recognised for seen in told}


@pytest.mark.asyncio
async def test_a_condition_is_met_by_anything_since_the_last_fault_and_by_nothing_before() -> None:
    async with scene(Style(rejoin="never")) as play:
        assert not await play.stream.wait("joined", 0.05)
        play.start()
        await play.ready()
        assert await play.stream.wait("message CLIENT_READY_ACK", 0)
        assert await play.stream.wait("stream.joined", 0)
        assert not await play.stream.wait("closed", 0)
        assert not await play.stream.wait("rejoined", 0)
        await play.stream.fault("drop-signaling")
        for condition in ("joined", "ready", "rejoined", "message CLIENT_READY_ACK"):
            assert not await play.stream.wait(condition, 0.05), condition


@pytest.mark.asyncio
async def test_rules_without_an_occasion_are_listed_with_the_reason() -> None:
    async with scene() as play:
        idle = {item.rule: item.why for item in unjudged(play.stream.case())}
        assert list(idle) == ALL[:-1]
        assert idle["MZ608"] == "signaling was never lost"
        play.start()
        await play.ready()
        await asyncio.sleep(2 * QUICK.keep_alive)
        await play.stream.fault("drop-media")
        await play.ready()
        await play.stream.fault("drop-signaling")
        await play.ready()
        await play.stream.fault("terminate")
        await play.stream.settle()
        assert judge_stream(play.stream.case()) == ()
        assert [item.rule for item in unjudged(play.stream.case())] == ["MZ606", "MZ607"]


@pytest.mark.asyncio
async def test_a_stream_that_ended_can_be_started_afresh() -> None:
    async with scene() as play:
        for _ in range(2):
            play.stream.open_again()
            play.start()
            await play.ready()
            await play.stream.fault("terminate", reason=6)
            assert await play.stream.wait("closed", 10), play.log()
        assert await play.rules() == [], play.log()


@pytest.mark.asyncio
async def test_moved_time_ends_a_window_early_and_blames_nobody() -> None:
    slow = Timing(signaling_window=60, keep_alive=10)
    async with scene(Style(rejoin="never"), timing=slow) as play:
        play.start()
        await play.ready()
        await play.stream.fault("drop-signaling")
        await play.stream.fault("move-time", by=60.0)
        await asyncio.sleep(0.1)
        assert play.due[-1].payload["stop_reason"] == 19
        assert judge_stream(play.stream.case()) == (), play.log()


@pytest.mark.asyncio
async def test_a_honeypot_that_nobody_touches_says_how_long_it_was_watched() -> None:
    async with StreamServer() as server:
        one, two = await server.honeypot(), await server.honeypot()
        assert one.url != two.url
        await asyncio.sleep(0.05)
        assert one.case().watched >= 0.05
        assert judge_honeypot(one.case()) == judge_honeypot(two.case()) == ()


def test_ids_in_any_other_order_are_said_to_be_so() -> None:
    identity = Identity("meeting", OWNER, STREAM, CLIENT, SECRET)
    right, *others = permutations((CLIENT, OWNER, STREAM))
    for order in others:
        signature = hmac.digest(SECRET.encode(), ",".join(order).encode(), "sha256").hex()
        assert identity.check(signature) == "the ids are in another order", order
    assert identity.check(identity.signature) is None
    assert right == (CLIENT, OWNER, STREAM)
