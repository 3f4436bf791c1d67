"""The HTML report: one file, for people, that works offline; and the same view in a page.

Everything in it is escaped by Jinja2, and its policy lets nothing be loaded and no script run but
the one that copies. Requests and answers are shown of the delivery that each finding names.
"""

from __future__ import annotations

import base64
import hashlib
from collections import deque
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from mockzoom import __version__
from mockzoom.engine.evidence import summary
from mockzoom.model import (
    Attempt,
    Exchange,
    ExchangeFinished,
    FailOn,
    Headers,
    Load,
    LoadWindow,
    Observed,
    Response,
    RunEvent,
    RunKind,
    RunStarted,
    Violation,
    ViolationFound,
)
from mockzoom.report.coverage import as_coverage_svg
from mockzoom.report.diagram import MOST_DELIVERIES, SvgReporter, as_svg
from mockzoom.report.escaping import clipped, excerpt, markup_for_log
from mockzoom.report.load_figures import COLUMNS, columns, knee, traces
from mockzoom.report.load_plot import as_load_svg
from mockzoom.report.reporter import Reporter
from mockzoom.report.text import facts, headline, not_checked, reasons
from mockzoom.report.verdict import verdict, worst_first
from mockzoom.suites import RULES
from mockzoom.wording import printable

if TYPE_CHECKING:
    from jinja2 import Environment

_RECENT = 1_000
"""Exchanges after the first ones that are remembered until a violation names one."""
_MOST_BODY = 2_000
"""Bytes of a body that are shown."""
_LARGE = 20_000
"""Bytes of an exchange from which only what is shown of it is kept."""
_MOST_FINDINGS = 300
"""Findings that are shown, the worst first; of the others only their number is."""


class HtmlReporter(Reporter):
    """Reports a run as one HTML page."""

    takes: ClassVar[Mapping[type[RunEvent], int]] = {**SvgReporter.takes, ViolationFound: 100_000}
    takes_named: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self._drawing = SvgReporter()
        self._kind: RunKind = "verify"
        self._streamed = False
        self._first: dict[str, Kept] = {}
        self._recent: deque[tuple[str, Kept]] = deque(maxlen=_RECENT)
        self._named: dict[tuple[str, str], Kept] = {}

    def take(self, event: RunEvent) -> None:
        """Take one run event."""
        super().take(event)
        if isinstance(event, ExchangeFinished):
            self._keep(event)
        elif isinstance(event, ViolationFound):
            self._name(event.violation)
        if isinstance(event, RunStarted):
            self._kind = event.kind
        self._streamed |= isinstance(event, Observed)
        if not isinstance(event, ExchangeFinished | ViolationFound):
            self._drawing.take(event)

    def _keep(self, event: ExchangeFinished) -> None:
        exchange = event.exchange
        if len(self._first) < MOST_DELIVERIES:
            self._first[exchange.delivery.id] = _kept(exchange)
            self._drawing.take(event)
        else:
            self._recent.append((exchange.delivery.id, _kept(exchange)))

    def _name(self, found: Violation) -> None:
        """Remember the exchange that shows a violation: of each cause, the first one."""
        key = found.rule, found.cause
        name = found.delivery
        if key in self._named or name is None:
            return
        kept = self._first.get(name) or next(
            (item for known, item in reversed(self._recent) if known == name), None
        )
        if kept is not None:
            self._named[key] = kept

    def text(self, fail_on: FailOn) -> str:
        """Return the whole page."""
        page = _environment().get_template("document.html").render(
            **self._values(fail_on), style=_resource("view.css"), script=_resource("view.js"),
            policy=POLICY,
        )  # fmt: skip
        return markup_for_log(page)

    def view(self, fail_on: FailOn, links: Mapping[str, str]) -> str:
        """Return the report as a part of another page, which has its style and its script.

        `links` are pages of deliveries, by the delivery's name. The page draws a play itself, also
        while it goes on.
        """
        values = {**self._values(fail_on), "links": links}
        if self._kind == "play":
            values["diagrams"] = []
        return _environment().get_template("view.html").render(**values)

    def _values(self, fail_on: FailOn) -> dict[str, Any]:
        result = self.result
        title, found = headline(result, fail_on)
        for item in result.violations:  # of a journal, after what it names
            self._name(item)
        listed = enumerate(worst_first(result), start=1)
        shown = [self._shown(f"finding-{number}", item) for number, item in listed]
        return {
            "result": result, "kind": self._kind, "outcome": verdict(result, fail_on),
            "title": title, "found": found, "facts": facts(result), "version": __version__,
            "cause": [item for item in shown if item.violation.leads],
            "groups": _groups(shown[:_MOST_FINDINGS]), "more": max(0, len(shown) - _MOST_FINDINGS),
            "coverage": as_coverage_svg(result), "diagrams": self._diagrams(),
            "not_checked": list(not_checked(result)), "links": {},
            "load": None if result.load is None else _shown_load(result.load),
        }  # fmt: skip

    def _shown(self, name: str, item: Violation) -> ShownFinding:
        texts = {field: clipped(getattr(item, field))
                 for field in ("message", "expected", "actual", "fix", "reproduce")}  # fmt: skip
        kept = self._named.get((item.rule, item.cause), ())
        attempts = _shown_attempts(kept) if isinstance(kept, Exchange) else kept
        page = RULES[item.rule].page if item.rule in RULES else None
        text = "" if page is None else _rendered(page.text)
        accepted = reasons(item) if item.is_accepted else ""
        return ShownFinding(name, replace(item, **texts), accepted, text, attempts)

    def _diagrams(self) -> list[str]:
        """Return the wide and the narrow diagram of a play or of streams, as data URLs."""
        if self._kind != "play" and not self._streamed:
            return []
        recorded = self._drawing.recorded(self.result.deliveries)
        return [_data_url(as_svg(recorded, narrow=narrow)) for narrow in (False, True)]


class ShownLoad(Struct, frozen=True):
    """The figures of a load run: a plot, sentences, and a table with the rows that hold or not."""

    plot: str
    sentences: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[LoadWindow, tuple[str, ...]], ...]


def _shown_load(load: Load) -> ShownLoad:
    sentences = tuple(filter(None, (knee(load), traces(load))))
    rows = tuple((item, columns(item)) for item in (*load.windows, *load.search))
    return ShownLoad(as_load_svg(load), sentences, COLUMNS, rows)


class ShownAttempt(Struct, frozen=True):
    """One request and its answer, as texts."""

    request: str
    request_body: str
    answer: str
    answer_body: str


class ShownFinding(Struct, frozen=True):
    """A finding with what the page says beside it; `name` is its place in the page."""

    name: str
    violation: Violation
    accepted: str
    page: str
    attempts: tuple[ShownAttempt, ...]


Kept: TypeAlias = Exchange | tuple[ShownAttempt, ...]
"""An exchange, or of a large one what is shown of it."""


def _kept(exchange: Exchange) -> Kept:
    size = sum(
        len(item.request.body)
        + (len(item.outcome.body) if isinstance(item.outcome, Response) else 0)
        for item in exchange.attempts
    )
    return exchange if size < _LARGE else _shown_attempts(exchange)


def _shown_attempts(exchange: Exchange) -> tuple[ShownAttempt, ...]:
    return tuple(_shown_attempt(each) for each in exchange.attempts)


def _groups(found: list[ShownFinding]) -> list[tuple[str, list[ShownFinding]]]:
    """Return the findings by severity, and the accepted ones after them."""
    titles = {"error": "Errors", "warning": "Warnings", "info": "Information"}
    groups = [
        (title, [item for item in found if item.violation.severity == severity
                 and not item.accepted])
        for severity, title in titles.items()
    ]  # fmt: skip
    groups.append(("Accepted", [item for item in found if item.accepted]))
    return [(title, items) for title, items in groups if items]


def _shown_attempt(attempt: Attempt) -> ShownAttempt:
    request, answer = attempt.request, attempt.outcome
    head = _head(f"{request.method} {request.url}", request.headers)
    body = excerpt(request.body, _MOST_BODY)
    if not isinstance(answer, Response):
        return ShownAttempt(head, body, f"no answer: {summary(attempt)}", "")
    more = "\n… (the rest was not kept)" if answer.truncated else ""
    return ShownAttempt(
        head, body, _head(summary(attempt), answer.headers), excerpt(answer.body, _MOST_BODY) + more
    )


def _head(line: str, headers: Headers) -> str:
    lines = [line, *(f"{name}: {value}" for name, value in headers)]
    return "\n".join(printable(each)[:_MOST_BODY] for each in lines)


def _data_url(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


@cache
def _resource(name: str) -> str:
    return (files(__package__) / "view" / name).read_text("utf-8")


def style() -> str:
    """Return the style of the view, for a page that has it as a part."""
    return _resource("view.css")


def _hash(name: str) -> str:
    digest = hashlib.sha256(_resource(name).encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


POLICY = (
    f"default-src 'none'; img-src data:; style-src {_hash('view.css')};"
    f" script-src {_hash('view.js')}; base-uri 'none'; form-action 'none'"
)
"""The Content-Security-Policy under which the page shows as it should."""


@cache
def _rendered(page: str) -> str:
    """Return the page of a rule as HTML, without its title."""
    from markdown_it import MarkdownIt
    from markupsafe import Markup

    made = MarkdownIt("commonmark", {"html": False}).render(page.partition("\n")[2])
    return Markup(made.replace("<h2>", "<h4>").replace("</h2>", "</h4>"))


def _readable(value: object) -> object:
    """Return what a template shows; plain texts without control characters."""
    return printable(value, line_feeds=True) if type(value) is str else value


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup, escape

    from mockzoom.wording import TICKED

    made = Environment(
        loader=FunctionLoader(_resource), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=_readable,
    )  # fmt: skip
    made.filters["ticked"] = lambda text: Markup(
        TICKED.sub(r"<code>\1</code>", str(escape(_readable(text))))
    )
    return made
