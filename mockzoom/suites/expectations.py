"""Expectations: what a scenario expects of an answer, or of the receiver's state (MZ510)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from mockzoom.engine.evidence import describe
from mockzoom.engine.suite import Suite
from mockzoom.foreign_json import ForeignJSONError, read_json
from mockzoom.model import JSON, Attempt, Exchange, Failure, Response, Violation
from mockzoom.rules import Rule
from mockzoom.scenario.model import Await, Expect, Nothing

EXPECTATION_NOT_MET = Rule("MZ510", "expectation-not-met", "error")

SUITE = Suite("expectations", "duplicates and order", (EXPECTATION_NOT_MET,))

_ABSENT = object()


def unmet(expect: Expect, attempt: Attempt) -> list[str]:
    """Return what about an answer is not as expected."""
    outcome = attempt.outcome
    if isinstance(outcome, Failure):
        return [outcome.message] if _says_anything(expect) else []
    missed: list[str] = []
    if expect.statuses and not any(low <= outcome.status <= high for low, high in expect.statuses):
        missed.append(f"status {outcome.status}")
    took = attempt.timings.answer
    if expect.within is not None and took is not None and took > expect.within:
        missed.append(f"answered after {took * 1000:.0f} ms")
    missed.extend(_headers(expect, outcome))
    if not isinstance(expect.body, Nothing) or not isinstance(expect.schema, Nothing):
        try:
            missed.extend(mismatches(expect, read_json(outcome.body)))
        except ForeignJSONError:
            missed.append("the body is no JSON")
    return missed


def mismatches(expect: Expect, value: JSON) -> list[str]:
    """Return what about a JSON value is not as expected: `body` by value, `schema` by JSON Schema.

    An object may have more fields than those expected.
    """
    missed: list[str] = []
    if not isinstance(expect.body, Nothing):
        missed.extend(_by_value(expect.body, value, ""))
    if not isinstance(expect.schema, Nothing):
        from jsonschema import Draft202012Validator

        found = Draft202012Validator(expect.schema).iter_errors(value)
        missed.extend(f"{error.json_path}: {error.message}" for error in found)
    return missed


def expectation(expect: Expect, exchange: Exchange, missed: list[str]) -> Violation:
    """Return the violation of an answer that is not as expected."""
    delivery = exchange.delivery
    return _violation(
        f"{delivery.event}: {'; '.join(missed[:3])}", wanted(expect), describe(exchange.last),
        f"{expect.place}", delivery.event, delivery.id,
    )  # fmt: skip


def state_expectation(expect: Expect, step: str, missed: list[str], state: JSON) -> Violation:
    """Return the violation of a state that is not as expected, after `step`."""
    shown = json.dumps(state, ensure_ascii=False)
    return _violation(
        f"{step}: {'; '.join(missed[:3])}", wanted(expect), shown[:300], f"{expect.place}"
    )


def wanted(expect: Expect) -> str:
    """Say what is expected, and where that is written."""
    parts = []
    if expect.statuses:
        spans = [f"{low}" if low == high else f"{low}-{high}" for low, high in expect.statuses]
        parts.append("status " + " or ".join(spans))
    if expect.within is not None:
        parts.append(f"within {expect.within:g} s")
    parts.extend(f"header {name} like {pattern}" for name, pattern in expect.headers)
    if not isinstance(expect.body, Nothing):
        parts.append(json.dumps(expect.body, ensure_ascii=False)[:200])
    if not isinstance(expect.schema, Nothing):
        parts.append("JSON that fits the schema")
    return f"{', '.join(parts)} ({expect.place})"


def _violation(
    message: str, expected: str, actual: str, cause: str,
    event: str | None = None, delivery: str | None = None,
) -> Violation:  # fmt: skip
    return EXPECTATION_NOT_MET.violation(
        message, cause, event=event, delivery=delivery,
        deliveries=() if delivery is None else (delivery,), expected=expected, actual=actual,
    )  # fmt: skip


def _says_anything(expect: Expect) -> bool:
    said = expect.statuses or expect.headers or expect.within is not None
    return bool(said) or not (
        isinstance(expect.body, Nothing) and isinstance(expect.schema, Nothing)
    )


def _headers(expect: Expect, outcome: Response) -> Iterator[str]:
    for name, pattern in expect.headers:
        value = outcome.header(name)
        if value is None:
            yield f"no header {name}"
        elif not re.fullmatch(pattern, value):
            yield f"header {name} is {value!r}"


def _by_value(expected: JSON, value: JSON, place: str) -> Iterator[str]:
    if isinstance(expected, Mapping) and isinstance(value, Mapping):
        for key, wanted_value in expected.items():
            found = value.get(key, _ABSENT)
            if found is _ABSENT:
                yield f"{place}/{key} is missing"
            else:
                yield from _by_value(wanted_value, found, f"{place}/{key}")
    elif isinstance(expected, list) and isinstance(value, list) and len(expected) == len(value):
        for index, (left, right) in enumerate(zip(expected, value, strict=True)):
            yield from _by_value(left, right, f"{place}/{index}")
    elif expected != value or isinstance(expected, bool) != isinstance(value, bool):
        shown, want = (json.dumps(item, ensure_ascii=False)[:120] for item in (value, expected))
        yield f"{place or '/'} is {shown}, expected {want}"


def stream_expectation(step: Await, event: str) -> Violation:
    """Return the violation of a stream that was awaited in vain, where no rule says why."""
    condition = f"stream.{step.condition} {step.argument}".strip()
    return _violation(
        f"{step.name}: {condition} was not met within {step.within:g} s",
        f"{condition} within {step.within:g} s ({step.place})", "it was not met",
        f"{step.place}", event,
    )  # fmt: skip
