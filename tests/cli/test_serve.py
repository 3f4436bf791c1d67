"""`mockzoom serve` as a process: it starts, says where it is, refuses, and ends in good order."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.cli.conftest import SECRET, Call

pytestmark = pytest.mark.slow


def start(folder: Path, *words: str) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "mockzoom", "serve", "--port", "0", "--db", "j.db", *words],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"serving at (http://127\.0\.0\.1:\d+) ", line)
    assert found, (line, process.stderr and process.stderr.read())
    return process, found[1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_end(tmp_path: Path, number: signal.Signals) -> None:
    process, url = start(tmp_path, "--secret", SECRET, "--time-scale", "100")
    with urllib.request.urlopen(f"{url}/healthz", timeout=30) as answer:
        assert json.load(answer)["status"] == "ok"
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    assert not (tmp_path / "j.db-wal").exists()  # closed, not torn


def test_a_second_one_on_the_same_file_is_refused(tmp_path: Path, call: Call) -> None:
    process, _ = start(tmp_path, "--secret", SECRET)
    ended = call("serve", "--port", "0", "--db", str(tmp_path / "j.db"))
    process.terminate()
    process.communicate(timeout=30)
    assert ended.code == 3
    assert "is served by another mockzoom" in ended.err


def test_a_port_that_is_taken_is_told_with_what_to_do(tmp_path: Path, call: Call) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = call("serve", "--port", str(port), "--db", str(tmp_path / "j.db"))
    assert ended.code == 2
    assert f"cannot listen on 127.0.0.1:{port}: something listens there already" in ended.err
    assert "--port (0 takes a free one)" in ended.err


def test_one_with_a_token_says_how_browsers_ask_for_it(tmp_path: Path) -> None:
    process, url = start(tmp_path, "--token", "a-long-enough-token")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"{url}/subscriptions", timeout=30)
    process.terminate()
    _, errors = process.communicate(timeout=30)
    assert errors == "mockzoom: browsers ask for a name (any) and a password: the token\n"


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (("--host", "0.0.0.0"), 2, "it needs a token"),
        (("--token", "short"), 2, "at least 16 characters"),
        (("--allow-target", "http://x"), 2, "expected a host name, an address or a network"),
        (("--port", "70000"), 2, "70000 is not in the range"),
        (("--time-scale", "0"), 2, "0.0 is not in the range"),
        (("--host", "203.0.113.9", "--token", "a-long-enough-token"), 2,
         "this machine has no such address"),
        (("--host", "nowhere.invalid", "--token", "a-long-enough-token"), 2,
         "--host takes an address or name of this machine"),
        (("--db", "."), 3, "is a folder; name a file"),
        (("--db", ""), 3, "is a folder; name a file"),
        (("--db", "no/such/folder.db"), 3, "does not exist; make it"),
        (("--cafile", "missing.pem"), 2, "no such file"),
        (("--timeout", "0"), 2, "expected seconds above 0"),
    ],
)  # fmt: skip
def test_what_it_cannot_be_started_with_is_refused_with_the_reason(
    call: Call, words: tuple[str, ...], code: int, reason: str
) -> None:
    ended = call("serve", "--port", "0", *words)
    assert reason in ended.err
    assert ended.code == code
