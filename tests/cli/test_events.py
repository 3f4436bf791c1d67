"""`mockzoom events` and `mockzoom specs`: data on standard output, everything else on the other."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Call

ROOT = Path(__file__).resolve().parents[2]


def test_list_prints_one_event_a_line_its_name_first(call: Call) -> None:
    ended = call("events", "list")
    lines = ended.out.splitlines()
    assert (ended.code, ended.err, len(lines)) == (0, "", 49)
    names = [line.split()[0] for line in lines]
    assert len(set(names)) == 49
    assert {"meeting.rtms_started", "session.user_joined"} <= set(names)
    assert all(line == line.rstrip() for line in lines)


def test_list_takes_globs_and_other_documents(call: Call) -> None:
    lines = call("events", "list", "meeting.rtms_*", "session.rtms_started").out.splitlines()
    assert {line.split()[0].split(".")[0] for line in lines} == {"meeting", "session"}
    older = str(ROOT / "specs/history/rtms-2026-02-07.json")
    assert len(call("events", "list", "--spec", older).out.splitlines()) == 11


def test_show_prints_one_document_with_schema_and_variants(call: Call) -> None:
    ended = call("events", "show", "meeting.rtms_stopped")
    shown = json.loads(ended.out)
    assert list(shown) == ["event", "summary", "product", "source", "pointer", "schema", "examples",
                           "variants", "notes"]  # fmt: skip
    assert shown["event"] == "meeting.rtms_stopped"
    assert {5, 6} <= set(shown["schema"]["properties"]["payload"]["properties"]["stop_reason"]
                         ["enum"])  # fmt: skip


def test_synth_prints_one_document_a_line(call: Call) -> None:
    ended = call("events", "synth", "session.user_joined", "--count", "4")
    lines = ended.out.splitlines()
    assert (ended.code, len(lines)) == (0, 4)
    for line in lines:
        event = json.loads(line)
        assert event["event"] == "session.user_joined"
        assert line == json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    assert len(set(lines)) == 4


@pytest.mark.slow
def test_the_same_seed_prints_the_same_bytes_in_another_process_and_another_seed_others(
    call: Call,
) -> None:
    words = ["events", "synth", "session.user_joined", "--count", "2", "--seed", "7"]
    first = call(*words).out
    again = subprocess.run(
        [sys.executable, "-m", "mockzoom", *words], capture_output=True, check=True,
        env={"PYTHONHASHSEED": "12345", "PATH": ""},
    )  # fmt: skip
    assert again.stdout == first.encode()
    assert again.stderr == b""
    assert call(*words[:-1], "8").out != first


def test_pretty_indents_the_same_event(call: Call) -> None:
    plain = call("events", "synth", "meeting.rtms_started").out
    pretty = call("events", "synth", "meeting.rtms_started", "--pretty").out
    assert json.loads(pretty) == json.loads(plain)
    assert pretty.startswith('{\n  "')


def test_set_changes_a_place(call: Call) -> None:
    words = ("events", "synth", "meeting.rtms_stopped")
    sets = ("--set", "payload.stop_reason=6", "--set", "payload.meeting_uuid=ä==", "--set",
            "event_ts=1790000000000")  # fmt: skip
    made = json.loads(call(*words, *sets).out)
    assert made["payload"]["stop_reason"] == 6
    assert made["payload"]["meeting_uuid"] == "ä=="
    assert made["event_ts"] == 1790000000000
    before = json.loads(call(*words).out)
    assert {**before["payload"], "stop_reason": 6, "meeting_uuid": "ä=="} == made["payload"]


@pytest.mark.parametrize(
    "at", ["2026-09-21T14:13:20Z", "2026-09-21T16:13:20+02:00", "2026-09-21T14:13:20"]
)
def test_at_sets_the_payload_clock(call: Call, at: str) -> None:
    words = ("events", "synth", "meeting.rtms_started", "--at")
    assert call(*words, at).out == call(*words, "1790000000000").out
    stamp = json.loads(call(*words, at).out)["event_ts"]
    assert 1789999000000 < stamp <= 1790000000000


# -- specs lint --------------------------------------------------------------------------------


def lint(call: Call, *words: str) -> dict[tuple[str, str], list[str]]:
    """The messages of `specs lint`, by rule and event."""
    lines = call("specs", "lint", *words).out.splitlines()
    found: dict[tuple[str, str], list[str]] = {}
    for head, message in zip(lines[::2], lines[1::2], strict=True):
        assert message.startswith("  ")
        _, _, rule, event = head.split()
        found.setdefault((rule, event), []).append(message.strip())
    return found


def test_lint_reports_the_twelve_contradictions_between_example_and_schema(call: Call) -> None:
    found = {event: texts for (rule, event), texts in lint(call).items() if rule == "MZ702"}
    assert sum(map(len, found.values())) == 12
    number = '1234567890 is not of type "string" (type)'
    recordings = {event for event in found if event.startswith("session.recording_")}
    assert all(any(text.endswith(number) for text in found[event]) for event in recordings)
    assert set(found) - recordings == {"session.alert"}
    assert "(type)" in found["session.alert"][0]
    names = " ".join(found["session.recording_transcript_failed"])
    assert '"session.recording_transcript_completed" is not one of' in names


def test_lint_reports_the_missing_5_and_6_and_the_answers_that_repeat_the_request(
    call: Call,
) -> None:
    found = lint(call)
    for namespace in ("meeting", "session", "webinar"):
        texts = found[("MZ703", f"{namespace}.rtms_stopped")]
        assert texts == ["the description explains 5, 6, which the enum leaves out"]
    repeats = [text for (rule, _), texts in found.items() for text in texts if rule == "MZ713"]
    assert len(repeats) == 2  # one a document
    assert all("repeats that of the request; not enforced" in text for text in repeats)


def test_lint_fails_where_fail_on_says_so(call: Call) -> None:
    ended = call("specs", "lint")
    assert ended.code == 0
    assert ended.err == "0 error, 22 warning, 49 info\n"
    assert call("specs", "lint", "--fail-on", "warning").code == 1
    assert call("specs", "lint", "--fail-on", "never").code == 0


def test_lint_of_a_sound_document_is_clean(call: Call, tmp_path: Path) -> None:
    operation = {
        "requestBody": {"content": {"application/json": {"schema": {
            "type": "object",
            "required": ["event", "event_ts", "payload"],
            "properties": {
                "event": {"type": "string", "enum": ["a.b"]},
                "event_ts": {"type": "integer", "format": "int64"},
                "payload": {"type": "object", "properties": {"n": {"type": "integer"}}},
            },
        }}}},
        "responses": {"200": {"description": "ok"}},
    }  # fmt: skip
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"},
                "webhooks": {"a.b": {"post": operation}}}  # fmt: skip
    (tmp_path / "sound.json").write_text(json.dumps(document))
    ended = call("specs", "lint", "sound.json")
    assert (ended.code, ended.out) == (0, "")
    assert ended.err == "0 error, 0 warning, 0 info\n"


def test_lint_names_file_pointer_rule_and_reason(call: Call) -> None:
    for line in call("specs", "lint").out.splitlines():
        if not line.startswith(" "):
            place, severity, rule = line.split()[:3]
            file, _, pointer = place.partition("#")
            assert file.endswith((".json:", ".json"))
            assert pointer.startswith("/")
            assert severity in ("error", "warning", "info")
            assert rule.startswith("MZ7")
