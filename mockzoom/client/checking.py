"""Checks captured events against the contract: what `mockzoom events check` does."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from msgspec.structs import replace

from mockzoom.captures.capture import Capture
from mockzoom.captures.capture_file import MOST_EVENTS, CaptureFile
from mockzoom.client.accepting import accepted
from mockzoom.client.connect import redactor
from mockzoom.client.settings import load_contract
from mockzoom.contract.captured import CaptureChecker
from mockzoom.engine.case import JSON_TYPE
from mockzoom.engine.findings import Findings
from mockzoom.errors import UsageError
from mockzoom.model import (
    Attempt,
    Coverage,
    Delivery,
    Exchange,
    ExchangeFinished,
    Failure,
    NotJudged,
    Request,
    RunEvent,
    RunFinished,
    RunResult,
    Timings,
    Violation,
)
from mockzoom.settings import Settings
from mockzoom.suites import captured
from mockzoom.wording import counted
from mockzoom.zoom.encoding import encode
from mockzoom.zoom.headers import (
    REQUEST_ID,
    SIGNATURE,
    TIMESTAMP,
    is_signed,
    is_signed_with,
    missing_headers,
)
from mockzoom.zoom.url_validation import EVENT as CHALLENGE_EVENT

MOST_FINDINGS = 1_000
"""Different findings of one rule that are reported; of further ones only their number is."""
_NO_SECRET = "no secret is configured (--secret)"
_NO_HEADERS = "the capture has no signature headers (pass them with -H, or keep them in it)"
_NO_TEXT = "the capture holds the body as JSON, not as the text that was sent"
_HAR = "a HAR may have encoded the body anew"


def check_captured(
    files: Sequence[str],
    headers: Sequence[str],
    settings: Settings,
    listeners: Sequence[Callable[[RunEvent], None]] = (),
) -> RunResult:
    """Hold the captured events of files (`-`: standard input) against the contract.

    `headers` are those of the one body in the one file, `name: value` each. `listeners` keep what
    was captured. Raises `UsageError` for what is no capture. The result counts an event as a
    delivery.
    """
    began = time.monotonic()
    given = parse_headers(headers)
    if given and len(files) > 1:
        raise UsageError("-H: are the headers of one body, and several files are named; name one")
    check = _Check(settings, listeners)
    for file in files:
        source = check.begin(file)
        for capture in [source.single(given)] if given else source:
            check.take(capture)
    result = check.result(time.monotonic() - began)
    result = redactor(settings).result(accepted(result, settings))
    check.emit(RunFinished(result))
    return result


def parse_headers(texts: Iterable[str]) -> Mapping[str, str]:
    """Return the headers of `-H 'name: value'`, with names in lower case; none without any.

    Raises `UsageError` for what is no header, and where one that signs the body is missing.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, colon, value = text.partition(":")
        if not colon or not re.fullmatch(r"[!#-'*+.^_`|~0-9A-Za-z-]+", name.strip()):
            raise UsageError(f"-H {text!r}: no header; expected 'name: value'")
        found[name.strip().lower()] = value.strip()
    missing = missing_headers(found) if found else ()
    if missing:
        raise UsageError(
            f"-H: {missing[0]} is missing; a signature is over the timestamp and the body"
        )
    return found


class _Check:
    """Judges captures one by one, and sums up what was found."""

    def __init__(self, settings: Settings, listeners: Sequence[Callable[[RunEvent], None]]) -> None:
        self._settings = settings
        self._listeners = listeners
        self._at = 0.0
        self._sources: list[CaptureFile] = []
        self._file = ""
        contract = load_contract(settings)
        self._known = contract.known
        self._asked = contract.events if settings.product else contract.known
        self._elsewhere: Counter[str] = Counter()
        self._checker = CaptureChecker(self._known)
        self._findings = Findings()
        self._causes: dict[str, set[str]] = {}
        self._more: Counter[str] = Counter()
        self._cases: Counter[tuple[str, str]] = Counter()
        self._unsigned: Counter[str] = Counter()
        self._signed = self._challenges = self._events = 0

    def emit(self, event: RunEvent) -> None:
        """Hand a run event on."""
        for listener in self._listeners:
            listener(event)

    def begin(self, file: str) -> CaptureFile:
        """Return the source of the captures that follow."""
        self._file = "" if file == "-" else Path(file).as_posix()
        self._sources.append(CaptureFile(file))
        return self._sources[-1]

    def take(self, capture: Capture) -> None:
        """Judge one capture."""
        body = capture.body
        name = body.get("event") if isinstance(body, dict) else None
        event = name if isinstance(name, str) else ""
        if event in self._known and event not in self._asked:
            self._elsewhere[self._known[event].product] += 1
            return
        if self._listeners:
            kept = as_delivery(capture, event, self._at)
            self._at = kept.last.started_at
            self.emit(ExchangeFinished(kept))
        self._judge_signature(capture, event)
        if event == CHALLENGE_EVENT and event not in self._known:
            self._challenges += 1
            return
        self._events += 1
        for violation in self._of_schema(capture, event):
            self._add(violation)

    def _of_schema(self, capture: Capture, event: str) -> Iterator[Violation]:
        if capture.broken:
            self._count(captured.CONTRACT_BROKEN.id, event)
            yield captured.unreadable(capture.broken, capture.place, checking=True)
            return
        known = event in self._known
        for rule in captured.OF_SCHEMA.values():
            if known or rule is captured.UNDOCUMENTED_EVENT:
                self._count(rule.id, event)
        for found in self._checker.deviations(capture.body):
            yield captured.deviates(found, capture.place, checking=True)

    def _judge_signature(self, capture: Capture, event: str) -> None:
        secret, headers = self._settings.secret, capture.headers
        reason = _HAR if capture.of_har else ""
        if not secret:
            reason = reason or _NO_SECRET
        elif headers is None or not is_signed(headers):
            reason = reason or _NO_HEADERS
        elif capture.raw is None:
            reason = reason or _NO_TEXT
        elif not reason:
            self._signed += 1
            self._count(captured.SIGNATURE_MISMATCH.id, event)
            if not is_signed_with(secret, headers, capture.raw):
                signature = headers[SIGNATURE]
                self._add(captured.wrongly_signed(event, signature, capture.place))
            return
        self._unsigned[reason] += 1

    def _count(self, rule: str, event: str) -> None:
        if (rule, event) in self._cases or len(self._cases) < 10 * MOST_FINDINGS:
            self._cases[rule, event] += 1

    def _add(self, violation: Violation) -> None:
        causes = self._causes.setdefault(violation.rule, set())
        if violation.cause not in causes:
            if len(causes) >= MOST_FINDINGS:
                self._more[violation.rule] += 1
                return
            causes.add(violation.cause)
        self._findings.add(replace(violation, location=violation.location or self._file))

    def result(self, elapsed: float) -> RunResult:
        """Return what the check of the files came to, in so many seconds."""
        left_out = sum((source.left_out for source in self._sources), Counter[str]())
        seen = {event for _, event in self._cases if event in self._known}
        return RunResult(
            target=", ".join(source.label for source in self._sources),
            seed=self._settings.seed,
            elapsed=elapsed,
            deliveries=self._events,
            coverage=Coverage(events=(len(seen), len(self._asked))),
            violations=self._findings.all(),
            not_judged=tuple(self._not_judged()),
            notices=tuple(self._notices(left_out)),
            breakages=tuple(
                f"{source.unread}: the events from here on are not checked, after"
                f" {MOST_EVENTS:,} others; check the file in parts"
                for source in self._sources
                if source.unread
            ),
            cases=self._cases,
            fail_on=self._settings.fail_on,
        )

    def _not_judged(self) -> Iterator[NotJudged]:
        if not self._signed:
            for why in self._unsigned:
                yield NotJudged(captured.SIGNATURE_MISMATCH.id, why)

    def _notices(self, left_out: Mapping[str, int]) -> Iterator[str]:
        if self._signed:
            for why, count in self._unsigned.items():
                signatures = counted(count, "signature is", "signatures are")
                yield f"{signatures} not checked: {why}"
        if self._challenges:
            many = counted(self._challenges, "URL validation is", "URL validations are")
            yield f"{many} left out: no event of the contract"
        if self._elsewhere:
            many = counted(self._elsewhere.total(), "event is", "events are")
            products = ", ".join(sorted(self._elsewhere))
            yield f"{many} left out, as of another product than --product: {products}"
        if left_out:
            many = counted(sum(left_out.values()), "entry is", "entries are")
            reasons = ", ".join(f"{count} × {why}" for why, count in left_out.items())
            yield f"{many} left out of the HAR: {reasons}"
        for rule, count in self._more.items():
            yield f"{rule}: {count} more after {MOST_FINDINGS} different ones"


_LATEST_MS = 10**13


def as_delivery(capture: Capture, event: str, before: float) -> Exchange:
    """Return a captured request as a delivery that is called by its place, without its answer.

    A body that was kept as JSON is written as Zoom writes it. `before` is the time of the capture
    before this one.
    """
    headers = {_text(name): _text(value) for name, value in (capture.headers or {}).items()}
    body = encode(capture.body) if capture.raw is None else capture.raw
    kind = headers.get("content-type", JSON_TYPE)
    delivery = Delivery(
        capture.place, "by-hand:0", event or None, body, headers.get(REQUEST_ID, ""),
        content_type=kind,
    )  # fmt: skip
    request = Request("POST", f"file:{quote(capture.place)}", tuple(headers.items()), body)
    unknown = Failure("closed", "no answer was captured")
    return Exchange(delivery, (Attempt(request, unknown, Timings(), _moment(capture, before)),))


def _text(text: str) -> str:
    """Return a text as UTF-8 carries it: without halves of surrogate pairs."""
    return text.encode("utf-8", "replace").decode()


def _moment(capture: Capture, before: float) -> float:
    """Return when a request was made (epoch seconds)."""
    if capture.at is not None:
        return capture.at
    stamp = (capture.headers or {}).get(TIMESTAMP, "")
    if stamp.isascii() and stamp.isdigit() and len(stamp) <= 10:
        return float(stamp)
    told = capture.body.get("event_ts") if isinstance(capture.body, dict) else None
    if isinstance(told, int) and not isinstance(told, bool) and 0 < told < _LATEST_MS:
        return told / 1000
    return before
