"""Zoom's codes for deliveries that failed: one table for senders, retries and the delivery log.

Facts: Zoom, "Using webhooks" (the codes, and which of them are retried), and the OpenAPI document
of the Marketplace API, snapshot of 2026-02-07 (`failed_reason_type` of the log). Each of these
failures can be seen from the sender's side. Inferred are: a reset, which is a remote error (-7, 7),
and an answer that is no HTTP. Certificate and TLS failures have a reason in the log and no code.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from mockzoom.model import Attempt, Failure

CODES: Mapping[str, int] = {
    "timeout": -1, "refused": -2, "circuit-open": -3, "reset": -7, "closed": -7, "protocol": -7,
    "dns": -13, "token": -14,
}  # fmt: skip
"""Zoom's delivery code, by the kind of failure."""
RETRIED_CODES = frozenset({-1, -2, -3, -4, -5, -7, -8, -10, -13, -14, -15})
"""The delivery codes after which Zoom tries again."""
_REASONS: Mapping[str, int] = {
    "timeout": 1, "refused": 2, "circuit-open": 3, "reset": 7, "closed": 7, "protocol": 7,
    "certificate": 9, "tls": 12, "dns": 13, "forbidden": 6, "token": 14,
}  # fmt: skip
_REASONS_OF_STATUS = {404: 15, 429: 16}


def with_code(attempt: Attempt) -> Attempt:
    """Return an attempt with the code of its failure; one that was answered stays as it is."""
    outcome = attempt.outcome
    if not isinstance(outcome, Failure):
        return attempt
    return replace(attempt, delivery_code=CODES.get(outcome.kind))


def failed_reason(failure: str | None, status: int) -> int | None:
    """Return `failed_reason_type` of the log for a kind of failure or a status; None for none."""
    return _REASONS.get(failure or "") or _REASONS_OF_STATUS.get(status)
