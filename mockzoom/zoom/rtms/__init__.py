"""RTMS streams: the server behind `server_urls`, which speaks protocol version 1 with the consumer.

It plays Zoom's part and records what the consumer does; the rules MZ601 to MZ613 judge that
(`mockzoom.suites.stream_checks`: `judge_stream`, `judge_honeypot`). Everything runs on one
asyncio loop:

    async with StreamServer(timing=Timing(), on_webhook=deliver) as server:
        stream = server.add("meeting", meeting_uuid, stream_id, client_id=…, client_secret=…,
                            media=("audio", "transcript"))
        # deliver *.rtms_started with payload.server_urls = stream.server_urls, and when it was
        # acknowledged:
        stream.webhook("started")
        await stream.wait("ready", within=60)              # False: not met in time
        await stream.fault("drop-signaling")               # FAULTS: names, parameters, defaults
        await stream.wait("rejoined", within=60)
        await stream.happen("speaker", participant=1)      # MEETING_ACTIONS: no faults
        await stream.fault("terminate", reason=6)
        await stream.settle()                              # until every rule can be judged
        for violation in judge_stream(stream.case()): …

Webhooks. The player says what was delivered, each time: `stream.webhook("started" | "interrupted" |
"stopped", acknowledged=True, reason=6)`. The other way round, `on_webhook(stream, due)` is called
when Zoom would deliver one now: `due.event` is its name, `due.payload` the ids and, of a stop, the
`stop_reason`. It is called for a lost signaling socket (interrupted), for no return within the
window (stopped, 19), for the fault `terminate` and for STREAM_CLOSE_REQ (stopped, 20); a player
whose webhooks are scripted ignores it. A stream whose consumer is told of no interruption by
webhook is added with `webhooks=False`: then it is expected to come back by itself.

Conditions of `wait` are `joined`, `ready`, `rejoined`, `closed` and `message NAME`: met by how
things are, or by anything since the last fault, so that nobody has to be waiting in time.

Fail-over: `await stream.fault("fail-over")` makes new URLs, then deliver a second start with the
new `stream.server_urls` and call `stream.webhook("started")`. A forged start points at
`(await server.honeypot()).url`; `honeypot.case(event)` is what MZ613 judges. With
`tls=made(folder)` or `tls=given(certificate, key)` all URLs are wss://.

Times are wall time, each a field of `Timing`; `Timing().scaled(0.1)` makes all of them shorter, and
the rules follow. Observations go to `listener`; a stream keeps them within bounds in
`stream.timeline` (`stream.case().observations`). Media is drawn from the server's seed, or comes
from `sources={"audio": source_of("audio", "talk.wav"), "video": source_of("video", "frames/")}`.
"""

from __future__ import annotations

from mockzoom.zoom.rtms.faults import FAULTS
from mockzoom.zoom.rtms.honeypot import Honeypot, HoneypotCase
from mockzoom.zoom.rtms.identity import SIGNED, STREAM_ID, Identity, Kind, told_by
from mockzoom.zoom.rtms.meeting_actions import MEETING_ACTIONS
from mockzoom.zoom.rtms.params import media_named
from mockzoom.zoom.rtms.protocol import MEDIA, MediaType, StopReason, asks_for_fresh_start
from mockzoom.zoom.rtms.server import StreamServer, Tls, given, made
from mockzoom.zoom.rtms.sources import (
    MediaSource,
    source_of,
)
from mockzoom.zoom.rtms.stream import Stream, StreamCase, WebhookDue
from mockzoom.zoom.rtms.timeline import Note
from mockzoom.zoom.rtms.timing import Timing

__all__ = [
    "FAULTS",
    "MEDIA",
    "MEETING_ACTIONS",
    "SIGNED",
    "STREAM_ID",
    "Honeypot",
    "HoneypotCase",
    "Identity",
    "Kind",
    "MediaSource",
    "MediaType",
    "Note",
    "StopReason",
    "Stream",
    "StreamCase",
    "StreamServer",
    "Timing",
    "Tls",
    "WebhookDue",
    "asks_for_fresh_start",
    "given",
    "made",
    "media_named",
    "source_of",
    "told_by",
]  # fmt: skip
