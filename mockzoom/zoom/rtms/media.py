"""The media sockets: their handshake, with the kinds of media and parameters that it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockzoom.zoom.rtms import connections
from mockzoom.zoom.rtms.messages import Message
from mockzoom.zoom.rtms.params import Refusal, beyond, confirmed, kinds_of
from mockzoom.zoom.rtms.protocol import VERSION, MsgType, Status, status_words
from mockzoom.zoom.rtms.signaling import keep_alive, note_refusal, refusal

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
    wrong = refusal(stream, socket, message)
    if stream.active_faults.withholds("media"):
        return
    outcome = (
        stream.active_faults.refuses("media") or wrong or await _verdict(stream, socket, message)
    )
    refused = outcome if isinstance(outcome, Refusal) else None
    body: dict[str, Any] = {
        "msg_type": int(MsgType.DATA_HAND_SHAKE_RESP),
        "protocol_version": VERSION,
        "status_code": int(refused.status) if refused else 0,
        "reason": refused.reason if refused else "",
        "sequence": 0,
        "payload_encrypted": False,
        "media_params": {} if refused else outcome,
    }
    if refused:
        note_refusal(stream, socket, refused)
    socket.send(body, int(body["status_code"]))
    if not isinstance(outcome, Refusal):
        connections.media_joined(stream, socket, outcome)


async def _verdict(
    stream: Stream, socket: Socket, message: Message
) -> dict[str, dict[str, Any]] | Refusal:
    """Return the parameters confirmed, by kind of media, or why they are refused."""
    if stream.ended:
        return Refusal(Status.INVALID_RTMS_STREAM_ID, "the stream has ended")
    kinds = kinds_of(int(message.body["media_type"]), stream.scopes)
    if isinstance(kinds, Refusal):
        return kinds
    params = confirmed(kinds, message.body.get("media_params"))
    if isinstance(params, Refusal):
        return params
    for kind, chosen in params.items():
        lack = stream.meeting.sources[kind].lacks(chosen)
        if lack is not None:
            return beyond(kind, *lack)
    taken = await _taken(stream, socket, kinds)
    return params if taken is None else Refusal(taken, status_words(taken))


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
