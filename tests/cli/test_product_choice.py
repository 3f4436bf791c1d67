"""`--product`, and events of any product by their names, on the command line and in settings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import SECRET, Call

pytestmark = pytest.mark.slow

SIGNED = ("--secret", SECRET)


def names(call: Call, *words: str) -> list[str]:
    ended = call("events", "list", *words)
    assert (ended.code, ended.err) == (0, "")
    return [line.split()[0] for line in ended.out.splitlines()]


def test_list_has_the_product_as_its_second_column(call: Call) -> None:
    lines = call("events", "list", "user.*", "session.started").out.splitlines()
    columns = dict(line.split()[:2] for line in lines)
    assert columns["user.created"] == "users"
    assert columns["user.tsp_created"] == "meetings"
    assert columns["session.started"] == "video-sdk"
    assert lines == [line.rstrip() for line in lines]


def test_list_prints_json_with_the_product(call: Call) -> None:
    listed = json.loads(call("events", "list", "--json", "--product", "mail").out)
    assert listed == [
        {"event": "mail.history_event", "product": "mail", "source": "mail.json", "summary": ""}
    ]


def test_a_product_may_be_chosen_several_times_and_all_at_once(call: Call) -> None:
    both = names(call, "--product", "mail", "--product", "healthcare")
    assert both == sorted([*names(call, "--product", "mail"), *names(call, "clinical_notes.*")])
    assert len(names(call, "--product", "all")) == len(names(call, "*")) == 458
    assert len(names(call)) == 49


def test_settings_and_the_environment_choose_products_and_a_flag_goes_before_them(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.mockzoom]\nproduct = ["mail", "tasks"]\n')
    assert len(names(call)) == 1 + 8
    (tmp_path / "mockzoom.toml").write_text('product = ["calendar"]\n')
    assert len(names(call)) == 11
    monkeypatch.setenv("MOCKZOOM_PRODUCT", "mail healthcare")
    assert len(names(call)) == 2
    assert len(names(call, "--product", "whiteboard")) == 8


def test_an_event_of_another_product_than_the_flags_is_refused_with_the_nearest(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = ("--to", "http://127.0.0.1:1", "--print-curl", *SIGNED)
    for words in (("events", "show"), ("events", "synth"), ("send", *to)):
        ended = call(*words, "phone.recording_started", "--product", "meetings")
        assert (ended.code, ended.out) == (2, ""), words
        assert ended.err.startswith(
            "mockzoom: phone.recording_started is an event of phone, not of meetings; did you mean"
        )
        assert "pass --product phone, or leave it out" in ended.err
        for product in ("phone", "all"):
            assert call(*words, "phone.recording_started", "--product", product).code == 0
    monkeypatch.setenv("MOCKZOOM_PRODUCT", "meetings")
    assert call("events", "show", "phone.recording_started").code == 0


def test_an_unknown_product_is_refused_with_the_nearest(call: Call) -> None:
    for words in (("events", "list"), ("specs", "lint"), ("verify", "http://127.0.0.1:1", *SIGNED)):
        ended = call(*words, "--product", "meeting")
        assert (ended.code, ended.out) == (2, "")
        assert "no product is called 'meeting'; did you mean meetings?" in ended.err


def test_show_and_synth_find_the_product_of_an_event_by_its_name(call: Call) -> None:
    shown = json.loads(call("events", "show", "meeting.started").out)
    assert (shown["product"], shown["source"]) == ("meetings", "meetings.json")
    made = json.loads(call("events", "synth", "recording.completed").out)
    assert made["event"] == "recording.completed"
    ended = call("events", "synth", "meeting.startd")
    assert ended.code == 2
    assert "no event is called 'meeting.startd'; did you mean meeting.started" in ended.err


def test_lint_examines_the_documents_of_a_product(call: Call) -> None:
    ended = call("specs", "lint", "--product", "tasks")
    assert (ended.code, ended.err) == (0, "0 error, 4 warning, 0 info\n")
    assert "specs/tasks.json#" in ended.out
    assert call("specs", "lint", "--product", "users").code == 1


def test_with_spec_only_its_documents_count(call: Call) -> None:
    own = str(Path(__file__).parents[2] / "specs/mail.json")
    assert names(call, "--spec", own) == ["mail.history_event"]
    ended = call("events", "show", "meeting.started", "--spec", own)
    assert ended.code == 2
    assert "(`events list` shows all 1)" in ended.err
    ended = call("events", "list", "--spec", own, "--product", "meetings")
    assert ended.code == 2
    assert "no product is called 'meetings' (products: mail, all)" in ended.err


@pytest.mark.slow
def test_send_delivers_an_event_of_any_product(call: Call, receiver: str) -> None:
    ended = call("send", "meeting.started", "--to", receiver, *SIGNED)
    assert (ended.code, ended.err) == (0, "")
    assert '"event":"meeting.started"' in ended.out
    ended = call("send", "meeting.startd", "--to", receiver, *SIGNED)
    assert (ended.code, ended.out) == (2, "")
    assert "did you mean meeting.started" in ended.err


@pytest.mark.slow
def test_verify_selects_from_the_product_that_has_the_events_and_counts_them(
    call: Call, receiver: str
) -> None:
    few = ("--events", "meeting.live_*", "--events", "mail.*")
    ended = call("verify", receiver, *SIGNED, *few, "--report", "json=-")
    report = json.loads(ended.out)
    assert (ended.code, report["verdict"]) == (0, "pass")
    assert report["coverage"]["events"] == [3, 3]
    made, constraints = report["coverage"]["constraints"]
    assert made == constraints > 50


@pytest.mark.slow
def test_a_finding_of_another_product_has_a_line_that_gives_it_again(
    call: Call, defective: str
) -> None:
    ended = call("verify", defective, *SIGNED, "--product", "mail", "--report", "json=-")
    (line,) = [
        item["reproduce"] for item in json.loads(ended.out)["violations"] if item["rule"] == "MZ101"
    ]
    words = line.replace('"$MOCKZOOM_SECRET"', SECRET).split()
    assert words[:3] == ["mockzoom", "send", "mail.history_event"]
    again = call(*words[1:])
    assert again.code == 1
    assert "MZ101" in again.out


@pytest.mark.slow
def test_a_scenario_plays_events_of_any_product(call: Call, receiver: str, tmp_path: Path) -> None:
    (tmp_path / "mixed.yaml").write_text(
        "name: mixed\n"
        "steps:\n"
        "  - send: meeting.started\n"
        "    save: {meeting: payload.object.uuid}\n"
        "  - send: recording.completed\n"
        "    with: {payload.object.uuid: '${meeting}'}\n"
        "  - send: phone.callee_ringing\n"
        "  - send: session.started\n"
    )
    ended = call("play", "mixed.yaml", "--to", receiver, *SIGNED, "--report", "json=-")
    report = json.loads(ended.out)
    assert (ended.code, report["verdict"]) == (0, "pass")
    assert report["coverage"]["events"] == [4, 4]
