"""What happens when a socket of a stream has joined or is lost, and until when it may come back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockzoom.zoom.rtms.protocol import CONSUMER_ANSWERED, EventType, StopReason, StreamState
from mockzoom.zoom.rtms.timeline import Note

if TYPE_CHECKING:
    from mockzoom.zoom.rtms.sockets import Socket
    from mockzoom.zoom.rtms.stream import Stream


def signaling_joined(stream: Stream, socket: Socket, *, buffered: bool) -> None:
    """The signaling handshake of `socket` is right."""
    before, stream.signaling = stream.signaling, socket
    again = stream.timeline.counts[Note.JOINED] > 0
    stream.phase, stream.ready, stream.buffered = "active", False, buffered
    stream.subscribed.clear()
    stream.windows.cancel("return")
    if stream.lost:
        await_media(stream)
    socket.joined()
    stream.timeline.note(Note.JOINED, "", socket.name, socket.generation)
    if before is not None and before.open:
        _supersede(stream, before, socket)
    stream.conditions.reached("joined")
    if again:
        stream.conditions.reached("rejoined")


def media_joined(stream: Stream, socket: Socket, params: dict[str, dict[str, Any]]) -> None:
    """The handshake of a media socket is right."""
    socket.kinds = tuple(params)
    for kind in params:
        earlier = stream.media.get(kind)
        stream.media[kind] = socket
        if earlier is not None and earlier is not socket:
            stream.feeds.stop(earlier)
            if earlier not in stream.media.values():
                earlier.close(1000, "joined again")
    stream.feeds.params[socket] = params
    socket.joined()
    back = bool(stream.lost) and stream.lost <= params.keys()
    stream.lost.difference_update(params)
    if not stream.lost:
        stream.windows.cancel("media")
    stream.timeline.note(Note.MEDIA_JOINED, " ".join(params), socket.name, socket.generation)
    if stream.ready:
        stream.feeds.feed(socket)
        _all_ready(stream)
    else:
        stream.windows.start("ready", stream.timing.ready, stream.conditions.changed)
    if back:
        stream.conditions.reached("rejoined")


def became_ready(stream: Stream, socket: Socket) -> None:
    """CLIENT_READY_ACK came after a media handshake: media may flow."""
    if stream.ready:
        return
    stream.ready = True
    stream.windows.cancel("ready")
    stream.timeline.note(Note.READY, "", socket.name)
    stream.announcements.state(StreamState.ACTIVE)
    if stream.identity.is_engagement and stream.timeline.counts[Note.READY] == 1:
        stream.announcements.engagement_event(CONSUMER_ANSWERED, 0)
    for item in set(stream.media.values()):
        stream.feeds.feed(item)
    _all_ready(stream)


def _supersede(stream: Stream, before: Socket, after: Socket) -> None:
    """Let go of the sockets of an earlier join; after a fail-over they end with the old server."""
    if before.generation == after.generation:
        before.close(1000, "joined again")
        return
    old = [before, *set(stream.media.values())]
    stream.media = {}
    for item in old:
        stream.feeds.stop(item)
        item.rest()


def _all_ready(stream: Stream) -> None:
    if stream.ready and not stream.lost:
        stream.conditions.reached("ready")


# -- losing ------------------------------------------------------------------------------------


def signaling_lost(stream: Stream, socket: Socket) -> None:
    """Signaling is gone: media counts as interrupted, too, and Zoom says so by webhook.

    Not so where the stream has moved to other URLs: the consumer is right to leave the old ones.
    """
    if socket.generation != stream.generation:
        stream.phase, stream.ready = "waiting", False
        for item in set(stream.media.values()):
            stream.feeds.stop(item)
        stream.media.clear()
        return
    own_wish = socket.left_by_consumer
    stream.phase, stream.ready = "interrupted", False
    words = "closed by the consumer" if own_wish else "lost"
    stream.timeline.note(Note.INTERRUPTED, words, socket.name, int(not own_wish))
    for item in set(stream.media.values()):
        kinds = " ".join(item.kinds)
        stream.timeline.note(Note.MEDIA_LOST, kinds, item.name, int(not own_wish))
        stream.lost.update(() if own_wish else item.kinds)
        stream.feeds.stop(item)
        item.close(1001, "signaling is lost")
    stream.media.clear()
    stream.windows.cancel("ready")
    await_return(stream)

    def tell() -> None:
        stream.tell_webhook("interrupted")

    stream.windows.start("interrupted", stream.timing.interrupted, tell)


def media_lost(stream: Stream, socket: Socket, kinds: list[str]) -> None:
    """A media socket is gone: said on signaling, and by no webhook."""
    own_wish = socket.left_by_consumer
    stream.timeline.note(Note.MEDIA_LOST, " ".join(kinds), socket.name, int(not own_wish))
    if not own_wish:
        stream.lost.update(kinds)
        await_media(stream)
    stream.announcements.event(EventType.MEDIA_CONNECTION_INTERRUPTED)


def await_return(stream: Stream) -> None:
    """Let the time begin (anew) in which the consumer may come back; then the stream ends."""

    def over() -> None:
        stream.terminate(StopReason.AWAIT_RECONNECTION_TIMEOUT)

    stream.windows.start("return", stream.timing.signaling_window, over, moves=True)
    if stream.lost:
        await_media(stream)


def await_media(stream: Stream) -> None:
    """Let the time begin (anew) in which media may come back."""
    window = stream.timing.media_window
    stream.windows.start("media", window, stream.conditions.changed, moves=True)
