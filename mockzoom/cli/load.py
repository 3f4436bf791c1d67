"""`mockzoom load`: at which rate does a receiver stop to acknowledge in time?"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from mockzoom.cli.options import (
    accepting_options,
    contract_options,
    entity_option,
    seconds_of,
    settings_from,
    unpaced_options,
)
from mockzoom.cli.probe import check_probe_options, probe_of, whole_state_options
from mockzoom.cli.progress import Progress, everyone
from mockzoom.cli.reported_run import reported, run_options
from mockzoom.cli.reports import parse_reports
from mockzoom.cli.setting_options import option
from mockzoom.model import RunResult
from mockzoom.report import Reports

if TYPE_CHECKING:
    from mockzoom.journal import Recorder


@click.command()
@click.argument("url")
@click.option("--rate", type=float, default=50.0, show_default=True, metavar="N",
              help="Events a second, at the highest.")  # fmt: skip
@click.option("--for", "duration", default="60s", show_default=True, metavar="TIME",
              help="How long the profile takes, such as 30s or 2m.")  # fmt: skip
@click.option("--profile", default="steady", show_default=True,
              metavar="steady|burst|webinar",
              help="How the rate changes: always the same; all at once, five times; as people"
                   " join and leave a webinar.")  # fmt: skip
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True, metavar="N",
              help="Send from so many processes, to use more cores. Only lost deliveries are then"
                   " in reports and journal.")  # fmt: skip
@click.option("--yes", is_flag=True,
              help="Confirm more than 1,000 events a second, or more than 60 s.")  # fmt: skip
@option("--events", multiple=True, metavar="GLOB",
        help="Only these events, such as 'session.*' (repeatable).")  # fmt: skip
@whole_state_options
@unpaced_options
@contract_options
@entity_option
@accepting_options
@run_options
@click.pass_context
def command(ctx: click.Context, /, url: str, **values: Any) -> int:
    """Send events to the receiver at URL at a rate, and say which rate it holds.

    \b
    An event is acknowledged in time where a 2xx is complete 3 s after it was due,
    whether those before it were answered or not. Where the rate does not hold, the
    highest that holds for 10 s is looked for: 99.9 % in time, and no growing backlog.
    With a --probe, acknowledged events that left no trace in the state are counted.

    \b
    Profiles, as shares of --rate over the time of --for:
      steady   ██████████████████████████  the same rate all the time
      burst    █▁▁▁▁█▁▁▁▁█▁▁▁▁█▁▁▁▁█▁▁▁▁▁  five times all at once, a tenth between
      webinar  ▁▂▃▄▅▆▇█████▁▁▁▁▁▁▁▁▁█████  people join, it begins, goes on, all leave

    \b
    Exit codes: 0 the rate holds, 1 events were lost, 2 bad usage, 3 the run could not
    be completed, or this machine is the limit.
    """
    from mockzoom.client.loading import load
    from mockzoom.load.arrivals import LoadPlan

    plan = LoadPlan(
        values.pop("rate"), seconds_of("--for", values.pop("duration")), values.pop("profile"),
        values.pop("processes"),
    )  # fmt: skip
    check_probe_options(ctx, values)
    probe = probe_of(values)
    confirmed, journal = values.pop("yes"), values.pop("journal")
    wanted = parse_reports(values.pop("report"))
    settings = settings_from(ctx, values)

    def run(recorders: Sequence[Recorder], reports: Reports) -> RunResult:
        with closing(Progress()) as progress:
            listener = everyone((progress, *recorders, reports))
            return load(url, plan, settings, listener, confirmed=confirmed, probe=probe)

    return reported(run, url, settings, wanted, journal, "load")[1]
