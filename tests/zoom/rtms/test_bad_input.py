"""Consumers (and others) that send rubbish, floods or nothing: the server stays up and small."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import socket as sockets
import tracemalloc
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from mockzoom.suites.stream_checks import judge_stream
from mockzoom.zoom.rtms import StreamServer, Timing
from tests.zoom.rtms.consumer import Style
from tests.zoom.rtms.play import QUICK, Scene, scene
from tests.zoom.rtms.test_protocol import ask, hear, joined, request

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]
CALM = Timing()


def address(url: str) -> tuple[str, int]:
    host, port = url.split("//")[1].split("/")[0].split(":")
    return host, int(port)


async def still_serves(play: Scene) -> None:
    """A correct consumer joins as if nothing had happened."""
    play.consumer.style = Style()
    play.start()
    await play.ready()


GARBAGE: dict[str, Any] = {
    "nothing": "", "white space": " ", "no JSON": "hello", "half": '{"msg_type":1,',
    "array": "[1]", "number": "7", "null": "null", "empty object": "{}",
    "text for a type": '{"msg_type":"1"}', "true for a type": '{"msg_type":true}',
    "infinite": '{"msg_type":1e999}', "deep": "[" * 100_000, "bytes": b"\xff\xfe\x00\x80",
    "lone surrogate": '{"msg_type":1,"signature":"\\ud800"}',
    "huge number": '{"msg_type":' + "9" * 4000 + "}",
    "another's message": '{"msg_type":2}',
    "types all wrong": json.dumps({**request(1), "meeting_uuid": [], "signature": {}}),
    "events of wrong types": '{"msg_type":5,"events":[1,{},{"event_type":2}]}',
    "lone surrogate in ids": json.dumps({**request(1), "rtms_stream_id": "\ud800"}),
}  # fmt: skip


@pytest.mark.parametrize("name", GARBAGE)
async def test_garbage_is_recorded_with_its_reason_and_disturbs_nobody(name: str) -> None:
    async with scene(timing=CALM) as play:
        async with connect(play.stream.server_urls) as one:
            await one.send(GARBAGE[name])
            await one.send(json.dumps(request(1)))
            while (await hear(one, 2))["status_code"] != 0:
                pass
        seen = play.stream.case().observations
        assert any(item.direction == "in" and item.socket == "signaling-1" for item in seen)
        harmless = name in ("another's message", "lone surrogate in ids")
        assert any(item.recognised == "bad message" for item in seen) is not harmless


async def test_garbage_after_the_join_is_judged_and_the_socket_lives_on() -> None:
    async with scene(timing=CALM) as play, connect(play.stream.server_urls) as one:
        await ask(one, request(1))
        for text in ("x", "x", '{"msg_type":5}', '{"msg_type":28,"user_id":"a"}'):
            await one.send(text)
        answer = await ask(one, {"msg_type": 19, "rtms_stream_id": "x"})
        assert answer["msg_type"] == 20
        found = judge_stream(play.stream.case())
        assert [(item.rule, item.count) for item in found] == [
            ("MZ603", 2), ("MZ603", 1), ("MZ603", 1),
        ]  # fmt: skip
        assert "events is missing; expected a list" in found[1].message
        assert found[1].actual == '{"msg_type":5}'


async def test_a_frame_of_10_mb_ends_its_connection_and_is_recorded() -> None:
    async with scene() as play:
        one = await connect(play.stream.server_urls)
        with contextlib.suppress(ConnectionClosed):
            await one.send("x" * 10_000_000)
        await one.wait_closed()
        await asyncio.sleep(0.1)
        found = [item for item in play.stream.case().observations if item.code == 1009]
        assert found[0].recognised == "bad message"
        assert "larger than 1048576 bytes" in found[0].message
        await still_serves(play)


async def test_a_broken_frame_ends_its_connection_and_is_recorded() -> None:
    async with scene() as play:
        async with connect(play.stream.server_urls) as one:
            one.transport.write(b"\xff\xff\xff\xff" * 10)
            await one.wait_closed()
        await asyncio.sleep(0.1)
        reasons = [item.message for item in play.stream.case().observations
                   if item.recognised == "bad message"]  # fmt: skip
        assert reasons == ["it breaks the WebSocket protocol"]
        await still_serves(play)


async def test_a_flood_is_counted_and_kept_within_bounds() -> None:
    async with scene() as play:
        async with connect(play.stream.server_urls) as one:
            for number in range(20_000):
                await one.send(f"rubbish {number}")
        for _ in range(100):
            if play.stream.timeline.counts["no message"] == 20_000:
                break
            await asyncio.sleep(0.1)
        assert play.stream.timeline.counts["no message"] == 20_000
        assert len(play.stream.case().observations) < 1100
        assert len(judge_stream(play.stream.case())) <= 5
        await still_serves(play)


async def test_a_flood_whose_answers_are_not_read_ends_or_waits_within_bounds() -> None:
    async with (
        scene(timing=CALM) as play,
        connect(play.stream.server_urls, max_queue=1, close_timeout=0.2) as one,
    ):
        await ask(one, request(1))
        question = json.dumps({"msg_type": 12, "timestamp": 1, "pad": "x" * 1000})
        tracemalloc.start()
        try:
            async with asyncio.timeout(3):
                while True:
                    await one.send(question)
        except (ConnectionClosed, TimeoutError):
            pass
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 60_000_000


async def test_media_for_who_does_not_read_is_left_out_not_piled_up() -> None:
    async with joined(media=("audio",)) as (play, _, urls), connect(urls["audio"]) as media:
        await ask(media, request(3, media_type=1))
        (socket,) = set(play.stream.media.values())
        media.transport.pause_reading()
        frame = json.dumps({"data": "x" * 100_000})
        sent = sum(socket.send_media(frame) for _ in range(500))
        assert socket.unsent == 500 - sent > 0
        assert socket.connection.transport.get_write_buffer_size() < 5_000_000
        media.transport.abort()


async def test_connections_that_never_upgrade_are_closed_and_recorded() -> None:
    async with scene(timing=QUICK) as play:
        reader, writer = await asyncio.open_connection(*address(play.stream.server_urls))
        writer.write(b"GET / HTTP/1.1\r\nHost")
        assert await asyncio.wait_for(reader.read(), 10) is not None
        reader2, writer2 = await asyncio.open_connection(*address(play.stream.server_urls))
        writer2.write(b"\x16\x03\x01 no HTTP at all\r\n\r\n")
        await asyncio.wait_for(reader2.read(), 10)
        writer.close()
        async with asyncio.timeout(10):
            while play.server.stray.counts["stray connection"] < 2:
                await asyncio.sleep(0.05)
        notes = {item.message for item in play.server.stray.all()}
        assert notes == {"ended without an upgrade to WebSocket"}
        writer2.close()
        await still_serves(play)


async def test_a_path_that_leads_nowhere_gets_404_and_is_recorded() -> None:
    async with scene() as play:
        host, port = address(play.stream.server_urls)
        with pytest.raises(Exception, match="404"):
            await connect(f"ws://{host}:{port}/elsewhere")
        assert play.server.stray.all()[-1].message == "/elsewhere: no stream has this path"


async def test_a_thousand_connections_that_never_shake_hands_are_bounded_and_let_go() -> None:
    """Half of them never send a byte, half become WebSockets and then say nothing."""
    timing = Timing(handshake=4.0)
    async with scene(timing=timing) as play:
        gc.collect()
        before = resident()
        host, port = address(play.stream.server_urls)
        silent = [sockets.create_connection((host, port)) for _ in range(500)]
        path = play.stream.server_urls.split(str(port))[1]
        head = (
            f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        for _ in range(500):
            half = sockets.create_connection((host, port))
            half.sendall(head.encode())
            silent.append(half)
            await asyncio.sleep(0)
        async with asyncio.timeout(60):
            # A busy machine lets the first ones go before the last ones have come.
            closed = play.stream.timeline.counts
            while len(play.server.open) < 1000 and not closed["closed by the server"]:
                await asyncio.sleep(0.05)
        assert resident() - before < 100_000_000
        await still_serves(play)
        async with asyncio.timeout(60):
            connected, stray = play.stream.timeline.counts, play.server.stray.counts
            while (
                len(play.server.open) > 10
                or connected["connected"] < 500
                or stray["stray connection"] < 500
            ):
                await asyncio.sleep(0.1)
        assert stray["stray connection"] == 500
        for item in silent:
            item.close()


def resident() -> int:
    """Return the resident memory of this process in bytes."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def test_the_server_stops_whatever_is_open() -> None:
    server = StreamServer(timing=CALM)
    await server.start()
    stream = server.add("meeting", "m", "s", client_id="c", client_secret="k")
    one = await connect(stream.server_urls)
    reader, writer = await asyncio.open_connection(*address(stream.server_urls))
    async with asyncio.timeout(5):
        await server.stop()
        await one.wait_closed()
        await reader.read()
    writer.close()
