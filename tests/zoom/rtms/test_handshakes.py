"""What handshakes may ask for: versions, kinds of media at any URL, and a second one."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.client import connect

from mockzoom.suites.stream_checks import judge_stream
from mockzoom.zoom.rtms import Stream
from tests.zoom.rtms.play import QUICK, STREAM, scene
from tests.zoom.rtms.test_protocol import CALM, ask, hear, joined, request

pytestmark = pytest.mark.asyncio
KINDS = ("audio", "video", "deskshare", "transcript", "chat")


def found(stream: Stream) -> list[tuple[str, str]]:
    return [(item.rule, item.severity) for item in judge_stream(stream.case())]


def without_version(message: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in message.items() if key != "protocol_version"}


async def test_a_handshake_without_a_version_joins_with_a_warning() -> None:
    async with scene(timing=CALM) as play, connect(play.stream.server_urls) as socket:
        answer = await ask(socket, without_version(request(1)))
        assert (answer["status_code"], answer["protocol_version"]) == (0, 1)
        async with connect(answer["media_server"]["server_urls"]["audio"]) as media:
            asked = without_version(request(3, media_type=1))
            assert (await ask(media, asked))["status_code"] == 0
        assert found(play.stream) == [("MZ603", "warning"), ("MZ603", "warning")]
        assert "protocol_version is missing" in judge_stream(play.stream.case())[0].message


async def test_version_2_is_refused_in_clear_words_and_is_no_violation() -> None:
    async with scene(timing=CALM) as play, connect(play.stream.server_urls) as socket:
        answer = await ask(socket, request(1, protocol_version=2))
        assert answer["status_code"] == 4
        assert answer["reason"] == "protocol_version 2: mockzoom speaks version 1"
        assert found(play.stream) == []


@pytest.mark.parametrize("version", [0, 3, 1.5, "1", None, True, [1]])
async def test_a_version_that_there_is_not_is_refused(version: Any) -> None:
    async with scene(timing=CALM) as play, connect(play.stream.server_urls) as socket:
        answer = await ask(socket, request(1, protocol_version=version))
        assert answer["status_code"] == 4
        assert "its protocol_version is" in answer["reason"]
        assert found(play.stream) == [("MZ603", "error")]


@pytest.mark.parametrize(
    ("url", "media_type", "kinds"),
    [("audio", 32, KINDS), ("audio", 9, ("audio", "transcript")), ("chat", 1, ("audio",)),
     ("all", 16, ("chat",)), ("video", 63, KINDS)],
)  # fmt: skip
async def test_any_kinds_of_media_may_be_asked_for_at_any_media_url(
    url: str, media_type: int, kinds: tuple[str, ...]
) -> None:
    async with joined(media=KINDS) as (play, _, urls), connect(urls[url]) as media:
        answer = await ask(media, request(3, media_type=media_type))
        assert (answer["status_code"], tuple(answer["media_params"])) == (0, kinds)
        assert found(play.stream) == []


async def test_media_that_was_lost_may_come_back_at_the_url_of_another_kind() -> None:
    async with scene(timing=QUICK) as play, connect(play.stream.server_urls) as socket:
        urls = (await ask(socket, request(1)))["media_server"]["server_urls"]
        async with connect(urls["transcript"]) as media:
            await ask(media, request(3, media_type=8))
            await socket.send(json.dumps({"msg_type": 7, "rtms_stream_id": STREAM}))
            await hear(socket, 8)
            await play.stream.fault("drop-media")
        await play.stream.fault("refuse", socket="media")
        async with connect(urls["audio"]) as media:
            assert (await ask(media, request(3, media_type=32)))["status_code"] == 45
            await asyncio.sleep(QUICK.media_window + 0.1)
        assert "MZ611" not in [rule for rule, _ in found(play.stream)]


@pytest.mark.parametrize("lost", ["", "drop-media"])
async def test_a_second_signaling_handshake_is_a_duplicate_while_the_first_socket_lives(
    lost: str,
) -> None:
    async with joined() as (play, _, urls), connect(urls["audio"]) as media:
        assert (await ask(media, request(3, media_type=1)))["status_code"] == 0
        if lost:
            await play.stream.fault(lost)
        async with connect(play.stream.server_urls) as second:
            answer = await ask(second, request(1))
        assert answer["status_code"] == 8
        assert "duplicate signal request" in answer["reason"].lower()
        assert found(play.stream) == ([] if lost else [("MZ606", "error")])
        await play.stream.fault("drop-signaling")
        async with connect(play.stream.server_urls) as third:
            assert (await ask(third, request(1)))["status_code"] == 0


@pytest.mark.parametrize(("said", "first"), [({}, 0), ({"buffer_data": True}, 0),
                                             ({"buffer_data": False}, None)])  # fmt: skip
async def test_audio_since_the_start_is_kept_unless_it_is_not_wanted(
    said: dict[str, bool], first: int | None
) -> None:
    async with scene(timing=CALM) as play:
        await asyncio.sleep(0.3)
        async with connect(play.stream.server_urls) as socket:
            urls = (await ask(socket, request(1, **said)))["media_server"]["server_urls"]
            async with connect(urls["audio"], close_timeout=0.2) as media:
                await ask(media, request(3, media_type=1))
                await socket.send(json.dumps({"msg_type": 7, "rtms_stream_id": STREAM}))
                content = (await hear(media, 14))["content"]
        began = play.stream.meeting.began_ms
        assert (content["timestamp"] == began) is (first == 0)


async def test_the_answer_names_the_region_of_the_media_servers() -> None:
    async with scene(timing=CALM) as play, connect(play.stream.server_urls) as socket:
        server = (await ask(socket, request(1)))["media_server"]
        assert server["datacenter_region"] == "US"


async def test_a_new_subscription_to_one_persons_video_replaces_the_last_one() -> None:
    async with joined(media=("video",)) as (play, socket, _):
        first, second = (person.user_id for person in play.stream.meeting.people)
        for user, wanted, status in (
            (first, True, 0), (second, True, 0), (second, True, 44), (first, True, 0),
            (second, False, 0), (first, True, 44), (first, False, 0), (first, True, 0),
        ):  # fmt: skip
            wish = {"msg_type": 28, "user_id": user, "subscribe": wanted, "timestamp": 1}
            assert (await ask(socket, wish))["status_code"] == status
        assert play.stream.meeting.watched == first
