"""The process of a client that a run starts and ends; what it prints last is kept for a report."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import deque
from collections.abc import Mapping
from contextlib import suppress

from mockzoom.wording import printable

_KEPT, _LINE = 3, 200
STOP_S = 2.0
"""Seconds in which a client ends that is told to."""


class ClientProcess:
    """A command of the shell, with its children."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._last: deque[str] = deque(maxlen=_KEPT)
        self._reading = asyncio.ensure_future(self._read())

    @classmethod
    async def start(cls, command: str, environment: Mapping[str, str]) -> ClientProcess:
        """Start a command with further variables in its environment."""
        process = await asyncio.create_subprocess_shell(
            command, env={**os.environ, **environment}, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            start_new_session=True, limit=_LINE,
        )  # fmt: skip
        return cls(process)

    @property
    def ended(self) -> str:
        """How it ended, with what it printed last; empty while it runs."""
        code = self._process.returncode
        if code is None:
            return ""
        last = "".join(self._last).strip()
        return f"the command ended with {code}" + (f": {printable(last)}" if last else "")

    async def stop(self) -> None:
        """End it, with everything that it has started."""
        self._kill(signal.SIGTERM)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), STOP_S)
        self._kill(signal.SIGKILL)
        await self._process.wait()
        self._reading.cancel()

    def _kill(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    async def _read(self) -> None:
        """Read what it prints, whatever it is, and keep the end."""
        stream = self._process.stdout
        assert stream is not None
        while piece := await stream.read(_LINE):
            self._last.append(piece.decode("utf-8", "replace"))
