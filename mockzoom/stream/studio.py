"""Which media goes to which socket of a stream, and when it pauses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockzoom.stream.feed import MediaFeed, start_feeds, stop_all
from mockzoom.stream.protocol import EventType
from mockzoom.stream.timeline import Note

if TYPE_CHECKING:
    from mockzoom.stream.sockets import Socket
    from mockzoom.stream.stream import Stream


class Studio:
    """Starts and stops the feeds of a stream's media sockets."""

    def __init__(self, stream: Stream) -> None:
        self.params: dict[Socket, dict[str, dict[str, Any]]] = {}
        """What each media socket was confirmed, by kind."""
        self.paused = False
        self._stream = stream
        self._feeds: dict[Socket, list[MediaFeed]] = {}
        self._first_sent = False
        stream.programme.first_packet = self._first_packet

    def feed(self, socket: Socket) -> None:
        """Begin to send media to `socket`; what cannot be sent is noted."""
        stream = self._stream
        if self.paused or socket in self._feeds or not socket.open:
            return
        params = {
            kind: chosen
            for kind, chosen in self.params.get(socket, {}).items()
            if stream.media.get(kind) is socket
        }
        feeds, lacking = start_feeds(stream.programme, socket, params, buffered=stream.buffered)
        self._feeds[socket] = feeds
        for text in lacking:
            stream.timeline.note(Note.NOT_SENT, text, socket.name)

    def stop(self, socket: Socket) -> None:
        """Send no more media to `socket`."""
        stop_all(self._feeds.pop(socket, []))

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
            self._stream.voice.event(EventType.FIRST_PACKET_TIMESTAMP)
