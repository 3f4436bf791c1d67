"""Media on its way: one feed for each kind of media of a socket, each frame at its time.

The frames are numbered from the start of the stream, so that a consumer which joins late, or comes
back, hears what is being said then. One that asked for buffered audio gets what it missed first.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mockzoom.zoom.rtms.params import AUDIO_MULTI
from mockzoom.zoom.rtms.protocol import DATA_MESSAGE, EventType
from mockzoom.zoom.rtms.sources.kind import channel_of

if TYPE_CHECKING:
    from mockzoom.zoom.rtms.sockets import Socket
    from mockzoom.zoom.rtms.sources import Frame, MediaSource, Participant
    from mockzoom.zoom.rtms.stream import Stream

BUFFERED_S = 60.0
"""Seconds of audio that are kept for a consumer that asks for it."""
_AT_ONCE = 100
"""Frames that are sent without letting others do something."""


class StreamedMeeting:
    """What all feeds of one stream share: when it began, who takes part, how late frames were."""

    def __init__(
        self, sources: dict[str, MediaSource], people: list[Participant], *, channels: bool = False
    ) -> None:
        self.sources, self.people, self.channels = sources, people, channels
        """`channels`: each participant's sound has a channel of its own, also where it is mixed."""
        self.began = asyncio.get_running_loop().time()
        self.began_ms = int(time.time() * 1000)
        self.moved_ms = 0
        """How far a fault has moved the stream's clock."""
        self.sharing = True
        self.next: dict[str, int] = {}
        """The number of the first frame that no feed has sent yet, by kind."""
        self.watched: int | None = None
        """The participant whose video the consumer subscribed to: one at a time in version 1."""
        self.late_s = 0.0
        """The most that a frame was late."""
        self.late = 0
        """How many frames went out after the next one was due."""
        self.first_packet: Callable[[int], None] = lambda stamp_ms: None

    def number(self, kind: str, interval: float, *, buffered: bool) -> int:
        """Return the number of the frame to begin with."""
        now = asyncio.get_running_loop().time() - self.began
        if not buffered:
            return int(now / interval) + 1
        oldest = int(max(0.0, now - BUFFERED_S) / interval)
        return max(oldest, self.next.get(kind, 0))

    def now_ms(self) -> int:
        """Return the stream's clock, in milliseconds since the epoch."""
        return int(time.time() * 1000) + self.moved_ms


class MediaFeed:
    """Sends one kind of media to one socket until it is stopped, and first what is `buffered`."""

    def __init__(
        self, meeting: StreamedMeeting, socket: Socket, kind: str, params: dict[str, Any], *,
        buffered: bool,
    ) -> None:  # fmt: skip
        self.kind, self.params, self.socket = kind, params, socket
        self._has_channels = meeting.channels and kind == "audio"
        if self._has_channels:
            self.params = {**params, "data_opt": AUDIO_MULTI}
        self._meeting, self._source = meeting, meeting.sources[kind]
        self._interval = self._source.interval(params)
        self._number = meeting.number(kind, self._interval, buffered=buffered)
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = self._loop.call_at(self._due(), self._tick)

    def stop(self) -> None:
        """Send nothing more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _due(self) -> float:
        return self._meeting.began + self._number * self._interval

    def _tick(self) -> None:
        now, sent = self._loop.time(), 0
        late = now - self._due()
        if late < BUFFERED_S / 2 and self.socket.sent:
            self._meeting.late_s = max(self._meeting.late_s, late)
        while self._due() <= now and sent < _AT_ONCE and self.socket.open:
            self._meeting.late += self._due() + self._interval < now
            self._send()
            self._number += 1
            sent += 1
        self._meeting.next[self.kind] = self._number
        if self.socket.open:
            self._timer = self._loop.call_at(max(now, self._due()), self._tick)

    def _send(self) -> None:
        meeting = self._meeting
        offset = round(self._number * self._interval * 1000)
        stamp = meeting.began_ms + offset + meeting.moved_ms
        people = meeting.people
        for frame in self._source.frames(self._number, self.params, len(people)):
            who = people[frame.who] if frame.who is not None and people else None
            if not self._wanted(who):
                continue
            channel = channel_of(frame.who or 0) if self._has_channels else None
            if self.socket.send_media(media_message(self.kind, frame, who, stamp, channel)):
                meeting.first_packet(stamp)

    def _wanted(self, who: Participant | None) -> bool:
        if self.kind == "deskshare":
            return self._meeting.sharing
        if self.kind == "video" and self.params["data_opt"] == 4:
            return who is not None and who.user_id == self._meeting.watched
        return True


def media_message(
    kind: str, frame: Frame, who: Participant | None, stamp_ms: int, channel: int | None = None
) -> str:
    """Return one message of media; spelled by hand: it is made thousands of times a second."""
    head = f'{{"msg_type":{int(DATA_MESSAGE[kind])},"content":{{'
    if kind == "chat":
        return f'{head}"timestamp":{stamp_ms},"data":{json.dumps(frame.data)}}}}}'
    if who is None:
        head += '"user_id":0,'
    else:
        head += f'"user_id":{who.user_id},"user_name":{json.dumps(who.user_name)},'
    if channel is not None:
        head += f'"channel_id":{channel},'
    if kind == "transcript":
        ends = stamp_ms + round(frame.lasts * 1000)
        return (
            f'{head}"start_time":{stamp_ms},"end_time":{ends},"timestamp":{stamp_ms},"language":9,'
            f'"data":{json.dumps(frame.data)}}}}}'
        )
    return f'{head}"data":"{frame.data}","length":{frame.length},"timestamp":{stamp_ms}}}}}'


class MediaFeeds:
    """Starts and stops the feeds of a stream's media sockets."""

    def __init__(self, stream: Stream) -> None:
        self.params: dict[Socket, dict[str, dict[str, Any]]] = {}
        """What each media socket was confirmed, by kind."""
        self.paused = False
        self._stream = stream
        self._feeds: dict[Socket, list[MediaFeed]] = {}
        self._first_sent = False
        stream.meeting.first_packet = self._first_packet

    def feed(self, socket: Socket) -> None:
        """Begin to send media to `socket`."""
        stream = self._stream
        if self.paused or socket in self._feeds or not socket.open:
            return
        feeds = self._feeds[socket] = []
        for kind, chosen in self.params.get(socket, {}).items():
            if stream.media.get(kind) is socket:
                buffered = stream.buffered and kind == "audio"
                feeds.append(MediaFeed(stream.meeting, socket, kind, chosen, buffered=buffered))

    def stop(self, socket: Socket) -> None:
        """Send no more media to `socket`."""
        for feed in self._feeds.pop(socket, []):
            feed.stop()

    def pause(self, *, on: bool) -> None:
        """Stop all media, or let it go on."""
        self.paused = on
        for socket in set(self._stream.media.values()):
            self.stop(socket)
            if not on and self._stream.ready:
                self.feed(socket)

    def _first_packet(self, stamp_ms: int) -> None:
        if not self._first_sent:
            self._first_sent = True
            self._stream.announcements.event(EventType.FIRST_PACKET_TIMESTAMP)
