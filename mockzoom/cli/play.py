"""`mockzoom play`: scenarios against one receiver."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource
from msgspec import structs

from mockzoom.cli.options import (
    accepting_options,
    at_option,
    connection_options,
    contract_options,
    entity_option,
    seconds_of,
    settings_from,
    stream_options,
    write_baseline_option,
)
from mockzoom.cli.probe import check_probe_options, probe_of, probe_options
from mockzoom.cli.progress import Listeners, everyone
from mockzoom.cli.receivers import addressed, to_option
from mockzoom.cli.reported_run import reported, run_options, warn_if_public
from mockzoom.cli.reports import cleaning, parse_reports
from mockzoom.cli.setting_options import option, together
from mockzoom.cli.show import cut_at, echo_lines
from mockzoom.errors import UsageError
from mockzoom.model import RunEvent, RunFinished, RunResult
from mockzoom.report import Reports
from mockzoom.wording import counted

if TYPE_CHECKING:
    from mockzoom.journal import Recorder

_SCALE = re.compile(r"(?P<scheduled>[0-9a-z.]+)=(?P<real>[0-9a-z.]+)")

clock_options = together(
    option("--virtual", is_flag=True,
           help="Nobody waits: time jumps. The default for scenarios without a stream."),
    option("--real-time", is_flag=True, help="Wait as long as the scenario says."),
    option("--time-scale", metavar="TIME=TIME",
           help="Compress waits, such as 1h=1s; what waits for the receiver stays as it is."),
)  # fmt: skip

comparing_options = together(
    option("--probe-advance", metavar="URL",
           help="POSTed to where time jumps, with {seconds} filled in: sets the receiver's clock"
                " ahead, to find out whether it forgets request ids before the last retry."),
    option("--effect", multiple=True, metavar="GLOB",
           help="Events that have to change the state, or else were dropped (repeatable)."),
    option("--budget", default="120s", show_default=True, metavar="TIME",
           help="Compare no more after so long; no bound with --real-time or --time-scale."),
)  # fmt: skip


@click.command()
@click.argument("scenario", nargs=-1)
@to_option
@click.option(
    "--list",
    "listing",
    is_flag=True,
    help="Show the scenarios that can be named; with --product, those of it.",
)
@click.option("--check", "checking", is_flag=True, help="Read the scenarios, and send nothing.")
@click.option("--plan", "planning", is_flag=True,
              help="Show the timeline that would be played, and send nothing.")  # fmt: skip
@click.option("--step", "stepping", is_flag=True,
              help="Play step by step, with keys; needs a terminal.")  # fmt: skip
@clock_options
@option("--let", multiple=True, metavar="NAME=VALUE",
        help="Another value for a name of `let`, or the only one of `matrix`, such as kind=webinar"
             " (repeatable).")  # fmt: skip
@option("--scenarios", multiple=True, metavar="FOLDER",
        help="Scenarios by name, before the bundled ones (repeatable).")  # fmt: skip
@probe_options
@comparing_options
@option("--next-secret", metavar="TEXT",
        help="The secret token that scenario secret-rotation goes on with; better set"
             " MOCKZOOM_NEXT_SECRET.")  # fmt: skip
@stream_options
@connection_options
@contract_options
@entity_option
@at_option
@accepting_options
@write_baseline_option
@run_options
@click.pass_context
def command(ctx: click.Context, /, scenario: tuple[str, ...], **values: Any) -> int:
    """Play scenarios against the receiver at --to URL.

    SCENARIO is the name of a bundled scenario (see --list), the path of a YAML file, or `all` for
    every bundled one that applies: about RTMS and the Video SDK, or each --product that is named.

    \b
      mockzoom play rtms-start-interrupt-stop --to http://localhost:8000/webhook
      mockzoom play all --to http://localhost:8000/webhook --probe /state
      mockzoom play all --product meetings --to http://localhost:8000/webhook
      mockzoom play ./mine.yaml --plan

    Hours of retries take seconds, since nobody waits for them. With a --probe, each scenario is
    played again with every event delivered once and in order: it must leave the same behind.
    What happens is shown on standard error, step by step (with `all`, by scenario).

    \b
    Exit codes: 0 nothing found, 1 violations at or above --fail-on, 2 bad usage or scenario, 3 the
    run could not be completed.
    """
    from mockzoom.client.scenarios import ALL, load_scenarios
    from mockzoom.client.settings import load_contract

    folders = values.pop("scenarios")
    listing, checking, planning = (values.pop(name) for name in ("listing", "checking", "planning"))
    if listing + checking + planning > 1:
        raise UsageError("--list, --check and --plan exclude each other")
    if values["stepping"] and (listing or checking or planning):
        raise UsageError("--step plays; --list, --check and --plan send nothing: pass one of them")
    if listing:
        is_asked = ctx.get_parameter_source("product") is ParameterSource.COMMANDLINE
        return _list(folders, values["product"] if is_asked else ())
    receiver = None if checking or planning else addressed(ctx, values)
    values = receiver.values if receiver else values
    written = values.pop("let")
    lets = dict(_let(text) for text in written)
    wanted = parse_reports(values.pop("report"))
    journal = values.pop("journal")
    stepping = values.pop("stepping")
    check_probe_options(ctx, values)
    options = _plan_options(values)
    options["given"] = _given(written, folders)
    settings = settings_from(ctx, values)
    left_out: list[str] = []
    contract = load_contract(settings)
    scenarios = load_scenarios(scenario, contract, lets, folders, left_out.append)
    if checking or planning:
        for reason in left_out:
            click.echo(f"mockzoom: {reason}", err=True)
    if checking:
        for item in scenarios:
            click.echo(f"{item.title}: fine, {counted(len(item.steps), 'step')}, {item.file}")
        return 0
    if planning:
        return _plan(scenarios, settings, options)
    if receiver is None:
        raise UsageError(
            "no receiver: pass --to URL (or --check, --plan or --list to send nothing)"
        )
    url = receiver.url
    warn_if_public(url)
    run = partial(_play, url, settings, scenarios, options, left_out, ALL in scenario, stepping)
    return reported(run, url, settings, wanted, journal, "play")[1]


def _play(
    url: str,
    settings: Any,
    scenarios: Any,
    options: dict[str, Any],
    left_out: list[str],
    everything: bool,
    step: bool,
    recorders: Sequence[Recorder],
    reports: Reports,
) -> RunResult:
    """Play; `left_out` says what takes no part in `all`, and what else does not is added."""
    from mockzoom.cli.timeline import TimelinePrinter
    from mockzoom.client.playing import play, with_credentials
    from mockzoom.play import PlayPlan, applicable

    plan = with_credentials(PlayPlan(scenarios, **options), settings)
    listeners: Listeners = (*recorders, reports)
    if everything:
        plan = applicable(plan, left_out.append)
        listeners = (_with_notices(left_out, everyone(listeners)),)
    if step and _can_step():
        result = _step(url, settings, plan, listeners)
    else:
        timeline = TimelinePrinter(
            lambda style, line: echo_lines([(style, line)], err=True), brief=everything,
            live=_takes_its_time(plan),
            width=cut_at(err=True),
        )  # fmt: skip
        clean = cleaning(settings)
        result = play(
            url,
            settings,
            plan,
            everyone((lambda event: timeline(clean(event)), *listeners)),
            whole=everything,
        )
    return structs.replace(result, notices=(*left_out, *result.notices))


def _takes_its_time(plan: Any) -> bool:
    """Return whether somebody waits for the play, so that each line is shown when it comes."""
    from mockzoom.play.streams import streamed

    slowed = plan.clock == "real" or plan.scale is not None
    return slowed or any(streamed(scenario) for scenario in plan.scenarios)


def _with_notices(
    notices: Sequence[str], listener: Callable[[RunEvent], None]
) -> Callable[[RunEvent], None]:
    """Return `listener`, told of a result with further notices before its own."""

    def take(event: RunEvent) -> None:
        if isinstance(event, RunFinished):
            result = event.result
            event = RunFinished(structs.replace(result, notices=(*notices, *result.notices)))
        listener(event)

    return take


def _can_step() -> bool:
    from mockzoom.cli.terminal import unusable

    why = unusable()
    if why:
        click.echo(f"mockzoom: --step {why}; playing on", err=True)
    return not why


def _step(url: str, settings: Any, plan: Any, listeners: Listeners) -> RunResult:
    """Play by keys; the timeline is printed afterwards, since the screen is gone then."""
    from dataclasses import replace

    from mockzoom.cli.step import play_by_keys
    from mockzoom.cli.timeline import TimelinePrinter
    from mockzoom.client.playing import play

    told: list[tuple[str, str]] = []
    clean = cleaning(settings)
    timeline = TimelinePrinter(
        lambda style, line: told.append((style, line)), width=cut_at(err=True)
    )
    try:
        return play_by_keys(
            lambda controls, listener: play(
                url, settings, replace(plan, controls=controls), everyone((listener, *listeners))
            ),
            settings,
            lambda event: timeline(clean(event)),
        )
    finally:
        echo_lines(told, err=True)


def _plan(scenarios: Any, settings: Any, options: dict[str, Any]) -> int:
    from mockzoom.cli.timeline import TimelinePrinter
    from mockzoom.client.playing import rehearse
    from mockzoom.play import PlayPlan

    timeline = TimelinePrinter(lambda style, line: echo_lines([(style, line)]), planned=True,
                        width=cut_at())  # fmt: skip
    result = rehearse(settings, PlayPlan(scenarios, **options), timeline)
    for reason in result.breakages:
        click.echo(f"mockzoom: the plan ends here: {reason}", err=True)
    return 3 if result.breakages else 0


def _list(folders: tuple[str, ...], products: tuple[str, ...]) -> int:
    """Print the scenarios that a name can mean: of bundled ones those of `products`, if any."""
    from mockzoom.client.scenarios import listed
    from mockzoom.client.settings import load_contract
    from mockzoom.settings import Settings

    contract = load_contract(Settings(product=products))
    found = listed(contract, folders, only=bool(products))
    width = max((len(name) for name, _ in found), default=0)
    for name, about in found:
        click.echo(f"{name:<{width}}  {about}")
    return 0


def _let(text: str) -> tuple[str, Any]:
    from mockzoom.synth import parse_set

    return parse_set(text)


def _given(lets: tuple[str, ...], folders: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words that the scenarios are read with, to play them again."""
    words = [word for text in lets for word in ("--let", text)]
    return (*words, *(word for folder in folders for word in ("--scenarios", folder)))


def _next_secret(text: str | None) -> str:
    if text is not None and not text.strip():
        raise UsageError("--next-secret is empty; expected the secret token after the rotation")
    return text or ""


def _plan_options(values: dict[str, Any]) -> dict[str, Any]:
    """Take what the play alone needs out of `values`."""
    virtual, real = values.pop("virtual"), values.pop("real_time")
    scale = values.pop("time_scale")
    if sum((virtual, real, scale is not None)) > 1:
        raise UsageError("--virtual, --real-time and --time-scale exclude each other")
    return {
        "clock": "virtual" if virtual else "real" if real else "auto",
        "scale": None if scale is None else _scale(scale),
        "probe": probe_of(values),
        "effects": values.pop("effect"),
        "budget": seconds_of("--budget", values.pop("budget")),
        "next_secret": _next_secret(values.pop("next_secret")),
        "stream_scale": values.pop("stream_scale"),
    }


def _scale(text: str) -> float:
    match = _SCALE.fullmatch(text)
    if match is None:
        raise UsageError(f"--time-scale {text!r}: expected TIME=TIME, such as 1h=1s")
    flag = f"--time-scale {text!r}:"
    scheduled, real = (seconds_of(flag, match[name]) for name in ("scheduled", "real"))
    if scheduled <= 0 or real <= 0:
        raise UsageError(f"--time-scale {text!r}: both times have to be above 0, such as 1h=1s")
    return scheduled / real
