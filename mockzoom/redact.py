"""What must not be stored or reported: credentials in headers, and secrets wherever they are."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from msgspec.structs import replace

from mockzoom.model import (
    JSON,
    Attempt,
    Exchange,
    ExchangeFinished,
    Headers,
    Observed,
    Response,
    RunEvent,
    RunFinished,
    RunResult,
    Violation,
    ViolationFound,
)
from mockzoom.wording import printable

REDACTED = "…redacted…"
CUT = " …"
"""What ends a quotation that is cut short."""
_CREDENTIALS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
_SHORTEST = 4
"""Characters from which a value is looked for in texts: `a` as a secret hides nothing."""


def has_password(url: str) -> bool:
    """Return whether a URL has a password in it."""
    return re.match(r"[^/@]+://[^/@:]*:[^@]+@", url) is not None


class Redactor:
    """Takes credentials out of what is stored; bodies of our own deliveries are kept as they are.

    `secrets` are looked for in headers, answers and messages, also as JSON, HTML and URLs write
    them, and where a quotation is cut short (`…`) in the middle of one; `headers` are names whose
    value is a credential.
    """

    def __init__(self, secrets: Iterable[str] = (), headers: Iterable[str] = ()) -> None:
        self._given = tuple(secrets)
        found = {form for item in self._given if len(item) >= _SHORTEST for form in _forms(item)}
        self._secrets = sorted(found, key=len, reverse=True)
        self._bytes = [item.encode() for item in self._secrets]
        self._headers = _CREDENTIALS | {name.lower() for name in headers}

    def also(self, *secrets: str) -> Redactor:
        """Return one that takes further secrets out as well."""
        return Redactor((*self._given, *secrets), self._headers)

    def text(self, text: str) -> str:
        """Return `text` without secrets."""
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, REDACTED)
        return self._cut(text) if CUT in text else text

    def _cut(self, text: str) -> str:
        for secret in self._secrets:
            for length in range(len(secret) - 1, _SHORTEST - 1, -1):
                text = text.replace(f"{secret[:length]}{CUT}", f"{REDACTED}{CUT}")
        return text

    def json(self, value: JSON) -> JSON:
        """Return a JSON value without secrets in its texts; names of members stay."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {name: self.json(item) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.json(item) for item in value]
        return value

    def violation(self, item: Violation) -> Violation:
        """Return a violation without secrets and control characters in what it quotes.

        Its `reproduce` line stays: who writes it knows whether credentials are to be in it.
        """
        return replace(
            item, message=self._shown(item.message), expected=self._shown(item.expected),
            actual=self._shown(item.actual),
        )  # fmt: skip

    def result(self, result: RunResult) -> RunResult:
        """Return a run's result without secrets and control characters in what it quotes."""
        return replace(
            result,
            violations=tuple(self.violation(item) for item in result.violations),
            notices=tuple(self._shown(text) for text in result.notices),
            breakages=tuple(self._shown(text) for text in result.breakages),
            timeline=tuple(
                replace(moment, what=self._shown(moment.what)) for moment in result.timeline
            ),
        )

    def _shown(self, text: str) -> str:
        return printable(self.text(text), line_feeds=True)

    def body(self, body: bytes) -> bytes:
        """Return an answer's body without secrets."""
        for secret in self._bytes:
            if secret in body:
                body = body.replace(secret, REDACTED.encode())
        return body

    def headers(self, headers: Headers) -> list[tuple[str, str]]:
        """Return headers without credentials."""
        return [
            (name, REDACTED if name.lower() in self._headers else self.text(value))
            for name, value in headers
        ]

    def event(self, event: RunEvent) -> RunEvent:
        """Return a run event without credentials in its requests, answers and messages."""
        if isinstance(event, ExchangeFinished):
            return ExchangeFinished(self.exchange(event.exchange))
        if isinstance(event, Observed):
            seen = event.observation
            return Observed(replace(seen, message=self.text(seen.message)))
        if isinstance(event, ViolationFound):
            return ViolationFound(self.violation(event.violation))
        if isinstance(event, RunFinished):
            return RunFinished(self.result(event.result))
        return event

    def exchange(self, exchange: Exchange) -> Exchange:
        """Return an exchange without credentials in its requests and answers."""
        return replace(
            exchange, attempts=tuple([self._attempt(each) for each in exchange.attempts])
        )

    def answers(self, exchange: Exchange) -> Exchange:
        """Return an exchange without credentials in its answers; the requests stay."""
        return replace(exchange, attempts=tuple([self.answer(each) for each in exchange.attempts]))

    def answer(self, attempt: Attempt) -> Attempt:
        """Return an attempt without credentials in its answer; the request stays."""
        outcome = attempt.outcome
        if isinstance(outcome, Response):
            outcome = replace(
                outcome, reason=self.text(outcome.reason), body=self.body(outcome.body),
                headers=tuple(self.headers(outcome.headers)),
            )  # fmt: skip
        else:
            outcome = replace(outcome, message=self.text(outcome.message))
        return replace(attempt, outcome=outcome)

    def _attempt(self, attempt: Attempt) -> Attempt:
        request = attempt.request
        request = replace(request, headers=tuple(self.headers(request.headers)))
        return replace(self.answer(attempt), request=request)


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret as it is, and as JSON, HTML and URLs write it."""
    yield secret
    yield json.dumps(secret)[1:-1]
    yield html.escape(secret)
    yield quote(secret, safe="")
