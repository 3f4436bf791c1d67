"""The rules that a receiver can break: stable ids, slugs and severities.

Each rule has a page of prose: see `mockzoom.suites.rules`.
"""

from __future__ import annotations

from collections.abc import Mapping

from mockzoom.model import Rule

_LIST = (
    Rule("MZ101", "not-acknowledged", "error"),
    Rule("MZ102", "slow-acknowledgement", "error"),
    Rule("MZ103", "no-response", "error"),
    Rule("MZ104", "redirected", "error"),
    Rule("MZ105", "unusual-success", "warning"),
    Rule("MZ107", "unknown-event-refused", "error"),
    Rule("MZ108", "new-field-refused", "error"),
    Rule("MZ109", "documented-variant-refused", "warning"),
    Rule("MZ201", "wrong-secret-accepted", "error"),
    Rule("MZ202", "unsigned-accepted", "error"),
    Rule("MZ203", "tampered-body-accepted", "error"),
    Rule("MZ204", "unbound-timestamp-accepted", "error"),
    Rule("MZ205", "stale-timestamp-accepted", "warning"),
    Rule("MZ206", "empty-secret-accepted", "error"),
    Rule("MZ207", "canonical-only", "warning"),
    Rule("MZ208", "non-ascii-refused", "error"),
    Rule("MZ209", "bad-signature-crash", "error"),
    Rule("MZ210", "forgery-not-refused-cleanly", "warning"),
    Rule("MZ211", "endpoint-auth-not-enforced", "error"),
    Rule("MZ301", "challenge-unanswered", "error"),
    Rule("MZ302", "challenge-wrong-plain-token", "error"),
    Rule("MZ303", "challenge-wrong-hash", "error"),
    Rule("MZ304", "challenge-slow", "error"),
    Rule("MZ305", "challenge-unsigned-answered", "warning"),
    Rule("MZ306", "challenge-signing-oracle", "error"),
    Rule("MZ401", "error-on-malformed-event", "error"),
    Rule("MZ402", "hang-on-malformed-event", "error"),
    Rule("MZ403", "malformed-event-accepted", "error"),
    Rule("MZ404", "error-on-malformed-body", "error"),
    Rule("MZ405", "hang-on-malformed-body", "error"),
    Rule("MZ406", "died", "error"),
    Rule("MZ407", "blocked-by-slow-sender", "warning"),
    Rule("MZ501", "duplicate-processed", "error"),
    Rule("MZ502", "order-dependent", "error"),
    Rule("MZ503", "lost-response-processed-twice", "error"),
    Rule("MZ504", "concurrent-duplicate-processed", "error"),
    Rule("MZ505", "event-dropped", "error"),
    Rule("MZ510", "expectation-not-met", "error"),
    Rule("MZ601", "never-joined", "error"),
    Rule("MZ602", "bad-handshake-signature", "error"),
    Rule("MZ603", "bad-stream-message", "error"),
    Rule("MZ604", "not-ready", "error"),
    Rule("MZ605", "keep-alive-unanswered", "error"),
    Rule("MZ606", "duplicate-join", "error"),
    Rule("MZ607", "failover-ignored", "error"),
    Rule("MZ608", "no-rejoin", "error"),
    Rule("MZ609", "left-open", "error"),
    Rule("MZ610", "join-after-stop", "error"),
    Rule("MZ611", "media-not-rejoined", "error"),
    Rule("MZ612", "reconnect-storm", "warning"),
    Rule("MZ613", "forged-start-followed", "error"),
)

RULES: Mapping[str, Rule] = {rule.id: rule for rule in _LIST}
"""Every rule that a receiver can break, by id; rules of documents are in `mockzoom.catalog`."""
