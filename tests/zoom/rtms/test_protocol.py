"""The server's side of the protocol, message by message, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from mockzoom.errors import UsageError
from mockzoom.zoom.rtms import FAULTS, MEETING_ACTIONS, Identity, StreamServer, Timing, made
from mockzoom.zoom.rtms.sources import Wav, read_lines
from mockzoom.zoom.signing import stream_signature
from tests.zoom.rtms.play import CLIENT, OWNER, SECRET, STREAM, Scene, scene

pytestmark = pytest.mark.asyncio
SIGNATURE = stream_signature(CLIENT, SECRET, OWNER, STREAM)
CALM = Timing()


def request(number: int, **more: Any) -> dict[str, Any]:
    return {
        "msg_type": number, "protocol_version": 1, "sequence": 1, "meeting_uuid": OWNER,
        "rtms_stream_id": STREAM, "signature": SIGNATURE, **more,
    }  # fmt: skip


async def ask(socket: ClientConnection, message: dict[str, Any]) -> dict[str, Any]:
    await socket.send(json.dumps(message))
    return await hear(socket)


async def hear(socket: ClientConnection, *types: int) -> dict[str, Any]:
    async with asyncio.timeout(10):
        while True:
            message: dict[str, Any] = json.loads(await socket.recv())
            if not types or message["msg_type"] in types:
                return message


@contextlib.asynccontextmanager
async def joined(
    timing: Timing = CALM, **more: Any
) -> AsyncIterator[tuple[Scene, ClientConnection, dict[str, str]]]:
    async with scene(timing=timing, **more) as play, connect(play.stream.server_urls) as socket:
        answer = await ask(socket, request(1))
        assert answer["status_code"] == 0
        yield play, socket, answer["media_server"]["server_urls"]


# -- signaling ---------------------------------------------------------------------------------


async def test_the_handshake_is_answered_with_a_url_for_each_scope_and_for_all() -> None:
    async with joined(media=("audio", "chat", "deskshare")) as (_, _, urls):
        assert list(urls) == ["audio", "chat", "deskshare", "all"]
        assert len(set(urls.values())) == 4


@pytest.mark.parametrize("kind", ["meeting", "webinar", "session", "engagement"])
@pytest.mark.parametrize("field", ["meeting_uuid", "own"])
async def test_every_kind_shakes_hands_by_meeting_uuid_or_its_own_field(
    kind: str, field: str
) -> None:
    own = Identity(kind, OWNER, STREAM, CLIENT, SECRET).owner_field  # type: ignore[arg-type]
    async with scene(timing=CALM, kind=kind) as play, connect(play.stream.server_urls) as socket:
        message = request(1)
        message[own if field == "own" else field] = message.pop("meeting_uuid")
        assert (await ask(socket, message))["status_code"] == 0


async def test_several_protocols_are_listed_with_commas() -> None:
    async with scene(also_offered=["srt://127.0.0.1:9"]) as play:
        first, second = play.stream.server_urls.split(",")
        assert first == "srt://127.0.0.1:9"
        assert second.startswith("ws://127.0.0.1:")


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"signature": "0" * 64}, 3), ({"rtms_stream_id": "e" * 32}, 2), ({"meeting_uuid": "x"}, 3),
     ({"signature": 1}, 4), ({"protocol_version": "1"}, 4)],
)  # fmt: skip
async def test_a_wrong_handshake_is_answered_with_its_status(
    changes: dict[str, Any], status: int
) -> None:
    async with scene(timing=CALM) as play, connect(play.stream.server_urls) as socket:
        answer = await ask(socket, request(1, **changes))
        assert (answer["msg_type"], answer["status_code"]) == (2, status)
        assert answer["reason"]


async def test_questions_about_states_are_answered() -> None:
    async with joined() as (play, socket, _):
        session = await ask(socket, {"msg_type": 10, "rtms_session_id": "x"})
        assert (session["msg_type"], session["state"]) == (11, 2)
        stream = await ask(socket, {"msg_type": 19, "rtms_stream_id": STREAM})
        assert (stream["msg_type"], stream["state"], stream["rtms_stream_id"]) == (20, 1, STREAM)
        await play.stream.happen("pause")
        assert (await hear(socket, 9))["state"] == 3
        assert (await hear(socket, 8))["state"] == 5
        assert (await ask(socket, {"msg_type": 19, "rtms_stream_id": STREAM}))["state"] == 5
        await play.stream.happen("resume")
        assert (await hear(socket, 9))["state"] == 4
        assert (await hear(socket, 8))["state"] == 6


async def test_a_request_to_close_is_confirmed_and_ends_the_stream() -> None:
    async with joined() as (play, socket, _):
        answer = await ask(socket, {"msg_type": 21, "rtms_stream_id": STREAM})
        assert (answer["msg_type"], answer["status_code"], answer["reason"]) == (22, 0, "OK")
        state = await hear(socket, 8)
        assert (state["state"], state["reason"]) == (4, 20)
        assert play.due[-1].event == "meeting.rtms_stopped"
        assert play.due[-1].payload["stop_reason"] == 20


async def test_the_consumers_keep_alive_is_answered_on_both_sockets() -> None:
    async with joined() as (_, socket, urls), connect(urls["audio"]) as media:
        asked = {"msg_type": 12, "timestamp": 5, "sequence": 7}
        assert await ask(socket, asked) == {"msg_type": 13, "timestamp": 5, "sequence": 7}
        assert (await ask(media, request(3, media_type=1)))["status_code"] == 0
        assert await ask(media, asked) == {"msg_type": 13, "timestamp": 5, "sequence": 7}


async def test_events_come_to_subscribers_only() -> None:
    async with joined() as (play, socket, _):
        await play.stream.happen("speaker")
        wanted = [{"event_type": kind, "subscribe": True} for kind in (2, 3, 4, 5, 6, 8, 9, 12)]
        await socket.send(json.dumps({"msg_type": 5, "events": wanted}))
        people = (await hear(socket, 6))["event"]
        assert people["event_type"] == 3
        assert [who["user_name"] for who in people["participants"]] == [
            person.user_name for person in play.stream.meeting.people
        ]
        for name, kind in (
            ("speaker", 2), ("participant-join", 3), ("participant-leave", 4),
            ("sharing-start", 5), ("sharing-stop", 6), ("video-on", 8), ("video-off", 9),
        ):  # fmt: skip
            await play.stream.happen(name)
            assert (await hear(socket, 6))["event"]["event_type"] == kind
        await play.stream.happen("chat-event", event_type=12)
        assert (await hear(socket, 6))["event"]["event_type"] == 12
        unwanted = {"msg_type": 5, "events": [{"event_type": 2, "subscribe": False}]}
        await socket.send(json.dumps(unwanted))
        await asyncio.sleep(0.1)
        assert "not subscribed to" in await play.stream.happen("speaker")


# -- media -------------------------------------------------------------------------------------

AUDIO = {"content_type": 2, "sample_rate": 1, "channel": 1, "codec": 1, "data_opt": 1,
         "send_rate": 20}  # fmt: skip
REFUSALS: list[tuple[str, int, Any, int]] = [
    ("all", 0, None, 14), ("all", 64, None, 14), ("audio", 2, None, 10),
    ("all", 2, None, 10), ("all", 4, None, 11), ("all", 16, None, 13), ("all", 1, "x", 17),
    ("audio", 1, {"audio": []}, 18), ("audio", 1, {"audio": {"content_type": 3}}, 19),
    ("audio", 1, {"audio": {"content_type": 1}}, 19),
    ("audio", 1, {"audio": {"content_type": 4}}, 19),
    ("audio", 1, {"audio": {"codec": 3, "sample_rate": 0}}, 20),
    ("audio", 1, {"audio": {"codec": 4, "send_rate": 140}}, 24),
    ("audio", 1, {"audio": {"sample_rate": 4}}, 20), ("audio", 1, {"audio": {"channel": 3}}, 21),
    ("audio", 1, {"audio": {"channel": 2}}, 21), ("audio", 1, {"audio": {"codec": 5}}, 22),
    ("audio", 1, {"audio": {"data_opt": 3}}, 23), ("audio", 1, {"audio": {"send_rate": 30}}, 24),
    ("audio", 1, {"audio": {"send_rate": 1020}}, 24), ("audio", 1, {"audio": {"codec": "1"}}, 18),
    ("transcript", 8, {"transcript": 1}, 36),
    ("transcript", 8, {"transcript": {"content_type": 2}}, 37),
    ("transcript", 8, {"transcript": {"src_language": 37}}, 43),
]  # fmt: skip


@pytest.mark.parametrize(("key", "media_type", "params", "status"), REFUSALS)
async def test_media_that_cannot_be_had_is_refused_with_its_status(
    key: str, media_type: int, params: Any, status: int
) -> None:
    async with joined() as (_, _, urls), connect(urls[key]) as media:
        answer = await ask(media, request(3, media_type=media_type, media_params=params))
        assert (answer["msg_type"], answer["status_code"]) == (4, status), answer["reason"]


VIDEO: list[tuple[int, dict[str, int], int]] = [
    (2, {"content_type": 2}, 26), (2, {"codec": 1}, 27), (2, {"resolution": 5}, 28),
    (2, {"data_opt": 1}, 29), (2, {"fps": 31, "codec": 7}, 30), (2, {"fps": 6}, 30),
    (2, {"fps": 30, "codec": 7}, 0), (2, {"fps": 5, "codec": 6}, 0),
    (4, {"content_type": 2}, 32), (4, {"codec": 4}, 33), (4, {"resolution": 0}, 34),
    (4, {"fps": 2}, 35), (4, {"fps": 2, "codec": 7}, 0), (16, {"content_type": 1}, 39),
]  # fmt: skip


@pytest.mark.parametrize(("bit", "params", "status"), VIDEO)
async def test_pictures_and_chat_follow_the_rules_of_their_parameters(
    bit: int, params: dict[str, int], status: int
) -> None:
    name = {2: "video", 4: "deskshare", 16: "chat"}[bit]
    scopes = ("video", "deskshare", "chat")
    async with joined(media=scopes) as (_, _, urls), connect(urls["all"]) as media:
        answer = await ask(media, request(3, media_type=bit, media_params={name: params}))
        assert answer["status_code"] == status, answer["reason"]
        if status == 0:
            assert answer["media_params"][name].items() >= params.items()


async def test_defaults_are_confirmed_and_a_second_socket_for_a_kind_is_refused() -> None:
    async with joined() as (_, _, urls):
        async with connect(urls["audio"]) as one, connect(urls["audio"]) as two:
            answer = await ask(one, request(3, media_type=1))
            assert answer["media_params"] == {"audio": AUDIO}
            assert answer["payload_encrypted"] is False
            assert (await ask(two, request(3, media_type=1)))["status_code"] == 16
            async with connect(urls["all"]) as everything:
                assert (await ask(everything, request(3, media_type=32)))["status_code"] == 16
        async with connect(urls["all"]) as one, connect(urls["audio"]) as two:
            await asyncio.sleep(0.1)
            assert (await ask(one, request(3, media_type=32)))["status_code"] == 0
            assert (await ask(two, request(3, media_type=1)))["status_code"] == 15


@pytest.mark.slow
async def test_media_flows_only_after_the_client_is_ready() -> None:
    async with joined() as (play, socket, urls), connect(urls["audio"]) as media:
        await ask(media, request(3, media_type=1))
        await asyncio.sleep(0.3)
        assert play.stream.case().observations[-1].recognised == "media joined"
        await socket.send(json.dumps({"msg_type": 7, "rtms_stream_id": STREAM}))
        assert (await hear(socket, 8))["state"] == 1
        content = (await hear(media, 14))["content"]
        assert content["user_id"] == 0
        assert "user_name" not in content
        assert (await hear(socket, 6))["event"]["event_type"] == 1


async def test_one_persons_video_comes_to_who_subscribed_to_it() -> None:
    pytest.importorskip("PIL")
    params = {"video": {"data_opt": 4, "resolution": 1}}
    async with joined(media=("video",)) as (play, socket, urls), connect(urls["video"]) as media:
        await ask(media, request(3, media_type=2, media_params=params))
        await socket.send(json.dumps({"msg_type": 7, "rtms_stream_id": STREAM}))
        await hear(socket, 8)
        second = play.stream.meeting.people[1].user_id
        wish = {"msg_type": 28, "user_id": second, "subscribe": True, "timestamp": 1}
        answer = await ask(socket, wish)
        assert (answer["msg_type"], answer["user_id"], answer["status_code"]) == (29, second, 0)
        assert (await hear(media, 15))["content"]["user_id"] == second
        assert (await hear(socket, 6))["event"]["event_type"] == 1
        assert (await ask(socket, wish))["status_code"] == 44
        assert (await ask(socket, {**wish, "user_id": 1}))["status_code"] == 4
        assert (await ask(socket, {**wish, "subscribe": False}))["status_code"] == 0


async def test_who_asks_for_buffered_audio_gets_it_from_the_start() -> None:
    async with scene(timing=CALM) as play:
        await asyncio.sleep(0.5)
        async with connect(play.stream.server_urls) as socket:
            urls = (await ask(socket, request(1, buffer_data=True)))["media_server"]["server_urls"]
            async with connect(urls["audio"], close_timeout=0.2) as media:
                await ask(media, request(3, media_type=1))
                await socket.send(json.dumps({"msg_type": 7, "rtms_stream_id": STREAM}))
                first = (await hear(media, 14))["content"]
                source, people = play.stream.meeting.sources["audio"], 2
                assert first["data"] == source.frames(0, AUDIO, people)[0].data
                assert first["timestamp"] == play.stream.meeting.began_ms


# -- faults ------------------------------------------------------------------------------------


async def test_faults_that_last_withhold_refuse_and_fall_silent() -> None:
    async with scene(timing=CALM) as play:
        await play.stream.fault("withhold-handshake")
        async with connect(play.stream.server_urls) as socket:
            await socket.send(json.dumps(request(1)))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(socket.recv(), 0.3)
        await play.stream.fault("refuse", status=45, times=2)
        for status in (45, 45, 0):
            async with connect(play.stream.server_urls) as socket:
                assert (await ask(socket, request(1)))["status_code"] == status
        async with connect(play.stream.server_urls) as socket:
            await ask(socket, request(1))
            await play.stream.fault("stop-answering")
            await socket.send(json.dumps({"msg_type": 19, "rtms_stream_id": STREAM}))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(socket.recv(), 0.3)
            await play.stream.fault("heal")
            asked = {"msg_type": 19, "rtms_stream_id": STREAM}
            assert (await ask(socket, asked))["msg_type"] == 20


async def test_faults_on_the_wire_are_seen_as_what_they_are() -> None:
    async with joined() as (play, socket, _):
        await play.stream.fault("malformed-json")
        with pytest.raises(ValueError, match="Expecting value"):
            json.loads(await socket.recv())
        await play.stream.fault("unknown-message", msg_type=777)
        assert (await hear(socket))["msg_type"] == 777
        before = play.stream.now_ms()
        await play.stream.fault("move-time", by=100.0)
        assert play.stream.now_ms() - before >= 100_000
        await play.stream.fault("oversized-frame", size=3_000_000)
        with pytest.raises(Exception, match=r"too big|1009"):
            await socket.recv()


@pytest.mark.parametrize(("close_frame", "code"), [(True, 1011), (False, 1006)])
async def test_a_dropped_socket_has_a_close_frame_or_none(close_frame: bool, code: int) -> None:
    timing = replace(CALM, interrupted=0.1)
    async with joined(timing) as (play, socket, urls), connect(urls["audio"]) as media:
        await ask(media, request(3, media_type=1))
        await play.stream.fault("drop-media", socket="audio", close_frame=close_frame)
        assert (await hear(socket, 6))["event"]["event_type"] == 7
        await media.wait_closed()
        assert media.close_code == code
        assert not play.due
        await play.stream.fault("drop-signaling", close_frame=close_frame)
        await socket.wait_closed()
        assert socket.close_code == code
        assert not play.due
        await asyncio.sleep(0.2)
        assert [due.event for due in play.due] == ["meeting.rtms_interrupted"]


async def test_unknown_names_and_parameters_name_the_nearest() -> None:
    async with scene() as play:
        for work, words in (
            (play.stream.fault("drop-signalling"), "did you mean drop-signaling"),
            (play.stream.fault("refuse", state=3), "did you mean status"),
            (play.stream.fault("refuse", status="3"), "expected int"),
            (play.stream.fault("refuse", status=0), "expected 1 to 9999"),
            (play.stream.fault("drop-media", socket="vidio"), "did you mean video"),
            (play.stream.happen("speakr"), "did you mean speaker"),
            (play.stream.happen("speaker", participant=9), "has 2"),
            (play.stream.wait("redy"), "did you mean ready"),
            (play.stream.wait("message KEEPALIVE_RESP"), "did you mean KEEP_ALIVE_RESP"),
        ):
            with pytest.raises(UsageError, match=words):
                await work
        assert await play.stream.wait("message 1", 0.05) is False


async def test_every_action_has_a_name_and_words() -> None:
    for action in (*FAULTS, *MEETING_ACTIONS):
        assert action.about
        assert action.arguments(dict(action.parameters)) == dict(action.parameters)


async def test_no_return_in_time_ends_the_stream_with_reason_19() -> None:
    async with scene(timing=Timing(signaling_window=0.3, interrupted=0.1), auto=False) as play:
        async with connect(play.stream.server_urls) as socket:
            await ask(socket, request(1))
            await play.stream.fault("drop-signaling")
        await asyncio.sleep(0.6)
        assert [(due.event, due.payload.get("stop_reason")) for due in play.due] == [
            ("meeting.rtms_interrupted", None), ("meeting.rtms_stopped", 19),
        ]  # fmt: skip
        async with connect(play.stream.server_urls) as socket:
            assert (await ask(socket, request(1)))["status_code"] == 2
        play.stream.open_again()
        async with connect(play.stream.server_urls) as socket:
            assert (await ask(socket, request(1)))["status_code"] == 0


# -- the server --------------------------------------------------------------------------------


async def test_streams_do_not_disturb_each_other() -> None:
    async with StreamServer(timing=CALM) as server:
        streams = [
            server.add("meeting", f"m{n}", f"s{n}", client_id=CLIENT, client_secret=SECRET)
            for n in range(3)
        ]
        sockets = [await connect(stream.server_urls) for stream in streams]
        for n, socket in enumerate(sockets):
            signature = stream_signature(CLIENT, SECRET, f"m{n}", f"s{n}")
            hello = request(1, meeting_uuid=f"m{n}", rtms_stream_id=f"s{n}", signature=signature)
            assert (await ask(socket, hello))["status_code"] == 0
        await streams[1].fault("drop-signaling")
        assert [stream.phase for stream in streams] == ["active", "interrupted", "active"]
        await server.remove(streams[0])
        with pytest.raises(Exception, match="404"):
            await connect(streams[0].server_urls)
        for socket in sockets:
            await socket.close()


async def test_settings_that_cannot_be_used_are_refused(tmp_path: Any) -> None:
    async with StreamServer() as server:
        ids = {"client_id": CLIENT, "client_secret": SECRET}
        server.add("meeting", "m", "s", **ids)
        for kind, stream_id, more, words in (
            ("meeting", "s", {}, "registered already"),
            ("meting", "t", {}, "did you mean meeting"),
            ("meeting", "", {}, "stream_id, which is empty"),
            ("meeting", "t", {"media": ["vidoe"]}, "did you mean video"),
        ):
            with pytest.raises(UsageError, match=words):
                server.add(kind, "m", stream_id, **ids, **more)  # type: ignore[arg-type]
    for seconds in (0, -1, float("nan"), float("inf")):
        with pytest.raises(UsageError, match="expected seconds above 0"):
            Timing(keep_alive=seconds)
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    with pytest.raises(UsageError, match="cannot be read as WAV"):
        Wav(tmp_path / "a.wav")
    with pytest.raises(UsageError, match="cannot be read as text"):
        read_lines(tmp_path / "none.txt")
    with pytest.raises(UsageError, match="cannot be written"):
        made(tmp_path / "no" / "folder")
