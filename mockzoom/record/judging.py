"""Judges real traffic: the event against the contract, its signature, and the answer.

Who can reach a tunnel can send anything. So only what carries Zoom's signature is judged, and an
answer only where a secret makes that signature. Each answer was observed once: nothing is repeated.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from msgspec.structs import replace

from mockzoom.captures.strict_json import StrictJSONError, read_strict
from mockzoom.contract.captured import CaptureChecker
from mockzoom.engine.case import TestCase
from mockzoom.engine.evidence import Evidence, judge
from mockzoom.engine.findings import Findings
from mockzoom.engine.reproduce import Reproducer
from mockzoom.model import (
    JSON,
    Attempt,
    Coverage,
    Delivery,
    Event,
    Exchange,
    ExchangeFinished,
    Failure,
    Request,
    Response,
    RunEvent,
    RunFinished,
    RunResult,
    RunStarted,
    Timings,
    Violation,
    ViolationFound,
)
from mockzoom.record.observer import Proxied
from mockzoom.suites import captured
from mockzoom.suites.cases import TestCases
from mockzoom.suites.events import NOT_ACKNOWLEDGED
from mockzoom.transport.framing import KEPT_BODY
from mockzoom.transport.target import Target
from mockzoom.wording import counted
from mockzoom.zoom.headers import REQUEST_ID, SIGNATURE, is_signed, is_signed_with
from mockzoom.zoom.url_validation import EVENT as CHALLENGE

ONCE = " (observed once)"


class TrafficJudging:
    """Judges what has passed, and sums it up; `listener` gets the events of the run.

    `secrets` are those that may sign, `timeout` the seconds in which Zoom waits for an answer.
    """

    def __init__(
        self,
        target: Target,
        cases: TestCases,
        secrets: Sequence[str],
        reproducer: Reproducer,
        listener: Callable[[RunEvent], None],
        *,
        timeout: float,
    ) -> None:
        self._target = target
        self._cases = cases
        self._secrets = secrets
        self._reproducer = reproducer
        self._listener = listener
        self._timeout = timeout
        self._known = cases.contract.known
        self._checker = CaptureChecker(self._known)
        self._findings = Findings()
        self._judged: Counter[tuple[str, str]] = Counter()
        self._seen: set[str] = set()
        self._number = 0
        self._strangers = 0
        self._began = time.monotonic()
        listener(RunStarted(target.url, cases.seed, 0, "record"))

    def __call__(self, passed: Proxied) -> None:
        """Judge one exchange."""
        headers = {name.lower(): value for name, value in passed.request.headers}
        if not is_signed(headers):
            self._strangers += 1
            return
        self._number += 1
        raw = passed.request.body
        body, broken = _read(raw, passed.request.size)
        named = body.get("event") if isinstance(body, dict) else None
        event = named if isinstance(named, str) else ""
        exchange = self._exchange(passed, event, headers.get(REQUEST_ID, ""))
        self._seen.add(event)
        self._listener(ExchangeFinished(exchange))
        secret = next((one for one in self._secrets if is_signed_with(one, headers, raw)), "")
        self._count(event, captured.SIGNATURE_MISMATCH.id)
        where = exchange.delivery.id
        if not secret:
            self._add(captured.wrongly_signed(event, headers[SIGNATURE], where), exchange)
            return
        for violation in self._of_event(event, body, broken, where):
            self._add(violation, exchange)
        if not broken and isinstance(body, dict):
            case = self._cases.by_hand(Event(event, body), raw)
            for violation in self._of_answer(case, exchange, secret):
                self._add(replace(violation, message=violation.message + ONCE), exchange)

    def _of_event(self, event: str, body: JSON, broken: str, where: str) -> Iterator[Violation]:
        if event == CHALLENGE:
            return
        for rule in captured.OF_SCHEMA.values():
            self._count(event, rule.id)
        if broken:
            yield captured.unreadable(broken, where)
            return
        for found in self._checker.deviations(body):
            yield captured.deviates(found, where)

    def _of_answer(self, case: TestCase, exchange: Exchange, secret: str) -> Iterator[Violation]:
        self._count(case.event, *case.rules(strict=False))
        evidence = Evidence(case, exchange, secret=secret)
        if exchange.last.status == 429:
            yield evidence.violation(
                NOT_ACKNOWLEDGED,
                f"{case.event or 'an event'}: answered 429, and Zoom does not wait: the event is"
                " lost, or comes again minutes later",
                f"200 or 204 within {self._timeout:g} s",
            )
            return
        yield from judge(evidence)

    def _exchange(self, passed: Proxied, event: str, request_id: str) -> Exchange:
        """Return what has passed as a delivery with its one attempt."""
        message = passed.request
        method, path, *_ = [*message.start.split(" "), "", ""]
        url = f"{self._target.scheme}://{self._target.netloc}{path}"
        request = Request(method, url, message.headers, message.body)
        delivery = Delivery(
            f"r-{self._number}", "by-hand:0", event or None, message.body, request_id,
            content_type=message.header("content-type"),
        )  # fmt: skip
        times = Timings(0.0, passed.sent, passed.first_byte, passed.complete)
        outcome = self._outcome(passed, times)
        if isinstance(outcome, Failure):
            times = replace(times, complete=None)
        return Exchange(delivery, (Attempt(request, outcome, times, passed.began, True),))

    def _outcome(self, passed: Proxied, times: Timings) -> Response | Failure:
        answer = passed.answer
        if answer is None:
            return passed.failure or Failure("closed", "no answer")
        took = times.answer
        if took is not None and took > self._timeout:
            return Failure("timeout", f"no answer within {self._timeout:g} s: it took {took:.1f} s")
        _, status, *reason = answer.start.split(" ", 2)
        return Response(
            int(status), " ".join(reason), answer.headers, answer.body, answer.size > KEPT_BODY
        )

    def _count(self, event: str, *rules: str) -> None:
        for rule in rules:
            self._judged[rule, event] += 1

    def _add(self, violation: Violation, exchange: Exchange) -> None:
        found = replace(violation, reproduce=self._reproducer.of(exchange.delivery))
        self._findings.add(found)
        self._listener(ViolationFound(found))

    def finish(self, *, dropped: int, not_understood: int) -> RunResult:
        """Return what the recording came to, and report it."""
        result = RunResult(
            target=self._target.url,
            seed=self._cases.seed,
            elapsed=time.monotonic() - self._began,
            deliveries=self._number,
            coverage=Coverage((len(self._seen & self._known.keys()), len(self._known))),
            violations=self._findings.all(),
            notices=tuple(self._notices(not_understood)),
            breakages=tuple(self._breakages(dropped)),
            cases=self._judged,
        )
        self._listener(RunFinished(result))
        return result

    def _notices(self, not_understood: int) -> Iterator[str]:
        if self._strangers:
            were = counted(self._strangers, "request was", "requests were")
            yield f"{were} not signed by Zoom: passed on, and not checked"
        if not_understood:
            were = counted(not_understood, "connection was", "connections were")
            yield f"{were} no HTTP/1.1: passed on, and not checked"

    def _breakages(self, dropped: int) -> Iterator[str]:
        if dropped:
            were = counted(dropped, "exchange was", "exchanges were")
            yield (
                f"{were} passed on and not checked: more came in than could be checked, and that"
                " does not hold up deliveries"
            )


def _read(raw: bytes, size: int) -> tuple[JSON, str]:
    """Return the JSON of a body, or why it is none."""
    if size > len(raw):
        return None, f"a body of {size:,} bytes, of which {len(raw):,} are checked"
    try:
        return read_strict(raw.decode("utf-8")), ""
    except UnicodeDecodeError as error:
        return None, f"no text in UTF-8 from byte {error.start + 1} on"
    except StrictJSONError as error:
        return None, f"{error.message} (line {error.line}, column {error.column} of the body)"
