"""The mistakes that Zoom's documents are known to have are all found, and nothing besides."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from mockzoom.contract import bundled, load

COUNTS = {
    "accounts": {"MZ702": 11, "MZ707": 6, "MZ710": 3, "MZ720": 5},
    "calendar": {"MZ711": 11},
    "chatbot": {"MZ702": 5, "MZ706": 3, "MZ710": 1, "MZ716": 2, "MZ720": 6},
    "marketplace": {"MZ702": 2, "MZ705": 4, "MZ706": 7, "MZ716": 1, "MZ720": 2},
    "meetings": {"MZ720": 6},
    "node": {"MZ709": 1},
    "qss": {"MZ702": 14, "MZ706": 4},
    "quality-management": {"MZ702": 1},
    "revenue-accelerator": {"MZ702": 1},
    "rooms": {"MZ702": 22, "MZ704": 11, "MZ705": 5, "MZ716": 5},
    "scheduler": {"MZ706": 2},
    "tasks": {"MZ706": 3, "MZ721": 1},
    "team-chat": {"MZ702": 33, "MZ710": 5, "MZ716": 1, "MZ724": 2, "MZ725": 3},
    "users": {"MZ702": 15, "MZ710": 6},
    "whiteboard": {"MZ702": 2, "MZ725": 1},
    "zoom-events": {"MZ702": 1},
}
"""As counted when the documents were collected. A document that is not named here has none."""

OTHER_NAMES = 7
"""So many examples are of another event than the one they stand at."""


def test_each_document_has_the_mistakes_that_are_known_of_it() -> None:
    for path in sorted(bundled("specs").glob("*.json")):
        if path.stem in ("rtms", "video-sdk"):
            continue  # see tests/test_specs.py
        found = Counter(finding.rule for finding in load([path], errata=()).findings)
        assert found == COUNTS.get(path.stem, {}), path.stem


def test_examples_of_other_events_are_found() -> None:
    paths: list[Path] = [bundled("specs", f"{name}.json") for name in COUNTS]
    findings = load(paths, errata=()).findings
    assert sum("of another event" in finding.message for finding in findings) == OTHER_NAMES
