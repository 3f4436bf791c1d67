"""The deadlines that a stream waits for, by name; some can be moved forward by a fault."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Windows:
    """Named timers of one stream."""

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
