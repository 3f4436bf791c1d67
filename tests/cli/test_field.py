"""Receivers as they are met in the field, at the command line: exit codes and what is printed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.receivers.field import PART, running_field
from tests.receivers.launch import SECRET

pytestmark = pytest.mark.slow


def test_the_command_line_says_the_same(call: Call) -> None:
    options = ("--secret", SECRET, *(f"--events={glob}" for glob in PART))
    with running_field("exact-case") as url:
        passed = call("verify", url, *options)
        failed = call("verify", url, *options, "--fail-on", "warning")
    assert (passed.code, failed.code) == (0, 1)
    assert "WARNING MZ213 header-case-sensitive" in passed.out


def test_a_captured_body_that_is_refused_is_a_violation_of_send_too(
    call: Call, tmp_path: Path
) -> None:
    body = tmp_path / "captured.json"
    body.write_text(json.dumps({
        "event": "meeting.rtms_stopped", "event_ts": 1_790_000_000_000,
        "payload": {"meeting_uuid": "abc==", "rtms_stream_id": "0123", "stop_reason": 1},
    }))  # fmt: skip
    with running_field("refuses-captured-body") as url:
        words = ["send", "meeting.rtms_stopped", "--to", url, "--secret", SECRET]
        ended = call(*words, "--body", f"@{body}")
    assert ended.code == 1
    assert "error MZ101 not-acknowledged" in ended.out


def test_a_cold_start_is_a_notice_of_send_too(call: Call) -> None:
    with running_field("cold-start") as url:
        ended = call("send", "meeting.rtms_started", "--to", url, "--secret", SECRET)
    assert ended.code == 0
    assert re.search(r"the first request took \d", ended.out + ended.err)
