"""The process that the kill -9 test kills: accepts and makes deliveries, and reports each accepted.

It goes on where its predecessor was killed, and ends when everything is settled.
"""

from __future__ import annotations

import asyncio
from multiprocessing.connection import Connection
from pathlib import Path

from mockzoom.contract import Contract
from mockzoom.dispatch import Accepted, DeliveryStore, Dispatcher, Reach, Subscription
from mockzoom.journal import Archive, Writer
from mockzoom.model import Delivery
from mockzoom.transport import Permit
from mockzoom.zoom.headers import new_request_id
from tests.dispatch.clocks import FastClock

SECRET = "secret-of-the-victim"
SCALE = 6000.0
"""Zoom's 5, 20 and 60 minutes become 50, 200 and 600 ms."""


def subscription(url: str) -> Subscription:
    """The one subscription of the test, validated."""
    return Subscription("sub", 0.0, "test", url, SECRET, state="validated")


def run(path: str, url: str, total: int, reports: Connection) -> None:
    """Accept deliveries until `total` are there, and end when all are settled."""
    writer = Writer(Path(path))
    archive = Archive(Path(path))
    store = DeliveryStore(writer, archive)
    if store.subscription("sub") is None:
        store.add(subscription(url)).result()
    asyncio.run(_run(store, archive, total, reports))
    writer.close()


async def _run(store: DeliveryStore, archive: Archive, total: int, reports: Connection) -> None:
    dispatcher = Dispatcher(store, Contract({}), FastClock(SCALE), Reach(Permit(), timeout=1.0))
    await dispatcher.start()
    accepted = len(archive.deliveries(limit=1_000_000))
    while accepted < total:
        items = [
            Accepted(
                Delivery(f"e-{accepted + n}", "", "session.started",
                         b'{"number":%d}' % (accepted + n), new_request_id()),
                "sub", "zoom",
            )
            for n in range(3)
        ]  # fmt: skip
        for number, item in zip(await dispatcher.accept(items), items, strict=True):
            reports.send((number, item.delivery.request_id))
        accepted += len(items)
        await asyncio.sleep(0.02)
    while any(archive.deliveries({"state": state}, limit=1) for state in ("pending", "sending")):
        await asyncio.sleep(0.05)
    await dispatcher.stop()
    reports.send(None)
