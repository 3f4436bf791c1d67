"""The official SDK (PyPI `rtms`) as consumer, over ws and wss: it is correct, and is called so.

Version 1.1.0 has a flag for chat and no callback, in Python and in Node (npm `@zoom/rtms`) alike. A
consumer of our own takes chat, in `test_streams_in_plays.py`.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from mockzoom.suites.stream_checks import judge_stream
from mockzoom.zoom.rtms import Identity, Kind, Stream, StreamServer, Timing, WebhookDue, made
from tests.zoom.rtms.play import CLIENT, OWNER, SECRET, STREAM

pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.slow,
    pytest.mark.skipif(
        find_spec("rtms") is None, reason="the SDK (PyPI rtms) has no wheel for this platform"
    ),
]
PROGRAM = Path(__file__).with_name("sdk_consumer.py")
L16_MONO = {
    "content_type": 2, "codec": 1, "sample_rate": 1, "channel": 1, "data_opt": 1, "duration": 20,
    "frame_size": 320,
}  # fmt: skip
TIMES = Timing(keep_alive=0.8, leave=3.0, alive=3.0)


class Sdk:
    """The SDK in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[dict[str, Any]] = []
        self._came = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            with contextlib.suppress(ValueError):  # the native library prints lines of its own
                self.lines.append(json.loads(line))
                self._came.set()

    def all(self, what: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line.get("what") == what]

    async def until(self, what: str, count: int = 1) -> list[dict[str, Any]]:
        async with asyncio.timeout(30):
            while len(self.all(what)) < count:
                self._came.clear()
                await self._came.wait()
        return self.all(what)

    async def end(self) -> None:
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
        await self.process.wait()
        await self._task


@contextlib.asynccontextmanager
async def sdk(
    folder: Path, stream: Stream, ca: Path | None = None, secret: str = SECRET,
    media: tuple[str, ...] = ("audio", "video", "transcript"), owner: str = "meeting_uuid",
    **params: dict[str, int],
) -> AsyncIterator[Sdk]:  # fmt: skip
    plan = {
        "join": {
            owner: OWNER, "rtms_stream_id": STREAM, "server_urls": stream.server_urls,
            "client": CLIENT, "secret": secret,
        },
        "media": media,
        **params,
    }  # fmt: skip
    environment = {**os.environ, **({"ZM_RTMS_CA": str(ca)} if ca else {})}
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(PROGRAM), json.dumps(plan), stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, cwd=folder,
        env=environment, limit=2**24,
    )  # fmt: skip
    consumer = Sdk(process)
    try:
        yield consumer
    finally:
        await consumer.end()


@contextlib.asynccontextmanager
async def serving(
    folder: Path, scheme: str, kind: Kind = "meeting", **more: Any
) -> AsyncIterator[tuple[Stream, Any]]:
    tls = made(folder) if scheme == "wss" else None

    def deliver(stream: Stream, due: WebhookDue) -> None:
        word = due.event.rsplit("_", 1)[1]
        reason = due.payload.get("stop_reason")
        stream.webhook("stopped" if word == "stopped" else "interrupted", reason=reason)

    async with StreamServer(tls=tls, timing=TIMES, on_webhook=deliver) as server:
        stream = server.add(kind, OWNER, STREAM, client_id=CLIENT, client_secret=SECRET, **more)
        stream.webhook("started")
        yield stream, (tls.ca_file if tls else None)


def log(stream: Stream) -> str:
    return "\n".join(
        f"{seen.elapsed:7.3f} {seen.direction} {seen.socket} {seen.recognised} {seen.message[:120]}"
        for seen in stream.case().observations
    )


def is_part(heard: list[bytes], sent: list[bytes]) -> bool:
    """Whether `heard` are frames in a row of `sent`, which goes round and round."""
    starts = [index for index, frame in enumerate(sent) if frame == heard[0]]
    return any(
        all(frame == sent[(start + step) % len(sent)] for step, frame in enumerate(heard))
        for start in starts
    )


@pytest.mark.parametrize("scheme", ["ws", "wss"])
async def test_the_sdk_gets_what_is_sent_survives_losses_and_leaves_with_the_reason(
    tmp_path: Path, scheme: str
) -> None:
    async with (
        serving(tmp_path, scheme) as (stream, ca),
        sdk(tmp_path, stream, ca, audio=L16_MONO) as consumer,
    ):
        assert stream.server_urls.startswith(f"{scheme}://")
        assert (await consumer.until("join"))[0]["status"] == 0
        assert await stream.wait("ready", 30), log(stream)
        await compared(stream, consumer)
        await stream.happen("speaker", participant=1)
        names = [person.user_name for person in stream.programme.people]
        for fault in ("drop-signaling", "drop-media"):
            await stream.fault(fault)
            assert await stream.wait("rejoined", 30), log(stream)
            assert await stream.wait("ready", 30), log(stream)
        await asyncio.sleep(3.5 * TIMES.keep_alive)
        assert {line["who"] for line in consumer.all("transcript")} <= set(names)
        await stream.fault("terminate", reason=4)
        assert (await consumer.until("leave"))[-1]["reason"] == 4
        assert await stream.wait("closed", 10), log(stream)
        await stream.settle()
        seen = stream.case().observations
        assert [item.message for item in judge_stream(stream.case())] == [], log(stream)
        assert sum(item.recognised == "KEEP_ALIVE_RESP" for item in seen) >= 4
        assert {item.code for item in seen if item.recognised == "closed by the consumer"} == {1000}


async def compared(stream: Stream, consumer: Sdk) -> None:
    """Compare what the SDK hands on with what the sources give."""
    sources, people = stream.programme.sources, len(stream.programme.people)
    params = next(chosen for chosen in stream.feeds.params.values() if "audio" in chosen)["audio"]
    sound = [sources["audio"].frames(number, params, people)[0] for number in range(50)]
    heard = [base64.b64decode(line["data"]) for line in (await consumer.until("audio", 40))[:40]]
    assert is_part(heard, [base64.b64decode(frame.data) for frame in sound])
    await same(stream, consumer, "video", 10)
    lines = [sources["transcript"].frames(n, {}, people)[0].data.encode() for n in range(32)]
    read = [base64.b64decode(line["data"]) for line in await consumer.until("transcript", 2)]
    assert is_part(read, lines)


async def same(stream: Stream, consumer: Sdk, kind: str, count: int) -> dict[str, Any]:
    """Compare frames of a kind with those of the source; return the parameters confirmed."""
    params = next(chosen for chosen in stream.feeds.params.values() if kind in chosen)[kind]
    source = stream.programme.sources[kind]
    people = len(stream.programme.people)
    sent = [each.data for number in range(50) for each in source.frames(number, params, people)]
    seen = [line["data"] for line in (await consumer.until(kind, count))[:count]]
    assert set(seen) <= set(sent), (params, len(seen))
    assert len(set(seen)) > 1
    return params


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["meeting", "webinar", "session", "engagement"])
async def test_the_sdk_gets_by_default_what_it_asks_for(tmp_path: Path, kind: Kind) -> None:
    owner = Identity(kind, OWNER, STREAM, CLIENT, SECRET).owner_field
    media = ("audio", "video", "deskshare", "transcript")
    async with (
        serving(tmp_path, "ws", kind) as (stream, ca),
        sdk(tmp_path, stream, ca, media=media, owner=owner) as consumer,
    ):
        assert await stream.wait("ready", 30), log(stream)
        audio = await same(stream, consumer, "audio", 60)
        assert (audio["codec"], audio["sample_rate"], audio["channel"]) == (4, 3, 2)
        video = await same(stream, consumer, "video", 30)
        share = await same(stream, consumer, "deskshare", 5)
        assert (video["codec"], share["codec"]) == (7, 7)
        await consumer.until("transcript", 2)
        await stream.fault("terminate", reason=6)
        assert await stream.wait("closed", 10), log(stream)
        assert [item.message for item in judge_stream(stream.case())] == [], log(stream)


@pytest.mark.parametrize("scheme", ["ws", "wss"])
async def test_the_sdk_sees_a_wrong_secret_as_status_3(tmp_path: Path, scheme: str) -> None:
    async with serving(tmp_path, scheme) as (stream, ca):
        async with sdk(tmp_path, stream, ca, secret="another") as consumer:
            assert (await consumer.until("join"))[0]["status"] == 3
        assert "MZ602" in [item.rule for item in judge_stream(stream.case())]


@pytest.mark.parametrize("scheme", ["ws", "wss"])
async def test_the_sdk_sees_a_duplicate_as_status_8(tmp_path: Path, scheme: str) -> None:
    async with serving(tmp_path, scheme) as (stream, ca), sdk(tmp_path, stream, ca) as first:
        assert (await first.until("join"))[0]["status"] == 0
        assert await stream.wait("ready", 30), log(stream)
        async with sdk(tmp_path, stream, ca) as second:
            assert (await second.until("join"))[0]["status"] == 8
        assert [item.rule for item in judge_stream(stream.case())] == ["MZ606"], log(stream)


async def test_the_sdk_leaves_of_its_own_accord_without_a_violation(tmp_path: Path) -> None:
    async with serving(tmp_path, "ws") as (stream, ca), sdk(tmp_path, stream, ca) as consumer:
        assert await stream.wait("ready", 30), log(stream)
        assert consumer.process.stdin is not None
        consumer.process.stdin.write(b"leave\n")
        await consumer.until("end")
        assert await stream.wait("closed", 10), log(stream)
        assert judge_stream(stream.case()) == ()
