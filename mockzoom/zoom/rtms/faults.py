"""Stream faults: what can go wrong with a stream on command.

No fault is the consumer's doing. After each, a new handshake is fair, and the rules look at what
the consumer does with it.

To add one:

1. Write a function `_name(stream, *, parameter=default) -> str` here. It acts at once on the
   `Stream` and returns in a few words what it did. Parameters take the type of their defaults,
   which is checked before the call; check ranges and choices with `number_from` and `one_of`. What
   lasts until `heal` goes into `ActiveFaults` (`mockzoom/zoom/rtms/sockets.py`); `_heal` ends it.
2. Add a `StreamAction` with its name, what it is about, and the function to `FAULTS`.
3. Add its name to the list of `stream` in `scenarios/schema.json`, so that scenarios can name it,
   and a row to the table in `scenarios/README.md`.
4. Add a test to `tests/zoom/rtms/test_protocol.py` that sees it on a real socket.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mockzoom.wording import counted
from mockzoom.zoom.rtms.actions import StreamAction, named, number_from, one_of, target_sockets
from mockzoom.zoom.rtms.protocol import StopReason
from mockzoom.zoom.rtms.sockets import ROLES

if TYPE_CHECKING:
    from mockzoom.zoom.rtms.stream import Stream

_NO_JSON = '{"msg_type":12,"timestamp":'
_LARGEST_FRAME = 16 * 1024 * 1024


def _drop_signaling(
    stream: Stream, *, close_frame: bool = False, code: int = 1011, outage: float = 0.0
) -> str:
    """Lose the signaling socket; media counts as interrupted with it.

    For the seconds of the `outage` the server then refuses every connection of the stream. It also
    refuses the first one that comes later, within a third of the window to rejoin: else who comes
    late would never meet the outage.
    """
    number_from("drop-signaling", "outage", outage, 0, 3600)
    stream.active_faults.begin_outage(
        stream.timeline.elapsed(), outage, stream.timing.signaling_window / 3, stream.generation
    )
    socket = stream.signaling
    if socket is None:
        return "no signaling socket is joined"
    if close_frame:
        socket.close(code, "dropped")
    else:
        socket.abort()
    stream.gone(socket)
    return f"{socket.name} {'closed' if close_frame else 'cut without a close frame'}"


def _drop_media(
    stream: Stream, *, socket: str = "media", close_frame: bool = False, code: int = 1011
) -> str:
    """Lose the media sockets, all or those of one kind; signaling stays."""
    sockets = [item for item in target_sockets(stream, "drop-media", socket) if item.kinds]
    for item in sockets:
        if close_frame:
            item.close(code, "dropped")
        else:
            item.abort()
        stream.gone(item)
    if not sockets:
        return "no media socket is joined"
    names = ", ".join(sorted(item.name for item in sockets))
    return f"{names} {'closed' if close_frame else 'cut without a close frame'}"


def _stop_answering(stream: Stream) -> str:
    """Read on, and send nothing more on any socket."""
    stream.active_faults.silent = True
    return "no answer, no keep-alive, no media until heal"


def _withhold_handshake(stream: Stream, *, socket: str = "signaling", times: int = 1) -> str:
    """Answer none of the next handshakes."""
    number_from("withhold-handshake", "times", times, 1, 1_000_000)
    one_of("withhold-handshake", "socket", socket, ROLES)
    stream.active_faults.withheld["media" if socket == "media" else "signaling"] = times
    return f"the next {times} {socket} handshakes get no answer"


def _delay_keep_alives(stream: Stream, *, by: float = 5.0) -> str:
    """Send keep-alives late."""
    number_from("delay-keep-alives", "by", by, 0, 3600)
    stream.active_faults.delay = by
    return f"keep-alives come {by:g} s late"


def _mute_keep_alives(stream: Stream, *, socket: str = "all") -> str:
    """Send no more keep-alives."""
    one_of("mute-keep-alives", "socket", socket, ("all", *ROLES))
    stream.active_faults.muted.update(role for role in ROLES if socket in ("all", role))
    return f"no keep-alives are sent on {socket} sockets"


def _refuse(stream: Stream, *, status: int = 45, socket: str = "signaling", times: int = 1) -> str:
    """Refuse the next handshakes with a status."""
    number_from("refuse", "times", times, 1, 1_000_000)
    number_from("refuse", "status", status, 1, 9999)
    one_of("refuse", "socket", socket, ROLES)
    stream.active_faults.refused["media" if socket == "media" else "signaling"] = status, times
    return f"the next {times} {socket} handshakes are refused with status {status}"


def _malformed_json(stream: Stream, *, socket: str = "signaling") -> str:
    """Send a frame that is no JSON."""
    sockets = target_sockets(stream, "malformed-json", socket)
    for item in sockets:
        item.send_text(_NO_JSON)
    return f"{counted(len(sockets), 'socket')} got {_NO_JSON}"


def _unknown_message(stream: Stream, *, socket: str = "signaling", msg_type: int = 199) -> str:
    """Send a message of a type that the protocol does not know."""
    number_from("unknown-message", "msg_type", msg_type, 30, 1_000_000)
    sockets = target_sockets(stream, "unknown-message", socket)
    for item in sockets:
        item.send_text(json.dumps({"msg_type": msg_type, "timestamp": stream.now_ms()}))
    return f"{counted(len(sockets), 'socket')} got msg_type {msg_type}"


def _oversized_frame(
    stream: Stream, *, socket: str = "signaling", size: int = 2 * 1024 * 1024
) -> str:
    """Send a message of unknown type in a frame larger than a consumer may expect."""
    number_from("oversized-frame", "size", size, 1024, _LARGEST_FRAME)
    sockets = target_sockets(stream, "oversized-frame", socket)
    frame = '{"msg_type":199,"padding":"'
    frame += "x" * (size - len(frame) - 2) + '"}'
    for item in sockets:
        item.send_text(frame)
    return f"{counted(len(sockets), 'socket')} got a frame of {size} bytes"


def _terminate(stream: Stream, *, reason: int = int(StopReason.MEETING_ENDED)) -> str:
    """End the stream: state TERMINATED with a reason; the consumer has to close its sockets."""
    number_from("terminate", "reason", reason, 1, 9999)
    stream.terminate(reason, session_ends=reason == StopReason.MEETING_ENDED)
    return f"the stream ends with reason {reason}"


def _fail_over(stream: Stream) -> str:
    """Move the stream to other URLs; a second start, which the player delivers, names them."""
    stream.fail_over()
    return stream.server_urls


def _move_time(stream: Stream, *, by: float = 60.0) -> str:
    """Move the stream's clock forward: reconnect windows end sooner, timestamps jump.

    What waits for the consumer (keep-alives, 10 s to leave) stays in wall time.
    """
    number_from("move-time", "by", by, 0, 86_400)
    stream.meeting.moved_ms += round(by * 1000)
    stream.windows.move(by)
    return f"the stream's clock is {by:g} s further on"


def _heal(stream: Stream) -> str:
    """End the faults that last."""
    active_faults = stream.active_faults
    active_faults.silent, active_faults.delay = False, 0.0
    active_faults.unreachable_until = active_faults.unnoticed_until = 0.0
    active_faults.muted.clear()
    active_faults.refused.clear()
    active_faults.withheld.clear()
    return "nothing is withheld, refused, muted or delayed any more"


FAULTS: tuple[StreamAction, ...] = (
    StreamAction(
        "drop-signaling",
        "the signaling socket is lost, and cannot be joined for the seconds of the outage, nor at"
        " the first try",
        _drop_signaling,
    ),
    StreamAction("drop-media", "media sockets are lost (all, or of one kind)", _drop_media),
    StreamAction("stop-answering", "the server says nothing more, until heal", _stop_answering),
    StreamAction("withhold-handshake", "the next handshakes get no answer", _withhold_handshake),
    StreamAction("delay-keep-alives", "keep-alives come late, until heal", _delay_keep_alives),
    StreamAction("mute-keep-alives", "no keep-alives are sent, until heal", _mute_keep_alives),
    StreamAction("refuse", "the next handshakes are refused with a status", _refuse),
    StreamAction("malformed-json", "a frame comes that is no JSON", _malformed_json),
    StreamAction("unknown-message", "a message of an unknown type comes", _unknown_message),
    StreamAction("oversized-frame", "a very large frame comes", _oversized_frame),
    StreamAction("terminate", "the stream ends with a stop reason", _terminate),
    StreamAction("fail-over", "the stream moves to other URLs", _fail_over),
    StreamAction("move-time", "the stream's clock jumps forward", _move_time),
    StreamAction("heal", "faults that last end", _heal),
)


def fault_named(name: str) -> StreamAction:
    """Return the fault called `name`; raise `UsageError` with the nearest names."""
    return named(name, FAULTS, "stream fault")
