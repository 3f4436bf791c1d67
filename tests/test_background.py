"""The loop and thread behind the blocking facade."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from types import FrameType

import pytest

from mockzoom.background import Background, run_blocking


@pytest.fixture
def background() -> Iterator[Background]:
    made = Background()
    yield made
    made.close()


class Interrupted(Exception):
    """Stands for what a test's timeout or Ctrl-C raises in the main thread."""


def _interrupt_soon(error: type[BaseException]) -> None:
    def interrupt(number: int, frame: FrameType | None) -> None:
        raise error

    signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.1)


@pytest.fixture
def _restored() -> Iterator[None]:
    before = signal.getsignal(signal.SIGALRM)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_work_runs_on_one_thread_that_is_not_the_callers(background: Background) -> None:
    async def thread() -> int:
        return threading.get_ident()

    first, second = background.run(thread()), background.run(thread())
    assert first == second != threading.get_ident()


def test_it_may_be_called_from_within_a_running_loop(background: Background) -> None:
    async def inner() -> str:
        await asyncio.sleep(0)
        return "done"

    async def outer() -> str:
        return background.run(inner())

    assert asyncio.run(outer()) == "done"


def test_nothing_is_started_before_it_is_needed() -> None:
    before = threading.active_count()
    background = Background()
    assert threading.active_count() == before
    background.close()


def test_an_error_of_the_work_is_the_callers(background: Background) -> None:
    async def fail() -> None:
        raise ValueError("why")

    with pytest.raises(ValueError, match="why"):
        background.run(fail())


@pytest.mark.usefixtures("_restored")
def test_what_interrupts_the_waiting_cancels_the_work(background: Background) -> None:
    cancelled = threading.Event()

    async def wait() -> None:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    _interrupt_soon(Interrupted)
    with pytest.raises(Interrupted):
        background.run(wait())
    assert cancelled.wait(5)


@pytest.mark.usefixtures("_restored")
def test_ctrl_c_asks_a_run_for_what_it_has() -> None:
    async def wait() -> str:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            return "what was judged until then"
        return "all"

    _interrupt_soon(KeyboardInterrupt)
    assert run_blocking(wait()) == "what was judged until then"


def test_a_closed_one_starts_again(background: Background) -> None:
    async def name() -> str:
        return threading.current_thread().name

    before = set(threading.enumerate())
    assert background.run(name()) == "mockzoom"
    background.close()
    assert "mockzoom" not in [thread.name for thread in set(threading.enumerate()) - before]
    assert background.run(name()) == "mockzoom"
