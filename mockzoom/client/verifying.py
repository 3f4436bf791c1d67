"""Examines a receiver against the whole contract."""

from __future__ import annotations

from collections.abc import Callable

from mockzoom import contract as documents
from mockzoom import verify as whole_run
from mockzoom.background import run_blocking
from mockzoom.client.accepting import Accepting
from mockzoom.client.connect import dialer_of, open_runner, open_sender, redactor
from mockzoom.client.settings import Receiver, check, load_contract
from mockzoom.engine.reproduce import Reproducer
from mockzoom.model import RunEvent, RunResult
from mockzoom.probe_source import ProbeSource
from mockzoom.settings import Settings
from mockzoom.state.probe import Reader
from mockzoom.state.settling import Settling
from mockzoom.suites import EXAMINED
from mockzoom.wording import counted
from mockzoom.zoom.delivery_sender import DeliverySender


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
    contract = load_contract(settings)

    async def run() -> RunResult:
        async with open_sender(receiver, settings) as sender:
            return await examine(sender, contract, settings, listener)

    return run_blocking(run())


async def examine(
    sender: DeliverySender,
    contract: documents.Contract,
    settings: Settings,
    listener: Callable[[RunEvent], None] = lambda event: None,
    reproducer: Reproducer | None = None,
    reader: Reader | None = None,
) -> RunResult:
    """Examine what `sender` delivers to; `reproducer` writes the reproduce lines.

    `reader` is a function that returns the receiver's state, in the place of a probe's source.
    """
    whole = not settings.events and set(EXAMINED) <= {*(settings.suites or EXAMINED)}
    accepts = bool(settings.ignore or settings.baseline)
    left_out = contract.known.keys() - contract.events.keys() if accepts else ()
    accepting = Accepting(
        settings, "verify", listener, whole=whole, specs=contract.known, elsewhere=left_out
    )
    specs = contract.select(settings.events)
    runner = open_runner(sender, contract, settings, accepting, reproducer, specs)
    errors = [
        finding
        for finding in contract.findings
        if finding.severity == "error" and not contract.is_bundled
    ]
    if errors:
        number = counted(len(errors), "error")
        runner.notice(
            f"the contract's documents have {number}, such as {errors[0].file}"
            f"#{errors[0].pointer}: {errors[0].message}; `mockzoom specs lint` shows them all"
        )
    await whole_run.verify(runner, specs, settings, _settling(sender, settings, reader))
    return redactor(settings).result(accepting.result)


def _settling(sender: DeliverySender, settings: Settings, reader: Reader | None) -> Settling | None:
    """Return what reads the receiver's state, where a probe shows it."""
    source, transport = settings.probe or ProbeSource(), sender.transport
    if settings.probe is None and reader is None:
        return None
    context = None
    if transport.wire:
        context = dialer_of(transport.target.url, settings).context()
    return Settling.over(transport, source, sender.timeout, context, settings.permit, reader)
