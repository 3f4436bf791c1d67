"""`mockzoom serve`: a mock of Zoom's delivery side that a team runs beside its receiver."""

from __future__ import annotations

import atexit
import gc
import logging
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockzoom.cli.options import contract_options, entity_option, secret_options, settings_from
from mockzoom.cli.setting_options import config_option, option, together
from mockzoom.wording import deliveries

if TYPE_CHECKING:
    from mockzoom.service import Service, ServiceSettings
    from mockzoom.settings import Settings

_listening = together(
    option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS",
           help="Address to listen on; one that other machines reach needs --token."),
    option("--port", type=click.IntRange(0, 65535), default=4400, show_default=True,
           help="Port to listen on; 0 takes a free one."),
    option("--token", default="", metavar="TEXT",
           help="Token that the API and the page ask for; better set MOCKZOOM_TOKEN."),
    option("--allow-host", multiple=True, metavar="NAME",
           help="Name under which this server is reached, beside localhost (repeatable)."),
    option("--allow-target", multiple=True, metavar="HOST",
           help="Host, address or network to deliver to, beside loopback and private ones"
                " (repeatable)."),
    option("--feeds", type=click.IntRange(1, 200), default=16, show_default=True,
           help="Live feeds that may be open at the same time."),
)  # fmt: skip
_app = together(
    secret_options,
    option("--client-id", default="", metavar="TEXT",
           help="Client id of the app: the clientid header, streams, and /oauth/token."),
    option("--client-secret", default="", metavar="TEXT",
           help="Client secret of the app, for streams and /oauth/token; better set"
                " MOCKZOOM_CLIENT_SECRET."),
    option("--timeout", type=float, default=3.0, show_default=True, metavar="SECONDS",
           help="Deadline from the request fully sent to the answer complete."),
    option("--cafile", metavar="FILE", help="CA certificates (PEM) in place of the system's."),
    option("--insecure", is_flag=True, help="Check no certificate."),
)  # fmt: skip
_keeping = together(
    option("--db", default="mockzoom.db", show_default=True, metavar="FILE",
           help="File that keeps subscriptions, deliveries and runs."),
    option("--keep-days", type=click.FloatRange(min=0), default=30.0, show_default=True,
           metavar="DAYS", help="Forget what is older (0: nothing)."),
    option("--keep-mb", type=click.FloatRange(min=0), default=1024.0, show_default=True,
           metavar="MB", help="Forget the oldest when the file is larger (0: never)."),
    option("--time-scale", type=click.FloatRange(min=0, min_open=True, max=1e6), default=1.0,
           show_default=True, metavar="N",
           help="Seconds of retries and re-validations that pass in one real second."),
)  # fmt: skip


@click.command()
@_listening
@_app
@_keeping
@contract_options
@entity_option
@config_option
@click.pass_context
def command(ctx: click.Context, /, **values: Any) -> int:
    """Serve a mock of Zoom's delivery side, until it is interrupted.

    Open it in a browser to register endpoints, send events, play scenarios and watch deliveries.
    The same over HTTP is described at /openapi.yaml, and Zoom's own API for deliveries answers
    under /v2.
    """
    from mockzoom.service import Service
    from mockzoom.web import App, WebSettings, create_app
    from mockzoom.web.guard import access
    from mockzoom.web.serving import address, open_server

    settings = settings_from(ctx, values)
    rules = access(values["host"], values["token"], values["allow_host"])
    service_settings = _service_settings(values, settings)
    app_of_zoom = App(values["client_id"], values["client_secret"])
    logging.basicConfig(format="mockzoom: %(message)s", level=logging.WARNING)
    service = Service(service_settings)
    try:
        web = WebSettings(rules, feeds=values["feeds"], zoom=app_of_zoom)
        app = create_app(service, web)
        server = open_server(app, values["host"], values["port"])
        _announce(service, address(server), token=bool(values["token"]))
        _end_at_signals(service)
        atexit.register(gc.freeze)  # else the interpreter looks through the contract as it ends
        with suppress(KeyboardInterrupt):
            server.run()
        server.close()
        app.extensions["mockzoom-feeds"].close()
    finally:
        service.close()
    return 0


def _end_at_signals(service: Service) -> None:
    """End at SIGINT and SIGTERM: who waits for an outcome first: the server waits for them."""

    def end(*_: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # it ends already
        service.begin_close()
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)


def _service_settings(values: dict[str, Any], settings: Settings) -> ServiceSettings:
    from mockzoom.clock import ScaledClock, SystemClock
    from mockzoom.journal import Retention
    from mockzoom.service import ServiceSettings
    from mockzoom.transport import parse_permit

    scale = values["time_scale"]
    return ServiceSettings(
        Path(values["db"]), settings.secret, settings.client_id,
        parse_permit(values["allow_target"]), settings.timeout, settings.cafile,
        settings.insecure, settings.product, settings.spec, settings.errata, settings.seed,
        Retention(values["keep_days"], values["keep_mb"]),
        SystemClock() if scale == 1 else ScaledClock(scale), values["client_secret"],
        settings.entities,
    )  # fmt: skip


def _announce(service: Service, url: str, *, token: bool) -> None:
    click.echo(f"mockzoom: serving at {url} (API: {url}/openapi.yaml), {service.settings.db}")
    if token:
        click.echo("mockzoom: browsers ask for a name (any) and a password: the token", err=True)
    if service.restricted:
        click.echo(f"mockzoom: {service.restricted}", err=True)
    if service.unknown:
        were = "was" if service.unknown == 1 else "were"
        click.echo(
            f"mockzoom: {deliveries(service.unknown)} {were} under way when the last server ended:"
            " outcome unknown, made again",
            err=True,
        )
