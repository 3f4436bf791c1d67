"""A stream moves, or its server is away for a while: what is right to do, and what is not."""

from __future__ import annotations

import asyncio
import contextlib
import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from mockzoom.suites.stream_checks import judge_stream
from tests.zoom.rtms.consumer import Style
from tests.zoom.rtms.play import QUICK, Scene, scene

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]


async def moved(play: Scene) -> str:
    """Let the stream move, and tell the consumer; return the old URLs."""
    play.start()
    await play.ready()
    before = play.stream.server_urls
    await play.stream.fault("fail-over")
    play.start()
    return before


async def knock(url: str) -> int:
    """Return the status that a connection is refused with."""
    with pytest.raises(InvalidStatus) as refused:
        await connect(url)
    return refused.value.response.status_code


async def ended(play: Scene) -> None:
    async with asyncio.timeout(10):
        while not play.stream.timeline.counts["old server ended"]:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("moves_late", [False, True])
async def test_who_moves_at_once_and_who_moves_when_the_old_socket_dies_are_right(
    moves_late: bool,
) -> None:
    async with scene(Style(moves_late=moves_late)) as play:
        before = await moved(play)
        old = play.consumer.signaling
        assert old is not None
        assert await play.stream.wait("rejoined", 10), play.log()
        await ended(play)
        await play.ready()
        await old.wait_closed()
        assert await knock(before) == 503
        await asyncio.sleep(QUICK.old_tries)
        await play.stream.fault("terminate", reason=6)
        assert await play.stream.wait("closed", 10), play.log()
        assert await play.rules() == [], play.log()
        assert [due.event for due in play.due] == ["meeting.rtms_stopped"]


async def test_the_old_server_lives_until_a_start_names_the_new_one() -> None:
    async with scene() as play:
        play.start()
        await play.ready()
        await play.stream.fault("fail-over")
        await asyncio.sleep(QUICK.old_server + 0.2)
        await play.ready()
        assert not play.stream.timeline.counts["old server ended"]


async def test_who_has_moved_cannot_move_back() -> None:
    async with scene() as play:
        before = await moved(play)
        assert await play.stream.wait("rejoined", 10), play.log()
        async with connect(before) as old:
            await old.send(json.dumps(play.consumer.hand_shake(1)))
            answer = json.loads(await old.recv())
            assert (answer["status_code"], answer["reason"]) == (2, "the stream has moved")
        await play.ready()
        assert judge_stream(play.stream.case()) == (), play.log()


async def test_who_goes_on_trying_the_old_url_does_not_follow_the_fail_over() -> None:
    async with scene() as play:
        before = await moved(play)
        await ended(play)
        await knock(before)
        await play.stream.fault("drop-media")  # other tries of the consumer are no matter
        await asyncio.sleep(QUICK.old_tries + 0.1)
        assert [item.rule for item in judge_stream(play.stream.case())] == []
        await knock(before)
        (violation,) = judge_stream(play.stream.case())
        assert violation.rule == "MZ607"
        assert "signaling was tried at the old server_urls more than 0.5 s after" in (
            violation.message
        )


async def test_who_only_tries_the_old_url_gets_one_finding() -> None:
    async with scene(Style(ignores_failover=True)) as play:
        await moved(play)
        await asyncio.sleep(QUICK.first_join + 0.1)
        await play.stream.fault("terminate", reason=6)
        assert await play.rules() == ["MZ607"], play.log()


# -- outages -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("backs_off", "rules"), [(True, []), (False, ["MZ612"])])
async def test_a_consumer_without_a_back_off_storms_while_the_server_is_away(
    backs_off: bool, rules: list[str]
) -> None:
    async with scene(Style(backoff=0.05, backs_off=backs_off)) as play:
        play.start()
        await play.ready()
        await play.stream.fault("drop-signaling", outage=0.6)
        assert not await play.stream.wait("rejoined", 0.3)
        assert await play.stream.wait("rejoined", 10), play.log()
        await play.ready()
        await play.stream.fault("terminate", reason=6)
        assert await play.rules() == rules, play.log()


async def test_nobody_is_admitted_in_an_outage_and_heal_ends_it() -> None:
    async with scene() as play:
        await play.stream.fault("drop-signaling", outage=600.0)
        assert await knock(play.stream.server_urls) == 503
        await play.stream.fault("heal")
        async with connect(play.stream.server_urls):
            pass


# -- keep-alives -------------------------------------------------------------------------------


async def test_media_is_lost_by_silence_alone_and_signaling_by_three_misses() -> None:
    async with scene(Style(answers_media=False, rejoin_media=False, one_media_socket=True)) as play:
        play.start()
        await play.ready()
        await asyncio.sleep(4 * QUICK.keep_alive - 0.1)
        assert judge_stream(play.stream.case()) == (), play.log()
        await asyncio.sleep(0.3)
        (violation,) = judge_stream(play.stream.case())
        assert "all-1: KEEP_ALIVE_REQ without an answer: no answer for 1.2 s" in violation.message


async def test_media_is_lost_65_s_after_its_last_answer() -> None:
    async with scene(Style(rejoin_media=False, one_media_socket=True)) as play:
        play.start()
        await play.ready()
        await asyncio.sleep(QUICK.keep_alive + 0.1)
        play.consumer.style.answers_media = False
        await asyncio.sleep(QUICK.media_silence + 0.3)
        (violation,) = [each for each in judge_stream(play.stream.case()) if each.rule == "MZ605"]
        assert violation.cause == "media"


@pytest.mark.parametrize("fault", ["mute-keep-alives", "stop-answering"])
async def test_who_was_not_asked_is_not_silent(fault: str) -> None:
    async with scene() as play:
        play.start()
        await play.ready()
        await play.stream.fault(fault)
        await asyncio.sleep(2 * QUICK.media_silence)
        with contextlib.suppress(ConnectionClosed):
            await play.stream.fault("heal")
        assert judge_stream(play.stream.case()) == (), play.log()


async def test_the_new_server_is_not_out_of_reach_with_the_old_one() -> None:
    async with scene(Style(rejoin="never")) as play:
        play.start()
        await play.ready()
        await play.stream.fault("drop-signaling", outage=60.0)
        old = play.stream.server_urls
        await play.stream.fault("fail-over")
        play.start()
        assert await play.stream.wait("rejoined", 10), play.log()
        assert await knock(old) == 503
