"""Reading the consumer's frames: a message with its name, or a flaw with its reason."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mockzoom.foreign_json import ForeignJSONError, read_json
from mockzoom.model import JSON
from mockzoom.wording import printable
from mockzoom.zoom.rtms.identity import OWNER_FIELDS
from mockzoom.zoom.rtms.protocol import VERSION, VERSIONS, MsgType

LARGEST = 1024 * 1024
"""Bytes of a frame from the consumer; nothing in the protocol comes near it."""
_SHOWN = 600


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it was read. `flaw` says what is wrong with it, if anything is.

    `lapse` says what is wrong with it that Zoom accepts.
    """

    type: int | None
    body: Mapping[str, Any]
    flaw: str = ""
    lapse: str = ""

    @property
    def name(self) -> str:
        """The name of its type, or `unknown message`."""
        try:
            return MsgType(self.type or 0).name
        except ValueError:
            return "unknown message" if self.type is not None else "no message"

    def text(self, key: str) -> str:
        """Return a field that is text; empty where it is absent or something else."""
        value = self.body.get(key)
        return value if isinstance(value, str) else ""


def read(frame: str | bytes) -> Message:
    """Read one frame, text or binary; whatever is in it, this returns."""
    try:
        body = read_json(frame)
    except ForeignJSONError as error:
        reason = "it is empty" if not frame else str(error)
        return Message(None, {}, f"it is no JSON: {reason}")
    if not isinstance(body, dict):
        return Message(None, {}, f"it is a JSON {type(body).__name__}; expected an object")
    number: Any = body.get("msg_type")
    if not _is_integer(number):
        found = "absent" if "msg_type" not in body else json.dumps(number)[:40]
        return Message(None, body, f"its msg_type is {found}; expected an integer")
    return Message(int(number), body, _flaw(int(number), body), _lapse(int(number), body))


def shown(frame: str | bytes) -> str:
    """Return the first characters of a frame, in one line and without control characters."""
    part = frame[: _SHOWN * 2]
    text = part.decode("utf-8", "backslashreplace") if isinstance(part, bytes) else part
    text = " ".join(text.split())
    more = f" … ({len(frame)} bytes)" if len(frame) > _SHOWN * 2 or len(text) > _SHOWN else ""
    return printable(text[:_SHOWN]) + more


# -- what each message must have ---------------------------------------------------------------


def _is_integer(value: JSON) -> bool:
    return not isinstance(value, bool) and (
        isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    )


def _is(kind: type) -> Callable[[JSON], bool]:
    return lambda value: isinstance(value, kind)


_INTEGER = (_is_integer, "an integer")
_TEXT = (_is(str), "a string")
_FLAG = (_is(bool), "true or false")
_REQUIRED: dict[int, dict[str, tuple[Callable[[JSON], bool], str]]] = {
    MsgType.SIGNALING_HAND_SHAKE_REQ: {
        "rtms_stream_id": _TEXT, "signature": _TEXT,
    },
    MsgType.DATA_HAND_SHAKE_REQ: {
        "rtms_stream_id": _TEXT, "signature": _TEXT, "media_type": _INTEGER,
    },
    MsgType.EVENT_SUBSCRIPTION: {"events": (_is(list), "a list")},
    MsgType.CLIENT_READY_ACK: {"rtms_stream_id": _TEXT},
    MsgType.SESSION_STATE_REQ: {"rtms_session_id": _TEXT},
    MsgType.KEEP_ALIVE_REQ: {"timestamp": _INTEGER},
    MsgType.KEEP_ALIVE_RESP: {"timestamp": _INTEGER},
    MsgType.STREAM_STATE_REQ: {"rtms_stream_id": _TEXT},
    MsgType.STREAM_CLOSE_REQ: {"rtms_stream_id": _TEXT},
    MsgType.VIDEO_SUBSCRIPTION_REQ: {"user_id": _INTEGER, "subscribe": _FLAG},
}  # fmt: skip
"""`sequence` is in none: on paper it starts at 1, the official SDK sends any number."""
_HAND_SHAKES = (MsgType.SIGNALING_HAND_SHAKE_REQ, MsgType.DATA_HAND_SHAKE_REQ)


def _flaw(number: int, body: Mapping[str, Any]) -> str:
    for key, (fits, expected) in _REQUIRED.get(number, {}).items():
        if key not in body:
            return f"{key} is missing; expected {expected}"
        if not fits(body[key]):
            return f"its {key} is {json.dumps(body[key])[:40]}; expected {expected}"
    if number in _HAND_SHAKES:
        return _version_flaw(body) or _owner_flaw(body)
    if number == MsgType.EVENT_SUBSCRIPTION:
        return _events_flaw(body["events"])
    return ""


def _lapse(number: int, body: Mapping[str, Any]) -> str:
    """Say what a handshake of an older sample lacks: Zoom takes it for version 1."""
    if number in _HAND_SHAKES and "protocol_version" not in body:
        return f"protocol_version is missing; expected {VERSION}"
    return ""


def _version_flaw(body: Mapping[str, Any]) -> str:
    version = body.get("protocol_version", VERSION)
    if not _is_integer(version) or version not in VERSIONS:
        return f"its protocol_version is {json.dumps(version)[:40]}; expected {VERSION}"
    return ""


def _owner_flaw(body: Mapping[str, Any]) -> str:
    named = [key for key in OWNER_FIELDS if key in body]
    if not named:
        return "meeting_uuid is missing; expected a string"
    wrong = [key for key in named if not isinstance(body[key], str)]
    if wrong:
        return f"its {wrong[0]} is {json.dumps(body[wrong[0]])[:40]}; expected a string"
    return ""


def _events_flaw(events: list[Any]) -> str:
    for index, item in enumerate(events):
        if not isinstance(item, dict):
            return f"its events/{index} is {json.dumps(item)[:40]}; expected an object"
        if not _is_integer(item.get("event_type")):
            return f"its events/{index} has no event_type that is an integer"
        if not isinstance(item.get("subscribe"), bool):
            return f"its events/{index} has no subscribe that is true or false"
    return ""
