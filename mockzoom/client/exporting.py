"""Exports the deliveries of a run in one of several forms, without personal data where asked."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from mockzoom.captures.capture_file import MOST_EVENTS
from mockzoom.captures.scrub import Scrubber
from mockzoom.captures.strict_json import StrictJSONError, read_strict
from mockzoom.client.journalling import recorded_events
from mockzoom.client.scenario_text import as_scenario
from mockzoom.errors import UsageError
from mockzoom.journal import Archive
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
from mockzoom.report import FORMATS
from mockzoom.wording import deliveries
from mockzoom.zoom.encoding import encode
from mockzoom.zoom.headers import SIGNING_HEADERS

MOST_EXPORTED = MOST_EVENTS
"""Deliveries of one export: as many as `mockzoom events check` reads."""


class Exported(Struct, frozen=True):
    """What a run was exported as, and what is to be said of that."""

    text: str
    notices: tuple[str, ...] = ()


def export(archive: Archive, number: int, form: str, *, scrub: bool = False) -> Exported:
    """Return the deliveries of run `number` as `captures`, `scenario`, or in a report's format.

    With `scrub` they have no personal data. Raises `UsageError` where there is no such run, or
    where a scenario would have nothing to deliver.
    """
    run, scrubbing = archive.run(number), Scrubbing()
    reporter = FORMATS[form].new_reporter() if form in FORMATS else None
    takes: Mapping[type[RunEvent], int] = {ExchangeFinished: MOST_EXPORTED}
    if reporter is not None:
        takes = reporter.takes
    found: Iterable[RunEvent] = recorded_events(archive, number, takes)
    if scrub:
        found = scrubbing.all(found)
    if reporter is not None:
        for event in found:
            reporter.take(event)
        made = Exported(reporter.text("error"))
    elif form == "captures":
        made = Exported("".join(f"{as_capture(one)}\n" for one in _exchanges(found)))
    else:
        made = _scenario(number, _exchanges(found))
    notices = [*made.notices]
    if scrubbing.left_out:
        notices.append(f"{deliveries(scrubbing.left_out)} left out: no JSON, so not scrubbed")
    if run.deliveries > MOST_EXPORTED:
        all_of = deliveries(run.deliveries)
        notices.append(f"the first {MOST_EXPORTED:,} of {all_of} are exported")
    return replace(made, notices=tuple(notices))


def _scenario(number: int, exchanges: Iterable[Exchange]) -> Exported:
    """Return the scenario of a run."""
    made = as_scenario(f"run-{number}", f"The deliveries of run {number}.", exchanges)
    if not made.kept:
        raise UsageError(f"run {number} has no delivery that a scenario can make: no JSON event")
    notices = []
    if made.odd:
        odd = deliveries(made.odd)
        notices.append(f"{odd} left out: no text, too large, or with headers of their own")
    if made.more:
        first = deliveries(made.kept, "first")
        notices.append(f"the {first} are exported: a scenario has no room for {made.more:,} more")
    return Exported(made.text, tuple(notices))


def _exchanges(events: Iterable[RunEvent]) -> Iterator[Exchange]:
    return (event.exchange for event in events if isinstance(event, ExchangeFinished))


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
