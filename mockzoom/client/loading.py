"""Loads a receiver: at which rate does it stop to acknowledge in time?"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

from mockzoom import load as whole_run
from mockzoom.background import run_blocking
from mockzoom.client.accepting import Accepting
from mockzoom.client.connect import (
    command_options,
    dialer_of,
    open_runner,
    open_sender,
    options_of_probe,
    redactor,
)
from mockzoom.client.load_process import SenderStart
from mockzoom.client.settings import check, load_contract
from mockzoom.engine.runner import Runner
from mockzoom.errors import UsageError
from mockzoom.load import LoadPlan
from mockzoom.load.event_sequences import EventSequences
from mockzoom.load.processes import ProcessSenders, processes
from mockzoom.load.traces import LoadTraces
from mockzoom.model import RunEvent, RunResult
from mockzoom.probe_source import ProbeSource, placeholders
from mockzoom.settings import Settings
from mockzoom.state.probe import ProbeConnection, StateReader
from mockzoom.transport import parse_target
from mockzoom.zoom.delivery_sender import DeliverySender


def load(
    url: str,
    plan: LoadPlan,
    settings: Settings,
    listener: Callable[[RunEvent], None] = lambda event: None,
    *,
    confirmed: bool = False,
    probe: ProbeSource | None = None,
) -> RunResult:
    """Send events to `url` as `plan` has it, and return what the receiver did.

    With `probe`, acknowledged events are looked for in the receiver's state. `confirmed` allows
    more than `MOST_RATE` events a second and more than `MOST_SECONDS`. Raises `UsageError` for a
    plan or settings that cannot be used.
    """
    check(settings)
    plan.check(public=parse_target(url).public, confirmed=confirmed)
    if probe is not None and placeholders(probe.get):
        raise UsageError(f"--probe {probe.get}: a load run reads the whole state at once")
    contract = load_contract(settings)
    specs = contract.select(settings.events)
    accepting = Accepting(settings, "load", listener, whole=False, specs=contract.known)

    async def run() -> RunResult:
        async with open_sender(url, settings) as sender:
            runner = open_runner(sender, contract, settings, accepting, specs=specs)
            command = _command(url, plan, settings, probe, confirmed=confirmed)
            traces = None if probe is None else LoadTraces(_reader(sender, probe, settings))
            senders = None if plan.processes == 1 else partial(_processes, url, settings, plan)
            await whole_run.load(runner, specs, plan, command, traces, senders)
            return redactor(settings).result(accepting.result)

    return run_blocking(run())


def _reader(sender: DeliverySender, probe: ProbeSource, settings: Settings) -> StateReader:
    timeout = max(settings.timeout, probe.within)
    context = dialer_of(sender.transport.target.url, settings).context()
    return StateReader(probe, ProbeConnection(sender.transport, context, timeout, settings.permit))


def _processes(
    url: str, settings: Settings, plan: LoadPlan, runner: Runner, sequences: EventSequences
) -> AbstractAsyncContextManager[ProcessSenders]:
    """Open what sends by several processes, each with its part of the rate."""
    rate = plan.rate / plan.processes
    return processes(
        runner, "mockzoom.client.load_process",
        [SenderStart(url, settings, number, sequences.events, rate, sequences.own)
         for number in range(plan.processes)],
    )  # fmt: skip


def _command(
    url: str, plan: LoadPlan, settings: Settings, probe: ProbeSource | None, *, confirmed: bool
) -> str:
    words = ["mockzoom", "load", url, "--rate", f"{plan.rate:g}", "--for", f"{plan.seconds:g}s"]
    words += ["--profile", plan.profile, *("--yes",) * confirmed]
    if plan.processes > 1:
        words += ["--processes", str(plan.processes)]
    for name, values in (("--product", settings.product), ("--events", settings.events)):
        for value in values:
            words += [name, value]
    words += ["--seed", str(settings.seed)]
    of_probe = [] if probe is None else options_of_probe(probe)
    return " ".join([shlex.join(words), *of_probe, *command_options(settings)])
