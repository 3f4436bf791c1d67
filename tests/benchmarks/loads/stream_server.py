"""Our side of many streams: `… stream_server --streams N --media KIND --seconds S`.

Joins them by a second process and prints, as JSON, what holding them costs.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from mockzoom.model import Observation
from mockzoom.zoom.rtms import Stream, StreamServer, Timing
from mockzoom.zoom.signing import stream_signature
from tests.benchmarks.loads.limits import raise_open_files

ID, KEY = "client-of-the-benchmarks", "secret-of-the-benchmarks"


class Delays:
    """How late keep-alives go out, and how long they are under way; seconds."""

    def __init__(self, apart: float) -> None:
        self.apart = apart
        self.counting = False
        self.late = self.answer = 0.0
        self.sent = 0
        self._asked: dict[tuple[str, str], float] = {}

    def __call__(self, seen: Observation) -> None:
        key = seen.stream, seen.socket
        if seen.recognised == "KEEP_ALIVE_REQ":
            before = self._asked.get(key)
            if before is not None and self.counting:
                self.late = max(self.late, seen.elapsed - before - self.apart)
                self.sent += 1
            self._asked[key] = seen.elapsed
        elif seen.recognised == "KEEP_ALIVE_RESP" and self.counting and key in self._asked:
            self.answer = max(self.answer, seen.elapsed - self._asked[key])


def resident() -> int:
    """Return the resident memory of this process in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def frames(streams: list[Stream]) -> int:
    return sum(socket.sent for stream in streams for socket in stream.sockets)


async def measure(options: argparse.Namespace) -> dict[str, float]:
    """Hold the streams for so many seconds."""
    delays = Delays(options.keep_alive)
    timing = Timing(keep_alive=options.keep_alive, handshake=60.0)
    async with StreamServer(timing=timing, listener=delays) as server:
        gc.collect()
        before = resident()
        streams = [
            server.add(
                "meeting", f"meeting-{n}", f"{n:032x}", client_id=ID, client_secret=KEY,
                media=(options.media,),
            )
            for n in range(options.streams)
        ]  # fmt: skip
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump([_entry(stream, options.media) for stream in streams], file)
            file.flush()
            clients = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.benchmarks.loads.stream_clients", file.name,
                stdin=asyncio.subprocess.PIPE,
            )  # fmt: skip
            try:
                for stream in streams:
                    if not await stream.wait("ready", 120):
                        raise SystemExit("not every stream became ready within 120 s")
                return await _held(options, streams, delays, before)
            finally:
                clients.terminate()
                await clients.wait()


def _entry(stream: Stream, media: str) -> list[str]:
    owner, name = stream.identity.owner_id, stream.identity.stream_id
    return [stream.server_urls, owner, name, stream_signature(ID, KEY, owner, name), media]


async def _held(
    options: argparse.Namespace, streams: list[Stream], delays: Delays, before: int
) -> dict[str, float]:
    await asyncio.sleep(options.keep_alive + 0.5)  # every socket has its first keep-alive
    delays.counting = True
    for stream in streams:
        stream.meeting.late_s, stream.meeting.late = 0.0, 0
    start, sent, used = time.perf_counter(), frames(streams), _cpu()
    await asyncio.sleep(options.seconds)
    took = time.perf_counter() - start
    late = sorted(stream.meeting.late_s for stream in streams)
    return {
        "ready": float(sum(stream.ready for stream in streams)),
        "kb a stream": (resident() - before) / len(streams) / 1024,
        "frames a second": (frames(streams) - sent) / took,
        "keep-alives a second": delays.sent / took,
        "keep-alive late ms": 1000 * delays.late,
        "keep-alive answered ms": 1000 * delays.answer,
        "worst frame late ms": 1000 * late[-1],
        "frames after the next one was due": float(sum(s.meeting.late for s in streams)),
        "cpu %": 100 * (_cpu() - used) / took,
    }


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--streams", type=int, required=True)
    parser.add_argument("--media", default="transcript")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--keep-alive", type=float, default=10.0)
    options = parser.parse_args()
    if raise_open_files() < 2 * options.streams + 100:
        raise SystemExit(f"{options.streams} streams need more open files than `ulimit -Hn` allows")
    try:
        import uvloop

        run = uvloop.run
    except ImportError:
        run = asyncio.run
    print(json.dumps(run(measure(options))))


if __name__ == "__main__":
    main()
