"""Options that say where the receiver's state is read, and how they become a `ProbeSource`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from mockzoom.cli.options import option, together
from mockzoom.errors import UsageError

if TYPE_CHECKING:
    from mockzoom.scenario.model import ProbeSource


class DatabaseQuery(click.ParamType):  # type: ignore[type-arg]
    """The URL of a database and a query, two words; one text in an environment variable."""

    name = "text"

    def split_envvar_value(self, rv: str) -> list[str]:
        """Return the URL, and the query after the first blank."""
        return rv.split(None, 1)


probe_options = together(
    option("--probe", metavar="URL",
           help="Where the receiver shows its state as JSON (GET; a path such as /state, or a URL):"
                " needed to see what events leave behind. /meetings/{payload.object.id} reads each"
                " entity of the events, 404 being none."),
    option("--probe-command", metavar="COMMAND", help="A command that prints the state as JSON."),
    option("--probe-sql", nargs=2, type=DatabaseQuery(), metavar="URL QUERY",
           help="A database's URL for SQLAlchemy, and a SELECT: its rows are the state. Needs"
                " mockzoom[sql]."),
    option("--probe-reset", metavar="URL",
           help="POSTed to before the state counts, for a fresh start."),
    option("--probe-ignore", multiple=True, metavar="PATH",
           help="A place of the state that does not count, such as stats.*.seen (repeatable)."),
    option("--probe-unordered", multiple=True, metavar="PATH",
           help="A list whose order does not count (repeatable)."),
    option("--probe-within", default="10s", show_default=True, metavar="TIME",
           help="How long the receiver may work after it has answered."),
)  # fmt: skip
_DETAILS = ("probe_reset", "probe_advance", "probe_ignore", "probe_unordered", "probe_within")
"""What says how to read a probe; it means nothing without one."""


def probe_from(ctx: click.Context, values: dict[str, Any], advance: str = "") -> ProbeSource | None:
    """Take the options of a probe out of `values`; None where they name none.

    Raises `UsageError` for two probes, and for what is said on the command line of a probe where
    none is named; in the settings' files it may wait.
    """
    from mockzoom.scenario.model import ProbeSource

    url, words = values.pop("probe"), values.pop("probe_command")
    database, query = values.pop("probe_sql") or ("", "")
    ignore, unordered = values.pop("probe_ignore"), values.pop("probe_unordered")
    reset, within = values.pop("probe_reset"), values.pop("probe_within")
    named = sum(map(bool, (url, words, query)))
    if named > 1:
        raise UsageError(
            "--probe, --probe-command and --probe-sql exclude each other; pass one of them"
        )
    if named:
        return ProbeSource(
            url or "", tuple(shlex.split(words or "")), ignore, unordered, reset or "",
            seconds_of(within, "--probe-within"), database, query, advance,
        )  # fmt: skip
    for name in _DETAILS:
        if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            flag = "--" + name.replace("_", "-")
            raise UsageError(f"{flag} says how to read a probe; pass --probe URL with it")
    return None


def seconds_of(text: str, flag: str) -> float:
    """Return the seconds of a time such as `2m`; raise `UsageError` for what is none."""
    from mockzoom.scenario.durations import EXPECTED, seconds

    try:
        return seconds(text)
    except ValueError as error:
        raise UsageError(f"{flag} {text!r}: {error}; expected {EXPECTED}") from None
