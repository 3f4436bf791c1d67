"""`verify --streams` against the official SDK as the consumer: it does nothing wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mockzoom.client.verifying import verify
from mockzoom.report import as_text
from mockzoom.settings import Settings
from tests.zoom.rtms.receiver import StreamReceiver

pytestmark = pytest.mark.slow

pytest.importorskip("rtms", reason="the official SDK has no wheel for this platform")

PROGRAM = Path(__file__).with_name("sdk_consumer.py")
SECRET, CLIENT, CLIENT_SECRET = "s3cret-of-tests", "client-of-tests", "client-secret-of-tests"


class SdkReceiver(StreamReceiver):
    """Starts a process of the SDK for each meeting's stream, another one after a fail-over."""

    def __init__(self, folder: Path) -> None:
        super().__init__(SECRET, CLIENT, CLIENT_SECRET)
        self.folder = folder
        self.running: dict[str, tuple[subprocess.Popen[str], str]] = {}

    def told(self, name: str, payload: dict[str, Any]) -> None:
        stream, url = str(payload.get("rtms_stream_id")), str(payload.get("server_urls"))
        process, known = self.running.get(stream, (None, ""))
        if name == "meeting.rtms_stopped" and process is not None:
            self.leave(process)
        if name != "meeting.rtms_started" or not url.startswith("ws://127.0.0.1:") or url == known:
            return
        if process is not None:
            self.leave(process)
        join = {
            "meeting_uuid": payload["meeting_uuid"], "rtms_stream_id": stream, "server_urls": url,
            "client": CLIENT, "secret": CLIENT_SECRET,
        }  # fmt: skip
        plan = json.dumps({"join": join, "media": ["audio", "video", "transcript"]})
        started = subprocess.Popen(
            [sys.executable, str(PROGRAM), plan], stdin=subprocess.PIPE, text=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder,
        )  # fmt: skip
        self.running[stream] = (started, url)

    def leave(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        if process.poll() is None:
            process.stdin.write("leave\n")
            process.stdin.flush()

    def end(self) -> None:
        for process, _ in self.running.values():
            process.kill()
            process.wait()


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in (2, 3))]
)
def test_the_official_sdk_joins_comes_back_moves_and_leaves_without_a_violation(
    tmp_path: Path, seed: int
) -> None:
    receiver = SdkReceiver(tmp_path)
    settings = Settings(
        secret=SECRET, client_id=CLIENT, client_secret=CLIENT_SECRET, streams=True,
        suites=("events",), events=("meeting.rtms_*",), stream_scale=0.25, seed=seed,
    )  # fmt: skip
    try:
        result = verify(receiver, settings)
    finally:
        receiver.end()
    shown = as_text(result)
    assert (result.violations, result.breakages) == ((), ()), shown
    judged = {rule for rule, _ in result.cases if rule >= "MZ6"}
    assert {f"MZ6{number:02}" for number in range(1, 14)} <= judged, shown
