"""Records real traffic, as `mockzoom record` does: a proxy before the receiver."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from mockzoom.background import run_blocking
from mockzoom.client.accepting import Accepting
from mockzoom.client.connect import dialer_of, redactor, reproducer_for_url
from mockzoom.client.settings import check, load_contract
from mockzoom.errors import UsageError
from mockzoom.model import RunEvent, RunResult, ViolationFound
from mockzoom.record import Observer, Proxy, TrafficJudging
from mockzoom.settings import Settings
from mockzoom.suites.cases import TestCases

JUDGING_S = 60.0
"""Seconds in which what has passed is still judged after an interrupt."""


def record(
    url: str,
    settings: Settings,
    listener: Callable[[RunEvent], None] = lambda event: None,
    *,
    host: str = "127.0.0.1",
    port: int = 8088,
    host_header: str = "",
    secrets: Sequence[str] = (),
    seconds: float | None = None,
    listening: Callable[[int], None] = lambda port: None,
    idle: Callable[[], None] = lambda: None,
) -> RunResult:
    """Pass what comes to `host` and `port` on to `url`, judge it, and return what was found.

    `secrets` sign as well as that of the settings, such as after a rotation. It ends after
    `seconds`, or when it is interrupted (Ctrl-C). `listening` is called with the port, once it
    listens, and `idle` from time to time while nothing passes. Raises `UsageError` for what cannot
    be used.
    """
    check(settings)
    contract = load_contract(settings)
    dialer = dialer_of(url, settings)
    context = dialer.context()
    if not host_header.isascii() or not host_header.isprintable() or " " in host_header:
        raise UsageError(f"--host-header {host_header!r}: expected a host, such as example.com")
    accepting = Accepting(settings, "record", listener, whole=False, specs=contract.known)
    clean = redactor(settings).also(*secrets)

    def listen(event: RunEvent) -> None:
        accepting(clean.event(event) if isinstance(event, ViolationFound) else event)

    cases = TestCases(contract, settings.seed, settings.at_ms())
    judging = TrafficJudging(
        dialer.target, cases, [settings.secret, *secrets],
        reproducer_for_url(settings, dialer.target.url, cases.at_ms), listen,
        timeout=settings.timeout,
    )  # fmt: skip

    async def run() -> RunResult:
        observer = Observer(judging, idle=idle)
        proxy = Proxy(dialer.target, observer, context=context, host_header=host_header)
        try:
            listening(await proxy.start(host, port))
            await asyncio.wait_for(asyncio.Event().wait(), seconds)
        except OSError as error:
            if not isinstance(error, TimeoutError):
                raise UsageError(
                    f"{host}:{port}: cannot be listened on: {error.strerror}; choose another --port"
                ) from None
        except asyncio.CancelledError:
            pass  # interrupted: the way to end it
        finally:
            await proxy.close()
        await asyncio.to_thread(observer.close)
        judging.finish(dropped=observer.dropped, not_understood=proxy.not_understood)
        return clean.result(accepting.result)

    return run_blocking(run(), grace=JUDGING_S)
