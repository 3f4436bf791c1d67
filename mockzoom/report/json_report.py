"""The JSON report: the interface that other tools read."""

from __future__ import annotations

from mockzoom import __version__
from mockzoom.model import JSON, FailOn, RunResult, Violation
from mockzoom.report import load_figures
from mockzoom.report.escaping import as_json_text
from mockzoom.report.reporter import Reporter
from mockzoom.report.verdict import counts, verdict, worst_first


class JsonReporter(Reporter):
    """Reports a run as JSON."""

    def text(self, fail_on: FailOn) -> str:
        """Return the report as indented JSON."""
        return as_json(self.result, fail_on)


def as_json(result: RunResult, fail_on: FailOn | None = None) -> str:
    """Return the report as indented JSON with a line feed at its end."""
    document: dict[str, JSON] = {
        "mockzoom": __version__,
        "verdict": verdict(result, fail_on),
        "seed": result.seed,
        "target": result.target,
        "elapsed_s": round(result.elapsed, 3),
        "deliveries": result.deliveries,
        "coverage": {
            "events": list(result.coverage.events),
            "constraints": list(result.coverage.constraints),
        },
        "violations": [_violation(item, fail_on or result.fail_on) for item in worst_first(result)],
        "not_judged": [{"rule": item.rule, "why": item.why} for item in result.not_judged],
        "notices": list(result.notices),
        "breakages": list(result.breakages),
        "timeline": [
            {"at_s": round(item.at, 3), "where": item.where, "what": item.what}
            | ({"stream": item.stream} if item.stream else {})
            for item in result.timeline
        ],
        "fail_on": fail_on or result.fail_on,
        "not_observable": list(result.not_observable),
    }
    if result.load is not None:
        document["load"] = load_figures.document(result.load)
    return as_json_text(document) + "\n"


def _violation(item: Violation, fail_on: FailOn) -> JSON:
    return {
        "rule": item.rule,
        "slug": item.slug,
        "severity": item.severity,
        "count": item.count,
        "message": item.message,
        "event": item.event,
        "delivery": item.delivery,
        "deliveries": list(item.deliveries),
        "expected": item.expected,
        "actual": item.actual,
        "reproduce": item.reproduce,
        "accepted": dict(item.accepted),
        "counts": counts(item, fail_on),
        "leads": item.leads,
        "pointer": item.pointer,
        "location": item.location,
    }
