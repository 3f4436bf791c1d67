"""What a receiver answers, wherever the command line shows it: escaped, and without secrets."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from mockzoom.report import FORMATS
from tests.cli.conftest import SECRET, Call, Ended
from tests.transport.servers import answering, http, serving

pytestmark = pytest.mark.slow

STARTED = "meeting.rtms_started"
STEERING = "\x1b]0;owned\x07\x9b31m\u202e\u2066\u200f"
ESCAPED = "\\x1b]0;owned\\x07\\x9b31m\\u202e\\u2066\\u200f"
BODY = f"no: {SECRET} {STEERING}".encode()
PASSWORD = "a-password-of-mine"


def answer(status: int, *headers: str) -> bytes:
    return http(status, BODY, f"x-echo: {SECRET} {PASSWORD}", *headers)


def assert_clean(text: str) -> None:
    assert not {*text} & {*"\x1b\x07\x9b\u202e\u2066\u200f"}
    assert SECRET not in text
    assert PASSWORD not in text


def test_send_shows_an_answer_without_control_characters_and_secrets(call: Call) -> None:
    with serving(answering(answer(401))) as server:
        ended = call("send", STARTED, "--to", server.url, "--secret", SECRET, "--auth",
                     f"basic:me:{PASSWORD}")  # fmt: skip
    assert_clean(ended.out + ended.err)
    assert f"  no: …redacted… {ESCAPED}" in ended.out.splitlines()
    assert "  x-echo: …redacted… …redacted…" in ended.out.splitlines()
    assert "not-acknowledged" in ended.out


def test_where_a_redirection_leads_is_shown_without_them(call: Call) -> None:
    redirection = http(302, b"", f"location: /login?token={SECRET}\x9b31m")
    with serving(answering(redirection)) as server:
        ended = call("send", STARTED, "--to", server.url, "--secret", SECRET)
    assert_clean(ended.out)
    assert "MZ104" in ended.out


def verified(call: Call, url: str) -> Ended:
    reports = [word for name in FORMATS
               for word in ("--report", f"{name}=report.{name}")]  # fmt: skip
    return call("verify", url, "--secret", SECRET, "--events", STARTED, "--journal", "j.db",
                "--auth", f"basic:me:{PASSWORD}", *reports)  # fmt: skip


def test_every_report_of_a_run_is_without_them(call: Call, tmp_path: Path) -> None:
    with serving(answering(answer(401))) as server:
        ended = verified(call, server.url)
    assert ended.code == 1
    assert_clean(ended.out + ended.err)
    assert f"no: …redacted… {ESCAPED}" in " ".join(ended.out.split())
    for name in FORMATS:
        text = (tmp_path / f"report.{name}").read_text()
        assert_clean(text)
        assert name == "svg" or "…redacted…" in text
    ET.parse(tmp_path / "report.junit")
    found = json.loads((tmp_path / "report.json").read_text())["violations"]
    assert any(ESCAPED in item["actual"] for item in found)
    assert SECRET.encode() not in (tmp_path / "j.db").read_bytes()


def test_the_journal_shows_an_answer_without_them(call: Call) -> None:
    with serving(answering(answer(401))) as server:
        verified(call, server.url)
    shown = call("runs", "show", "1", "--journal", "j.db", "--delivery", "d-1").out
    assert_clean(shown)
    assert f"< no: …redacted… {ESCAPED}" in shown.splitlines()
    assert_clean(call("runs", "show", "1", "--journal", "j.db").out)


def test_the_lines_of_a_play_are_without_them(call: Call) -> None:
    with serving(answering(answer(401))) as server:
        ended = call("play", "rtms-start-stop", "--to", server.url, "--secret", SECRET)
    assert_clean(ended.out + ended.err)
    assert "…redacted…" in ended.err
