"""A run's result, and each of its violations, as JSON and back."""

from __future__ import annotations

import json

from msgspec import convert, structs, to_builtins

from mockzoom.model import JSON, Coverage, Load, Moment, NotJudged, RunResult, Violation
from mockzoom.redact import Redactor


def write_result(result: RunResult, redactor: Redactor) -> str:
    """Return `result` as JSON, without secrets."""
    document = to_builtins(structs.replace(redactor.result(result), cases={}))
    document["cases"] = [[*key, count] for key, count in result.cases.items()]
    return json.dumps(redactor.json(document))  # escaped: half of a surrogate pair is no UTF-8


def read_result(text: str) -> RunResult:
    """Return the result that `write_result` wrote."""
    document = json.loads(text)
    covered = document["coverage"]
    document["coverage"] = Coverage(tuple(covered["events"]), tuple(covered["constraints"]))
    document["violations"] = tuple(_violation(item) for item in document["violations"])
    document["not_judged"] = tuple(NotJudged(**item) for item in document["not_judged"])
    for name in ("notices", "breakages", "not_observable"):
        document[name] = tuple(document.get(name, ()))
    document["timeline"] = tuple(Moment(**item) for item in document.get("timeline", ()))
    document["load"] = convert(document.get("load"), Load | None)
    document["cases"] = {(rule, event): count for rule, event, count in document["cases"]}
    return RunResult(**document)


def write_violation(violation: Violation, redactor: Redactor) -> str:
    """Return `violation` as JSON, without secrets."""
    document = to_builtins(redactor.violation(violation))
    return json.dumps(redactor.json(document))  # escaped: half of a surrogate pair is no UTF-8


def read_violation(text: str) -> Violation:
    """Return the violation that `write_violation` wrote."""
    return _violation(json.loads(text))


def _violation(document: JSON) -> Violation:
    for name in ("events", "deliveries"):
        document[name] = tuple(document[name])
    document["accepted"] = tuple(tuple(pair) for pair in document.get("accepted", ()))
    return Violation(**document)
