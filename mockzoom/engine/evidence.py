"""What a check looks at: one delivery with its case and its control, and words for results."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from msgspec import Struct

from mockzoom.engine.case import TestCase
from mockzoom.model import Attempt, Exchange, Failure, Response, Violation
from mockzoom.redact import CUT
from mockzoom.rules import Rule
from mockzoom.wording import printable

QUOTED = 160
"""Characters of an answer that are quoted."""
_READ = 64 * 1024
"""Bytes of a page that are read: debug pages begin with kilobytes of styles."""
_ENOUGH = 400
"""Characters after which nothing more is collected."""
_SILENT = frozenset({"script", "style", "template", "noscript", "svg", "textarea"})
_BEGINNINGS = (b"<!doctype html", b"<html", b"<head", b"<title", b"<body")


class Evidence(Struct, frozen=True, eq=False):
    """One delivery to be judged.

    `control` shows what the same receiver does with a genuine delivery: an oddity is judged only
    beside a control that was acknowledged. `secret` gives the right answer to a URL validation, and
    `strict` says that mutants have to be refused.
    """

    case: TestCase
    exchange: Exchange
    control: Exchange | None = None
    secret: str = ""
    strict: bool = False

    def __repr__(self) -> str:
        return f"Evidence({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(name, value) for name, value in super().__rich_repr__() if name != "secret"]

    @property
    def attempt(self) -> Attempt:
        """The attempt that is judged: the last one."""
        return self.exchange.attempts[-1]

    @property
    def event(self) -> str | None:
        """The name of the delivered event."""
        return self.exchange.delivery.event

    @property
    def throttled(self) -> bool:
        """Whether the receiver asked for a pause (429), which is never a violation."""
        return self.attempt.status == 429

    @property
    def controlled(self) -> bool:
        """Whether the control, where there is one, was acknowledged."""
        return self.control is None or self.control.last.acknowledged

    def violation(
        self, rule: Rule, message: str, expected: str, cause: str = "", fix: str = ""
    ) -> Violation:
        """Return the violation of `rule` that this delivery shows.

        `cause` groups violations of a rule; it is the status or the kind of failure by default.
        `fix` says what to do, where that is more than the rule's page says.
        """
        delivery, outcome = self.exchange.delivery, self.attempt.outcome
        return rule.violation(
            message,
            cause or outcome_key(self.attempt),
            event=delivery.event,
            delivery=delivery.id,
            deliveries=(delivery.id,),
            expected=expected,
            actual=describe(self.attempt),
            fix=fix,
            location=outcome.raised_at if isinstance(outcome, Response) else "",
        )


def judge(evidence: Evidence) -> tuple[Violation, ...]:
    """Return every violation that one delivery shows: the one function that judges.

    `mockzoom.engine.runner` calls it for every surface.
    """
    return tuple(evidence.case.kind.check(evidence))


def outcome_key(attempt: Attempt) -> str:
    """Return what groups outcomes: the status, or the kind of the failure."""
    outcome = attempt.outcome
    return outcome.kind if isinstance(outcome, Failure) else str(outcome.status)


def summary(attempt: Attempt) -> str:
    """Return the outcome without its time and body, so that equal causes read the same."""
    outcome = attempt.outcome
    if isinstance(outcome, Failure):
        return printable(outcome.message)
    return printable(f"{outcome.status} {outcome.reason}".strip())


def describe(attempt: Attempt) -> str:
    """Return the outcome, such as `401 Unauthorized after 12 ms: {"error": …}`.

    Of a body, the beginning is quoted, and of an HTML page its text. Control characters of the
    receiver are escaped; secrets that it echoes go where a result is handed on (`Redactor`).
    """
    outcome = attempt.outcome
    text = summary(attempt)
    if isinstance(outcome, Failure):
        return text
    took = attempt.timings.answer
    if took is not None:
        text += f" after {took * 1000:.0f} ms"
    said = _quoted(outcome)
    return f"{text}: {said}" if said else text


def _quoted(outcome: Response) -> str:
    """Return the beginning of an answer's body on one line, and what the application raised."""
    said = _beginning(outcome)
    if not outcome.raised:
        return said
    raised = printable(f"the application raised {outcome.raised}")
    return f"{said}; {raised}" if said and outcome.status < 500 else raised


def _beginning(outcome: Response) -> str:
    if not outcome.body:
        return ""
    most = 4 * QUOTED
    if is_html(outcome):
        text, cut = page_text(outcome.body), False
    else:
        text, cut = outcome.body[:most].decode("utf-8", "replace"), len(outcome.body) > most
    text = " ".join(text.split())
    if cut or len(text) > QUOTED:
        text = text[:QUOTED].rstrip() + CUT
    return printable(text)


# -- HTML pages, such as the error page of a framework -----------------------------------------


def is_html(response: Response) -> bool:
    """Return whether an answer is an HTML page, by its content type or by its beginning."""
    if "html" in (response.header("content-type") or "").lower():
        return True
    return response.body[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_BEGINNINGS)


def page_text(page: bytes) -> str:
    """Return the title and the first text of an HTML page on one line, without repetitions."""
    reader = _TextReader()
    try:
        # The last tag has the parser hand out the text before it.
        reader.feed(page[:_READ].decode("utf-8", "replace") + "<p>")
    except (AssertionError, ValueError):  # a declaration that the parser does not take
        if not reader.title and not reader.pieces:
            return page[:_READ].decode("utf-8", "replace")
    title = " ".join("".join(reader.title).split())
    pieces = [title] if title else []
    for piece in reader.pieces:
        if piece not in title:
            pieces.append(piece)
    return ": ".join((pieces[0], " ".join(pieces[1:]))) if pieces[1:] else "".join(pieces)


class _TextReader(HTMLParser):
    """Collects the title and the texts of a page, in their order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title: list[str] = []
        self.pieces: list[str] = []
        self._inside = ""
        self._collected = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where text is no text for people, and where it is the title."""
        if not self._inside and (tag in _SILENT or (tag == "title" and not self.title)):
            self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        """Note the end of that."""
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        """Take a piece of text."""
        if self._inside == "title":
            self.title.append(data)
            return
        piece = " ".join(data.split())
        if piece and not self._inside and self._collected < _ENOUGH:
            self._collected += len(piece)
            self.pieces.append(piece)


__all__ = ["Evidence", "describe", "judge", "outcome_key", "summary"]
