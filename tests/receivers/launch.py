"""Starts a receiver as a process of its own, and ends it for certain."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
START_BOUND_S = 90.0
"""A bound for one that hangs; beside other work a start takes many seconds."""
SECRET = "test-secret-1234567890"


def command(receiver: str, defect: str | None, auth: str | None) -> list[str]:
    """Return the command line that runs `receiver` (`node/NAME` is run by Node)."""
    if receiver.startswith("node/"):
        words = ["node", str(HERE / f"{receiver}.js")]
    else:
        words = [sys.executable, str(HERE / f"{receiver}.py")]
    words += ["--port", "0"]
    if defect:
        words += ["--defect", defect]
    if auth:
        words += ["--auth", auth]
    return words


@contextmanager
def running(
    receiver: str, defect: str | None = None, *, secret: str = SECRET, auth: str | None = None
) -> Iterator[str]:
    """Run a receiver for the length of the block and give its URL.

    Raises RuntimeError, with what the receiver printed, if it is not listening within 90 s. A
    receiver that dies inside the block stays dead.
    """
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command(receiver, defect, auth),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, "ZOOM_WEBHOOK_SECRET_TOKEN": secret},
        )
        try:
            url = _await_url(process)
            if url is None:
                errors.seek(0)
                said = errors.read().decode(errors="replace").strip()
                raise RuntimeError(f"{receiver} {defect or ''} is not listening: {said}")
            yield url
        finally:
            _end(process)


def _await_url(process: subprocess.Popen[bytes]) -> str | None:
    """Return the URL of the `listening` line, or None if it does not come in time."""
    assert process.stdout is not None
    watchdog = threading.Timer(START_BOUND_S, process.kill)
    watchdog.start()
    try:
        for line in process.stdout:
            word, _, url = line.decode().strip().partition(" ")
            if word == "listening":
                return url
    finally:
        watchdog.cancel()
    return None


def _end(process: subprocess.Popen[bytes]) -> None:
    """Close the process's input, which it takes as the sign to exit; kill it if it does not."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.close()
        process.wait(timeout=2)
    except (OSError, subprocess.TimeoutExpired):
        process.kill()
        process.wait()
    finally:
        process.stdout.close()
