"""How a request and its answer are written for a person: by `send`, and by `play --step`."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

from mockzoom.cli.timeline import at
from mockzoom.engine.evidence import summary
from mockzoom.model import Attempt, Exchange, Failure, Request
from mockzoom.settings import Settings
from mockzoom.wording import printable
from mockzoom.zoom.headers import is_own

Lines = Iterator[tuple[str, str]]
"""Pairs of a style (see `mockzoom.cli.show`) and a line."""
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization"})
_PRETTY = 20_000
"""Bytes of a body that is still indented for reading."""


def hidden_headers(settings: Settings) -> frozenset[str]:
    """Return the names of the headers that carry credentials, in lower case."""
    if not settings.auth:
        return _SECRET_HEADERS
    from mockzoom.zoom.auth import parse_auth

    return _SECRET_HEADERS | {parse_auth(settings.auth).name.lower()}


def request_lines(request: Request, hidden: frozenset[str]) -> Lines:
    """Write headers and body of a request; `hidden` headers without their values."""
    for name, value in request.headers:
        yield "dim", f"  {name}: {'(not shown)' if name.lower() in hidden else value}"
    yield "", ""
    yield "", f"  {clipped(request.body)}"


def answer_lines(attempt: Attempt) -> Lines:
    """Write what came of an attempt."""
    yield from _head(attempt)
    outcome = attempt.outcome
    if not isinstance(outcome, Failure) and outcome.body:
        yield "", ""
        yield "", f"  {clipped(outcome.body)}"


def exchange_lines(exchange: Exchange, hidden: frozenset[str]) -> Lines:
    """Write a delivery with all its attempts for reading: JSON is indented, unlike on the wire."""
    for number, attempt in enumerate(exchange.attempts):
        request = attempt.request
        when = at(exchange.schedule[number]) + "  " if number < len(exchange.schedule) else ""
        count = f"attempt {number + 1}  " if len(exchange.attempts) > 1 else ""
        yield "head", f"{when}{count}{request.method} {request.url}"
        if number == 0 or request.body != exchange.attempts[0].request.body:
            *headers, _, _ = request_lines(request, hidden)
            yield from headers
            yield "", ""
            yield from _indented(request.body)
        else:
            *headers, _, _ = request_lines(request, hidden)
            yield from (line for line in headers if is_own(line[1].strip()))
            yield "dim", "  (the rest as before)"
        yield "", ""
        yield from _head(attempt)
        outcome = attempt.outcome
        if not isinstance(outcome, Failure) and outcome.body:
            yield "", ""
            yield from _indented(outcome.body)
        yield "", ""


def clipped(body: bytes, limit: int = 4000) -> str:
    """Return a body as text without control characters, no more than `limit` bytes of it."""
    text = printable(body[:limit].decode("utf-8", "backslashreplace"), line_feeds=True)
    return text if len(body) <= limit else f"{text} … ({len(body)} bytes)"


def _head(attempt: Attempt) -> Lines:
    outcome = attempt.outcome
    if isinstance(outcome, Failure):
        code = "" if attempt.delivery_code is None else f" (Zoom's code {attempt.delivery_code})"
        yield "error", f"no answer: {summary(attempt)}{code}"
        return
    timings = attempt.timings
    phases = (("connected", timings.connected), ("sent", timings.sent),
              ("first byte", timings.first_byte), ("complete", timings.complete))  # fmt: skip
    times = ", ".join(f"{name} {at * 1000:.1f} ms" for name, at in phases if at is not None)
    yield "head", f"{summary(attempt)}   ({times})"
    for name, value in outcome.headers:
        yield "dim", printable(f"  {name}: {value}")


def _indented(body: bytes) -> Lines:
    text = clipped(body, _PRETTY)
    if len(body) <= _PRETTY:
        with contextlib.suppress(ValueError, RecursionError):
            text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    for line in text.replace("\r\n", "\n").split("\n"):
        yield "", f"  {printable(line)}"
