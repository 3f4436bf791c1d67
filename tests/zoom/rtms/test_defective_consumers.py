"""Consumers with one defect each: exactly the right rules fire."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mockzoom.suites.stream_checks import judge_honeypot, judge_stream, unjudged
from mockzoom.zoom.rtms import StreamServer
from tests.zoom.rtms.consumer import Style
from tests.zoom.rtms.play import QUICK, Scene, scene

pytestmark = pytest.mark.slow

Act = Callable[[Scene], Awaitable[None]]


async def found(style: Style, act: Act, **more: Any) -> tuple[list[str], str, str]:
    """Return the rules that fired, the messages, and the log."""
    async with scene(style, **more) as play:
        play.start()
        await act(play)
        rules = await play.rules()
        violations = judge_stream(play.stream.case())
        for item in violations:
            assert item.event == "meeting.rtms_started"
            assert item.fix
            assert item.expected
            assert item.actual
        return rules, "\n".join(item.message for item in violations), play.log()


def steps(*names: str) -> Act:
    """Return what plays faults one after the other; a number is a pause in seconds."""

    async def act(play: Scene) -> None:
        for name in names:
            if name.replace(".", "").isdecimal():
                await asyncio.sleep(float(name))
            elif name in ("joined", "ready", "closed", "rejoined"):
                assert await play.stream.wait(name, 10), play.log()
            elif name == "start":
                play.start()
            else:
                fault, _, value = name.partition(" ")
                given = {"reason": int(value)} if value else {}
                await play.stream.fault(fault, **given)

    return act


def lacking(key: str) -> Callable[[dict[str, Any]], Any]:
    return lambda message: {name: value for name, value in message.items() if name != key}


def changed(number: int, **fields: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda message: {**message, **fields} if message["msg_type"] == number else message


def garbled(number: int, text: str) -> Callable[[dict[str, Any]], Any]:
    return lambda message: text if message["msg_type"] == number else message


END = ("terminate 6", "closed")
KEPT = str(5 * QUICK.keep_alive)
CASES: dict[str, tuple[Style, Act, list[str], str]] = {
    "wrong secret": (
        Style(secret="another", rejoin="never"), steps("0.5"), ["MZ602"], "client secret",
    ),
    "empty secret": (
        Style(secret="", rejoin="never"), steps("0.5"), ["MZ602"], "an empty key",
    ),
    "upper-case signature": (
        Style(upper_case=True, rejoin="never"), steps("0.5"), ["MZ602"], "upper-case hex",
    ),
    "wrong stream id": (
        Style(mend=changed(1, rtms_stream_id="e" * 32), rejoin="never"), steps("0.5"), ["MZ602"],
        "names the stream 'eeee",
    ),
    "wrong signature of media only": (
        Style(mend=changed(3, signature="0" * 64), rejoin_media=False), steps("joined", "0.5"),
        ["MZ602"], "DATA_HAND_SHAKE_REQ",
    ),
    "handshake without signature": (
        Style(drop_field="signature", rejoin="never"), steps("0.5"), ["MZ603"],
        "signature is missing",
    ),
    "protocol version as text": (
        Style(mend=changed(1, protocol_version="1"), rejoin="never"), steps("0.5"), ["MZ603"],
        'its protocol_version is "1"; expected 1',
    ),
    "handshake that is no JSON": (
        Style(mend=garbled(1, "{'msg_type': 1}"), rejoin="never"), steps("0.5"), ["MZ603"],
        "no JSON",
    ),
    "ready without the stream's id": (
        Style(mend=lambda m: lacking("rtms_stream_id")(m) if m["msg_type"] == 7 else m),
        steps("joined", "0.3"), ["MZ603", "MZ604"], "rtms_stream_id is missing",
    ),
    "keep-alive answers without a timestamp": (
        Style(mend=lambda m: lacking("timestamp")(m) if m["msg_type"] == 13 else m, backoff=0.1),
        steps("ready", "0.6", *END), ["MZ603"], "timestamp is missing",
    ),
    "never ready": (Style(ready=False), steps("joined", "1.3"), ["MZ604"], "no CLIENT_READY_ACK"),
    "ready too early": (
        Style(ready_first=True), steps("joined", "1.3"), ["MZ604"], "too early",
    ),
    "keep-alives unanswered on signaling": (
        Style(answers_signaling=False), steps("ready", KEPT, "ready", *END), ["MZ605"],
        "signaling-1",
    ),
    "keep-alives unanswered on media": (
        Style(answers_media=False, one_media_socket=True), steps("ready", KEPT, "ready", *END),
        ["MZ605"], "all-1",
    ),
    "joins again for a repeated start": (
        Style(joins_twice=True, rejoin="never"), steps("ready", "start", "0.5", *END), ["MZ606"],
        "signaling-2",
    ),
    "fail-over ignored": (
        Style(ignores_failover=True), steps("ready", "fail-over", "start", "1.7", *END),
        ["MZ607"], "new server_urls",
    ),
    "never comes back": (
        Style(rejoin="never"), steps("ready", "drop-signaling", "1.7"), ["MZ608"],
        "signaling-1 was lost",
    ),
    "comes back too late": (
        Style(backoff=1.9), steps("ready", "drop-signaling", "2.2"), ["MZ608"], "was lost",
    ),
    "never closes": (
        Style(closes=False), steps("ready", "terminate 6"), ["MZ609"], "signaling-1",
    ),
    "tries on after the end": (
        Style(retries_after_stop=True), steps("ready", *END, "2"), ["MZ610"], "after the end",
    ),
    "media lost for good": (
        Style(rejoin_media=False), steps("ready", "drop-media", "1.7", *END), ["MZ611"], "audio",
    ),
    "reconnects without a pause": (
        Style(storms=9), steps("ready", *END), ["MZ612"], "tries at signaling within 10 s",
    ),
}  # fmt: skip


@pytest.mark.asyncio
@pytest.mark.parametrize("name", CASES)
async def test_a_defect_breaks_exactly_its_rules(name: str) -> None:
    style, act, expected, words = CASES[name]
    for _ in range(3):  # a consumer that comes late on purpose comes later on a busy machine
        rules, messages, log = await found(style, act)
        if rules == expected:
            break
    assert rules == expected, f"{messages}\n{log}"
    assert words in messages


@pytest.mark.asyncio
async def test_a_consumer_that_never_connects_breaks_one_rule_only() -> None:
    async with scene() as play:
        play.stream.webhook("started")
        await play.stream.fault("drop-signaling")
        (violation,) = await _judged(play)
        assert violation.rule == "MZ601"
        assert violation.actual == "no connection at all"
        assert "within 1.5 s of the acknowledged meeting.rtms_started" in violation.message


@pytest.mark.asyncio
async def test_a_consumer_that_connects_and_says_nothing_has_not_joined() -> None:
    from websockets.asyncio.client import connect

    async with scene() as play:
        play.stream.webhook("started")
        async with connect(play.stream.server_urls):
            (violation,) = await _judged(play)
        assert violation.rule == "MZ601"
        assert "1 connections (signaling-1) without a handshake" in violation.actual


@pytest.mark.asyncio
async def test_a_start_that_was_not_acknowledged_obliges_to_nothing() -> None:
    async with scene() as play:
        play.stream.webhook("started", acknowledged=False)
        await asyncio.sleep(QUICK.first_join + 0.1)
        assert await play.rules() == []


@pytest.mark.asyncio
async def test_a_late_join_is_told_with_its_time() -> None:
    async with scene() as play:
        play.stream.webhook("started")
        await asyncio.sleep(QUICK.first_join + 0.3)
        play.consumer.started(
            play.stream.identity.owner_id, play.stream.identity.stream_id, play.stream.server_urls
        )
        await play.ready()
        (violation,) = await _judged(play)
        assert violation.rule == "MZ601"
        assert "the first one came after" in violation.message


async def _judged(play: Scene) -> tuple[Any, ...]:
    await play.stream.settle()
    return judge_stream(play.stream.case())


# -- the honeypot --------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_whoever_connects_to_the_honeypot_followed_a_forged_start() -> None:
    async with scene() as play:
        honeypot = await play.server.honeypot()
        assert judge_honeypot(honeypot.case()) == ()
        play.consumer.style = Style(rejoin="never")
        play.consumer.started("m", "s", honeypot.url)
        await asyncio.sleep(0.5)
        (violation,) = judge_honeypot(honeypot.case("meeting.rtms_started"))
        assert (violation.rule, violation.event) == ("MZ613", "meeting.rtms_started")
        assert honeypot.url in violation.expected
        assert "GET /" in violation.actual


@pytest.mark.asyncio
async def test_a_connection_meant_for_another_server_is_a_stray_and_no_violation() -> None:
    async with StreamServer() as server:
        honeypot = await server.honeypot()
        port = int(honeypot.url.split(":")[2].split("/")[0])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.read()
        writer.close()
        assert judge_honeypot(honeypot.case()) == ()
        assert [seen.recognised for seen in honeypot.case().observations] == ["stray connection"]


@pytest.mark.asyncio
async def test_an_end_that_is_said_on_signaling_only_is_an_end() -> None:
    """No webhook tells of it, and a consumer that goes on trying is found all the same."""
    async with scene(Style(retries_after_stop=True), auto=False) as play:
        play.start()
        await play.ready()
        await play.stream.fault("terminate")
        await asyncio.sleep(1)
        assert await play.rules() == ["MZ610"], play.log()
        assert {item.rule for item in unjudged(play.stream.case())}.isdisjoint({"MZ609", "MZ610"})
