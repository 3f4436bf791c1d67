"""Plays scenarios against a receiver."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass

from mockzoom import catalog as contract
from mockzoom.background import run_blocking
from mockzoom.casebook import Casebook, Reproducer
from mockzoom.delivery import Courier
from mockzoom.model import RunEvent, RunResult
from mockzoom.play import Director, PlayPlan
from mockzoom.play import check as check_plan
from mockzoom.run import Run
from mockzoom.session.opening import dialer_of, open_courier, reproducer
from mockzoom.session.settings import Receiver, Settings, check, load_catalog


def play(
    receiver: Receiver,
    settings: Settings,
    plan: PlayPlan,
    listener: Callable[[RunEvent], None] = lambda event: None,
) -> RunResult:
    """Play the scenarios of `plan` against `receiver` and return what was found.

    Raises `UsageError` for settings and plans that cannot be used, before anything is sent. An
    interrupt (Ctrl-C) ends the run early: the result holds what was judged until then.
    """
    check(settings)
    check_plan(plan, wire=isinstance(receiver, str))
    catalog = load_catalog(settings)

    async def run() -> RunResult:
        courier = open_courier(receiver, settings)
        try:
            return await perform(courier, catalog, settings, plan, listener)
        finally:
            await courier.transport.close()

    return run_blocking(run())


async def perform(
    courier: Courier,
    catalog: contract.Catalog,
    settings: Settings,
    plan: PlayPlan,
    listener: Callable[[RunEvent], None] = lambda event: None,
) -> RunResult:
    """Play the scenarios of `plan` against what `courier` delivers to."""
    book = Casebook(catalog, settings.seed, settings.at_ms())
    lines = reproducer(settings, courier, book, PlayReproducer)
    run = Run(courier, book, lines, listener)
    run.strict = settings.strict
    target = courier.transport.target
    context = None
    if courier.transport.wire:
        context = dialer_of(target.url, settings).context()
    return await Director(run, plan, context).play()


@dataclass(frozen=True, slots=True)
class PlayReproducer(Reproducer):
    """Writes the command that plays a case's scenario again."""

    def command(self, event: str, case: str, forge: str = "") -> str:
        """Return one shell line; a case of a play is called `SCENARIO/STEP`."""
        scenario, slash, _ = case.partition("/")
        if not slash:
            return Reproducer.command(self, event, case, forge)
        words = ["mockzoom", "play", scenario, "--to", self.target, "--seed", str(self.seed)]
        return " ".join([shlex.join(words), *self.options])
