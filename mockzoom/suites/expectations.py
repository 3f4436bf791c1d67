"""Expectations: what a scenario expects of an answer, or of the receiver's state (MZ510)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import TypeAlias

from mockzoom.engine.evidence import describe
from mockzoom.engine.suite import Suite
from mockzoom.foreign_json import ForeignJSONError, read_json
from mockzoom.model import JSON, Attempt, Exchange, Failure, Response, Violation
from mockzoom.rules import Rule
from mockzoom.scenario.asserts import said, unkept
from mockzoom.scenario.model import Expect, Nothing
from mockzoom.scenario.steps import Await

EXPECTATION_NOT_MET = Rule("MZ510", "expectation-not-met", "error")

SUITE = Suite("expectations", "duplicates and order", (EXPECTATION_NOT_MET,))

_ABSENT = object()
_SHOWN = 120
"""Characters of a value that are shown; of a longer text, those around the first that differs."""
_AROUND = 30
_MOST_MISMATCHES = 20
"""Differences that are looked for; three of them are shown."""

Role: TypeAlias = Callable[[JSON], str]
"""Says what a value is in the play, such as `payload.object.id of session starts`, or nothing."""


def no_role(value: JSON) -> str:
    """Name no value: nothing is known of the play."""
    return ""


def unmet(expect: Expect, attempt: Attempt, role: Role = no_role) -> list[str]:
    """Return what about an answer is not as expected, each with both values."""
    outcome = attempt.outcome
    if isinstance(outcome, Failure):
        return [outcome.message] if _says_anything(expect) else []
    missed: list[str] = []
    if expect.statuses and not any(low <= outcome.status <= high for low, high in expect.statuses):
        missed.append(f"status {outcome.status}, expected {_ranges(expect)}")
    took = attempt.timings.answer
    if expect.within is not None and took is not None and took > expect.within:
        missed.append(f"answered after {took * 1000:.0f} ms, expected within {expect.within:g} s")
    missed.extend(_headers(expect, outcome))
    if _looks_into(expect):
        try:
            missed.extend(mismatches(expect, read_json(outcome.body), role))
        except ForeignJSONError:
            missed.append("the body is no JSON")
    return missed


def mismatches(expect: Expect, value: JSON, role: Role = no_role) -> list[str]:
    """Return what about a JSON value is not as expected: `body`, `schema`, `asserts`.

    Each names the field that differs and both values; `role` adds what they are in the play. An
    object may have more fields than those expected. Of very many only the first are returned.
    """
    return list(islice(_mismatches(expect, value, role), _MOST_MISMATCHES))


def _mismatches(expect: Expect, value: JSON, role: Role) -> Iterator[str]:
    if not isinstance(expect.body, Nothing):
        yield from _by_value(expect.body, value, "", role)
    if not isinstance(expect.schema, Nothing):
        yield from _by_schema(expect.schema, value, role)
    for wanted_value in expect.asserts:
        yield from unkept(wanted_value, value, lambda shown: named(shown, role))


def _by_schema(schema: Mapping[str, JSON] | bool, value: JSON, role: Role) -> Iterator[str]:
    from jsonschema import Draft202012Validator
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    # Nothing is fetched, whatever a schema refers to.
    validator = Draft202012Validator(schema, registry=Registry())
    try:
        for error in validator.iter_errors(value):
            if error.validator == "const":
                differing = _differing(error.instance, error.validator_value, role)
                yield f"{error.json_path} is {differing}"
                continue
            known = role(error.instance)
            yield f"{error.json_path}: {_cut(error.message)}{f' ({known})' if known else ''}"
    except Unresolvable as error:
        yield f"the schema refers to what is not in it: {error}"
    except RecursionError:
        yield "the schema refers to itself without end"


def expectation(expect: Expect, exchange: Exchange, missed: list[str]) -> Violation:
    """Return the violation of an answer that is not as expected."""
    delivery = exchange.delivery
    step = delivery.case.partition("/")[2]
    about = f"{step} ({delivery.event})" if step not in ("", delivery.event) else delivery.event
    return _violation(
        f"{about}: {'; '.join(missed[:3])}", wanted(expect), describe(exchange.last),
        f"{expect.place}", delivery.event, delivery.id,
    )  # fmt: skip


def call_expectation(expect: Expect, step: str, missed: list[str], attempt: Attempt) -> Violation:
    """Return the violation of a call whose answer is not as expected."""
    message = f"{step}: {'; '.join(missed[:3])}"
    return _violation(message, wanted(expect), describe(attempt), f"{expect.place}")


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
        parts.append("status " + _ranges(expect))
    if expect.within is not None:
        parts.append(f"within {expect.within:g} s")
    parts.extend(f"header {name} like {pattern}" for name, pattern in expect.headers)
    if not isinstance(expect.body, Nothing):
        parts.append(json.dumps(expect.body, ensure_ascii=False)[:200])
    if not isinstance(expect.schema, Nothing):
        parts.append("JSON that fits the schema")
    parts.extend(said(each) for each in expect.asserts[:3])
    return f"{', '.join(parts)} ({expect.place})"


def _ranges(expect: Expect) -> str:
    spans = [f"{low}" if low == high else f"{low}-{high}" for low, high in expect.statuses]
    return " or ".join(spans)


def _violation(
    message: str, expected: str, actual: str, cause: str,
    event: str | None = None, delivery: str | None = None,
) -> Violation:  # fmt: skip
    return EXPECTATION_NOT_MET.violation(
        message, cause, event=event, delivery=delivery,
        deliveries=() if delivery is None else (delivery,), expected=expected, actual=actual,
    )  # fmt: skip


def _says_anything(expect: Expect) -> bool:
    says = expect.statuses or expect.headers or expect.within is not None
    return bool(says) or _looks_into(expect)


def _looks_into(expect: Expect) -> bool:
    """Whether anything is expected of the body."""
    parts = (expect.body, expect.schema)
    return bool(expect.asserts) or not all(isinstance(part, Nothing) for part in parts)


def _headers(expect: Expect, outcome: Response) -> Iterator[str]:
    for name, pattern in expect.headers:
        value = outcome.header(name)
        if value is None:
            yield f"no header {name}, expected one like {pattern}"
        elif not re.fullmatch(pattern, value):
            yield f"header {name} is {value!r}, expected one like {pattern}"


def _by_value(expected: JSON, value: JSON, place: str, role: Role) -> Iterator[str]:
    if isinstance(expected, Mapping) and isinstance(value, Mapping):
        for key, wanted_value in expected.items():
            found = value.get(key, _ABSENT)
            if found is _ABSENT:
                yield f"{place}/{key} is missing, expected {named(wanted_value, role)}"
            else:
                yield from _by_value(wanted_value, found, f"{place}/{key}", role)
    elif isinstance(expected, list) and isinstance(value, list) and len(expected) == len(value):
        for index, (left, right) in enumerate(zip(expected, value, strict=True)):
            yield from _by_value(left, right, f"{place}/{index}", role)
    elif isinstance(expected, list) and isinstance(value, list):
        yield _of_lengths(expected, value, place, role)
    elif expected != value or isinstance(expected, bool) != isinstance(value, bool):
        yield f"{place or '/'} is {_differing(value, expected, role)}"


def _of_lengths(expected: list[JSON], value: list[JSON], place: str, role: Role) -> str:
    """Say how lists of different lengths differ: both, or the first item that differs."""
    shown, want = (json.dumps(item, ensure_ascii=False) for item in (value, expected))
    if max(len(shown), len(want)) <= _SHOWN:
        return f"{place or '/'} is {shown}, expected {want}"
    pairs = enumerate(zip(expected, value, strict=False))
    differing = (n for n, (left, right) in pairs if any(_by_value(left, right, "", no_role)))
    first = next(differing, min(len(expected), len(value)))
    there = named(value[first], role) if first < len(value) else "missing"
    wish = f"expected {named(expected[first], role)}" if first < len(expected) else "one too many"
    return (
        f"{place or '/'} has {len(value):,} items, expected {len(expected):,}; the first that"
        f" differs is {place}/{first}: {there}, {wish}"
    )


def _differing(value: JSON, expected: JSON, role: Role) -> str:
    """Return both values; of long texts the part that differs, with what is around it."""
    if isinstance(value, str) and isinstance(expected, str):
        pairs = enumerate(zip(value, expected, strict=False))
        shorter = min(len(value), len(expected))
        at = next((n for n, (left, right) in pairs if left != right), shorter)
        if max(len(value), len(expected)) > _SHOWN:
            shown, want = (_around(text, at) for text in (value, expected))
            return f"{shown}, expected {want} (they differ from character {at + 1} on)"
    return f"{named(value, role)}, expected {named(expected, role)}"


def _around(text: str, at: int) -> str:
    start, end = max(0, at - _AROUND), at + _AROUND
    part = json.dumps(text[start:end], ensure_ascii=False)
    return ("…" if start else "") + part + ("…" if end < len(text) else "")


def named(value: JSON, role: Role = no_role) -> str:
    """Return a value as JSON, with what it is in the play where that is known."""
    known = role(value)
    return f"{_cut(json.dumps(value, ensure_ascii=False))}{f' ({known})' if known else ''}"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def stream_expectation(step: Await, event: str, why: str = "") -> Violation:
    """Return the violation of a stream that was awaited in vain, where no rule says why."""
    condition = f"stream.{step.condition} {step.argument}".strip()
    return _violation(
        f"{step.name}: {condition} was not met within {step.within:g} s{why and ': ' + why}",
        f"{condition} within {step.within:g} s ({step.place})", why or "it was not met",
        f"{step.place}", event,
    )  # fmt: skip
