"""The blocking facade: what the command line, pytest and scripts call.

The engine is asyncio; here it runs on a loop and thread of its own, so that it may be called from
any code, also from within a running event loop.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urljoin

from mockzoom import catalog as contract
from mockzoom.background import run_blocking
from mockzoom.casebook import CHALLENGE, Case, Casebook, Prepared, Reproducer
from mockzoom.checks import judge
from mockzoom.delivery import (
    ASGITransport,
    Courier,
    Dialer,
    HttpTransport,
    Permit,
    TokenSource,
    Transport,
    WSGITransport,
    credentials,
    is_asgi,
    parse_auth,
    parse_proxy,
    parse_target,
)
from mockzoom.delivery.inprocess import IN_PROCESS_URL
from mockzoom.errors import UsageError
from mockzoom.journal import Described, Recorder, Redactor, Writer
from mockzoom.model import Exchange, Request, RunEvent, RunResult, Violation
from mockzoom.run import Run, trial_of
from mockzoom.verify import SUITES, Plan, fuzz
from mockzoom.verify import verify as play_plan

Application = Callable[..., Any]
Receiver = str | Application | tuple[Application, str]
"""A URL; a WSGI or ASGI application; or one and the path or URL that it is called at."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to reach a receiver and what to hold it to; the names are the command line's.

    `timeout` and `wait` are seconds, `at` is the payload clock in epoch milliseconds (None: now),
    `rate` the most deliveries a second (0: no limit), `fuzz` the number of random bodies. Only what
    `permit` allows is connected to, where there is one.
    """

    secret: str = field(default="", repr=False)
    client_id: str = ""
    events: Sequence[str] = ()
    suites: Sequence[str] = SUITES
    spec: Sequence[str | Path] = ()
    errata: Sequence[str | Path] = ()
    seed: int = 1
    at: int | None = None
    timeout: float = 3.0
    wait: float = 0.0
    rate: float = 0.0
    auth: str = field(default="", repr=False)
    proxy: str | None = None
    cafile: str | None = None
    insecure: bool = False
    ack_first: bool = False
    strict: bool = False
    fuzz: int = 0
    show_secrets: bool = False
    permit: Permit | None = None

    def at_ms(self) -> int:
        """Return the payload clock's now."""
        return int(time.time() * 1000) if self.at is None else self.at


def load_catalog(settings: Settings) -> contract.Catalog:
    """Return the contract that `settings` name."""
    return contract.load(settings.spec, errata=settings.errata or None)


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


def redactor(settings: Settings) -> Redactor:
    """Return what takes the credentials of `settings` out of what is stored."""
    values, headers = credentials(settings.auth)
    proxy = parse_proxy(settings.proxy).credentials if settings.proxy else ""
    return Redactor((settings.secret, *values, proxy.partition(":")[2]), headers)


def recorder(writer: Writer, url: str, settings: Settings) -> Recorder:
    """Return the listener that keeps a `verify` of `url` in a journal."""
    about = Described("verify", parse_target(url).url, settings.seed)
    return Recorder(writer, about, redactor(settings))


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
        data, read = body.encode(), json.loads(body, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--body: no JSON: {error}; expected one JSON object") from None
    if not isinstance(read, dict):
        raise UsageError(f"--body: expected one JSON object, found {body[:40]}")
    return Casebook(catalog, settings.seed, settings.at_ms()), random_body(spec, data)


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")


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


def open_courier(
    receiver: Receiver, settings: Settings, transport: Transport | None = None
) -> Courier:
    """Return the courier for `receiver`; call it on the loop that it shall run on.

    With `transport`, an open one to the same receiver, it shares that.
    """
    transport = transport or open_transport(receiver, settings)
    auth = parse_auth(settings.auth) if settings.auth else None
    tokens = None
    if auth is not None and auth.kind == "token":
        tokens = TokenSource(auth, _dialer(auth.token_url, settings))
    return Courier(
        transport, settings.secret, seed=settings.seed, timeout=settings.timeout,
        client_id=settings.client_id, auth=auth, tokens=tokens, rate=settings.rate,
    )  # fmt: skip


def open_transport(receiver: Receiver, settings: Settings) -> Transport:
    """Return what carries requests to `receiver`: over HTTP, or in this process.

    Raises `UsageError` where it is no receiver.
    """
    if isinstance(receiver, str):
        dialer = _dialer(receiver, settings)
        if dialer.target.credentials:
            raise UsageError(
                f"{dialer.target.url}: the URL carries credentials, which Zoom takes none of there;"
                " pass --auth basic:USER:PASSWORD"
            )
        return HttpTransport(dialer)
    app: Application
    app, where = receiver if isinstance(receiver, tuple) else (receiver, "")
    if not callable(app):
        raise UsageError(
            f"a receiver of type {type(app).__name__}: expected a URL, a WSGI or ASGI application,"
            " or such an application with its path, (app, '/zoom')"
        )
    url = urljoin(IN_PROCESS_URL, where)
    return ASGITransport(app, url) if is_asgi(app) else WSGITransport(app, url)


def _dialer(url: str, settings: Settings) -> Dialer:
    return Dialer(
        parse_target(url), settings.timeout, settings.cafile, settings.insecure, settings.proxy,
        settings.permit,
    )  # fmt: skip


def reproducer(settings: Settings, courier: Courier, book: Casebook) -> Reproducer:
    """Return what writes reproduce lines for these settings; credentials are shell variables."""
    import shlex

    options: list[str] = []

    def credential(flag: str, value: str, variable: str) -> None:
        if value:
            shown = shlex.quote(value) if settings.show_secrets else f'"${variable}"'
            options.extend((flag, shown))

    def plain(flag: str, *values: object) -> None:
        for value in values:
            if value:
                options.extend((flag, shlex.quote(str(value))))

    plain("--spec", *settings.spec)
    plain("--errata", *settings.errata)
    plain("--client-id", settings.client_id)
    if settings.proxy and parse_proxy(settings.proxy).credentials:
        credential("--proxy", settings.proxy, "MOCKZOOM_PROXY")
    else:
        plain("--proxy", settings.proxy)
    plain("--cafile", settings.cafile)
    for flag, given in (("--insecure", settings.insecure), ("--strict", settings.strict)):
        if given:
            options.append(flag)
    if settings.timeout != Settings.__dataclass_fields__["timeout"].default:
        plain("--timeout", f"{settings.timeout:g}")
    credential("--auth", settings.auth, "MOCKZOOM_AUTH")
    credential("--secret", settings.secret, "MOCKZOOM_SECRET")
    return Reproducer(courier.transport.target.url, book.seed, book.at_ms, tuple(options))


def check(settings: Settings) -> None:
    """Raise `UsageError` for settings that no delivery can go out with."""
    if not settings.secret:
        raise UsageError(
            "no secret: pass --secret or --secret-file, or set MOCKZOOM_SECRET; it is the secret"
            " token of the app's event subscription, which the receiver verifies signatures with"
        )
    if not 0 < settings.timeout < math.inf:
        raise UsageError(f"--timeout {settings.timeout:g}: expected seconds above 0 (Zoom's are 3)")
    for name, number in (("rate", settings.rate), ("wait", settings.wait)):
        if not 0 <= number < math.inf:
            raise UsageError(f"--{name} {number:g}: expected a number that is 0 or more")
    if settings.fuzz:
        fuzz.check(settings.fuzz)
    unknown = [name for name in settings.suites if name not in SUITES]
    if unknown:
        raise UsageError(f"no suite is called {unknown[0]!r} (known: {', '.join(SUITES)})")
