"""Takes out of reports and printed text what differs from run to run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DROPPED = {
    "mockzoom": "the version",
    "elapsed_s": "a time",
    "deliveries": "retries and liveness checks depend on what is unanswered at the moment",
}
"""Keys of a report that are not compared, and why."""
DROPPED_OF_A_VIOLATION = {
    "delivery": "deliveries are numbered in the order in which they leave, several at once",
    "deliveries": "the same; how many there are is `count`",
}
STEP_S = 30
"""Timestamps are compared in such steps: forgeries shift them by minutes or hours."""

_REPLACED = (
    # The ids of requests are drawn anew in each run; what counts the deliveries in them is kept.
    (r"(?<=x-zm-request-id: )[0-9a-f]{8}(_[0-9a-f]{4}){3}_", "<id>_"),
    (r"(?<=rid=WEB_)[0-9a-f]{16}", "<id>"),
    (r"(?<=traceparent: 00-)[0-9a-f]{16}", "<id>"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
    (r"localhost:\d+", "localhost:PORT"),
    (r"\b\d+(\.\d+)? ms\b", "<time>"),
    (r"\b\d+\.\d+ s\b", "<time>"),
    (r"v0=[0-9a-f]{64}", "v0=<hash>"),
    (r"v0=[0-9a-f]{8}\b", "v0=<short>"),
    (r"(?m)^(  Date: ).*$", r"\1<date>"),
)


def normalised_text(text: str, start: float, root: Path) -> str:
    """Return `text` of a command begun at `start` (epoch s) in `root` without what varies."""
    for pattern, replacement in _REPLACED:
        text = re.sub(pattern, replacement, text)
    text = text.replace(str(root), "ROOT")
    # The clock of signatures is the machine's. Its distance from the command's start is kept.
    return re.sub(
        r"(?<=x-zm-request-timestamp: )\d{9,11}\b",
        lambda found: f"<now{int((int(found[0]) - int(start)) // STEP_S) * STEP_S:+d}>",
        text,
    )


def normalised_report(report: Mapping[str, Any], start: float, root: Path) -> dict[str, Any]:
    """Return a JSON report with its violations by rule and event, and without what varies."""
    rest = {key: value for key, value in report.items() if key not in DROPPED}
    violations = rest.pop("violations", [])
    not_judged = rest.pop("not_judged", [])
    timeline = rest.pop("timeline", [])
    found: dict[str, Any] = _cleaned(rest, start, root)
    found["violations"] = _named(violations, start, root)
    found["not_judged"] = {item["rule"]: item["why"] for item in not_judged}
    found["timeline"] = sorted({_happened(item, start, root) for item in timeline})
    return found


def _happened(item: Mapping[str, Any], start: float, root: Path) -> str:
    """Say what happened in a stream. When, how often and in which order depends on the machine."""
    text = normalised_text(f"{item['where']}: {item['what']}", start, root)
    return re.sub(r"(?<=/)[0-9a-f]{16}(?=/)|\d+", "#", text)


def _named(violations: list[Mapping[str, Any]], start: float, root: Path) -> dict[str, Any]:
    """Name each violation by its rule and event; of several alike, by number too."""
    found: dict[str, Any] = {}
    times: Counter[str] = Counter()
    for item in violations:
        name = f"{item['rule']} {item.get('event', '')}".strip()
        times[name] += 1
        if times[name] > 1:
            name += f" #{times[name]}"
        kept = {key: value for key, value in item.items() if key not in DROPPED_OF_A_VIOLATION}
        found[name] = _cleaned(kept, start, root)
    return found


def _cleaned(value: Any, start: float, root: Path) -> Any:
    if isinstance(value, str):
        return normalised_text(value, start, root)
    if isinstance(value, Mapping):
        return {key: _cleaned(item, start, root) for key, item in value.items()}
    if isinstance(value, list):
        return [_cleaned(item, start, root) for item in value]
    return value
