"""The JSON report: the interface that other tools read."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from mockzoom import __version__
from mockzoom.report import exit_code
from mockzoom.report.json_report import as_json
from tests.report.results import CLEAN, MILD, RESULT, WORST


def test_the_report_has_exactly_these_keys_in_this_order() -> None:
    report = json.loads(as_json(RESULT))
    assert list(report) == [
        "mockzoom", "verdict", "seed", "target", "elapsed_s", "deliveries", "coverage",
        "violations", "not_judged", "notices", "breakages", "timeline", "fail_on",
        "not_observable",
    ]  # fmt: skip
    assert list(report["violations"][0]) == [
        "rule", "slug", "severity", "count", "message", "event", "delivery", "deliveries",
        "expected", "actual", "reproduce", "accepted", "counts", "leads",
        "pointer", "location",
    ]  # fmt: skip


def test_the_values_are_the_results() -> None:
    report = json.loads(as_json(RESULT))
    assert report["mockzoom"] == __version__
    assert report["verdict"] == "fail"
    assert report["seed"] == 1
    assert report["target"] == "http://127.0.0.1:5000/webhook"
    assert report["elapsed_s"] == 1.235
    assert report["deliveries"] == 812
    assert report["coverage"] == {"events": [47, 48], "constraints": [1629, 1630]}
    first, second = report["violations"]
    assert (first["rule"], second["rule"]) == ("MZ201", "MZ105")
    assert (first["count"], first["delivery"], first["deliveries"]) == (2, "d-17", ["d-17", "d-44"])
    assert first["reproduce"] == WORST.reproduce
    assert second["message"] == MILD.message
    assert report["not_judged"][0] == {
        "rule": "MZ208", "why": "no acknowledged event has a field of free text",
    }  # fmt: skip
    assert report["notices"] == list(RESULT.notices)
    assert report["breakages"] == list(RESULT.breakages)


def test_text_beyond_ascii_stands_there_as_it_is_and_a_line_feed_ends_it() -> None:
    text = as_json(RESULT)
    assert "naïve 😀" in text
    assert text.endswith("}\n")


def test_event_and_delivery_may_be_null() -> None:
    report = json.loads(as_json(replace(CLEAN, violations=(replace(
        MILD, event=None, delivery=None, deliveries=()),))))  # fmt: skip
    found = report["violations"][0]
    assert (found["event"], found["delivery"], found["deliveries"]) == (None, None, [])


@pytest.mark.parametrize(
    ("violations", "breakages", "fail_on", "verdict", "code"),
    [
        ((), (), "error", "pass", 0),
        ((MILD,), (), "error", "pass", 0),
        ((MILD,), (), "warning", "fail", 1),
        ((MILD,), ("x",), "error", "broken", 3),
        ((WORST,), (), "error", "fail", 1),
        ((WORST,), ("x",), "error", "fail", 1),
        ((WORST,), (), "never", "pass", 0),
        ((WORST,), ("x",), "never", "broken", 3),
        ((), ("x",), "never", "broken", 3),
        ((replace(MILD, severity="info"),), (), "warning", "pass", 0),
    ],
)
def test_verdict_and_exit_code(
    violations: tuple[object, ...],
    breakages: tuple[str, ...],
    fail_on: str,
    verdict: str,
    code: int,
) -> None:
    result = replace(CLEAN, violations=violations, breakages=breakages)  # type: ignore[arg-type]
    assert json.loads(as_json(result, fail_on))["verdict"] == verdict  # type: ignore[arg-type]
    assert exit_code(result, fail_on) == code  # type: ignore[arg-type]
