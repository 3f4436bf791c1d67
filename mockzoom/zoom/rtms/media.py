"""The media sockets: their handshake, with the kinds of media and parameters that it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockzoom.zoom.rtms import joining
from mockzoom.zoom.rtms.messages import Message
from mockzoom.zoom.rtms.params import Refusal, confirmed, kinds_of
from mockzoom.zoom.rtms.protocol import MsgType, Status
from mockzoom.zoom.rtms.signaling import keep_alive, refusal, status_words
from mockzoom.zoom.rtms.timeline import Note

if TYPE_CHECKING:
    from mockzoom.zoom.rtms.sockets import Socket
    from mockzoom.zoom.rtms.stream import Stream


def take(stream: Stream, socket: Socket, message: Message) -> None:
    """Act on one message of a media socket."""
    if message.type == MsgType.DATA_HAND_SHAKE_REQ:
        stream.spawn(_handshake(stream, socket, message))
    elif message.flaw or socket.joined_at is None:
        return
    elif message.type == MsgType.KEEP_ALIVE_REQ:
        keep_alive(stream, socket, message)


async def _handshake(stream: Stream, socket: Socket, message: Message) -> None:
    outcome = await _verdict(stream, socket, message)
    if outcome is None:
        return
    body: dict[str, Any] = {
        "msg_type": int(MsgType.DATA_HAND_SHAKE_RESP),
        "protocol_version": 1,
        "status_code": 0,
        "reason": "",
        "sequence": 0,
        "payload_encrypted": False,
        "media_params": {},
    }
    if isinstance(outcome, tuple):
        status, reason = outcome
        body.update(status_code=int(status), reason=reason)
        stream.timeline.note(Note.REFUSED, f"media: {reason}", socket.name, int(status))
        socket.send(body, int(status))
        return
    body["media_params"] = outcome
    socket.send(body, 0)
    joining.media_joined(stream, socket, outcome)


async def _verdict(
    stream: Stream, socket: Socket, message: Message
) -> dict[str, dict[str, Any]] | tuple[int, str] | None:
    """Return the parameters confirmed, or a status and its words, or None: no answer at all."""
    wrong = refusal(stream, socket, message)
    if stream.trouble.withholds("media"):
        return None
    forced = stream.trouble.refuses("media")
    if forced is None and wrong is None and stream.ended:
        return Status.INVALID_RTMS_STREAM_ID, "the stream has ended"
    if forced is not None or wrong is not None:
        status = int(forced if forced is not None else wrong or 0)
        return status, status_words(status)
    kinds = kinds_of(socket.key, int(message.body["media_type"]), stream.scopes)
    if isinstance(kinds, Refusal):
        return kinds.status, kinds.reason
    params = confirmed(kinds, message.body.get("media_params"))
    if isinstance(params, Refusal):
        return params.status, params.reason
    taken = await _taken(stream, socket, kinds)
    return params if taken is None else (taken, status_words(taken))


async def _taken(stream: Stream, socket: Socket, kinds: tuple[str, ...]) -> Status | None:
    """Return the status that says that another socket, alive, carries one of `kinds` already."""
    if socket.joined_at is not None:
        return Status.DUPLICATE_MEDIA_DATA_CONNECTION
    for other in {stream.media[kind] for kind in kinds if kind in stream.media}:
        since = other.joined_at or 0.0
        newer = stream.signaling is not None and (stream.signaling.joined_at or 0.0) > since
        if newer or not other.open or stream.disturbed_since(since) or other.missed:
            continue
        if await other.alive() and other in stream.media.values():
            several = len(other.kinds) > 1 or other.key == "all"
            return (
                Status.MEDIA_DATA_ALL_CONNECTION_EXIST
                if several
                else Status.DUPLICATE_MEDIA_DATA_CONNECTION
            )
    return None
