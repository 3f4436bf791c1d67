"""Exports the deliveries of a run as captures, and takes personal data out of run events."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from mockzoom.captures.capture_file import MOST_EVENTS
from mockzoom.captures.scrub import Scrubber
from mockzoom.captures.strict_json import StrictJSONError, read_strict
from mockzoom.model import (
    JSON,
    Attempt,
    Delivery,
    Exchange,
    ExchangeFinished,
    Headers,
    Response,
    RunEvent,
    RunFinished,
    RunResult,
)
from mockzoom.zoom.encoding import encode
from mockzoom.zoom.received import SIGNING_HEADERS

MOST_EXPORTED = MOST_EVENTS
"""Deliveries of one export: as many as `mockzoom events check` reads."""


class Scrubbing:
    """Takes personal data out of run events; what cannot be read is left out, and counted.

    A body that is changed has another signature, so those headers go, too: a replay signs anew.
    Answers lose their bodies, and findings their quotations.
    """

    def __init__(self) -> None:
        self._scrubber = Scrubber(secrets.token_bytes(32))
        self.left_out = 0

    def __call__(self, event: RunEvent) -> RunEvent | None:
        """Return the event without personal data; None for one that is left out."""
        if isinstance(event, ExchangeFinished):
            exchange = self._exchange(event.exchange)
            return None if exchange is None else ExchangeFinished(exchange)
        if isinstance(event, RunFinished):
            return RunFinished(_bare(event.result))
        return event

    def all(self, events: Iterable[RunEvent]) -> Iterator[RunEvent]:
        """Yield the events without personal data, but those that are left out."""
        for event in events:
            clean = self(event)
            if clean is not None:
                yield clean

    def _exchange(self, exchange: Exchange) -> Exchange | None:
        try:
            body = encode(self._scrubber.body(read_strict(exchange.delivery.body.decode())))
        except (UnicodeDecodeError, StrictJSONError):
            self.left_out += 1
            return None
        delivery: Delivery = replace(exchange.delivery, body=body, headers=())
        attempts = tuple(self._attempt(attempt, body) for attempt in exchange.attempts)
        return replace(exchange, delivery=delivery, attempts=attempts)

    def _attempt(self, attempt: Attempt, body: bytes) -> Attempt:
        headers = tuple(
            (name, str(len(body)) if name.lower() == "content-length" else value)
            for name, value in attempt.request.headers
            if name.lower() not in SIGNING_HEADERS and not name.lower().startswith("x-forwarded")
        )
        request = replace(attempt.request, headers=headers, body=body)
        outcome = attempt.outcome
        if isinstance(outcome, Response):
            kept: Headers = tuple(
                pair for pair in outcome.headers if pair[0].lower() != "content-length"
            )
            outcome = replace(outcome, headers=(*kept, ("content-length", "0")), body=b"")
        return replace(attempt, request=request, outcome=outcome)


def _bare(result: RunResult) -> RunResult:
    """Return a result whose findings quote nothing of any body."""
    found = tuple(
        replace(item, message=item.slug, actual="", expected="", reproduce="")
        for item in result.violations
    )
    return replace(result, violations=found, notices=())


def as_capture(exchange: Exchange) -> str:
    """Return the request of a delivery as one line that `mockzoom events check` reads."""
    request = exchange.last.request
    document: dict[str, JSON] = {"headers": dict(request.headers)}
    try:
        document["body"] = request.body.decode()
    except UnicodeDecodeError:
        document |= {"body": base64.b64encode(request.body).decode(), "isBase64Encoded": True}
    return json.dumps(document, ensure_ascii=False)


def captures(events: Iterable[RunEvent]) -> Iterator[str]:
    """Yield one line for each delivery among run events."""
    for event in events:
        if isinstance(event, ExchangeFinished):
            yield as_capture(event.exchange)
