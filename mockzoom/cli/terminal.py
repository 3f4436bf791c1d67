"""A terminal that is read key by key, and left as it was, however its use ends."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType, TracebackType
from typing import Any, Self

INTERRUPT = "ctrl-c"
GONE = "gone"
"""The key of a terminal that can no longer be read."""
_SEQUENCES = {
    b"\x1b[A": "up", b"\x1b[B": "down", b"\x1b[C": "right", b"\x1b[D": "left",
    b"\x1bOA": "up", b"\x1bOB": "down", b"\x1bOC": "right", b"\x1bOD": "left",
    b"\x1b[5~": "page up", b"\x1b[6~": "page down",
    b"\x1b[H": "home", b"\x1b[F": "end", b"\x1b[1~": "home", b"\x1b[4~": "end",
    b"\x1bOH": "home", b"\x1bOF": "end",
}  # fmt: skip
_ESCAPE_S = 0.05
"""Seconds in which the rest of a key's sequence follows its escape character."""


def unusable() -> str:
    """Say why keys cannot be read here; empty where they can."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return "needs a terminal"
    if os.environ.get("TERM", "dumb") in ("dumb", "unknown"):
        return "needs a terminal that can move its cursor (see TERM)"
    try:
        import termios  # noqa: F401
    except ImportError:
        return "needs a POSIX terminal"
    return ""


class Terminal:
    """Reads keys from standard input; only the main thread may use it, but for `wake`.

    Ctrl-C is a key; a second one before it was taken raises `KeyboardInterrupt`.
    """

    def __init__(self) -> None:
        self._fd = sys.stdin.fileno()
        self._keys: list[str] = []
        self._interrupts = 0
        self._pipe = (-1, -1)
        self._before: list[Any] = []
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        import termios

        self._pipe = os.pipe()
        for end in self._pipe:
            os.set_blocking(end, False)
        self._before = termios.tcgetattr(self._fd)
        self._handle(signal.SIGINT, self._interrupted)
        self._handle(signal.SIGWINCH, lambda *_: self.wake())
        self._handle(signal.SIGTERM, _terminated)
        self._raw()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._cooked()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        read, write = self._pipe
        self._pipe = (-1, -1)
        os.close(write)
        os.close(read)

    def wake(self) -> None:
        """Let `key` return early; from any thread."""
        with suppress(OSError):  # it is full, so that it wakes anyway; or closed
            os.write(self._pipe[1], b"!")

    def key(self, seconds: float | None = None) -> str:
        """Return the next key, or an empty string after a `wake` or so many seconds."""
        if self._interrupts:
            self._interrupts = 0
            return INTERRUPT
        if not self._keys:
            ready, _, _ = select.select([self._fd, self._pipe[0]], [], [], seconds)
            if self._pipe[0] in ready:
                os.read(self._pipe[0], 4096)
            if self._fd in ready:
                self._keys += self._read()
        if self._interrupts:
            return self.key(0)
        return self._keys.pop(0) if self._keys else ""

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Lend the terminal to another program, which alone is told of Ctrl-C."""
        # A handler of our own, since one that ignores would be inherited by the program.
        ours = signal.signal(signal.SIGINT, lambda *_: None)
        self._cooked()
        try:
            yield
        finally:
            self._raw()
            signal.signal(signal.SIGINT, ours)

    # -- within --------------------------------------------------------------------------------

    def _read(self) -> list[str]:
        try:
            data = os.read(self._fd, 4096)
            if data.endswith(b"\x1b") and select.select([self._fd], [], [], _ESCAPE_S)[0]:
                data += os.read(self._fd, 4096)
        except OSError:
            data = b""
        return list(keys(data)) if data else [GONE]

    def _raw(self) -> None:
        """Give each key at once, unechoed; Ctrl-C goes on to be a signal, Ctrl-Z does nothing."""
        import termios

        mode = [*self._before[:6], list(self._before[6])]
        mode[3] &= ~(termios.ICANON | termios.ECHO)
        mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
        mode[6][termios.VSUSP] = b"\0"
        termios.tcsetattr(self._fd, termios.TCSADRAIN, mode)

    def _cooked(self) -> None:
        import termios

        with suppress(termios.error, OSError):  # it is gone
            termios.tcsetattr(self._fd, termios.TCSADRAIN, self._before)

    def _handle(self, number: signal.Signals, handler: Callable[..., Any]) -> None:
        self._handlers[number] = signal.signal(number, handler)

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        self._interrupts += 1
        if self._interrupts > 1:
            raise KeyboardInterrupt
        self.wake()


def keys(data: bytes) -> Iterator[str]:
    """Split what a terminal sent into keys: characters, and names such as `up` and `escape`."""
    while data:
        name = next((name for code, name in _SEQUENCES.items() if data.startswith(code)), "")
        if name:
            data = data[next(len(code) for code in _SEQUENCES if data.startswith(code)) :]
            yield name
        elif data[:1] == b"\x1b":
            if data[1:2] in (b"[", b"O"):  # a key that nobody asks for
                end = next((i for i in range(2, len(data)) if 0x40 <= data[i] <= 0x7E), len(data))
                data = data[end + 1 :]
            else:
                data = data[1:]
                yield "escape"
        else:
            character, data = data[:1], data[1:]
            yield {b"\r": "enter", b"\n": "enter"}.get(character, character.decode("latin-1"))


def _terminated(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
