"""An event loop on a thread of its own: how blocking callers reach the asyncio engine.

It works from any code, also from within a running event loop, which it blocks and does not touch.
uvloop (extra `fast`) carries the loop where it is installed.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine
from concurrent.futures import CancelledError, Future
from typing import Any, Self, TypeVar

from mockzoom.errors import MockzoomError

T = TypeVar("T")


class Background:
    """One loop and its thread, started when first used; `close` ends both."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The running loop."""
        with self._lock:
            if self._loop is None:
                self._loop = _new_loop()
                self._thread = threading.Thread(
                    target=self._loop.run_forever, name="mockzoom", daemon=True
                )
                self._thread.start()
            return self._loop

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start `work` on the loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` on the loop, and wait for it; whatever interrupts the waiting cancels it."""
        future = self.submit(work)
        try:
            return future.result()
        finally:
            future.cancel()

    def close(self) -> None:
        """Stop the loop and its thread, where they were started."""
        if self._loop is None or self._thread is None:
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        if not self._thread.is_alive():
            self._loop.close()
        self._loop = self._thread = None


class Blocking:
    """An object whose methods block while its work is done on a loop: `background`, or its own."""

    def __init__(self, background: Background | None) -> None:
        self._own = Background() if background is None else None
        self._background = background or self._own or Background()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """End the loop, if it is its own."""
        if self._own is not None:
            self._own.close()

    def blocking(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` on the loop, and wait for it."""
        __tracebackhide__ = True
        try:
            return self._background.run(work)
        except MockzoomError as error:
            # The engine's frames say nothing to a test's author; the message does.
            raise error.with_traceback(None) from None


def run_blocking(work: Coroutine[Any, Any, T], *, grace: float = 5.0) -> T:
    """Run `work` on a loop and thread of its own; an interrupt (Ctrl-C) asks it for its outcome.

    The coroutine is cancelled then, and what it returns within `grace` seconds is returned here.
    """
    background = Background()
    try:
        future = background.submit(work)
        try:
            return future.result()
        except KeyboardInterrupt:
            tasks = list(asyncio.all_tasks(background.loop))
            for task in tasks:
                background.loop.call_soon_threadsafe(task.cancel)
            outcome: T = _after_interrupt(tasks, grace)
            return outcome
    finally:
        background.close()


def _after_interrupt(tasks: list[asyncio.Task[Any]], grace: float) -> Any:
    """Return what a cancelled run still had to say."""
    ends = time.monotonic() + grace
    while time.monotonic() < ends and not all(task.done() for task in tasks):
        time.sleep(0.02)
    for task in tasks:
        if task.done() and not task.cancelled() and task.exception() is None:
            return task.result()
    raise CancelledError


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
