"""The process of a client that a run starts and ends; what it prints last is kept for a report."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Mapping
from contextlib import suppress

from mockzoom.wording import printable

STOP_S = 2.0
"""Seconds that a client has to end, after SIGTERM."""
_KEPT = 400


class ClientProcess:
    """A command of the shell, with its children, started with further variables."""

    def __init__(self, command: str, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            command, shell=True, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        self._last = b""
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    @property
    def ended(self) -> str:
        """How it ended, with what it printed last; empty while it runs."""
        code = self._process.poll()
        if code is None:
            return ""
        self._reading.join(0.5)
        last = printable(self._last.decode("utf-8", "replace").strip())
        return f"the command ended with {code}" + (f": {last}" if last else "")

    def stop(self) -> None:
        """End it, with everything that it has started."""
        self._kill(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_S)
        self._kill(signal.SIGKILL)
        self._process.wait()

    def _kill(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _read(self) -> None:
        """Read what it prints, whatever it is, and keep the end."""
        stream = self._process.stdout
        assert stream is not None
        with stream:
            while piece := os.read(stream.fileno(), 65536):
                self._last = (self._last + piece)[-_KEPT:]
