"""What the tests of streams share: a server with short times, a player, and a consumer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from mockzoom.model import Observation
from mockzoom.suites.stream_checks import judge_stream
from mockzoom.zoom.rtms import Stream, StreamServer, Timing, WebhookDue
from tests.zoom.rtms.consumer import Consumer, Style

CLIENT, SECRET = "client-of-tests", "client-secret-of-tests"
OWNER, STREAM = "4444/AiAA+AAiAiAiiAii==", "f" * 32

QUICK = Timing(
    keep_alive=0.3, media_silence=1.2, first_join=1.5, handshake=1.5, ready=1.2,
    signaling_window=1.5, interrupted=0.1, media_window=1.5, old_server=0.3, old_tries=0.5,
    leave=1.0, late=0.6, storm=10.0, alive=2.0,
)  # fmt: skip
"""The protocol's times, short; the storm's window is as long as ever."""
PATIENT = QUICK.scaled(4)
"""Times of which three keep-alives in a row are not missed because the machine stands still."""


@dataclass
class Scene:
    """One stream with its consumer, and a player that delivers webhooks by calling it."""

    server: StreamServer
    stream: Stream
    consumer: Consumer
    auto: bool = True
    due: list[WebhookDue] = field(default_factory=list)

    def start(self, *, acknowledged: bool = True) -> None:
        self.consumer.started(OWNER, self.stream.identity.stream_id, self.stream.server_urls)
        self.stream.webhook("started", acknowledged=acknowledged)

    def deliver(self, due: WebhookDue) -> None:
        self.due.append(due)
        if not self.auto:
            return
        if due.event.endswith("interrupted"):
            self.consumer.interrupted()
            self.stream.webhook("interrupted")
        else:
            self.consumer.ended()
            self.stream.webhook("stopped", reason=int(due.payload["stop_reason"]))

    async def ready(self) -> None:
        assert await self.stream.wait("ready", 10), self.log()

    def log(self) -> str:
        return "\n".join(
            f"{seen.elapsed:7.3f} {seen.direction:4} {seen.socket:12} {seen.recognised} {seen.code}"
            f" {seen.message[:160]}"
            for seen in self.stream.case().observations
        )

    async def rules(self) -> list[str]:
        """Wait until all can be judged; return the rules that fired."""
        await self.stream.settle()
        return [item.rule for item in judge_stream(self.stream.case())]


@contextlib.asynccontextmanager
async def scene(
    style: Style | None = None, *, timing: Timing = QUICK, auto: bool = True, tls: Any = None,
    seed: int = 1, listener: Callable[[Observation], None] = lambda seen: None, **more: Any,
) -> AsyncIterator[Scene]:  # fmt: skip
    found: list[Scene] = []
    server = StreamServer(
        tls=tls, timing=timing, seed=seed, listener=listener,
        on_webhook=lambda stream, due: found[0].deliver(due),
    )  # fmt: skip
    async with server:
        options: dict[str, Any] = {"media": ("audio", "transcript"), "kind": "meeting", **more}
        stream = server.add(
            options.pop("kind"), OWNER, STREAM, client_id=CLIENT, client_secret=SECRET, **options
        )
        ca_file = str(tls.ca_file) if tls is not None else None
        consumer = Consumer(style or Style(), CLIENT, SECRET, ca_file)
        found.append(Scene(server, stream, consumer, auto))
        try:
            yield found[0]
        finally:
            await consumer.leave()


async def pause(seconds: float) -> None:
    await asyncio.sleep(seconds)
