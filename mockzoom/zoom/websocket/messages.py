"""What is said over such a connection, and the names under which a run shows it.

Facts: Zoom, "Using WebSockets"; messages and refusals as clients have logged them (`Invalid Token`,
`token is empty`; after a refusal Zoom closes). Inferred: what Zoom says of an unknown subscription
and in `content` where it accepts. Clients look at `success` there.
"""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

from mockzoom.foreign_json import read_json

PATH = "/ws"
HEARTBEAT_S = 30.0
"""Seconds after which a client sends its next heartbeat."""
_SUBSCRIPTION, _TOKEN = "subscriptionId", "access_token"
EMPTY_TOKEN, INVALID_TOKEN = "token is empty", "Invalid Token"
UNKNOWN_SUBSCRIPTION = "Invalid subscriptionId"


SERVER = "server"
"""The socket of an observation that is about no connection."""


class Seen:
    """What happens on the way of a client, as observations name it."""

    TOKEN = "access token given"
    NO_TOKEN = "access token refused"
    TRIED = "connecting"
    UNREACHABLE = "found unreachable"
    REFUSED = "refused"
    CONNECTED = "connected"
    HEARTBEAT = "heartbeat"
    OTHER = "other message"
    EVENT = "event"
    REPLACED = "closed for a newer connection"
    CLOSED = "closed by the server"
    DROPPED = "cut off by the server"
    LEFT = "closed by the client"
    EXPIRED = "access tokens ended"


def path_of(subscription: str) -> str:
    """Return the path at which the client of a subscription connects; its token is added there."""
    return f"{PATH}?{_SUBSCRIPTION}={subscription}"


def asked_for(target: str) -> tuple[str, str]:
    """Return subscription and access token of a request's target; empty where it has none."""
    given = parse_qs(urlsplit(target).query)
    return given.get(_SUBSCRIPTION, [""])[0], given.get(_TOKEN, [""])[0]


def built(refusal: str = "") -> bytes:
    """Return the first message to a client: it is connected, or why not."""
    return _message("build_connection", refusal or "success", success=not refusal)


def live() -> bytes:
    """Return the answer to a heartbeat."""
    return _message("heartbeat", "live", success=True)


def event_message(body: bytes) -> bytes:
    """Return the message that carries an event: its JSON is a text in there, so encoded twice."""
    content = body.decode("utf-8", "replace")
    said = {"module": "message", "content": content, "header": {}}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def is_heartbeat(text: bytes) -> bool:
    """Tell whether what a client sent is a heartbeat."""
    try:
        said = read_json(text)
    except ValueError:
        return False
    return isinstance(said, dict) and said.get("module") == "heartbeat"


def _message(module: str, content: str, *, success: bool) -> bytes:
    said = {"module": module, "success": success, "content": content, "header": {}}
    return json.dumps(said, separators=(",", ":")).encode()
