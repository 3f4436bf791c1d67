"""The signaling socket: what the consumer may say there, and what it is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mockzoom.zoom.rtms import connections
from mockzoom.zoom.rtms.identity import OWNER_FIELDS
from mockzoom.zoom.rtms.messages import Message
from mockzoom.zoom.rtms.params import Refusal
from mockzoom.zoom.rtms.protocol import (
    KNOWN_EVENTS,
    VERSION,
    EventType,
    MsgType,
    Status,
    StopReason,
    status_words,
)
from mockzoom.zoom.rtms.timeline import Note

if TYPE_CHECKING:
    from mockzoom.zoom.rtms.sockets import Socket
    from mockzoom.zoom.rtms.stream import Stream


_REGION = "US"
"""The region of the media servers, which newer samples of Zoom read."""


def take(stream: Stream, socket: Socket, message: Message) -> None:
    """Act on one message of a signaling socket."""
    if message.type == MsgType.SIGNALING_HAND_SHAKE_REQ:
        stream.spawn(_handshake(stream, socket, message))
        return
    answer = _ANSWERS.get(message.type or 0)
    if answer is None or message.flaw or socket.joined_at is None:
        return
    answer(stream, socket, message)


# -- the handshake -----------------------------------------------------------------------------


async def _handshake(stream: Stream, socket: Socket, message: Message) -> None:
    stream.attempted(socket)
    refused = refusal(stream, socket, message)
    if stream.active_faults.withholds("signaling"):
        return
    forced = stream.active_faults.refuses("signaling")
    refused = forced or refused or await _out_of_place(stream, socket)
    body: dict[str, Any] = {
        "msg_type": int(MsgType.SIGNALING_HAND_SHAKE_RESP),
        "protocol_version": VERSION,
        "sequence": 0,
        "status_code": int(refused.status) if refused else 0,
        "reason": refused.reason if refused else "",
    }
    if refused is None:
        urls = stream.media_urls(socket.generation)
        body["media_server"] = {"server_urls": urls, "datacenter_region": _REGION}
        buffered = message.body.get("buffer_data") is not False
        connections.signaling_joined(stream, socket, buffered=buffered)
    else:
        note_refusal(stream, socket, refused)
    socket.send(body, int(body["status_code"]))


async def _out_of_place(stream: Stream, socket: Socket) -> Refusal | None:
    """Return why a handshake comes too late, at old URLs, or as the second one of its stream."""
    if stream.ended:
        return Refusal(Status.INVALID_RTMS_STREAM_ID, "the stream has ended")
    first = stream.signaling
    if first is not None and first.open and socket.generation < first.generation:
        return Refusal(Status.INVALID_RTMS_STREAM_ID, "the stream has moved", "fault")
    if socket.joined_at is None and not await _lives(stream, first, socket):
        return None
    if first is None or not stream.disturbed_since(first.joined_at or 0.0):
        stream.timeline.note(Note.DUPLICATE, "", socket.name, socket.generation)
    # Libraries look for these words, in capitals or not.
    return Refusal(Status.DUPLICATE_SIGNAL_REQUEST, "duplicate signal request")


async def _lives(stream: Stream, first: Socket | None, second: Socket) -> bool:
    """Whether a first socket serves the same URLs, with somebody at its other end.

    A consumer that lost its connection, though we have not noticed yet, is right to come again.
    """
    if first is None or first.generation != second.generation or not first.open or first.missed:
        return False
    return await first.alive() and stream.signaling is first


def note_refusal(stream: Stream, socket: Socket, refused: Refusal) -> None:
    """Note that a handshake is refused, under the name of whose doing it is."""
    names = {"consumer": Note.REFUSED, "server": Note.NOT_OFFERED, "fault": Note.REFUSED_BY_FAULT}
    text = f"{socket.role}: {refused.reason}"
    stream.timeline.note(names[refused.cause], text, socket.name, int(refused.status))


def refusal(stream: Stream, socket: Socket, message: Message) -> Refusal | None:
    """Return why a handshake, of either kind, is not authentic, and note a wrong signature."""
    if message.flaw:
        return Refusal(Status.INVALID_PAYLOAD, f"{message.name}: {message.flaw}")
    version = message.body.get("protocol_version", VERSION)
    if version != VERSION:
        words = f"protocol_version {version}: mockzoom speaks version {VERSION}"
        return Refusal(Status.INVALID_PAYLOAD, words, "server")
    identity = stream.identity
    named = message.text("rtms_stream_id")
    owner = next((str(message.body[key]) for key in OWNER_FIELDS if message.body.get(key)), "")
    wrong, status = identity.check(message.text("signature")), Status.INVALID_SIGNATURE
    if named != identity.stream_id:
        wrong = f"it names the stream {named[:60]!r}; expected {identity.stream_id!r}"
        status = Status.INVALID_RTMS_STREAM_ID
    elif owner != identity.owner_id:
        wrong = f"it names {owner[:60]!r}; expected {identity.owner_id!r}"
    if wrong is None:
        return None
    stream.timeline.note(Note.BAD_SIGNATURE, f"{message.name}: {wrong}", socket.name, int(status))
    return Refusal(status, status_words(status))


# -- afterwards --------------------------------------------------------------------------------


def _ready(stream: Stream, socket: Socket, message: Message) -> None:
    named, wrong = message.text("rtms_stream_id"), int(Status.INVALID_CLIENT_READY_ACK)
    if named != stream.identity.stream_id:
        text = f"it names the stream {named[:60]!r}"
        stream.timeline.note(Note.EARLY_READY, text, socket.name, wrong)
    elif not any(item.open for item in stream.media.values()):
        text = "no media socket has shaken hands yet"
        stream.timeline.note(Note.EARLY_READY, text, socket.name, wrong)
    elif socket is stream.signaling:
        connections.became_ready(stream, socket)


def _subscribe(stream: Stream, socket: Socket, message: Message) -> None:
    for item in message.body["events"]:
        number = int(item["event_type"])
        if number not in KNOWN_EVENTS or stream.identity.is_engagement:
            continue
        if not item["subscribe"]:
            stream.subscribed.discard(number)
        elif number not in stream.subscribed:
            stream.subscribed.add(number)
            if number == EventType.PARTICIPANT_JOIN:
                stream.announcements.participants()


def _session_state(stream: Stream, socket: Socket, message: Message) -> None:
    socket.send(
        {"msg_type": int(MsgType.SESSION_STATE_RESP), "rtms_session_id": stream.session_id,
         "state": int(stream.session_state), "timestamp": stream.now_ms()}
    )  # fmt: skip


def _stream_state(stream: Stream, socket: Socket, message: Message) -> None:
    socket.send(
        {"msg_type": int(MsgType.STREAM_STATE_RESP), "state": int(stream.state),
         "rtms_stream_id": stream.identity.stream_id, "timestamp": stream.now_ms()}
    )  # fmt: skip


def _close(stream: Stream, socket: Socket, message: Message) -> None:
    right = message.text("rtms_stream_id") == stream.identity.stream_id
    status = Status.OK if right else Status.INVALID_RTMS_STREAM_ID
    socket.send(
        {"msg_type": int(MsgType.STREAM_CLOSE_RESP),
         "rtms_stream_id": message.text("rtms_stream_id"), "status_code": int(status),
         "reason": status_words(status), "timestamp": stream.now_ms()},
        int(status),
    )  # fmt: skip
    if right:
        stream.terminate(StopReason.RECEIVER_REQUEST_CLOSE)


def _watch(stream: Stream, socket: Socket, message: Message) -> None:
    user, wanted = int(message.body["user_id"]), message.body["subscribe"]
    meeting = stream.meeting
    status = Status.OK
    if user not in {person.user_id for person in meeting.people}:
        status = Status.INVALID_PAYLOAD
    elif wanted and user == meeting.watched:
        status = Status.DUPLICATE_VIDEO_SUBSCRIPTION
    elif wanted:
        meeting.watched = user
    elif user == meeting.watched:
        meeting.watched = None
    socket.send(
        {"msg_type": int(MsgType.VIDEO_SUBSCRIPTION_RESP), "user_id": user,
         "status_code": int(status), "reason": status_words(status), "timestamp": stream.now_ms()},
        int(status),
    )  # fmt: skip


def keep_alive(stream: Stream, socket: Socket, message: Message) -> None:
    """Answer the consumer's own keep-alive, on either kind of socket."""
    body = {"msg_type": int(MsgType.KEEP_ALIVE_RESP), "timestamp": message.body["timestamp"]}
    if "sequence" in message.body:
        body["sequence"] = message.body["sequence"]
    socket.send(body)


_ANSWERS: dict[int, Callable[[Stream, Socket, Message], None]] = {
    MsgType.CLIENT_READY_ACK: _ready, MsgType.EVENT_SUBSCRIPTION: _subscribe,
    MsgType.SESSION_STATE_REQ: _session_state, MsgType.STREAM_STATE_REQ: _stream_state,
    MsgType.STREAM_CLOSE_REQ: _close, MsgType.KEEP_ALIVE_REQ: keep_alive,
    MsgType.VIDEO_SUBSCRIPTION_REQ: _watch,
}  # fmt: skip
