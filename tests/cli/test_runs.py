"""`verify --journal` and `mockzoom runs`: a run is kept, and told again as it was."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from mockzoom.journal import Archive
from mockzoom.report import FORMATS
from tests.cli.conftest import SECRET, Call

pytestmark = pytest.mark.slow

FEW = ("--events", "meeting.rtms_*")


def test_a_run_is_listed_shown_and_reported_as_verify_reported_it(
    call: Call, defective: str, tmp_path: Path
) -> None:
    formats = [name for name in FORMATS if name != "ndjson"]  # whose violations are not grouped
    wanted = [word for name in formats for word in ("--report", f"{name}=first.{name}")]
    ended = call("verify", defective, "--secret", SECRET, *FEW, "--journal", "j.db", *wanted)
    assert (ended.code, ended.err) == (1, "")
    listed = call("runs", "list", "--journal", "j.db")
    assert re.fullmatch(rf" +1  \S+Z  verify  fail +\d+ deliveries  {defective}\n", listed.out)
    again = [word for name in formats for word in ("--report", f"{name}=second.{name}")]
    reported = call("runs", "report", "1", "--journal", "j.db", *again)
    assert (reported.code, reported.out) == (1, ended.out)
    for name in formats:
        first, second = (tmp_path / f"{which}.{name}" for which in ("first", "second"))
        assert first.read_text() == second.read_text()
    shown = call("runs", "show", "1", "--journal", "j.db")
    assert ended.out in shown.out


def test_a_delivery_is_shown_byte_for_byte(call: Call, receiver: str) -> None:
    call("verify", receiver, "--secret", SECRET, *FEW, "--journal", "j.db")
    shown = call("runs", "show", "1", "--journal", "j.db", "--delivery", "d-1")
    lines = shown.out.splitlines()
    assert f"> POST {receiver}" in lines
    assert any(line.startswith('> {"payload":{"plainToken":') for line in lines)
    assert "< 200 OK" in lines
    missing = call("runs", "show", "1", "--journal", "j.db", "--delivery", "d-999999")
    assert missing.code == 2
    assert "run 1 has no delivery 'd-999999'" in missing.err


def test_credentials_do_not_stand_in_the_journal(call: Call, receiver: str, tmp_path: Path) -> None:
    call("verify", receiver, "--secret", SECRET, *FEW, "--journal", "j.db", "--show-secrets",
         "--auth", "basic:user:a-password-of-mine")  # fmt: skip
    for word in (SECRET.encode(), b"a-password-of-mine", b"dXNlcjphLXBhc3N3b3JkLW9mLW1pbmU"):
        assert word not in (tmp_path / "j.db").read_bytes()


def test_an_unknown_run_is_refused(call: Call, receiver: str) -> None:
    call("verify", receiver, "--secret", SECRET, *FEW, "--journal", "j.db")
    for words in (("show", "7"), ("report", "7"), ("export", "7", "--as", "scenario")):
        ended = call("runs", *words, "--journal", "j.db")
        assert ended.code == 2
        assert "has no run 7" in ended.err


def test_a_journal_that_cannot_be_used_ends_verify_before_it_starts(
    call: Call, receiver: str, tmp_path: Path
) -> None:
    (tmp_path / "notes").write_text("no database, " * 100)
    ended = call("verify", receiver, "--secret", SECRET, "--journal", "notes")
    assert ended.code == 3
    assert "is no SQLite database; name another file" in ended.err
    assert ended.out == ""


def test_a_full_disk_spoils_the_journal_and_not_the_verdict(receiver: str, tmp_path: Path) -> None:
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

    ended = subprocess.run(
        [sys.executable, "-m", "mockzoom", "verify", receiver, "--secret", SECRET, *FEW,
         "--journal", "j.db"],
        cwd=tmp_path, preexec_fn=small_files, capture_output=True, text=True, timeout=120,
        env={**os.environ, "NO_COLOR": "1"}, check=False,
    )  # fmt: skip
    assert "PASS: no violations" in ended.stdout
    assert re.search(r"journal .*j\.db cannot (grow|be read or written)", ended.stderr)
    assert "the run is not in the journal" in ended.stderr
    assert ended.returncode == 3
    assert Archive(tmp_path / "j.db").runs() == []


@pytest.mark.parametrize("words", [("list",), ("show", "1"), ("report", "1")])
def test_a_missing_journal_is_named(call: Call, words: tuple[str, ...]) -> None:
    ended = call("runs", *words, "--journal", "none.db")
    assert ended.code == 2  # as for a run that the journal does not have
    assert "none.db does not exist" in ended.err


def test_a_play_is_kept_too(call: Call, receiver: str) -> None:
    listed = call("play", "--list").out.split()[0]
    ended = call(
        "play", listed, "--to", receiver, "--secret", SECRET, "--virtual", "--journal", "j.db"
    )
    shown = call("runs", "list", "--journal", "j.db")
    assert re.search(rf"  play +\w+ +\d+ deliveries  {receiver}", shown.out), (ended, shown)


def test_a_kept_run_is_drawn(call: Call, receiver: str, tmp_path: Path) -> None:
    call("verify", receiver, "--secret", SECRET, *FEW, "--journal", "j.db")
    drawn = call("runs", "report", "1", "--journal", "j.db", "--report", "svg=run.svg")
    assert (drawn.code, drawn.err) == (0, "")
    text = (tmp_path / "run.svg").read_text()
    assert text.startswith("<svg ")
    assert "meeting.rtms_started" in text
    piped = call("runs", "report", "1", "--journal", "j.db", "--report", "svg=-")
    assert piped.out == text


def test_verify_draws_what_its_journal_would(call: Call, defective: str, tmp_path: Path) -> None:
    reports = ("--report", "svg=first.svg", "--journal", "j.db")
    assert call("verify", defective, "--secret", SECRET, *FEW, *reports).code == 1
    call("runs", "report", "1", "--journal", "j.db", "--report", "svg=second.svg")
    first, second = ((tmp_path / f"{which}.svg").read_text() for which in ("first", "second"))
    assert first == second
    assert f'<title id="mockzoom-diagram-title">verify of {defective}</title>' in first
    assert "more deliveries are not drawn" in first


def test_notices_of_scenarios_left_out_are_reported_again(
    call: Call, receiver: str, tmp_path: Path
) -> None:
    words = ("play", "all", "--to", receiver, "--secret", SECRET, "--virtual")
    played = call(*words, "--journal", "j.db", "--report", "json=first.json")
    again = call("runs", "report", "1", "--journal", "j.db", "--report", "json=second.json")
    first, second = ((tmp_path / f"{which}.json").read_text() for which in ("first", "second"))
    assert "left out" in first
    assert first == second
    assert again.out == played.out
