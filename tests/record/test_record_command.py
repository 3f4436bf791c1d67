"""`mockzoom record` before a receiver: what is verified through it gets the same verdict."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mockzoom.client.verifying import verify
from mockzoom.journal import Archive
from mockzoom.journal.interrupted import is_interrupted
from mockzoom.settings import Settings
from mockzoom.zoom.sample_receiver import create_app, serving

pytestmark = pytest.mark.slow
SECRET = "s3cret-of-the-tests"


def test_a_receiver_gets_the_same_verdict_through_it_and_ctrl_c_ends_it_with_the_report(
    tmp_path: Path,
) -> None:
    with serving(create_app(SECRET)) as url:
        process = subprocess.Popen(
            [sys.executable, "-m", "mockzoom", "record", "--to", url, "--port", "0",
             "--report", "json=record.json", "--journal", "record.db"],
            cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "MOCKZOOM_SECRET": SECRET},
        )  # fmt: skip
        assert process.stderr is not None
        assert process.stdout is not None
        printed: list[str] = []
        reading = threading.Thread(target=lambda out: printed.extend(out), args=(process.stdout,))
        reading.start()
        line = process.stderr.readline()
        assert "listening at http://127.0.0.1:" in line
        port = line.split("listening at http://127.0.0.1:")[1].split(",")[0]
        through = f"http://127.0.0.1:{port}/webhook"
        result = verify(through, Settings(SECRET, events=("session.*",), suites=()))
        process.send_signal(signal.SIGINT)
        assert process.wait(120) == 0, process.stderr.read()
        reading.join()
    assert result.violations == ()
    assert result.breakages == ()
    text = "".join(printed)
    assert "session.started" in text
    assert "PASS: no violations" in text
    report = json.loads((tmp_path / "record.json").read_text("utf-8"))
    assert report["verdict"] == "pass"
    assert report["deliveries"] == result.deliveries
    again = subprocess.run(
        [sys.executable, "-m", "mockzoom", "runs", "list", "--journal", "record.db"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "record  pass" in again.stdout


def test_one_that_was_killed_is_interrupted_as_soon_as_its_process_has_ended(
    tmp_path: Path,
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "mockzoom", "record", "--to", "http://127.0.0.1:9/webhook",
         "--port", "0", "--secret", "x", "--journal", "record.db"],
        cwd=tmp_path, text=True, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        assert "listening at http://127.0.0.1:" in process.stderr.readline()
        (run,) = Archive(tmp_path / "record.db").runs()
        assert run.finished_at is None
        process.kill()
    archive = Archive(tmp_path / "record.db")
    (run,) = archive.runs()
    assert run.finished_at is not None
    result = archive.result(run.id)
    assert result is not None
    assert is_interrupted(result)


def test_what_cannot_be_used_is_refused(tmp_path: Path) -> None:
    def refused(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "mockzoom", "record", *words], cwd=tmp_path,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 2, done.stdout + done.stderr
        return done.stderr

    to = ("--to", "http://127.0.0.1:9/webhook")
    assert "no secret" in refused(*to)
    assert "--for '5': a duration without a unit" in refused(*to, "--secret", "x", "--for", "5")
    assert "expected a host" in refused(*to, "--secret", "x", "--host-header", "a b")
    assert "--other-secret is empty" in refused(*to, "--secret", "x", "--other-secret", " ")


def test_a_journal_is_exported_as_captures_scrubbed_and_checked(tmp_path: Path) -> None:
    def run(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "mockzoom", *words], cwd=tmp_path, capture_output=True,
            text=True, check=False, env={**os.environ, "MOCKZOOM_SECRET": SECRET},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    with serving(create_app(SECRET)) as url:
        run("verify", url, "--events", "session.user_joined", "--journal", "runs.db")
    as_sent = run("runs", "export", "1", "--journal", "runs.db").splitlines()
    scrubbed = run("runs", "export", "1", "--journal", "runs.db", "--scrub", "-o", "clean.jsonl")
    assert scrubbed == ""
    lines = (tmp_path / "clean.jsonl").read_text("utf-8").splitlines()
    assert as_sent
    assert lines
    signed = [json.loads(line) for line in as_sent if '"x-zm-signature"' in line]
    genuine = next(item for item in signed if '"session.user_joined"' in item["body"])
    assert "x-zm-signature" not in "".join(lines)
    account = json.loads(genuine["body"])["payload"]["account_id"]
    assert account in "".join(as_sent)
    assert account not in "".join(lines)
    har = json.loads(run("runs", "export", "1", "--journal", "runs.db", "--as", "har"))
    assert len(har["log"]["entries"]) >= len(as_sent)
    clean = next(line for line in lines if "session.user_joined" in line)
    (tmp_path / "one.jsonl").write_text(clean + "\n", "utf-8")
    assert "PASS" in run("events", "check", "one.jsonl")
