"""Consumers that do it right, each in a way of its own: no rule fires."""

from __future__ import annotations

import asyncio

import pytest

from mockzoom.zoom.rtms import Note
from tests.zoom.rtms.consumer import Style
from tests.zoom.rtms.play import PATIENT, QUICK, scene

pytestmark = pytest.mark.slow

STYLES = {
    "one media socket a kind": Style(),
    "one media socket for all": Style(one_media_socket=True),
    "binary frames": Style(binary=True),
    "keep-alives answered with the timestamp only": Style(timestamp_only=True),
    "no sequence": Style(sequence=None),
    "any sequence": Style(sequence=1693976),
    "keep-alives of its own": Style(own_keep_alives=True),
    "rejoins when told": Style(rejoin="when told"),
    "rejoins when told, one media socket": Style(rejoin="when told", one_media_socket=True),
    "waits a bit before it rejoins": Style(backoff=0.4),
}


@pytest.mark.asyncio
@pytest.mark.parametrize("name", STYLES)
async def test_a_correct_consumer_breaks_no_rule_whatever_is_lost(name: str) -> None:
    async with scene(STYLES[name], timing=PATIENT) as play:
        play.start()
        await play.ready()
        await asyncio.sleep(2 * PATIENT.keep_alive)
        for fault in ("drop-signaling", "drop-media"):
            await play.stream.fault(fault)
            assert await play.stream.wait("rejoined", 10), play.log()
            await play.ready()
        await asyncio.sleep(PATIENT.interrupted)
        await play.stream.fault("drop-signaling", close_frame=True, outage=PATIENT.interrupted)
        await play.ready()
        await asyncio.sleep(PATIENT.interrupted)
        await play.stream.fault("terminate", reason=6)
        assert await play.stream.wait("closed", 10), play.log()
        assert await play.rules() == [], play.log()
        assert [due.event for due in play.due] == [
            "meeting.rtms_interrupted", "meeting.rtms_interrupted", "meeting.rtms_stopped",
        ]  # fmt: skip


@pytest.mark.asyncio
async def test_who_comes_after_an_outage_is_refused_once_all_the_same() -> None:
    """Else a busy machine, or a consumer that takes its time, would hide what an outage shows."""
    async with scene(Style(backoff=0.4), timing=PATIENT) as play:
        play.start()
        await play.ready()
        await play.stream.fault("drop-signaling", outage=0.001)
        await play.ready()
        seen = [item.recognised for item in play.stream.case().observations]
        assert seen.count(Note.UNREACHABLE) == 1, play.log()
        assert await play.rules() == [], play.log()


@pytest.mark.asyncio
async def test_a_repeated_start_and_a_repeated_stop_change_nothing() -> None:
    async with scene(auto=False) as play:
        play.start()
        await play.ready()
        play.start()
        await asyncio.sleep(0.2)
        for _ in range(2):
            play.consumer.ended()
            play.stream.webhook("stopped", reason=6)
        assert await play.stream.wait("closed", 10)
        assert await play.rules() == [], play.log()
        joins = [seen for seen in play.stream.case().observations if seen.recognised == "joined"]
        assert len(joins) == 1


@pytest.mark.asyncio
@pytest.mark.parametrize("leaves_first", [False, True])
async def test_a_second_start_with_other_urls_is_followed(leaves_first: bool) -> None:
    async with scene() as play:
        play.start()
        await play.ready()
        before = play.stream.server_urls
        await play.stream.fault("fail-over")
        assert play.stream.server_urls != before
        if leaves_first:
            play.consumer.urls = "the old ones are left"
            for socket in list(play.consumer.sockets):
                await socket.close(1000)
        play.start()
        assert await play.stream.wait("rejoined", 10), play.log()
        await play.ready()
        await play.stream.fault("terminate", reason=6)
        assert await play.stream.wait("closed", 10), play.log()
        assert await play.rules() == [], play.log()
        assert [due.event for due in play.due] == ["meeting.rtms_stopped"]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("fault", "parameters"),
    [("malformed-json", {"socket": "all"}), ("unknown-message", {"socket": "all"}),
     ("oversized-frame", {"socket": "all", "size": 4_000_000}), ("mute-keep-alives", {}),
     ("delay-keep-alives", {"by": 0.2}), ("refuse", {"status": 45, "times": 2}),
     ("refuse", {"status": 45, "socket": "media"}), ("move-time", {"by": 3600.0})],
)  # fmt: skip
async def test_a_correct_consumer_is_never_blamed_for_a_fault(
    fault: str, parameters: dict[str, object]
) -> None:
    async with scene(Style(backoff=0.1), timing=PATIENT) as play:
        play.start()
        await play.ready()
        await play.stream.fault(fault, **parameters)
        if fault == "refuse":
            await play.stream.fault("drop-signaling")
        await asyncio.sleep(5 * PATIENT.keep_alive)
        await play.ready()
        await play.stream.fault("heal")
        await play.stream.fault("terminate", reason=6)
        assert await play.stream.wait("closed", 10), play.log()
        assert await play.rules() == [], play.log()


@pytest.mark.asyncio
async def test_who_closes_for_good_with_a_close_frame_is_no_offender() -> None:
    async with scene(Style(rejoin="never")) as play:
        play.start()
        await play.ready()
        for socket in list(play.consumer.sockets):
            await socket.close(1000)
        await asyncio.sleep(QUICK.signaling_window + 0.2)
        assert await play.rules() == [], play.log()
        assert [due.event for due in play.due] == [
            "meeting.rtms_interrupted",
            "meeting.rtms_stopped",
        ]
        assert play.due[-1].payload["stop_reason"] == 19


@pytest.mark.asyncio
async def test_a_reason_that_asks_for_a_fresh_start_may_be_answered_by_joins() -> None:
    async with scene(Style(retries_after_stop=True)) as play:
        play.start()
        await play.ready()
        await play.stream.fault("terminate", reason=11)
        await asyncio.sleep(4 * 0.4 + 0.5)
        assert await play.rules() == [], play.log()


@pytest.mark.asyncio
async def test_nobody_is_blamed_before_a_window_is_over() -> None:
    async with scene(Style(rejoin="never", ready=False)) as play:
        from mockzoom.suites.stream_checks import judge_stream

        play.start()
        await play.stream.wait("joined", 10)
        await play.stream.fault("drop-signaling")
        assert judge_stream(play.stream.case()) == ()


@pytest.mark.asyncio
async def test_who_waits_for_a_webhook_that_never_comes_is_not_blamed() -> None:
    async with scene(Style(rejoin="when told"), auto=False) as play:
        play.start()
        await play.ready()
        await play.stream.fault("drop-signaling")
        await asyncio.sleep(QUICK.signaling_window + 0.2)
        assert await play.rules() == [], play.log()


@pytest.mark.asyncio
async def test_a_new_join_while_the_first_socket_answers_nothing_is_no_duplicate() -> None:
    async with scene() as play:
        play.start()
        await play.ready()
        first = play.consumer.signaling
        assert first is not None
        first.transport.pause_reading()  # as if the network were gone
        await play.consumer.join(play.consumer.urls, once=True)
        joins = [item for item in play.consumer.answers if item["msg_type"] == 2]
        assert [item["status_code"] for item in joins] == [0, 0], play.log()
        names = [seen.recognised for seen in play.stream.case().observations]
        assert "duplicate join" not in names
