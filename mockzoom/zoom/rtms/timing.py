"""The protocol's times, each a setting that can be scaled, and the timers of one stream."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Self

from mockzoom.errors import UsageError

MISSES = 3
"""Unanswered keep-alives in a row after which a signaling socket counts as lost."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of wall time, as Zoom documents them."""

    keep_alive: float = 10.0
    """Between two keep-alives on one socket; the next one is also when an answer is missed."""
    media_silence: float = 65.0
    """Without an answer to a keep-alive, until a media socket counts as lost (since March 2026)."""
    first_join: float = 60.0
    """From an acknowledged start (or the start of a fail-over) to the signaling handshake."""
    handshake: float = 10.0
    """What a connection may take until its handshake; then it is closed."""
    ready: float = 10.0
    """From the first media handshake to CLIENT_READY_ACK."""
    signaling_window: float = 60.0
    """From an interruption to the next signaling handshake."""
    interrupted: float = 1.0
    """From the loss of signaling to the webhook that tells of it."""
    old_server: float = 3.0
    """From the start that names other URLs to the end of the server that is left."""
    old_tries: float = 10.0
    """After the end of that server, tries at its URLs that are still fair."""
    media_window: float = 65.0
    """From the loss of a media socket to its next handshake (older pages say 30 s)."""
    leave: float = 10.0
    """From the end of a stream to its last socket closed by the consumer."""
    late: float = 5.0
    """After the end of a stream, a handshake that was under way may still arrive."""
    storm: float = 10.0
    """The window in which more than five tries at signaling are a storm."""
    alive: float = 1.0
    """What the first of two signaling sockets may take to show (by a pong) that it is alive."""

    def __post_init__(self) -> None:
        for item in fields(self):
            seconds = getattr(self, item.name)
            if not 0 < seconds < 1e6:
                raise UsageError(f"timing: {item.name} is {seconds!r}; expected seconds above 0")

    def scaled(self, factor: float) -> Self:
        """Return these times multiplied by `factor`, such as 0.1; `alive` stays as it is."""
        return replace(
            self,
            **{
                item.name: getattr(self, item.name) * factor
                for item in fields(self)
                if item.name != "alive"
            },
        )


class Windows:
    """The deadlines that one stream waits for, by name; a fault can move some of them forward."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._open: dict[str, tuple[asyncio.TimerHandle, Callable[[], None], bool]] = {}

    def start(
        self, name: str, seconds: float, over: Callable[[], None], *, moves: bool = False
    ) -> None:
        """Begin a window anew; `over` is called at its end. `moves`: with the stream's clock."""
        self.cancel(name)

        def end() -> None:
            del self._open[name]
            over()

        self._open[name] = self._loop.call_later(seconds, end), end, moves

    def cancel(self, name: str) -> None:
        """End a window without its call."""
        handle = self._open.pop(name, None)
        if handle is not None:
            handle[0].cancel()

    def clear(self) -> None:
        """End all of them."""
        for name in list(self._open):
            self.cancel(name)

    def move(self, seconds: float) -> None:
        """Let the windows that move end so much earlier."""
        for name, (handle, end, moves) in list(self._open.items()):
            if moves:
                handle.cancel()
                due = max(self._loop.time(), handle.when() - seconds)
                self._open[name] = self._loop.call_at(due, end), end, moves

    def left(self) -> float:
        """Return the seconds until the last one ends; 0 where none is open."""
        now = self._loop.time()
        return max((handle.when() - now for handle, _, _ in self._open.values()), default=0.0)
