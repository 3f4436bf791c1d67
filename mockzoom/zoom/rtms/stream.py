"""One stream: its state machine, from its registration to its end.

It knows which sockets are joined, what was lost and until when it may come back, and what Zoom
would deliver by webhook at that; it judges nothing.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal, TypeAlias

from mockzoom.errors import UsageError
from mockzoom.model import JSON, Observation
from mockzoom.zoom.rtms import connections
from mockzoom.zoom.rtms.announcements import Announcements
from mockzoom.zoom.rtms.conditions import Conditions
from mockzoom.zoom.rtms.faults import fault_named
from mockzoom.zoom.rtms.identity import Identity, Kind
from mockzoom.zoom.rtms.media_feeds import MediaFeeds, StreamedMeeting
from mockzoom.zoom.rtms.meeting_actions import MEETING_ACTIONS, meeting_action_named
from mockzoom.zoom.rtms.protocol import SessionState, StreamState, told_reason
from mockzoom.zoom.rtms.sockets import ActiveFaults, Socket
from mockzoom.zoom.rtms.timeline import Note, Timeline
from mockzoom.zoom.rtms.timing import Timing, Windows

_MARGIN_S = 0.02
"""A timer may end a window a bit before another clock (uvloop's count milliseconds)."""
Phase: TypeAlias = Literal["waiting", "active", "interrupted", "ended"]
Word: TypeAlias = Literal["started", "interrupted", "stopped"]


@dataclass(frozen=True, slots=True)
class WebhookDue:
    """What Zoom would deliver now: the event's name, and what its payload says of the stream."""

    event: str
    payload: Mapping[str, JSON]


@dataclass(frozen=True, slots=True)
class StreamCase:
    """What the rules judge: one stream at one moment.

    `until` is when, on the observations' clock (`elapsed`).
    """

    stream: str
    kind: Kind
    event: str
    """The name of the webhook that starts it."""
    timing: Timing
    observations: tuple[Observation, ...]
    until: float
    webhooks: bool = True
    """Whether the consumer is told of an interruption by a webhook, and may wait for it."""


class Stream:
    """One stream of a `StreamServer`, made by its `add`."""

    def __init__(
        self, identity: Identity, scopes: Collection[str], meeting: StreamedMeeting,
        timeline: Timeline, timing: Timing, *, webhooks: bool,
        urls: Callable[[Stream, int], tuple[str, dict[str, str]]],
        due: Callable[[Stream, WebhookDue], None],
    ) -> None:  # fmt: skip
        self.identity, self.scopes, self.meeting = identity, tuple(scopes), meeting
        self.timeline, self.timing, self.webhooks = timeline, timing, webhooks
        self.active_faults = ActiveFaults()
        self.windows = Windows()
        self.conditions = Conditions(self)
        self.phase: Phase = "waiting"
        self.closed = False
        self.generation = 0
        """The number of the URLs that hold now; a fail-over makes new ones."""
        self.oldest = 0
        """The number of the oldest URLs whose server still runs."""
        self.signaling: Socket | None = None
        self.media: dict[str, Socket] = {}
        self.sockets: set[Socket] = set()
        self.lost: set[str] = set()
        """Kinds of media that were lost and are not back."""
        self.ready = False
        self.buffered = False
        self.subscribed: set[int] = set()
        self.session_state = SessionState.STARTED
        self.announcements = Announcements(self)
        self.feeds = MediaFeeds(self)
        self._disturbed = -1.0
        self._told = False
        """Whether the consumer knows that the stream has ended."""
        self._urls, self._due = urls, due
        self._tasks: set[asyncio.Task[None]] = set()
        digest = blake2b(f"session,{identity.stream_id}".encode(), digest_size=16).digest()
        self.session_id = base64.b64encode(digest).decode()
        timeline.note(Note.REGISTERED, self.server_urls)

    # -- what it is ----------------------------------------------------------------------------

    @property
    def server_urls(self) -> str:
        """What `server_urls` of its start says now: URLs, separated by commas."""
        return self._urls(self, self.generation)[0]

    def media_urls(self, generation: int) -> dict[str, str]:
        """Return the URLs of the media sockets, by kind and for `all`."""
        return self._urls(self, generation)[1]

    @property
    def ended(self) -> bool:
        """Whether it has ended: nobody may join."""
        return self.phase == "ended"

    @property
    def state(self) -> StreamState:
        """Its state, as the protocol names it."""
        if self.phase == "active" and self.feeds.paused:
            return StreamState.PAUSED
        return {
            "waiting": StreamState.INACTIVE,
            "active": StreamState.ACTIVE,
            "interrupted": StreamState.INTERRUPTED,
            "ended": StreamState.TERMINATED,
        }[self.phase]

    def payload(self) -> dict[str, JSON]:
        """Return what every webhook of this stream says in its payload."""
        return {
            self.identity.owner_field: self.identity.owner_id,
            "rtms_stream_id": self.identity.stream_id,
        }

    def now_ms(self) -> int:
        """Return its clock, in milliseconds since the epoch."""
        return self.meeting.now_ms()

    def case(self) -> StreamCase:
        """Return what the rules judge, as it stands now."""
        return StreamCase(
            self.identity.stream_id, self.identity.kind, self.identity.event("started"),
            self.timing, self.timeline.all(), self.timeline.elapsed(), self.webhooks,
        )  # fmt: skip

    async def wait(self, condition: str, within: float = 60.0) -> bool:
        """Wait up to `within` seconds for a condition; return whether it was met.

        `joined`, `ready`, `closed`, `rejoined` or `message NAME`: met by how things are now, or by
        anything since the last fault. Raises `UsageError` for a condition that is none.
        """
        return await self.conditions.wait(condition, within)

    async def settle(self) -> None:
        """Wait until no deadline of the protocol is open, so that every rule can be judged."""
        while (left := self.windows.left()) > 0 or self._tasks:
            await self.conditions.pulse(left or 0.05)
        await asyncio.sleep(_MARGIN_S)

    # -- what the player tells -----------------------------------------------------------------

    def webhook(self, word: Word, *, acknowledged: bool = True, reason: int | None = None) -> None:
        """Take note that `*.rtms_<word>` was delivered just now.

        Call it for every delivery, repeated ones, too. `reason` is the `stop_reason` of a stop.
        """
        names = {"started": Note.WEBHOOK_STARTED, "interrupted": Note.WEBHOOK_INTERRUPTED,
                 "stopped": Note.WEBHOOK_STOPPED}  # fmt: skip
        if not acknowledged:
            self.timeline.note(Note.HAPPENED, f"{self.identity.event(word)} was not acknowledged")
            return
        code = reason if word == "stopped" else self.generation
        self.timeline.note(names[word], self.server_urls if word == "started" else "", code=code)
        if word == "started":
            self.open_again()
            self.windows.start("first join", self.timing.first_join, self.conditions.changed)
            if self.generation > self.oldest:
                self.windows.start("old server", self.timing.old_server, self._old_server_ends)
        elif word == "interrupted":
            self._disturbed = self.timeline.elapsed()
            if self.phase == "interrupted":
                connections.await_return(self)
        else:
            self._end(told=True)

    def open_again(self) -> None:
        """Let consumers join a stream that has ended; call it before a fresh start is delivered."""
        if not self.ended:
            return
        self._told = False
        self.phase = "waiting"
        self.lost.clear()
        self.windows.cancel("leave")
        self.ready = False

    # -- faults --------------------------------------------------------------------------------

    async def fault(self, name: str, **parameters: Any) -> str:
        """Play the fault called `name`; return what was done, in words.

        Raises `UsageError` for an unknown fault or parameter, naming the nearest.
        """
        fault = fault_named(name)
        arguments = fault.arguments(parameters)
        self.disturb()
        given = "".join(f", {key} {value}" for key, value in arguments.items())
        self.timeline.note(Note.FAULT, f"{name}{given}")
        text = fault.play(self, **arguments)
        self.conditions.changed()
        await asyncio.sleep(0)
        return text

    async def happen(self, name: str, **parameters: Any) -> str:
        """Let something ordinary happen, such as `speaker` or `participant-join`."""
        action = meeting_action_named(name)
        here = "engagement" if self.identity.is_engagement else "meeting"
        if action.only and action.only != here:
            raise UsageError(
                f"{name}: a stream of kind {self.identity.kind} has no such event; expected one of"
                f" {', '.join(each.name for each in MEETING_ACTIONS if each.only in ('', here))}"
            )
        text = action.play(self, **action.arguments(parameters))
        self.timeline.note(Note.HAPPENED, f"{name}: {text}")
        await asyncio.sleep(0)
        return text

    def disturb(self) -> None:
        """Note that a fault is injected now: conditions begin anew, and a new join is fair."""
        self._disturbed = self.timeline.elapsed()
        self.conditions.reset()

    def disturbed_since(self, elapsed: float) -> bool:
        """Whether a fault was injected, or an interruption told, since that moment."""
        return self._disturbed >= elapsed

    def fail_over(self) -> None:
        """Make new URLs; the server of the old ones ends soon after a start names the new ones."""
        self.generation += 1
        self.timeline.note(Note.FAILED_OVER, self.server_urls, code=self.generation)

    def _old_server_ends(self) -> None:
        """Lose what is joined at URLs before the newest, and refuse whoever tries them."""
        self.oldest = self.generation
        self._disturbed = self.timeline.elapsed()
        self.timeline.note(Note.OLD_SERVER_ENDED, code=self.oldest)
        for socket in [item for item in self.sockets if item.generation < self.oldest]:
            socket.abort()
            self.gone(socket)
        self.windows.start("old tries", self.timing.old_tries, self.conditions.changed)

    # -- sockets -------------------------------------------------------------------------------

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` on the side."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def admits(self, name: str, generation: int) -> bool:
        """Return whether a connection is admitted now, and note one that is not."""
        if generation < self.oldest:
            self.timeline.note(Note.OLD_URL, "", name, generation)
            return False
        if self.active_faults.is_unreachable(self.timeline.elapsed(), generation):
            self.timeline.note(Note.UNREACHABLE, "", name, generation)
            return False
        return True

    def attempted(self, socket: Socket) -> None:
        """Take note of a signaling handshake, right or wrong."""
        if socket.generation == self.generation:
            self.windows.cancel("first join")

    def gone(self, socket: Socket) -> None:
        """The connection of `socket` has ended, or counts as lost."""
        self.sockets.discard(socket)
        self.feeds.stop(socket)
        self.feeds.params.pop(socket, None)
        kinds = [kind for kind, item in self.media.items() if item is socket]
        for kind in kinds:
            del self.media[kind]
        if self.signaling is socket:
            self.signaling = None
            if self.phase == "active":
                connections.signaling_lost(self, socket)
        elif kinds and self.phase == "active" and socket.generation == self.generation:
            connections.media_lost(self, socket, kinds)
        self.conditions.changed()

    # -- ending --------------------------------------------------------------------------------

    def terminate(self, reason: int, *, session_ends: bool = False) -> None:
        """End the stream: state TERMINATED is sent where signaling is open; no socket is closed."""
        if self.ended:
            return
        told = self.signaling is not None and self.signaling.open and not self.active_faults.silent
        if session_ends:
            self.session_state = SessionState.STOPPED
            self.announcements.session(reason)
        self.announcements.state(StreamState.TERMINATED, reason)
        self.timeline.note(Note.TERMINATED if told else Note.UNHEARD, code=int(reason))
        self._end(told=told)
        self.tell_webhook("stopped", stop_reason=told_reason(reason, self.identity.kind))

    def _end(self, *, told: bool) -> None:
        self._told = self._told or told
        self.phase, self.ready = "ended", False
        self.windows.clear()
        for socket in self.sockets:
            self.feeds.stop(socket)
            socket.rest()
        self.windows.start("leave", self.timing.leave, self._left_open)
        self.conditions.changed()

    def _left_open(self) -> None:
        still = [item for item in self.sockets if item.open and item.joined_at is not None]
        if still and self._told:
            names = ", ".join(sorted(item.name for item in still))
            self.timeline.note(Note.LEFT_OPEN, names, code=len(still))
        for item in list(self.sockets):
            item.close(1000, "the stream has ended")
        self.conditions.changed()

    def tell_webhook(self, word: Word, **more: JSON) -> None:
        """Say that Zoom would deliver `*.rtms_<word>` now."""
        self._due(self, WebhookDue(self.identity.event(word), {**self.payload(), **more}))

    async def close(self) -> None:
        """Close whatever is open, without a judgement."""
        self.windows.clear()
        self.phase, self.closed = "ended", True
        for socket in list(self.sockets):
            self.feeds.stop(socket)
            socket.abort()
        for task in list(self._tasks):
            task.cancel()
        self.conditions.changed()
