"""What happens when a socket of a stream is lost: what counts as lost with it, and until when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockzoom.zoom.rtms.protocol import EventType, StopReason
from mockzoom.zoom.rtms.timeline import Note

if TYPE_CHECKING:
    from mockzoom.zoom.rtms.sockets import Socket
    from mockzoom.zoom.rtms.stream import Stream


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
