"""`--ignore`, `--baseline` and `--write-baseline`: accepted findings on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import SECRET, Call
from tests.receivers.launch import SECRET as LAUNCHED
from tests.receivers.launch import running
from tests.transport.servers import answering, http, serving

pytestmark = pytest.mark.slow

FEW = ("--events", "meeting.rtms_started", "--secret", SECRET)
ERRORS = ("MZ107", "MZ306", "MZ401")
IGNORED = tuple(word for rule in ERRORS for word in ("--ignore", f"{rule} a test system"))


def test_ignored_findings_leave_the_exit_code_green_and_stand_in_the_report(
    call: Call, defective: str
) -> None:
    ended = call("verify", defective, *FEW, *IGNORED)
    assert ended.code == 0
    assert "3 findings accepted" in ended.out
    assert "MZ107 unknown-event-refused: " in ended.out
    assert "(a test system)" in ended.out
    assert call("verify", defective, *FEW, *IGNORED[:4]).code == 1


def test_files_ignore_with_a_reason(call: Call, defective: str, tmp_path: Path) -> None:
    (tmp_path / "mockzoom.toml").write_text(
        'ignore = ["MZ107 known", {rule = "MZ306", event = "endpoint.*", reason = "known"},\n'
        '  "error-on-malformed-event:meeting.* known"]\n'
    )
    ended = call("verify", defective, *FEW)
    assert (ended.code, "3 findings accepted" in ended.out) == (0, True)
    (tmp_path / "mockzoom.toml").write_text('ignore = ["MZ107"]\n')
    refused = call("verify", defective, *FEW)
    assert refused.code == 2
    assert "mockzoom.toml: ignore: MZ107 has no reason" in refused.err


def test_a_written_baseline_makes_the_next_run_green(
    call: Call, defective: str, tmp_path: Path
) -> None:
    written = call("verify", defective, *FEW, "--baseline", "b.json", "--write-baseline")
    assert written.code == 0
    assert "written to b.json" in written.out
    document = json.loads((tmp_path / "b.json").read_text())
    assert {*ERRORS} <= {item["rule"] for item in document["accepted"]}
    before = (tmp_path / "b.json").read_bytes()
    ended = call("verify", defective, *FEW, "--baseline", "b.json", "--fail-on", "warning")
    assert ended.code == 0
    assert "in b.json" in ended.out
    call("verify", defective, *FEW, "--baseline", "b.json", "--write-baseline")
    assert (tmp_path / "b.json").read_bytes() == before


def test_entries_that_no_longer_occur_are_named(call: Call, tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(
        '{"mockzoom_baseline": 1, "accepted": [{"rule": "MZ101", "event": "meeting.rtms_started",'
        ' "cause": "500", "run": "verify"}]}'
    )
    options = ("--secret", LAUNCHED, "--ignore", "MZ205", "--baseline", "b.json")
    with running("aiohttp_receiver") as url:
        ended = call("verify", url, *options, "--report", "json=report.json")
    assert ended.code == 0
    notices = json.loads((tmp_path / "report.json").read_text())["notices"]
    assert [notice.partition(", which was not found")[0] for notice in notices] == [
        "`ignore` has MZ205", "b.json has MZ101 meeting.rtms_started (500)",
    ]  # fmt: skip


def test_what_cannot_be_accepted_is_refused_before_anything_is_sent(call: Call) -> None:
    with serving(answering(http(200))) as server:
        for options, message in (
            (("--ignore", "MZ999"), "no rule is called 'MZ999'"),
            (("--baseline", "none.json"), "--baseline none.json: no such file"),
            (("--write-baseline",), "--write-baseline: no file is named"),
        ):
            for words in (("verify", server.url), ("play", "rtms-start-stop", "--to", server.url)):
                ended = call(*words, "--secret", SECRET, *options)
                assert ended.code == 2
                assert message in ended.err
        assert call("send", "meeting.rtms_started", "--to", server.url, "--secret", SECRET,
                    "--ignore", "MZ999").code == 2  # fmt: skip
        assert server.received == []


def test_plays_and_deliveries_by_hand_accept_as_well(call: Call) -> None:
    with serving(answering(http(500))) as server:
        words = ("--to", server.url, "--secret", SECRET)
        accepting = ("--ignore", "MZ101 it is being repaired")
        assert call("send", "meeting.rtms_started", *words).code == 1
        sent = call("send", "meeting.rtms_started", *words, *accepting)
        assert sent.code == 0
        assert "error MZ101 not-acknowledged, accepted: it is being repaired" in sent.out
        play = ("play", "rtms-start-stop", *words)
        assert call(*play).code == 1
        played = call(*play, *accepting)
        assert "1 finding accepted" in played.out
        assert played.code == 0


def test_a_run_is_reported_again_as_it_was_judged(call: Call, defective: str) -> None:
    judged = ("--fail-on", "never", "--ignore", "MZ107 known")
    ended = call("verify", defective, *FEW, *judged, "--journal", "j.db")
    assert ended.code == 0
    again = call("runs", "report", "1", "--journal", "j.db")
    assert (again.code, again.out) == (0, ended.out)
    assert " pass " in call("runs", "list", "--journal", "j.db").out
    assert ended.out in call("runs", "show", "1", "--journal", "j.db").out
    strict = call("runs", "report", "1", "--journal", "j.db", "--fail-on", "error")
    assert strict.code == 1
    assert "1 finding accepted" in strict.out
