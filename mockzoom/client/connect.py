"""Connects settings to a receiver: its sender, a runner, reproduce lines, and a redactor."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable
from urllib.parse import urljoin

from mockzoom.client.settings import Application, Receiver
from mockzoom.contract import Contract
from mockzoom.engine.genuine import GenuineDeliveries
from mockzoom.engine.reproduce import Reproducer, entity_words
from mockzoom.engine.runner import Runner
from mockzoom.errors import UsageError
from mockzoom.model import EventSpec, RunEvent, RunFinished, ViolationFound
from mockzoom.probe_source import KINDS, WITHIN_S, ProbeSource
from mockzoom.redact import Redactor
from mockzoom.scenario.durations import spell
from mockzoom.settings import Settings
from mockzoom.suites import ACK_FIRST, BY_REFUSAL
from mockzoom.suites.cases import TestCases
from mockzoom.suites.events import NOT_ACKNOWLEDGED
from mockzoom.synth.pins import pins_of
from mockzoom.transport import (
    ASGITransport,
    Dialer,
    HttpTransport,
    Transport,
    WSGITransport,
    is_asgi,
    parse_proxy,
    parse_target,
)
from mockzoom.transport.inprocess import IN_PROCESS_URL
from mockzoom.zoom.auth import EndpointAuth, TokenSource, credentials, parse_auth
from mockzoom.zoom.delivery_sender import DeliverySender


def open_sender(
    receiver: Receiver,
    settings: Settings,
    transport: Transport | None = None,
    auth: EndpointAuth | None = None,
) -> DeliverySender:
    """Return the sender for `receiver`; call it on the loop that it shall run on.

    With `transport`, an open one to the same receiver, it shares that. `auth` stands in the place
    of the settings' authentication.
    """
    transport = transport or open_transport(receiver, settings)
    if auth is None and settings.auth:
        auth = parse_auth(settings.auth)
    tokens = None
    if auth is not None and auth.kind == "token":
        tokens = TokenSource(auth, dialer_of(auth.token_url, settings))
    return DeliverySender(
        transport, settings.secret, seed=settings.seed, timeout=settings.timeout,
        client_id=settings.client_id, auth=auth, tokens=tokens, rate=settings.rate,
    )  # fmt: skip


def open_transport(receiver: Receiver, settings: Settings) -> Transport:
    """Return what carries requests to `receiver`: over HTTP, or in this process.

    Raises `UsageError` where it is no receiver.
    """
    if isinstance(receiver, str):
        dialer = dialer_of(receiver, settings)
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


def dialer_of(url: str, settings: Settings) -> Dialer:
    """Return how connections to `url` are opened."""
    return Dialer(
        parse_target(url), settings.timeout, settings.cafile, settings.insecure, settings.proxy,
        settings.permit,
    )  # fmt: skip


def open_runner(
    sender: DeliverySender,
    contract: Contract,
    settings: Settings,
    listener: Callable[[RunEvent], None] = lambda event: None,
    reproducer: Reproducer | None = None,
    specs: Iterable[EventSpec] = (),
) -> Runner:
    """Return a runner for what `sender` delivers to, as `settings` have it.

    `specs` are the events that it will make; raises `PinnedValueError` where a value that the
    settings pin breaks the schema of one of them.
    """
    cases = TestCases(contract, settings.seed, settings.at_ms(), pins_of(settings.entities))
    cases.check_pins(specs)
    lines = reproducer or reproducer_for(settings, sender, cases.at_ms)
    muted = ACK_FIRST if settings.ack_first else ()
    genuine = GenuineDeliveries(NOT_ACKNOWLEDGED)
    clean = redactor(settings)

    def listen(event: RunEvent) -> None:
        # Exchanges are told as they are, for speed: whoever shows or keeps them cleans them.
        listener(clean.event(event) if isinstance(event, ViolationFound | RunFinished) else event)

    return Runner(
        sender, cases, lines, listen, genuine=genuine, strict=settings.strict, muted=muted,
        refusals=BY_REFUSAL,
    )  # fmt: skip


def reproducer_for(settings: Settings, sender: DeliverySender, at_ms: int) -> Reproducer:
    """Return what writes reproduce lines for these settings; credentials are shell variables."""
    return reproducer_for_url(settings, sender.transport.target.url, at_ms)


def reproducer_for_url(settings: Settings, url: str, at_ms: int) -> Reproducer:
    """Return the same for a receiver that no sender delivers to."""
    of_streams: list[str] = []
    if settings.stream_scale != 1:
        of_streams += ["--stream-scale", f"{settings.stream_scale:g}"]
    if settings.media:
        of_streams += ["--media", shlex.quote(settings.media)]
    options = command_options(settings)
    of_probe = options_of_probe(settings.probe) if settings.probe is not None else []
    of_probe += ["--ack-first"] if settings.ack_first else []
    return Reproducer(url, settings.seed, at_ms, options, tuple(of_streams), tuple(of_probe))


def command_options(settings: Settings) -> tuple[str, ...]:
    """Return the words of a command line that say the same; credentials are shell variables."""
    options: list[str] = []

    def credential(flag: str, value: str, in_shell: str) -> None:
        if value:
            shown = shlex.quote(value) if settings.show_secrets else f'"{in_shell}"'
            options.extend((flag, shown))

    def plain(flag: str, *values: object) -> None:
        for value in values:
            if value:
                options.extend((flag, shlex.quote(str(value))))

    plain("--spec", *settings.spec)
    plain("--errata", *settings.errata)
    options.extend(entity_words(settings.entities))
    plain("--client-id", settings.client_id)
    if settings.proxy and parse_proxy(settings.proxy).credentials:
        credential("--proxy", settings.proxy, "$MOCKZOOM_PROXY")
    else:
        plain("--proxy", settings.proxy)
    plain("--cafile", settings.cafile)
    for flag, given in (("--insecure", settings.insecure), ("--strict", settings.strict)):
        if given:
            options.append(flag)
    if settings.timeout != Settings.__dataclass_fields__["timeout"].default:
        plain("--timeout", f"{settings.timeout:g}")
    credential("--auth", settings.auth, "$MOCKZOOM_AUTH")
    credential("--secret", settings.secret, settings.secret_in_shell)
    return tuple(options)


def options_of_probe(probe: ProbeSource) -> list[str]:
    """Return the words for a probe, as the shell sees them; a URL with a password is a variable."""
    words = []
    if probe.reset:
        words += ["--probe-reset", probe.reset]
    if probe.advance:
        words += ["--probe-advance", probe.advance]
    for flag, paths in (("--probe-ignore", probe.ignore), ("--probe-unordered", probe.unordered)):
        for path in paths:
            words += [flag, path]
    if probe.within != WITHIN_S:
        words += ["--probe-within", spell(probe.within)]
    own = [word for kind in KINDS if getattr(probe, kind.key) for word in kind.words(probe)]
    return [*own, *map(shlex.quote, words)]


def redactor(settings: Settings) -> Redactor:
    """Return what takes the credentials of `settings` out of what is stored or reported."""
    values, headers = credentials(settings.auth)
    proxy = parse_proxy(settings.proxy).credentials if settings.proxy else ""
    secrets = (settings.secret, settings.client_secret, *values, proxy.partition(":")[2])
    return Redactor(secrets, headers)
