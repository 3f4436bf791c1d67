"""A run with every kind of finding, and one whose receiver is hostile, as their run events."""

from __future__ import annotations

from collections.abc import Iterator

from mockzoom.model import (
    Attempt,
    Coverage,
    Delivery,
    Exchange,
    ExchangeFinished,
    Failure,
    NotJudged,
    Observation,
    Observed,
    Request,
    Response,
    RunEvent,
    RunFinished,
    RunResult,
    RunStarted,
    StepStarted,
    TimelineEntry,
    Timings,
    Violation,
    ViolationFound,
)
from mockzoom.redact import Redactor
from mockzoom.report import new_reports
from mockzoom.suites import RULES

TARGET = "http://127.0.0.1:5000/webhook?tenant=a%20b"
BEGAN = 1_790_000_000.25
HOSTILE = (
    "<script>document.title='acted'</script><img src=x onerror=\"document.title='acted'\">",
    "</pre></code></article></textarea><iframe srcdoc='<script>top.document.title=1</script>'>",
    "]]><![CDATA[<evil/>]]>&#x3c;evil&#62;<!-- -->",
    "::error::acted",
    "  ::add-mask::acted",
    "\t::set-output name=acted::x",
    "##[add-mask]acted ##[error]acted",
    "%0A::error::acted",
    "![acted](https://evil.test/pixel.png) [acted](https://evil.test/) <https://evil.test/>",
    "https://evil.test/ www.evil.test me@evil.test @everybody #1 :tada: $x^2$",
    "```\n``` acted\n````\n# acted\n| a | b |\n|---|---|",
    "{{ 7 * 7 }} {% include 'view.css' %} ${7 * 7}",
    "\x1b]0;acted\x07\x9b31m\u202egnp\u2066\u200f\u2028\x00\x08\x0b\ud800\ufffe",
)
"""Texts that act where they are not escaped."""


def exchange(
    number: int, body: bytes = b'{"event":"a"}', answer: Response | Failure | None = None,
    event: str | None = "session.started", **more: str,
) -> Exchange:  # fmt: skip
    headers = (("content-type", "application/json"), ("x-request-id", f"id-{number}"))
    request = Request("POST", TARGET, headers, body)
    outcome = answer or Response(200, "OK", (("Content-Type", "text/plain"),), b"fine")
    none = isinstance(outcome, Failure)
    timings = Timings(0.001, 0.002, None if none else 0.01, None if none else 0.011)
    delivery = Delivery(f"d-{number}", "valid:0", event, body, f"id-{number}", **more)
    first = Attempt(
        request, Failure("timeout", "no answer within 3 s"), Timings(0.001, 0.002), BEGAN + number
    )
    last = Attempt(request, outcome, timings, BEGAN + number + 0.5)
    return Exchange(delivery, (first, last) if number % 2 else (last,))


def found(number: int, rule: str, **more: object) -> Violation:
    item = RULES[rule]
    name = f"d-{number}"
    values: dict[str, object] = {
        "event": "session.started", "events": ("session.started",), "delivery": name,
        "deliveries": (name,), "expected": "200 or 204", "actual": "500 Oops after 3 ms: no",
        "reproduce": f"mockzoom send session.started --case valid:{number}",
        "fix": item.page.fix, "location": "specs/video-sdk.json", "cause": "500",
        "severity": item.severity, "message": f"{item.slug}: `what` was found",
    }  # fmt: skip
    return Violation(item.id, item.slug, **{**values, **more})  # type: ignore[arg-type]


def every_kind() -> Iterator[RunEvent]:
    """A run that breaks every rule, in each way in which a finding can be reported."""
    rules = list(RULES)
    violations = [found(number, rule) for number, rule in enumerate(rules)]
    accepted = (("session.started", "our framework does so"),)
    violations += [
        found(1, rules[0], cause="503", leads=True, message="all genuine events are refused: 503"),
        found(2, rules[1], cause="late", severity="warning", location="src/app.py:13"),
        found(3, rules[2], cause="odd", severity="info", event=None, events=(), delivery=None,
              deliveries=(), location="", reproduce="", fix="", expected="", actual=""),
        found(4, rules[3], cause="many", count=812, events=("session.started", "session.ended"),
              accepted=accepted),
        found(5, rules[4], cause="accepted", accepted=accepted),
    ]  # fmt: skip
    exchanges = [exchange(number) for number in range(len(rules))]
    exchanges[6] = exchange(6, b"\xff\xfe\x00", Response(500, "Oops", (), b"\xff\x00\xfe", True))
    exchanges[8] = exchange(8, b"", Failure("reset", "connection reset"), None, forge="stale",
                            fault="dripped")  # fmt: skip
    yield from run(
        exchanges, violations, kind="play",
        not_judged=(NotJudged("MZ211", "no endpoint authentication is configured (--auth)"),),
        notices=("d-9 had no answer in time, its repetition had: not reported",),
        breakages=("interrupted; what follows was not checked",),
    )  # fmt: skip


def hostile() -> Iterator[RunEvent]:
    """A run in which whatever comes from outside is made to act."""
    texts = [*HOSTILE, "\n".join(HOSTILE), "x" * 1_000_000]
    exchanges, violations = [], []
    for number, text in enumerate(texts):
        raw = text.encode("utf-8", "surrogatepass")
        headers = (("X-Echo", text), ("Content-Type", text), ("Location", text))
        exchanges.append(exchange(
            number, raw, Response(500, text, headers, raw + b"\xff"), text[:300],
        ))  # fmt: skip
        violations.append(found(
            number, "MZ101", cause=f"{number} {text}"[:200], message=text, actual=text,
            expected=text, event=text[:300], events=(text[:300],), reproduce=text[:2000],
            location=text[:300], fix=text[:2000],
        ))  # fmt: skip
    everything = "\n".join(HOSTILE)
    yield from run(
        exchanges, violations, kind="play", not_judged=(NotJudged("MZ211", everything),),
        notices=(everything,), breakages=(everything,), not_observable=(everything,),
        settings={"events": everything}, timeline=(TimelineEntry(1.0, "webhook", everything),),
    )  # fmt: skip


def run(
    exchanges: list[Exchange], violations: list[Violation], **more: object
) -> Iterator[RunEvent]:
    kind = more.pop("kind", "verify")
    yield RunStarted(TARGET, 7, len(exchanges), kind)  # type: ignore[arg-type]
    yield StepStarted("events", "every event", 60.0, began=BEGAN)
    for item in exchanges:
        yield ExchangeFinished(item)
    yield Observed(Observation("in", BEGAN, 0.0, "s", "signaling-1", '{"msg_type": 1}', "HELLO", 0))
    for violation in violations:
        yield ViolationFound(violation)
    cases = {("MZ101", "session.ended"): 3, ("MZ202", "session.started"): 1}
    cases |= {(item.rule, item.event or ""): 1 for item in violations}
    values: dict[str, object] = {
        "timeline": (TimelineEntry(0.5, "webhook", "sent"),), "settings": {"strict": "yes"},
        "cases": cases, "violations": tuple(violations), **more,
    }  # fmt: skip
    coverage = Coverage((2, 3), (4, 5))
    yield RunFinished(RunResult(TARGET, 7, 1.5, len(exchanges), coverage, **values))  # type: ignore[arg-type]


def report(name: str, events: Iterator[RunEvent]) -> str:
    """Return the report of a run in one format."""
    reports = new_reports([(name, "-")])
    clean = Redactor()
    for event in events:  # as a runner tells them
        cleaned = isinstance(event, ViolationFound | RunFinished)
        reports(clean.event(event) if cleaned else event)
    texts = [text for _, text in reports.texts("error")]
    assert reports.errors == []
    return texts[0]
