"""`mockzoom send`: one event by hand, shown with its answer, timings and verdict."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import structs

from mockzoom.cli.exchange import answer_lines, hidden_headers, request_lines
from mockzoom.cli.options import (
    accepting_options,
    at_option,
    check_product,
    connection_options,
    contract_options,
    entity_option,
    settings_from,
)
from mockzoom.cli.receivers import addressed, to_option
from mockzoom.cli.reported_run import warn_if_public
from mockzoom.cli.setting_options import config_option, option
from mockzoom.cli.show import echo_lines
from mockzoom.errors import UsageError
from mockzoom.model import Delivery, Request
from mockzoom.report.verdict import accepted_because, counts
from mockzoom.wording import printable

if TYPE_CHECKING:
    from mockzoom.client.sending import ByHand, Sent
    from mockzoom.engine.case import TestCase
    from mockzoom.settings import Settings


@click.command()
@click.argument("event", required=False)
@to_option
@option("--set", "sets", multiple=True, metavar="PATH=VALUE",
        help="Set a place, such as payload.stop_reason=6 (repeatable).")  # fmt: skip
@option("--case", default="", metavar="CASE",
        help="Which case of the event, as a report's reproduce line names it.")  # fmt: skip
@option("--fresh", is_flag=True,
        help="Deliver the case about entities never used before, after what happens before it"
             " (start before stop).")  # fmt: skip
@option("--body", metavar="JSON",
        help="Deliver this body, byte for byte, in place of a case; @FILE reads it from a file, @-"
             " from standard input.")  # fmt: skip
@click.option("--from-run", metavar="RUN:DELIVERY",
              help="Deliver this delivery of --journal again, such as 3:d-17, in place of EVENT:"
                   " the same body with a new signature, time and request id. What was forged is"
                   " forged again; transport faults are not repeated.")  # fmt: skip
@option("--journal", metavar="FILE", help="The journal that --from-run reads.")
@option("--raw", is_flag=True,
        help="Broken JSON is meant: a text in --set, a malformed body in --body.")  # fmt: skip
@option("--forge", default="", metavar="NAME",
        help="Authenticate it wrongly; an unknown name lists them.")  # fmt: skip
@option("--times", type=click.IntRange(min=1), default=1, show_default=True,
        help="Deliver it so often: duplicates, with one request id.")  # fmt: skip
@option("--print-curl", is_flag=True, help="Print a curl command line that sends it; send nothing.")
@option("--strict", is_flag=True, help="A malformed event must be refused (MZ403).")
@option("--show-secrets", is_flag=True, help="Write credentials in place of shell variables.")
@connection_options
@contract_options
@entity_option
@accepting_options
@at_option
@config_option
@click.pass_context
def command(ctx: click.Context, /, event: str | None, **values: Any) -> int:
    """Deliver one EVENT, and show request, answer, timings and verdict.

    EVENT is an event of the contract, or endpoint.url_validation for the URL challenge. What is
    written by hand is held against the contract and judged as what it is; with --body, EVENT may be
    one that the contract does not know, where the body names it too.
    """
    from mockzoom.client.accepting import acceptance, accepted
    from mockzoom.client.sending import ByHand
    from mockzoom.suites.authenticity import needs_endpoint_auth
    from mockzoom.zoom.forgeries import forgery

    receiver = addressed(ctx, values)
    if receiver is None:
        raise UsageError("no receiver: pass --to URL, or write url into mockzoom.toml")
    to, values = receiver.url, receiver.values
    forge, times, curl = values.pop("forge"), values.pop("times"), values.pop("print_curl")
    chosen = {name: values.pop(name) for name in ("case", "fresh", "sets", "body", "raw")}
    from_run, journal = values.pop("from_run"), values.pop("journal")
    settings: Settings = settings_from(ctx, values)
    if forge and needs_endpoint_auth(forgery(forge).name) and not settings.auth:
        raise UsageError(f"--forge {forge} needs credentials to leave away; pass --auth with it")
    acceptance(settings)
    by_hand = ByHand(settings)
    if from_run is not None:
        if event is not None or any(chosen.values()):
            raise UsageError("--from-run names the whole delivery; beside it go --forge, --times")
        case = by_hand.kept(_kept(from_run, journal), forge)
    elif event is None:
        raise UsageError("no event: pass EVENT (`mockzoom events list`), or --from-run")
    else:
        check_product(ctx, by_hand.contract, event)
        case = _case(by_hand, event, forge, **chosen)
        if case.event != event:
            text = f"the body is one of {case.event}, not of {event}; it is judged as what it is"
            click.echo(f"mockzoom: {printable(text)}", err=True)
    warn_if_public(to)
    if curl:
        line = _curl(by_hand.request(to, case), settings)
        click.echo(line)
        if "$MOCKZOOM_CREDENTIAL" in line:
            click.echo("mockzoom: set MOCKZOOM_CREDENTIAL to the value of that header", err=True)
        return 0
    sent = [
        structs.replace(item, result=accepted(item.result, settings))
        for item in by_hand.send(to, case, times)
    ]
    for item in sent:
        echo_lines(_shown(item, settings))
    return _exit_code(sent)


def _kept(name: str, journal: str | None) -> Delivery:
    """Return a delivery of a run, `RUN:DELIVERY`."""
    from mockzoom.journal import Archive

    run, colon, delivery = name.partition(":")
    if not colon or not delivery or not (run.isascii() and run.isdigit() and len(run) < 16):
        raise UsageError(f"--from-run {name!r}: expected RUN:DELIVERY, such as 3:d-17")
    if journal is None:
        raise UsageError("--from-run needs the journal of the run; pass --journal FILE")
    archive = Archive(Path(journal))
    try:
        return archive.named(int(run), delivery).delivery
    finally:
        archive.close()


def _case(
    by_hand: ByHand,
    event: str,
    forge: str,
    case: str,
    fresh: bool,
    sets: tuple[str, ...],
    body: str | None,
    raw: bool,
) -> TestCase:
    if fresh and (sets or body is not None):
        raise UsageError("--fresh is for cases; what is written by hand is delivered as it is")
    if body is not None:
        if case or sets:
            raise UsageError("--body is delivered as it is; it excludes --case and --set")
        if body.startswith("@"):
            file = body[1:]
            place = "standard input" if file == "-" else file
            return by_hand.written(event, _read(file), forge, raw=raw, place=place)
        return by_hand.written(event, body, forge, raw=raw)
    if sets:
        return by_hand.changed(event, case, sets, forge, raw=raw)
    if raw:
        raise UsageError("--raw is about broken JSON in --body or --set; pass one of them")
    return by_hand.named(event, case, forge, fresh=fresh)


def _read(file: str) -> bytes:
    """Return the body in a file, or from standard input; no more of it than may be delivered."""
    from mockzoom.client.sending import MOST_BYTES

    try:
        with click.open_file(file, "rb") as source:
            data: bytes = source.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"--body @{file}: cannot be read: {error.strerror}; expected a file with a JSON object"
        ) from None
    return data


def _curl(request: Request, settings: Settings) -> str:
    from mockzoom.transport.curl import as_curl

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
    from mockzoom.client.connect import redactor

    delivery = item.exchange.delivery
    hidden = frozenset() if settings.show_secrets else hidden_headers(settings)
    clean = redactor(settings)
    for attempt in item.exchange.attempts:
        request = attempt.request
        title = f"{request.method} {request.url}   ({delivery.event}, {delivery.case})"
        yield "head", title + (f", forged: {delivery.forge}" if delivery.forge else "")
        yield from request_lines(request, hidden)
        yield "", ""
        yield from answer_lines(clean.answer(attempt))
        yield "", ""
    yield from _verdict(item)
    yield "", ""


def _verdict(item: Sent) -> Iterator[tuple[str, str]]:
    result = item.result
    if result.breakages:
        for error in result.breakages:
            yield "error", f"{error}; nothing was checked"
        return
    for violation in result.violations:
        why = f", {accepted_because(violation.accepted[0][1])}" if violation.is_accepted else ""
        yield violation.severity, f"{violation.severity} {violation.rule} {violation.slug}{why}"
        yield "", f"  {violation.message}"
        yield "", f"  to fix: {violation.fix}"
    if not result.violations:
        acknowledged = item.exchange.last.acknowledged
        word = "acknowledged" if acknowledged else "not acknowledged"
        yield "pass", f"{word}: no violation"
    for notice in result.notices:
        yield "", notice


def _exit_code(sent: list[Sent]) -> int:
    if all(item.result.breakages for item in sent):
        return 3
    found = (violation for item in sent for violation in item.result.violations)
    return int(any(counts(violation, "error") for violation in found))
