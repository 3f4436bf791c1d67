"""Loads a receiver: at which rate does it stop to acknowledge in time?"""

from __future__ import annotations

import shlex
from collections.abc import Callable

from mockzoom import load as whole_run
from mockzoom.background import run_blocking
from mockzoom.client.accepting import Accepting
from mockzoom.client.connect import command_options, open_courier, open_runner, redactor
from mockzoom.client.settings import check, load_contract
from mockzoom.load import LoadPlan
from mockzoom.model import RunEvent, RunResult
from mockzoom.settings import Settings
from mockzoom.transport import parse_target


def load(
    url: str,
    plan: LoadPlan,
    settings: Settings,
    listener: Callable[[RunEvent], None] = lambda event: None,
    *,
    confirmed: bool = False,
) -> RunResult:
    """Send events to `url` as `plan` has it, and return what the receiver did.

    `confirmed` allows more than `MOST_RATE` events a second and more than `MOST_SECONDS`. Raises
    `UsageError` for a plan or settings that cannot be used.
    """
    check(settings)
    plan.check(public=parse_target(url).public, confirmed=confirmed)
    contract = load_contract(settings)
    specs = contract.select(settings.events)
    accepting = Accepting(settings, "load", listener, whole=False, specs=contract.known)

    async def run() -> RunResult:
        courier = open_courier(url, settings)
        try:
            runner = open_runner(courier, contract, settings, accepting, specs=specs)
            await whole_run.load(runner, specs, plan, _command(url, plan, settings, confirmed))
            return redactor(settings).result(accepting.result)
        finally:
            await courier.transport.close()

    return run_blocking(run())


def _command(url: str, plan: LoadPlan, settings: Settings, confirmed: bool) -> str:
    words = ["mockzoom", "load", url, "--rate", f"{plan.rate:g}", "--for", f"{plan.seconds:g}s"]
    words += ["--profile", plan.profile, *("--yes",) * confirmed]
    for name, values in (("--product", settings.product), ("--events", settings.events)):
        for value in values:
            words += [name, value]
    words += ["--seed", str(settings.seed)]
    return " ".join([shlex.join(words), *command_options(settings)])
