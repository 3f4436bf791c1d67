"""A run's result, and each of its violations, as JSON and back."""

from __future__ import annotations

import json

from msgspec import convert, structs, to_builtins

from mockzoom.model import RunResult, Violation
from mockzoom.redact import Redactor


def write_result(result: RunResult, redactor: Redactor) -> str:
    """Return `result` as JSON, without secrets."""
    document = to_builtins(structs.replace(redactor.result(result), cases={}))
    document["cases"] = [[*key, count] for key, count in result.cases.items()]
    return json.dumps(redactor.json(document))  # escaped: half of a surrogate pair is no UTF-8


def read_result(text: str) -> RunResult:
    """Return the result that `write_result` wrote; one of an older mockzoom has fewer members."""
    document = json.loads(text)
    cases = {(rule, event): count for rule, event, count in document.pop("cases")}
    return structs.replace(convert(document, RunResult), cases=cases)


def write_violation(violation: Violation, redactor: Redactor) -> str:
    """Return `violation` as JSON, without secrets."""
    document = to_builtins(redactor.violation(violation))
    return json.dumps(redactor.json(document))  # escaped: half of a surrogate pair is no UTF-8


def read_violation(text: str) -> Violation:
    """Return the violation that `write_violation` wrote."""
    return convert(json.loads(text), Violation)
