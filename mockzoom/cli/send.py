"""`mockzoom send`: one event by hand, shown with its answer, timings and verdict."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import click

from mockzoom.casebook import Prepared
from mockzoom.cli.exchange import answer_lines, hidden_headers, request_lines
from mockzoom.cli.options import (
    at_option,
    config_option,
    connection_options,
    contract_options,
    option,
    settings_from,
)
from mockzoom.cli.show import echo_lines
from mockzoom.cli.verify import warn_if_public
from mockzoom.errors import UsageError
from mockzoom.model import Exchange, Failure, Request
from mockzoom.session import Sent, Settings


@click.command()
@click.argument("event")
@option("--to", required=True, metavar="URL", help="The receiver.")
@option("--set", "sets", multiple=True, metavar="PATH=VALUE",
        help="Set a place, such as payload.stop_reason=6 (repeatable).")  # fmt: skip
@option("--case", default="", metavar="CASE",
        help="Which case of the event, as a report's reproduce line names it.")  # fmt: skip
@option("--body", metavar="JSON",
        help="Deliver this body, byte for byte, in place of a case.")  # fmt: skip
@option("--forge", default="", metavar="NAME",
        help="Authenticate it wrongly; an unknown name lists them.")  # fmt: skip
@option("--times", type=click.IntRange(min=1), default=1, show_default=True,
        help="Deliver it so often: duplicates, with one request id.")  # fmt: skip
@option("--print-curl", is_flag=True, help="Print a curl command line that sends it; send nothing.")
@option("--strict", is_flag=True, help="A malformed event must be refused (MZ403).")
@option("--show-secrets", is_flag=True, help="Write credentials in place of shell variables.")
@connection_options
@contract_options
@at_option
@config_option
@click.pass_context
def command(ctx: click.Context, /, event: str, to: str, **values: Any) -> int:
    """Deliver one EVENT, and show request, answer, timings and verdict.

    EVENT is an event of the contract, or endpoint.url_validation for the URL challenge.
    """
    from mockzoom import session
    from mockzoom.delivery import forgery

    forge, times, curl = values.pop("forge"), values.pop("times"), values.pop("print_curl")
    chosen = {name: values.pop(name) for name in ("case", "sets", "body")}
    settings: Settings = settings_from(ctx, values)
    if forge:
        forgery(forge)
    prepared = _prepared(settings, event, **chosen)
    warn_if_public(to)
    if curl:
        request = session.request(to, settings, prepared, forge)
        line = _curl(request, settings)
        click.echo(line)
        if "$MOCKZOOM_CREDENTIAL" in line:
            click.echo("mockzoom: set MOCKZOOM_CREDENTIAL to the value of that header", err=True)
        return 0
    sent = session.send(to, settings, prepared, forge, times)
    for item in sent:
        echo_lines(_shown(item, settings))
    return _exit_code(sent)


def _prepared(
    settings: Settings, event: str, case: str, sets: tuple[str, ...], body: str | None
) -> Prepared:
    from mockzoom import session

    if body is None:
        book, prepared = session.prepare(settings, event, case)
        return _with_sets(book.catalog, prepared, sets)
    if case or sets:
        raise UsageError("--body is delivered as it is; it excludes --case and --set")
    return session.prepare_body(settings, event, body)[1]


def _with_sets(catalog: Any, prepared: Prepared, sets: tuple[str, ...]) -> Prepared:
    if not sets:
        return prepared
    import json

    from mockzoom.model import Event
    from mockzoom.synth import encode, override, parse_set

    made = Event(prepared.event, json.loads(prepared.body))
    spec = catalog.events.get(prepared.event)
    for text in sets:
        path, value = parse_set(text)
        made = override(made, path, value, spec)
    token = made.payload.get("plainToken", "") if prepared.plain_token else ""
    return replace(prepared, body=encode(made.body), plain_token=str(token))


def _curl(request: Request, settings: Settings) -> str:
    from mockzoom.delivery.curl import as_curl

    hidden = frozenset() if settings.show_secrets else hidden_headers(settings)
    return as_curl(request, _curl_options(settings), credentials=hidden)


def _curl_options(settings: Settings) -> list[str]:
    """Return how curl shall connect, as shell words: what these settings say, and no more."""
    options = ["--noproxy", "'*'"]
    if settings.proxy:
        secret = "@" in settings.proxy and not settings.show_secrets
        options = ["--proxy", '"$MOCKZOOM_PROXY"' if secret else shlex.quote(settings.proxy)]
    if settings.cafile:
        options += ["--cacert", shlex.quote(settings.cafile)]
    if settings.insecure:
        options.append("--insecure")
    return options


def _shown(item: Sent, settings: Settings) -> Iterator[tuple[str, str]]:
    delivery = item.exchange.delivery
    hidden = frozenset() if settings.show_secrets else hidden_headers(settings)
    for attempt in item.exchange.attempts:
        request = attempt.request
        title = f"{request.method} {request.url}   ({delivery.event}, {delivery.case})"
        yield "head", title + (f", forged: {delivery.forge}" if delivery.forge else "")
        yield from request_lines(request, hidden)
        yield "", ""
        yield from answer_lines(attempt)
        yield "", ""
    yield from _verdict(item)
    yield "", ""


def _verdict(item: Sent) -> Iterator[tuple[str, str]]:
    if _unreached(item.exchange):
        yield "error", "receiver unreachable: nothing was judged"
        return
    for violation in item.violations:
        yield violation.severity, f"{violation.severity} {violation.rule} {violation.slug}"
        yield "", f"  {violation.message}"
        yield "", f"  to fix: {violation.fix}"
    if not item.violations:
        acknowledged = item.exchange.last.acknowledged
        word = "acknowledged" if acknowledged else "not acknowledged"
        yield "pass", f"{word}: no violation"


def _exit_code(sent: list[Sent]) -> int:
    if all(_unreached(item.exchange) for item in sent):
        return 3
    return int(any(found.severity == "error" for item in sent for found in item.violations))


def _unreached(exchange: Exchange) -> bool:
    """Whether no connection was made, so that the failure says nothing of the receiver."""
    attempt = exchange.last
    return isinstance(attempt.outcome, Failure) and attempt.timings.connected is None
