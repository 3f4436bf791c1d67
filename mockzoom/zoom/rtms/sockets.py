"""One connection of a consumer: its frames read and recorded, its keep-alives, how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from websockets.asyncio.server import ServerConnection, broadcast
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from mockzoom.zoom.rtms.messages import LARGEST, Message, read, shown
from mockzoom.zoom.rtms.params import Refusal
from mockzoom.zoom.rtms.protocol import MsgType, status_words
from mockzoom.zoom.rtms.timeline import Note, Timeline
from mockzoom.zoom.rtms.timing import MISSES, Timing

Role: TypeAlias = Literal["signaling", "media"]
ROLES: tuple[Role, ...] = ("signaling", "media")

UNREAD = 4 * 1024 * 1024
"""Bytes that may wait for a consumer that does not read; media beyond them is left out."""
_BROKEN = {1002: "it breaks the WebSocket protocol", 1007: "a text frame is no UTF-8",
           1009: f"a frame is larger than {LARGEST} bytes"}  # fmt: skip


@dataclass(slots=True)
class ActiveFaults:
    """The faults that last, of one stream: what is withheld, refused, muted or delayed."""

    silent: bool = False
    withheld: dict[Role, int] = field(default_factory=dict)
    refused: dict[Role, tuple[int, int]] = field(default_factory=dict)
    """Status and how many more handshakes."""
    unreachable_until: float = 0.0
    """Until when, on the timeline's clock, no connection is admitted."""
    unnoticed_until: float = 0.0
    """Until when, on that clock, the first connection is refused though the outage is over."""
    outage_of: int = 0
    """The number of the URLs that are out of reach: a fail-over's are another server's."""
    muted: set[Role] = field(default_factory=set)
    delay: float = 0.0
    """Seconds by which keep-alives are late."""

    def begin_outage(self, now: float, seconds: float, noticed_for: float, generation: int) -> None:
        """Admit no connection for so many `seconds`, nor the first within `noticed_for` seconds."""
        self.outage_of = generation
        self.unreachable_until = now + seconds
        self.unnoticed_until = now + noticed_for if seconds else 0.0

    def is_unreachable(self, now: float, generation: int) -> bool:
        """Return whether a connection to the URLs of a generation is refused now, and count it."""
        if generation > self.outage_of:
            return False
        refused = now < max(self.unreachable_until, self.unnoticed_until)
        self.unnoticed_until = 0.0
        return refused

    def withholds(self, role: Role) -> bool:
        """Return whether this handshake's answer is withheld, and count it."""
        left = self.withheld.get(role, 0)
        if left:
            self.withheld[role] = left - 1
        return left > 0

    def refuses(self, role: Role) -> Refusal | None:
        """Return what this handshake is refused with, and count it."""
        status, left = self.refused.get(role, (0, 0))
        if not left:
            return None
        self.refused[role] = status, left - 1
        return Refusal(status, status_words(status), "fault")


class Socket:
    """One WebSocket of a stream, from its upgrade to its end."""

    def __init__(
        self, connection: ServerConnection, name: str, role: Role, key: str, generation: int,
        timeline: Timeline, timing: Timing, active_faults: ActiveFaults,
    ) -> None:  # fmt: skip
        self.connection = connection
        self.name, self.role, self.key, self.generation = name, role, key, generation
        """`key` is the kind of media of its URL, or `all`; `generation` that of the URLs."""
        self.kinds: tuple[str, ...] = ()
        """The kinds of media that it carries, once it has shaken hands."""
        self.joined_at: float | None = None
        self.dropped = False
        """Whether our side ended it, so that its end says nothing of the consumer."""
        self.on_lost: Callable[[Socket], None] = lambda socket: None
        self.sent = 0
        self.unsent = 0
        self._timeline, self._timing, self._faults = timeline, timing, active_faults
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._sequence = 0
        self._asked = False
        """Whether a keep-alive went out that is not answered yet."""
        self.missed = 0
        """How many keep-alives in a row were not answered in time."""
        self._silence: asyncio.TimerHandle | None = None
        """Ends a media socket that answers no keep-alive for too long."""
        self.closing: asyncio.Task[None] | None = None

    # -- reading -------------------------------------------------------------------------------

    async def run(self, take: Callable[[Socket, Message], None]) -> None:
        """Hand every message to `take` until the connection ends."""
        self._timer = self._loop.call_later(self._timing.handshake, self._no_handshake)
        try:
            async for frame in self.connection:
                message = read(frame)
                self._timeline.add("in", message.name, shown(frame), self.name)
                if message.flaw:
                    text = f"{message.name}: {message.flaw}"
                    self._timeline.note(Note.BAD_MESSAGE, text, self.name)
                elif message.lapse:
                    self._timeline.note(Note.LAPSE, f"{message.name}: {message.lapse}", self.name)
                if message.type == MsgType.KEEP_ALIVE_RESP:
                    if not message.flaw:
                        self._answered()
                    continue
                take(self, message)
        except ConnectionClosed:
            pass
        finally:
            self.rest()
            self._record_end()

    def _no_handshake(self) -> None:
        if self.joined_at is None:
            self.close(1008, "no handshake")

    def _record_end(self) -> None:
        protocol = self.connection.protocol
        received, sent = protocol.close_rcvd, protocol.close_sent
        text = f"after {self.sent} frames of media" if self.sent else ""
        if self.unsent:
            text += f", {self.unsent} more left out because the consumer does not read"
        if sent is not None and sent.code in _BROKEN and not self.dropped:
            self._timeline.note(Note.BAD_MESSAGE, _BROKEN[sent.code], self.name, sent.code)
        if self.dropped or (sent is not None and not protocol.close_rcvd_then_sent):
            code = sent.code if sent is not None else None
            self._timeline.note(Note.LEFT, text, self.name, code)
        elif received is not None:
            self._timeline.note(Note.CLOSED, text, self.name, received.code)
        else:
            self._timeline.note(Note.DROPPED, text or "without a close frame", self.name, 1006)

    @property
    def left_by_consumer(self) -> bool:
        """Whether the consumer closed it on purpose, with a close frame that names no error."""
        protocol = self.connection.protocol
        received = protocol.close_rcvd
        return (
            not self.dropped
            and received is not None
            and bool(protocol.close_rcvd_then_sent)
            and received.code in (1000, 1001, 1005)
        )

    # -- writing -------------------------------------------------------------------------------

    @property
    def open(self) -> bool:
        """Whether messages can still go out."""
        return not self.dropped and self.connection.protocol.state is State.OPEN

    def send(self, body: Mapping[str, Any], code: int | None = None) -> None:
        """Send one message, and record it; nothing where answers are withheld by a fault."""
        if self._faults.silent or not self.open:
            return
        text = json.dumps(body, separators=(",", ":"))
        self.send_text(text)
        name = MsgType(body["msg_type"]).name
        self._timeline.add("out", name, shown(text), self.name, code)

    def send_text(self, text: str) -> None:
        """Send a frame as it is, and record nothing."""
        broadcast((self.connection,), text)
        if self.connection.transport.get_write_buffer_size() > 2 * UNREAD:
            self.abort()

    def send_media(self, text: str) -> bool:
        """Send a frame of media, unless too much is waiting; return whether it went out."""
        if not self.open or self._faults.silent:
            return False
        if self.connection.transport.get_write_buffer_size() > UNREAD:
            self.unsent += 1
            return False
        broadcast((self.connection,), text)
        self.sent += 1
        return True

    # -- keep-alives ---------------------------------------------------------------------------

    def joined(self) -> None:
        """Its handshake is done: keep-alives begin."""
        self.joined_at = self._timeline.elapsed()
        self.rest()
        self._timer = self._loop.call_later(self._timing.keep_alive, self._keep_alive)
        self._answered()

    def _keep_alive(self) -> None:
        if not self.open:
            return
        self.missed += self._asked
        if self.missed >= MISSES and self.role == "signaling":
            self._keep_alive_lost(f"{MISSES} in a row, {self._timing.keep_alive:g} s apart")
            return
        delay = self._faults.delay
        self._timer = self._loop.call_later(self._timing.keep_alive + delay, self._keep_alive)
        if delay:
            self._heard()
        if self._faults.silent or self.role in self._faults.muted:
            # Nothing was asked, so nothing can be missed.
            self._answered()
            return
        self._sequence += 1
        self._asked = True
        stamp = int(time.time() * 1000)
        self.send(
            {"msg_type": int(MsgType.KEEP_ALIVE_REQ), "timestamp": stamp,
             "sequence": self._sequence}
        )  # fmt: skip

    def _answered(self) -> None:
        self.missed, self._asked = 0, False
        self._heard()

    def _heard(self) -> None:
        """Let the time begin anew in which a media socket may be silent."""
        if self._silence is not None:
            self._silence.cancel()
        if self.role == "media" and self._timer is not None:
            limit = self._timing.media_silence
            text = f"no answer for {limit:g} s"
            self._silence = self._loop.call_later(limit, self._keep_alive_lost, text)

    def _keep_alive_lost(self, text: str) -> None:
        self._timeline.note(Note.KEEP_ALIVE_LOST, text, self.name, max(self.missed, 1))
        self.abort()
        self.on_lost(self)

    # -- ending --------------------------------------------------------------------------------

    async def alive(self) -> bool:
        """Ask by a ping whether somebody is there; False where none answers in time."""
        try:
            waiter = await self.connection.ping()
            await asyncio.wait_for(waiter, self._timing.alive)
        except (ConnectionClosed, TimeoutError):
            return False
        return self.open

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close from our side, with a close frame."""
        if self.closing is None:
            self.dropped = True
            self.rest()
            self.closing = self._loop.create_task(self._close(code, reason))

    async def _close(self, code: int, reason: str) -> None:
        # The library can trip over a transport that is closed already (AttributeError).
        with contextlib.suppress(ConnectionClosed, OSError, AttributeError):
            await self.connection.close(code, reason)

    def abort(self) -> None:
        """End the connection without a close frame."""
        self.dropped = True
        self.rest()
        if self.connection.protocol.state is not State.CLOSED:
            self.connection.transport.abort()

    def rest(self) -> None:
        """Send no more keep-alives, and wait for none."""
        for timer in (self._timer, self._silence):
            if timer is not None:
                timer.cancel()
        self._timer = self._silence = None
