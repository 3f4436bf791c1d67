"""Streams: the rules for consumers of RTMS streams (MZ601 to MZ613).

The checks are in `mockzoom.suites.stream_checks`, which only those import who run a stream server.
"""

from __future__ import annotations

from mockzoom.engine.suite import Suite
from mockzoom.rules import Rule

NEVER_JOINED = Rule("MZ601", "never-joined", "error")
BAD_HANDSHAKE_SIGNATURE = Rule("MZ602", "bad-handshake-signature", "error")
BAD_STREAM_MESSAGE = Rule("MZ603", "bad-stream-message", "error")
NOT_READY = Rule("MZ604", "not-ready", "error")
KEEP_ALIVE_UNANSWERED = Rule("MZ605", "keep-alive-unanswered", "error")
DUPLICATE_JOIN = Rule("MZ606", "duplicate-join", "error")
FAILOVER_IGNORED = Rule("MZ607", "failover-ignored", "error")
NO_REJOIN = Rule("MZ608", "no-rejoin", "error")
LEFT_OPEN = Rule("MZ609", "left-open", "error")
JOIN_AFTER_STOP = Rule("MZ610", "join-after-stop", "error")
MEDIA_NOT_REJOINED = Rule("MZ611", "media-not-rejoined", "error")
RECONNECT_STORM = Rule("MZ612", "reconnect-storm", "warning")
FORGED_START_FOLLOWED = Rule("MZ613", "forged-start-followed", "error")

OF_ONE_STREAM = (
    NEVER_JOINED, BAD_HANDSHAKE_SIGNATURE, BAD_STREAM_MESSAGE, NOT_READY, KEEP_ALIVE_UNANSWERED,
    DUPLICATE_JOIN, FAILOVER_IGNORED, NO_REJOIN, LEFT_OPEN, JOIN_AFTER_STOP, MEDIA_NOT_REJOINED,
    RECONNECT_STORM,
)  # fmt: skip
"""The rules that each stream is held to; the last one is about a honeypot."""

SUITE = Suite(
    "streams",
    "streams",
    (*OF_ONE_STREAM, FORGED_START_FOLLOWED),
    wanted=lambda suite, settings: settings.streams,
)

RULES = {rule.id: rule for rule in SUITE.rules}
