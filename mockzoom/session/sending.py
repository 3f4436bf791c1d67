"""Delivers single cases by hand."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from mockzoom import catalog as contract
from mockzoom.authored import read_json
from mockzoom.background import run_blocking
from mockzoom.casebook import CHALLENGE, Case, Casebook, Prepared
from mockzoom.checks import judge
from mockzoom.errors import UsageError
from mockzoom.model import Exchange, Request, Violation
from mockzoom.run import Run, trial_of
from mockzoom.session.opening import open_courier, reproducer
from mockzoom.session.settings import Receiver, Settings, check, load_catalog


@dataclass(frozen=True, slots=True)
class Sent:
    """What one delivery by hand showed."""

    prepared: Prepared
    exchange: Exchange
    violations: tuple[Violation, ...]


def prepare(settings: Settings, event: str, case: str) -> tuple[Casebook, Prepared]:
    """Make one case of `event` (`valid:0` by default), as a report's reproduce line names it."""
    from mockzoom.casebook import parse_case

    catalog = load_catalog(settings)
    book = Casebook(catalog, settings.seed, settings.at_ms())
    parsed = parse_case(case) if case else Case("challenge" if event == CHALLENGE else "valid")
    prepared = book.prepare(event, parsed)
    if parsed.kind == "valid" and not prepared.body.isascii():
        prepared = replace(prepared, twin=book.prepare(event, replace(parsed, ascii_only=True)))
    return book, prepared


def prepare_body(settings: Settings, event: str, body: str) -> tuple[Casebook, Prepared]:
    """Make a case of `event` from its body, a JSON object that is delivered byte for byte."""
    from mockzoom.casebook import random_body

    catalog = load_catalog(settings)
    spec = catalog.get(event)
    try:
        data, read = body.encode(), read_json(body)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--body: no JSON: {error}; expected one JSON object") from None
    if not isinstance(read, dict):
        raise UsageError(f"--body: expected one JSON object, found {body[:40]}")
    return Casebook(catalog, settings.seed, settings.at_ms()), random_body(spec, data)


def send(
    receiver: Receiver, settings: Settings, prepared: Prepared, forge: str = "", times: int = 1
) -> list[Sent]:
    """Deliver a prepared case `times` times and judge each answer."""
    check(settings)
    book = Casebook(contract.Catalog({}, ()), settings.seed, settings.at_ms())

    async def deliver() -> list[Sent]:
        courier = open_courier(receiver, settings)
        run = Run(courier, book, reproducer(settings, courier, book), lambda event: None)
        try:
            sent = []
            delivery = run.delivery(prepared, forge)
            for _ in range(times):
                exchange = await courier.deliver(delivery)
                control = await _control(run, prepared, exchange)
                trial = trial_of(prepared, exchange, settings.secret, control)
                if control is not None and control.last.acknowledged and not forge:
                    trial = replace(trial, kind="non-ascii")
                trial = replace(trial, strict=settings.strict)
                sent.append(Sent(prepared, exchange, judge(trial)))
            return sent
        finally:
            await courier.transport.close()

    return run_blocking(deliver())


async def _control(run: Run, prepared: Prepared, exchange: Exchange) -> Exchange | None:
    """Deliver the twin in ASCII words where text in other scripts was refused (MZ208)."""
    if prepared.twin is None or exchange.last.acknowledged:
        return None
    return await run.send(prepared.twin)


def request(receiver: Receiver, settings: Settings, prepared: Prepared, forge: str = "") -> Request:
    """Return the request that would deliver a prepared case now; send nothing."""
    check(settings)
    book = Casebook(contract.Catalog({}, ()), settings.seed, settings.at_ms())

    async def make() -> Request:
        courier = open_courier(receiver, settings)
        run = Run(courier, book, reproducer(settings, courier, book), lambda event: None)
        return await courier.request(run.delivery(prepared, forge))

    return run_blocking(make())
