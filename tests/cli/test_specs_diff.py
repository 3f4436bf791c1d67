"""`mockzoom specs diff`: what changes for a receiver, as text and JSON, with its exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.cli.conftest import Call

SPECS = Path(__file__).resolve().parents[2] / "specs"
OLD = str(SPECS / "history" / "rtms-2026-02-07.json")
NEW = str(SPECS / "rtms.json")


def write(name: str, **properties: Any) -> str:
    """A document with the one event `room.opened`, whose payload has these properties."""
    schema = {"type": "object", "properties": {
        "event": {"type": "string"}, "event_ts": {"type": "integer"},
        "payload": {"type": "object", "properties": properties},
    }}  # fmt: skip
    content = {"application/json": {"schema": schema}}
    document = {
        "openapi": "3.1.0",
        "webhooks": {"room.opened": {"post": {"requestBody": {"content": content}}}},
    }
    Path(name).write_text(json.dumps(document))
    return name


def test_new_events_and_fields_break_no_receiver(call: Call) -> None:
    ended = call("specs", "diff", OLD, NEW)
    assert ended.code == 0
    assert ended.err == "0 breaking, 3 notice, 7 harmless\n"
    lines = ended.out.splitlines()
    assert lines[:2] == [
        "notice contact_center.voice_rtms_interrupted: new event",
        "  A receiver acknowledges events that it does not know.",
    ]
    assert (
        "harmless meeting.rtms_started /payload/meeting_id: new required field (integer)" in lines
    )


def test_what_a_receiver_reads_may_be_gone(call: Call) -> None:
    ended = call("specs", "diff", NEW, OLD)
    assert (ended.code, ended.err) == (1, "10 breaking, 0 notice, 0 harmless\n")
    assert "breaking session.rtms_started /payload/account_id: required field removed (string)" in (
        ended.out
    )


def test_before_and_after_are_shown(call: Call) -> None:
    old = write("old.json", x={"type": "string"}, y={"type": "string", "enum": ["a"]})
    new = write("new.json", x={"type": "integer"}, y={"type": "string", "enum": ["a", "\x1b[1mb"]})
    ended = call("specs", "diff", old, new)
    assert ended.out == (
        "breaking room.opened /payload/x: type changed (\"string\" → \"integer\")\n"
        "  Values of another type may come.\n"
        "breaking room.opened /payload/y: enum value added (\"\\u001b[1mb\")\n"
        "  Code without a branch for other values fails on it.\n"
    )  # fmt: skip
    assert ended.code == 1


def test_json_has_every_difference_with_its_parts(call: Call) -> None:
    old, new = write("old.json", x={"type": "string"}), write("new.json", x={"type": "integer"})
    ended = call("specs", "diff", old, new, "--json")
    report = json.loads(ended.out)
    assert (ended.code, ended.err) == (1, "")
    assert list(report) == ["mockzoom", "old", "new", "counts", "differences"]
    assert report["counts"] == {"breaking": 1, "notice": 0, "harmless": 0}
    assert report["differences"] == [{
        "event": "room.opened", "pointer": "/payload/x", "change": "type changed",
        "impact": "breaking", "before": "string", "after": "integer",
        "why": "Values of another type may come.",
    }]  # fmt: skip


def test_equal_documents_have_no_differences(call: Call) -> None:
    ended = call("specs", "diff", NEW, NEW)
    assert (ended.code, ended.out, ended.err) == (0, "", "no differences\n")
    assert json.loads(call("specs", "diff", NEW, NEW, "--json").out)["differences"] == []


def test_a_document_that_is_read_in_part_is_named(call: Call) -> None:
    old = write("old.json", x={"type": "string"})
    new = write("new.json", x={"type": "a long text"})
    ended = call("specs", "diff", old, new)
    assert "mockzoom: new.json: parts of it could not be read and are not compared" in ended.err


def test_what_is_no_contract_is_refused(call: Call) -> None:
    Path("empty.json").write_text("{}")
    for words, message in (
        (("none.json", NEW), "none.json: cannot be read"),
        ((NEW, "empty.json"), "empty.json:1:1: no contract"),
    ):
        ended = call("specs", "diff", *words)
        assert (ended.code, ended.out) == (2, "")
        assert ended.err.startswith(f"mockzoom: {message}")
    assert call("specs", "diff", NEW).code == 2


def test_alternatives_are_told_apart_by_their_fields_and_no_type_is_any(call: Call) -> None:
    field = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}
    other = {"type": "object", "required": ["b"], "properties": {"b": {"type": "string"}}}
    old = write("old.json", x={"oneOf": [field]}, y={"type": "string"})
    new = write("new.json", x={"oneOf": [field, other]}, y={})
    ended = call("specs", "diff", old, new)
    assert '/payload/x: alternative added (object {"properties": ["b"]})\n' in ended.out
    assert '/payload/y: type widened ("string" → any type)\n' in ended.out


def test_a_field_that_is_deprecated_is_harmless_and_told(call: Call) -> None:
    old = write("old.json", x={"type": "string"})
    new = write("new.json", x={"type": "string", "deprecated": True})
    ended = call("specs", "diff", old, new)
    assert (ended.code, ended.err) == (0, "0 breaking, 0 notice, 1 harmless\n")
    assert ended.out == (
        "harmless room.opened /payload/x: deprecated\n"
        "  It still comes, but may be removed one day; stop relying on it.\n"
    )
