"""A real terminal for tests: a pseudo-terminal, and an emulator that knows what stands on it."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pyte

PATIENCE_S = 40.0
"""Seconds in which a slow machine may show what is waited for."""
_QUIET_S = 0.1
UP, DOWN, LEFT, RIGHT = "\x1b[A", "\x1b[B", "\x1b[D", "\x1b[C"


class Screen:
    """What a program shows on a terminal of a given size, and the keys that it gets."""

    def __init__(self, child: pexpect.spawn, columns: int, rows: int) -> None:
        self.child = child
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = b""

    def lines(self) -> list[str]:
        """The lines as they stand there now, without the blanks at their ends."""
        self._take(0.05)
        return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        """The whole screen as it stands there now."""
        return "\n".join(self.lines())

    def press(self, keys: str) -> None:
        """Press keys."""
        self.child.send(keys)

    def wait(self, condition: str | Callable[[str], object]) -> str:
        """Wait until a text is on the screen, or a condition holds of it; return the screen.

        It has to hold once the screen is quiet: what is drawn is seen whole.
        """
        ends = time.monotonic() + PATIENCE_S
        while True:
            while self._take(_QUIET_S) and time.monotonic() < ends:
                pass
            text = self.text
            if condition in text if isinstance(condition, str) else condition(text):
                return text
            if time.monotonic() > ends or not self._alive():
                raise AssertionError(
                    f"never on the screen: {condition}\n{text}\n{self.raw[-300:]!r}"
                )

    def exited(self) -> None:
        """Wait until the program has ended."""
        ends = time.monotonic() + PATIENCE_S
        while self._alive():
            assert time.monotonic() < ends, f"the program does not end:\n{self.text}"
            self._take(0.05)
        self._take(0.05)

    def end(self) -> int:
        """Wait until the program has ended; return its exit code."""
        self.exited()
        self.child.close()
        if self.child.exitstatus is None:
            return -int(self.child.signalstatus)
        return int(self.child.exitstatus)

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size."""
        self._screen.resize(rows, columns)
        self.child.setwinsize(rows, columns)

    @property
    def restored(self) -> bool:
        """Whether the program left the alternate screen, and shows the cursor again."""
        left = self.raw.rfind(b"\x1b[?1049l") > self.raw.rfind(b"\x1b[?1049h")
        return left and self.raw.rfind(b"\x1b[?25h") > self.raw.rfind(b"\x1b[?25l")

    def _alive(self) -> bool:
        return bool(self.child.isalive()) or self._take(0)

    def _take(self, seconds: float) -> bool:
        taken = False
        while not self.child.closed:
            try:
                data = self.child.read_nonblocking(65536, seconds)
            except (pexpect.TIMEOUT, pexpect.EOF):
                return taken
            self.raw += data
            self._stream.feed(data)
            taken, seconds = True, 0
        return taken


@contextmanager
def running(
    *words: str,
    folder: Path,
    columns: int = 80,
    rows: int = 24,
    program: tuple[str, ...] = (sys.executable, "-m", "mockzoom"),
    **environment: str,
) -> Iterator[Screen]:
    """Run `mockzoom WORDS` (or another program) in `folder` on a terminal of its own."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    child = pexpect.spawn(
        program[0],
        [*program[1:], *words],
        cwd=str(folder),
        env={**kept, "TERM": "xterm-256color", "LANG": "C.UTF-8", **environment},
        dimensions=(rows, columns),
        timeout=PATIENCE_S,
    )
    child.delaybeforesend = None
    try:
        yield Screen(child, columns, rows)
    finally:
        if child.isalive():
            child.kill(signal.SIGKILL)
            child.wait()
        child.close()
