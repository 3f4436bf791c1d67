"""`mockzoom stream serve`: URLs, a ready-made start, a live log, findings."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mockzoom.zoom.signing import verify
from tests.cli.conftest import SECRET, Call
from tests.cli.test_bad_input import refused
from tests.zoom.rtms.consumer import Consumer, Style

pytestmark = pytest.mark.slow

CREDENTIALS = ("--client-id", "the-id", "--client-secret", "the-client-secret")


def test_it_prints_the_urls_and_a_signed_start(call: Call) -> None:
    ended = call("stream", "serve", "--seconds", "0.1", "--secret", SECRET, *CREDENTIALS)
    assert ended.code == 0, ended.err
    url = re.search(r"server_urls: (ws://127\.0\.0\.1:\d+/\w+/signaling)", ended.out)
    assert url is not None
    line = next(line for line in ended.out.splitlines() if line.startswith("curl "))
    body = re.search(r"--data-binary '(\{.*\})' http", line)
    stamp = re.search(r"x-zm-request-timestamp: (\d+)", line)
    signature = re.search(r"x-zm-signature: (v0=\w+)", line)
    assert body is not None
    assert stamp is not None
    assert signature is not None
    assert verify(SECRET, stamp[1], body[1].encode(), signature[1])
    payload = json.loads(body[1])["payload"]
    assert payload["server_urls"] == url[1]
    assert f"rtms_stream_id: {payload['rtms_stream_id']}" in ended.out
    assert "no violations: 0 joins" in ended.out
    assert "the-client-secret" not in ended.out
    assert SECRET not in ended.out


@pytest.mark.parametrize("kind", ["webinar", "session", "engagement"])
def test_every_kind_and_tls_without_a_secret_give_a_command_that_sends_the_start(
    call: Call, kind: str
) -> None:
    ended = call("stream", "serve", "--kind", kind, "--tls", "--seconds", "0.1")
    assert ended.code == 0, ended.err
    assert "server_urls: wss://localhost:" in ended.out
    assert "CA of its certificate" in ended.out
    assert '--secret "$MOCKZOOM_SECRET"' in ended.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--media", "audio,vidio"], "did you mean video"), (["--time-scale", "0"], "above 0"),
     (["--audio", "none.wav"], "none.wav: cannot be read"),
     (["--transcript", "none.txt"], "none.txt: cannot be read"), (["--key", "k"], "--certificate"),
     (["--certificate", "c.pem"], "c.pem: cannot be used"), (["--client-id", ""], "client_id"),
     (["--video", "none"], "none: cannot be read"), (["--chat", "none"], "none: cannot be read"),
     (["--deskshare", "pyproject.toml"], "pyproject.toml: cannot be read"),
     (["--seconds", "-1"], "--seconds")],
)  # fmt: skip
def test_what_cannot_be_used_is_refused(call: Call, arguments: list[str], words: str) -> None:
    assert words in refused(call, "stream", "serve", "--seconds", "0.1", *arguments)


@pytest.mark.parametrize(("secret", "code"), [("the-client-secret", 0), ("another", 1)])
def test_it_logs_what_a_client_does_and_ctrl_c_ends_with_the_findings(
    tmp_path: Path, secret: str, code: int
) -> None:
    environment = {name: value for name, value in os.environ.items() if "PROXY" not in name.upper()}
    process = subprocess.Popen(
        [sys.executable, "-m", "mockzoom", "stream", "serve", *CREDENTIALS, "--media=transcript"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path,
        env={**environment, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        told = {}
        for line in process.stdout:
            name, _, value = line.strip().partition(": ")
            told[name] = value
            if line.startswith("What the client does"):
                break
        asyncio.run(join(told, secret))
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=20)[0]
    finally:
        process.kill()
    assert "SIGNALING_HAND_SHAKE_REQ" in rest
    assert process.returncode == code, rest
    if code:
        assert "ERROR MZ602 bad-handshake-signature" in rest
    else:
        assert "no violations: 1 joins, 1 media sockets" in rest
        assert "CLIENT_READY_ACK" in rest


async def join(told: dict[str, str], secret: str) -> None:
    consumer = Consumer(Style(rejoin="never"), "the-id", secret)
    consumer.started(told["meeting_uuid"], told["rtms_stream_id"], told["server_urls"])
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(10):
            while not consumer.of_type(17 if secret == "the-client-secret" else 2):
                await asyncio.sleep(0.05)
    consumer.ended()
    await asyncio.sleep(0.3)
    await consumer.leave()
