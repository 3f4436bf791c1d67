"""`mockzoom verify`: the whole contract against one receiver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource
from msgspec import Struct

from mockzoom.cli.options import (
    accepting_options,
    at_option,
    connection_options,
    contract_options,
    entity_option,
    media_option,
    settings_from,
    stream_options,
    write_baseline_option,
)
from mockzoom.cli.probe import check_probe_options, probe_of, probe_options
from mockzoom.cli.progress import Progress, everyone
from mockzoom.cli.receivers import (
    ChosenReceiver,
    check_apart,
    chosen,
    echo_summary,
    own_reports,
    worst,
)
from mockzoom.cli.reported_run import reported, run_options, warn_if_public
from mockzoom.cli.reports import parse_reports
from mockzoom.cli.setting_options import SettingArgument, option
from mockzoom.cli.show import echo_lines
from mockzoom.errors import UsageError
from mockzoom.model import RunResult
from mockzoom.report import Reports

if TYPE_CHECKING:
    from mockzoom.journal import Recorder
    from mockzoom.settings import Settings


@click.command()
@click.argument("url", cls=SettingArgument, envvar="MOCKZOOM_URL", required=False,
                metavar="[URL|NAME]")  # fmt: skip
@click.option("--all", "every", is_flag=True,
              help="Examine every receiver that the settings have a table for.")  # fmt: skip
@connection_options
@option("--events", multiple=True, metavar="GLOB",
        help="Only these events, such as 'session.*' (repeatable).")  # fmt: skip
@option("--strict", is_flag=True, help="Malformed events must be refused, too (MZ403).")
@option("--ack-first", is_flag=True,
        help="The receiver acknowledges before it verifies: judge no status.")  # fmt: skip
@option("--fuzz", type=click.IntRange(min=0), default=0, metavar="N",
        help="Deliver N random bodies, too (extra `fuzz`); failures are shrunk.")  # fmt: skip
@option("--streams", is_flag=True,
        help="Judge what the consumer does with RTMS streams, too (MZ6xx).")  # fmt: skip
@probe_options
@option("--websocket", is_flag=True,
        help="Judge a client of delivery over WebSocket in the place of a receiver"
             " (MZ651 to MZ654; with a --probe also MZ501, MZ502, MZ504, MZ505).")  # fmt: skip
@option("--websocket-client", default="", metavar="COMMAND",
        help="Start that client with this command; without it, one is waited for.")  # fmt: skip
@option("--websocket-port", type=click.IntRange(0, 65535), default=4401, show_default=True,
        metavar="PORT", help="Port that it connects to; 0 takes a free one.")  # fmt: skip
@stream_options
@media_option
@option("--wait", type=float, default=0.0, metavar="SECONDS",
        help="Wait so long for a receiver that is starting.")  # fmt: skip
@contract_options
@entity_option
@at_option
@accepting_options
@write_baseline_option
@run_options
@click.pass_context
def command(ctx: click.Context, /, url: str | None, every: bool, **values: Any) -> int:
    """Examine the receiver at URL against the whole contract.

    NAME is a receiver that mockzoom.toml has a table for: [receivers.NAME] with its url and other
    settings; --all takes each of them.

    \b
    Validates the URL, delivers every event in all its shapes, then events that Zoom may send
    tomorrow, then forgeries; says what is wrong, how to fix it, and how to see it again. With a
    --probe, forgeries that get a 2xx are judged by what they leave in the receiver's state.

    With --websocket there is no URL: the client connects to mockzoom. A command of
    --websocket-client finds ZOOM_WEBSOCKET_URL, ZOOM_SUBSCRIPTION_ID, ZOOM_TOKEN_URL,
    ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET in its environment; otherwise these are
    printed.

    \b
    Exit codes: 0 nothing found, 1 violations at or above --fail-on, 2 bad usage, 3 the run could
    not be completed.
    """
    if values["websocket"]:
        return _examine_client(ctx, url, every, values)
    runs = [_prepared(ctx, item) for item in chosen(ctx, url, values, everything=every)]
    if not every:
        return _examine(runs[0])[1]
    check_apart([path for run in runs for _, path in run.reports], "--report")
    writing = [run.settings for run in runs if run.settings.write_baseline]
    check_apart([str(item.baseline) for item in writing], "--write-baseline")
    return _examine_all(runs)


class _Run(Struct, frozen=True):
    """A receiver with everything that its run needs."""

    receiver: ChosenReceiver
    settings: Settings
    reports: list[tuple[str, str]]
    journal: str | None


def _prepared(ctx: click.Context, receiver: ChosenReceiver) -> _Run:
    """Read the settings of a receiver; nothing is sent before those of all have been read."""
    from mockzoom.client.settings import check

    with receiver.named():
        wanted = parse_reports(own_reports(receiver))
        settings = _settings(ctx, receiver.values)
        check(settings)
    return _Run(receiver, settings, wanted, receiver.values["journal"])


def _settings(ctx: click.Context, given: Mapping[str, Any]) -> Settings:
    """Return the settings, in which the options of a probe are one value."""
    values = dict(given)
    check_probe_options(ctx, values)
    settings: Settings = settings_from(ctx, {**values, "probe": probe_of(values)})
    return settings


def _examine_all(runs: Sequence[_Run]) -> int:
    """Examine one receiver after the other, and sum up; an interrupt ends all of it."""
    from mockzoom.verify import INTERRUPTED

    err = any(path == "-" for run in runs for _, path in run.reports)
    results: dict[str, RunResult] = {}
    codes = []
    for run in runs:
        echo_lines([("head", f"{run.receiver.name}: {run.receiver.url}")], err=err)
        results[run.receiver.name], code = _examine(run)
        click.echo(err=err)
        codes.append(code)
        if INTERRUPTED in results[run.receiver.name].breakages:
            break
    outcomes = [(run.receiver.name, results.get(run.receiver.name)) for run in runs]
    echo_summary(outcomes, [run.settings.fail_on for run in runs], err=err)
    return worst(codes)


def _examine(run: _Run) -> tuple[RunResult, int]:
    """Examine a receiver, report it, and return the result with its exit code."""
    from mockzoom.client.verifying import verify

    url, settings = run.receiver.url, run.settings
    warn_if_public(url)

    def examine(recorders: Sequence[Recorder], reports: Reports) -> RunResult:
        with closing(Progress()) as progress:
            return verify(url, settings, everyone((progress, *recorders, reports)))

    return reported(examine, url, settings, run.reports, run.journal)


def _examine_client(
    ctx: click.Context, url: str | None, every: bool, values: dict[str, Any]
) -> int:
    """Examine the client of delivery over WebSocket that connects here."""
    from mockzoom.client.websocket import listening, verify_client

    if every or ctx.get_parameter_source("url") is ParameterSource.COMMANDLINE:
        raise UsageError("--websocket judges a client that connects here: it takes no URL")
    wanted = parse_reports(values["report"])
    settings = _settings(ctx, values)
    sock, target = listening(values["websocket_port"])

    def told(environment: dict[str, str]) -> None:
        if not settings.websocket_client:
            shown = "".join(f"\n  {name}={value}" for name, value in environment.items())
            click.echo(f"mockzoom: waiting for a client that connects with{shown}", err=True)

    def examine(recorders: Sequence[Recorder], reports: Reports) -> RunResult:
        with closing(Progress()) as progress:
            listener = everyone((progress, *recorders, reports))
            return verify_client(sock, settings, listener, told)

    return reported(examine, target, settings, wanted, values["journal"])[1]
