"""`mockzoom events`: the contract's events, listed, shown, synthesised; captured ones, checked."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from mockzoom.cli.options import (
    accepting_options,
    at_option,
    contract_options,
    entity_option,
    event_of,
    secret_options,
    settings_from,
)
from mockzoom.cli.reported_run import journalling, run_options, unkept
from mockzoom.cli.reports import parse_reports, publish, unreported
from mockzoom.cli.setting_options import config_option, option
from mockzoom.errors import UsageError
from mockzoom.model import JSON, EventSpec, RunFinished
from mockzoom.report import exit_code, new_reports

if TYPE_CHECKING:
    from mockzoom.settings import Settings


@click.group()
def command() -> None:
    """List, show and synthesise the contract's events; check captured ones."""


@command.command("list")
@click.argument("globs", nargs=-1, metavar="[GLOB]...")
@option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@contract_options
@config_option
@click.pass_context
def list_events(
    ctx: click.Context, /, globs: tuple[str, ...], as_json: bool, **values: Any
) -> None:
    """Print one event a line: its name, its product, what it says.

    Without --product, a GLOB looks in all products.
    """
    from mockzoom.client.settings import load_contract

    contract = load_contract(settings_from(ctx, values))
    specs = contract.select(globs)
    if as_json:
        listed = [
            {
                "event": spec.name,
                "product": spec.product,
                "source": spec.source.rsplit("/", 1)[-1],
                "summary": spec.summary,
            }
            for spec in specs
        ]
        click.echo(json.dumps(listed, indent=2, ensure_ascii=False))
        return
    width = max(len(spec.name) for spec in specs)
    column = max(len(spec.product) for spec in specs)
    for spec in specs:
        summary = textwrap.shorten(spec.summary, 80, placeholder=" …")
        click.echo(f"{spec.name:<{width}}  {spec.product:<{column}}  {summary}".rstrip())


def _no_challenge(event: str) -> None:
    from mockzoom.zoom.url_validation import EVENT as CHALLENGE_EVENT

    if event in (CHALLENGE_EVENT, CHALLENGE_EVENT.partition(".")[2]):
        raise UsageError(
            f"{CHALLENGE_EVENT} is the URL validation and no event of the contract;"
            f" `mockzoom send {CHALLENGE_EVENT} --to URL` delivers it"
        )


@command.command("show")
@click.argument("event")
@contract_options
@config_option
@click.pass_context
def show_event(ctx: click.Context, /, event: str, **values: Any) -> None:
    """Print the schema of EVENT as it is enforced, with its variants and notes."""
    from mockzoom.client.settings import load_contract

    _no_challenge(event)
    spec = event_of(ctx, load_contract(settings_from(ctx, values)), event)
    document = {
        "event": spec.name,
        "summary": spec.summary,
        "product": spec.product,
        "source": spec.source.rsplit("/", 1)[-1],
        "pointer": spec.pointer,
        "schema": spec.schema,
        "examples": list(spec.examples),
        "variants": [
            {"pointer": item.pointer, "value": item.value, "reason": item.reason}
            for item in spec.variants
        ],
        "notes": list(spec.notes),
    }
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


@command.command("synth")
@click.argument("event")
@option("--count", type=click.IntRange(min=1), default=None,
        help="How many; they rotate through the event's shapes (1; malformed: all).")  # fmt: skip
@option("--set", "sets", multiple=True, metavar="PATH=VALUE",
        help="Set a place, such as payload.stop_reason=6 (repeatable).")  # fmt: skip
@option("--malformed", is_flag=True,
        help="Events that break one constraint each, with the mutation that did it.")  # fmt: skip
@option("--pretty", is_flag=True, help="Indent; otherwise one JSON document a line.")
@contract_options
@entity_option
@at_option
@config_option
@click.pass_context
def synth_event(ctx: click.Context, /, event: str, **values: Any) -> None:
    """Print events: the same seed gives the same bytes on any machine, any day.

    With --malformed, each document is {"mutation": {…}, "body": {…}}.
    """
    from mockzoom.client.settings import load_contract
    from mockzoom.synth import DEFAULT_AT_MS

    count, sets = values.pop("count"), values.pop("sets")
    malformed, pretty = values.pop("malformed"), values.pop("pretty")
    if malformed and sets:
        raise UsageError("--set and --malformed exclude each other; pass one of them")
    _no_challenge(event)
    settings = settings_from(ctx, values)
    spec = event_of(ctx, load_contract(settings), event)
    for note in spec.notes:
        click.echo(f"mockzoom: {spec.name}: {note}", err=True)
    at_ms = DEFAULT_AT_MS if settings.at is None else settings.at
    documents = (
        islice(_mutants(spec, settings, at_ms), count)
        if malformed
        else _valid(spec, settings, at_ms, count or 1, sets)
    )
    for document in documents:
        _echo(document, pretty)


def _valid(
    spec: EventSpec, settings: Settings, at_ms: int, count: int, sets: tuple[str, ...]
) -> Iterator[JSON]:
    from mockzoom.synth import override, parse_set, shapes, synthesise
    from mockzoom.synth.pins import pins_of

    pins = pins_of(settings.entities)
    changes = [parse_set(text) for text in sets]
    for index in range(count):
        # Each round through the shapes is about other meetings and people.
        entities = index // shapes(spec)
        made = synthesise(
            spec, seed=settings.seed, index=index, at_ms=at_ms, entities=entities, pins=pins
        )
        for path, value in changes:
            made = override(made, path, value, spec)
        yield made.body


def _mutants(spec: EventSpec, settings: Settings, at_ms: int) -> Iterator[JSON]:
    from msgspec.structs import asdict

    from mockzoom.synth import all_mutants
    from mockzoom.synth.pins import pins_of

    for mutant in all_mutants(spec, settings.seed, at_ms, pins=pins_of(settings.entities)):
        mutation = asdict(mutant.mutation) if mutant.mutation else None
        yield {"mutation": mutation, "body": mutant.body}


def _echo(document: JSON, pretty: bool) -> None:
    from mockzoom.synth import encode

    if pretty:
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        click.echo(encode(document))


@command.command("check")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--header", "-H", "headers", multiple=True, metavar="'NAME: VALUE'",
    help="Header that came with the one body in FILE, to check its signature (repeatable).",
)  # fmt: skip
@secret_options
@contract_options
@accepting_options
@run_options
@click.pass_context
def check_events(ctx: click.Context, /, files: tuple[str, ...], **values: Any) -> int:
    """Hold the captured events in each FILE (- for standard input) against the contract.

    FILE is a body as it came, one JSON document a line, several in an array, a HAR, or curl
    commands. A request with its headers is written {"headers": {…}, "body": "…"}. What breaks the
    contract is an error; an undocumented event, field or value is a warning. With --journal the
    events are kept, to be sent again (`mockzoom send --from-run`, `mockzoom runs export`).

    \b
    Exit codes: 0 nothing found, 1 findings at or above --fail-on, 2 bad usage or no capture, 3 the
    file has more events than are checked.
    """
    from mockzoom.client.checking import check_captured

    wanted = parse_reports(values.pop("report"))
    for name, _ in wanted:
        if name in ("svg", "har"):
            raise UsageError(f"--report {name}: shows deliveries, which a check has none of")
    headers, journal = values.pop("headers"), values.pop("journal")
    settings = settings_from(ctx, values)
    reports = new_reports(wanted)
    target = ", ".join(files)
    with journalling(journal, target, settings, "check") as (listeners, troubles):
        result = check_captured(files, headers, settings, listeners)
    reports(RunFinished(result))
    publish(result, reports, settings.fail_on)
    return exit_code(result, settings.fail_on) or unkept(troubles) or unreported(reports)
