"""A recording for the length of a block, kept in a journal, as `mockzoom record` makes one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mockzoom.background import Background
from mockzoom.client.journalling import recorder
from mockzoom.client.settings import load_contract
from mockzoom.engine.reproduce import Reproducer
from mockzoom.journal import Archive, Writer
from mockzoom.model import Exchange
from mockzoom.record import Observer, Proxy, TrafficJudging
from mockzoom.settings import Settings
from mockzoom.suites.cases import TestCases
from mockzoom.transport.target import parse_target


@contextmanager
def recording(url: str, journal: Path, secret: str) -> Iterator[str]:
    """Pass everything on to `url`, and keep it as the next run of `journal`; give the address."""
    target, settings = parse_target(url), Settings(secret)
    cases = TestCases(load_contract(settings), 1, 1_790_000_000_000)
    writer, background = Writer(journal), Background()
    kept = recorder(writer, url, settings, "record")
    lines = Reproducer(target.url, 1, cases.at_ms)
    judging = TrafficJudging(target, cases, [secret], lines, kept, timeout=3.0)
    observer = Observer(judging, idle=kept.flush)
    proxy = Proxy(target, observer)
    try:
        port = background.run(proxy.start("127.0.0.1", 0))
        yield f"http://127.0.0.1:{port}{target.path}"
    finally:
        background.run(proxy.close())
        background.close()
        observer.close()
        judging.finish(dropped=observer.dropped, not_understood=proxy.not_understood)
        kept.close()
        writer.close()


def exchanges(journal: Path, run: int) -> list[Exchange]:
    """Return the deliveries of a run."""
    archive = Archive(journal)
    try:
        return archive.exchanges(run, 10_000)
    finally:
        archive.close()
