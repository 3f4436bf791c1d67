"""What must not be stored or reported: credentials in headers, and secrets wherever they are."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from mockzoom.model import (
    Attempt,
    Exchange,
    ExchangeFinished,
    Headers,
    Observed,
    Response,
    RunEvent,
)

REDACTED = "…redacted…"
_CREDENTIALS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
_SHORTEST = 4
"""Characters from which a value is looked for in texts: `a` as a secret hides nothing."""


class Redactor:
    """Takes credentials out of what is stored; bodies of our own deliveries are kept as they are.

    `secrets` are looked for in headers, answers and messages; `headers` are names whose value is a
    credential.
    """

    def __init__(self, secrets: Iterable[str] = (), headers: Iterable[str] = ()) -> None:
        found = {item for item in secrets if len(item) >= _SHORTEST}
        self._secrets = sorted(found, key=len, reverse=True)
        self._bytes = [item.encode() for item in self._secrets]
        self._headers = _CREDENTIALS | {name.lower() for name in headers}

    def also(self, *secrets: str) -> Redactor:
        """Return one that takes further secrets out as well."""
        return Redactor((*self._secrets, *secrets), self._headers)

    def text(self, text: str) -> str:
        """Return `text` without secrets."""
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, REDACTED)
        return text

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
        return event

    def exchange(self, exchange: Exchange) -> Exchange:
        """Return an exchange without credentials in its requests and answers."""
        return replace(
            exchange, attempts=tuple([self._attempt(each) for each in exchange.attempts])
        )

    def _attempt(self, attempt: Attempt) -> Attempt:
        request, outcome = attempt.request, attempt.outcome
        if isinstance(outcome, Response):
            outcome = replace(
                outcome, reason=self.text(outcome.reason), body=self.body(outcome.body),
                headers=tuple(self.headers(outcome.headers)),
            )  # fmt: skip
        else:
            outcome = replace(outcome, message=self.text(outcome.message))
        request = replace(request, headers=tuple(self.headers(request.headers)))
        return replace(attempt, request=request, outcome=outcome)
