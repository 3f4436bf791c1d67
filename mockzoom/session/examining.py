"""Examines a receiver against the whole contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mockzoom import catalog as contract
from mockzoom.background import run_blocking
from mockzoom.casebook import Casebook, Reproducer
from mockzoom.delivery import Courier
from mockzoom.model import RunEvent, RunResult
from mockzoom.run import Run
from mockzoom.session.opening import open_courier, reproducer
from mockzoom.session.settings import Receiver, Settings, check, load_catalog
from mockzoom.verify import Plan
from mockzoom.verify import verify as play_plan

if TYPE_CHECKING:
    from mockzoom.play import PlayPlan


def verify(
    receiver: Receiver,
    settings: Settings,
    listener: Callable[[RunEvent], None] = lambda event: None,
) -> RunResult:
    """Examine `receiver` against the whole contract and return what was found.

    Raises `UsageError` for settings that cannot be used. An interrupt (Ctrl-C) ends the run early:
    the result holds what was judged until then, and says so.
    """
    check(settings)
    catalog = load_catalog(settings)

    async def run() -> RunResult:
        courier = open_courier(receiver, settings)
        try:
            return await examine(courier, catalog, settings, listener)
        finally:
            await courier.transport.close()

    return run_blocking(run())


async def examine(
    courier: Courier,
    catalog: contract.Catalog,
    settings: Settings,
    listener: Callable[[RunEvent], None] = lambda event: None,
    reproduce: Callable[[Settings, Courier, Casebook], Reproducer] | None = None,
) -> RunResult:
    """Examine what `courier` delivers to; `reproduce` makes what writes the reproduce lines."""
    specs = catalog.select(settings.events)
    plan = Plan(
        specs,
        suites=settings.suites,
        ack_first=settings.ack_first,
        endpoint_auth=bool(settings.auth),
        strict=settings.strict,
        fuzz=settings.fuzz,
        wait=settings.wait,
        streams=_stream_plan(settings),
    )
    book = Casebook(catalog, settings.seed, settings.at_ms())
    run = Run(courier, book, (reproduce or reproducer)(settings, courier, book), listener)
    errors = [finding for finding in catalog.findings if finding.severity == "error"]
    if errors:
        run.notice(
            f"the contract's documents have {len(errors)} errors, such as {errors[0].file}"
            f"#{errors[0].pointer}: {errors[0].message}; `mockzoom specs lint` shows them all"
        )
    return await play_plan(run, plan)


def _stream_plan(settings: Settings) -> PlayPlan | None:
    if not settings.streams:
        return None
    from mockzoom.play import PlayPlan

    return PlayPlan(
        (), client_id=settings.client_id, client_secret=settings.client_secret,
        stream_scale=settings.stream_scale,
    )  # fmt: skip
