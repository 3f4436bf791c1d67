"""GitHub Actions: annotations and a summary by themselves, and nothing of a receiver acts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import SECRET, Call
from tests.report.everything import HOSTILE
from tests.report.test_formats import commands
from tests.transport.servers import answering, http, serving

pytestmark = pytest.mark.slow

FEW = ("--events", "session.started")


@pytest.fixture
def step(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The summary of a step, in which the command line runs."""
    summary = tmp_path / "summary.md"
    summary.write_text("what another step wrote\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    return summary


def test_a_step_gets_annotations_and_a_summary(
    call: Call, defective: str, step: Path, tmp_path: Path
) -> None:
    (tmp_path / "app.py").touch()
    ended = call("verify", defective, "--secret", SECRET, *FEW, "--source", "app.py")
    assert ended.code == 1
    taken = commands(ended.out)
    assert ("error", "app.py", "MZ107 unknown-event-refused") in [
        (name, given.get("file"), given["title"]) for name, given, _ in taken
    ]
    assert len(taken) >= 3
    before, _, summary = step.read_text().partition("### ")
    assert before == "what another step wrote\n"
    assert summary.startswith("❌ mockzoom: FAIL, ")
    assert "MZ107 unknown-event-refused" in summary


def test_data_on_standard_output_stays_data(call: Call, defective: str, step: Path) -> None:
    ended = call("verify", defective, "--secret", SECRET, *FEW, "--report", "json=-")
    assert json.loads(ended.out)["verdict"] == "fail"
    assert commands(ended.err)


def test_a_report_that_is_asked_for_is_not_made_twice(
    call: Call, defective: str, step: Path
) -> None:
    words = ("--report", "github=-", "--report", "markdown=own.md")
    ended = call("verify", defective, "--secret", SECRET, *FEW, *words)
    assert commands(ended.err) == []
    assert commands(ended.out)
    assert step.read_text() == "what another step wrote\n"
    assert Path("own.md").read_text().startswith("### ")


def test_elsewhere_there_are_neither(
    call: Call, defective: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    ended = call("verify", defective, "--secret", SECRET, *FEW)
    assert commands(ended.out + ended.err) == []
    assert not (tmp_path / "summary.md").exists()


def test_a_summary_that_cannot_be_written_is_told_and_costs_nothing(
    call: Call, receiver: str, step: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    ended = call("verify", receiver, "--secret", SECRET, *FEW)
    assert ended.code == 0
    assert f"GITHUB_STEP_SUMMARY {tmp_path}: cannot be written: Is a directory" in ended.err


def test_nothing_that_a_receiver_answers_is_a_command(call: Call, step: Path) -> None:
    body = "\n".join(HOSTILE[:-1]).encode()
    with serving(answering(http(500, body, "x-echo: ##[add-mask]x"))) as server:
        words = ("--to", server.url, "--secret", SECRET)
        sent = call("send", "session.started", *words)
        played = call("play", "rtms-start-stop", *words, "--report", "text=-")
        verified = call("verify", server.url, "--secret", SECRET, *FEW, "--report", "junit=-",
                        "--journal", "j.db")  # fmt: skip
    shown = call("runs", "show", "1", "--journal", "j.db", "--delivery", "d-1")
    assert "#\\x23[add-mask]acted" in shown.out
    for ended in (sent, played, verified, shown):
        found = {name for name, _, _ in commands(ended.out + ended.err)}
        assert found <= {"error", "warning", "notice"}
    assert commands(sent.out + shown.out) == []
    assert commands(verified.out) == []
    annotations = commands(played.err) + commands(verified.err)
    assert annotations
    assert all(given["title"].startswith(("MZ", "mockzoom: ")) for _, given, _ in annotations)


def test_pytest_of_others_gets_neither(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "from mockzoom import Mockzoom\n"
        "def app(environ, start):\n"
        "    start('500 Oops', [])\n"
        "    return [b'::error::acted']\n"
        "def test_it():\n"
        "    with Mockzoom(app, 'a-secret-of-mine') as zoom:\n"
        "        zoom.verify(events='session.started').assert_ok()\n"
    )
    summary = tmp_path / "summary.md"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:schemathesis", "test_it.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300,
        env={**os.environ, "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)},
    )  # fmt: skip
    assert "1 failed" in done.stdout
    assert not summary.exists()
    assert "title=MZ" not in done.stdout


@pytest.mark.parametrize("words", [("verify", "http://127.0.0.1:9/x"), ("events", "check", "-")])
def test_a_source_that_is_not_there_is_refused(call: Call, words: tuple[str, ...]) -> None:
    ended = call(*words, "--secret", SECRET, "--source", "src/none.js")
    assert ended.code == 2
    assert "--source src/none.js: no such file; expected the file that handles" in ended.err


def test_the_source_of_a_settings_file_is_where_findings_point_to(
    call: Call, defective: str, tmp_path: Path
) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.js").touch()
    (tmp_path / "mockzoom.toml").write_text('source = "src/app.js"\n')
    words = ("verify", defective, "--secret", SECRET, *FEW)
    call(*words, "--report", "sarif=r.sarif", "--report", "json=r.json")
    [run] = json.loads((tmp_path / "r.sarif").read_text())["runs"]
    places = [item["locations"][0]["physicalLocation"] for item in run["results"]]
    assert {place["artifactLocation"]["uri"] for place in places} == {"src/app.js"}
    found = json.loads((tmp_path / "r.json").read_text())["violations"]
    assert {item["location"] for item in found} == {"src/app.js"}


def test_without_a_source_they_point_to_the_document_of_the_event_or_to_the_first_one(
    call: Call, defective: str, tmp_path: Path
) -> None:
    words = ("verify", defective, "--secret", SECRET, *FEW, "--report", "json=r.json")
    call(*words)
    found = json.loads((tmp_path / "r.json").read_text())["violations"]
    places = {(item["event"], item["location"]) for item in found}
    assert places == {
        ("session.started", "specs/video-sdk.json"),
        ("endpoint.url_validation", "specs/video-sdk.json"),
    }
