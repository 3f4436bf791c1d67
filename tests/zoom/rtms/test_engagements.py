"""Streams of Contact Center: events and channels of their own, and none of meetings."""

from __future__ import annotations

import json

import pytest
from websockets.asyncio.client import connect

from mockzoom.errors import UsageError
from mockzoom.zoom.rtms import StopReason, asks_for_fresh_start
from mockzoom.zoom.rtms.protocol import told_reason
from tests.zoom.rtms.play import STREAM
from tests.zoom.rtms.test_protocol import ask, hear, joined, request

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("data_opt", [1, 2])
async def test_each_channel_has_its_sound_and_says_so(data_opt: int) -> None:
    async with joined(kind="engagement") as (play, socket, urls), connect(urls["audio"]) as media:
        await ask(media, request(3, media_type=1, media_params={"audio": {"data_opt": data_opt}}))
        await socket.send(json.dumps({"msg_type": 7, "rtms_stream_id": STREAM}))
        sound = [(await hear(media, 14))["content"] for _ in range(4)]
        people = play.stream.meeting.people
        assert {content["channel_id"] for content in sound} == {1, 2}
        for content in sound:
            assert content["user_id"] == people[content["channel_id"] - 1].user_id
        by_channel = {content["channel_id"]: content["data"] for content in sound}
        assert by_channel[1] != by_channel[2]


async def test_a_meeting_has_no_channels() -> None:
    async with joined() as (_, socket, urls), connect(urls["audio"]) as media:
        await ask(media, request(3, media_type=1))
        await socket.send(json.dumps({"msg_type": 7, "rtms_stream_id": STREAM}))
        assert "channel_id" not in (await hear(media, 14))["content"]


async def test_events_of_an_engagement_come_unasked_with_their_own_fields() -> None:
    async with joined(kind="engagement") as (play, socket, urls), connect(urls["audio"]) as media:
        await ask(media, request(3, media_type=1))
        wanted = [{"event_type": kind, "subscribe": True} for kind in range(2, 15)]
        await socket.send(json.dumps({"msg_type": 5, "events": wanted}))
        await socket.send(json.dumps({"msg_type": 7, "rtms_stream_id": STREAM}))
        first = (await hear(socket, 6))["event"]
        assert (first["event_type"], first["participant_info"]["channel_id"]) == (8, 1)
        assert isinstance(first["event_ts"], int)
        assert (await hear(socket, 6))["event"]["event_type"] == 1
        await play.stream.happen("engagement-event", event_type=21, participant=1)
        event = (await hear(socket, 6))["event"]
        assert (event["event_type"], event["participant_info"]["channel_id"]) == (21, 2)
        assert "timestamp" not in event


async def test_an_engagement_has_no_events_of_meetings_nor_the_other_way_round() -> None:
    async with joined(kind="engagement") as (play, _, _):
        people = len(play.stream.meeting.people)
        for name in ("speaker", "participant-join", "video-on", "chat-event"):
            with pytest.raises(UsageError, match="kind engagement has no such event; expected one"):
                await play.stream.happen(name)
        assert len(play.stream.meeting.people) == people
        for number in (7, 35):
            with pytest.raises(UsageError, match="expected 8 to 34"):
                await play.stream.happen("engagement-event", event_type=number)
        assert await play.stream.happen("pause")
    async with joined() as (play, _, _):
        with pytest.raises(UsageError, match="kind meeting has no such event"):
            await play.stream.happen("engagement-event")


async def test_the_webhook_of_its_end_has_the_numbers_of_contact_center() -> None:
    async with joined(kind="engagement") as (play, _, _):
        await play.stream.fault("terminate", reason=int(StopReason.MEETING_ENDED))
        assert play.due[-1].event == "contact_center.voice_rtms_stopped"
        assert play.due[-1].payload["stop_reason"] == 1
    for reason in StopReason:
        told = told_reason(reason, "engagement")
        assert told in range(1, 8)
        assert asks_for_fresh_start(told, "engagement") == asks_for_fresh_start(reason), reason
        assert told_reason(reason) == reason
