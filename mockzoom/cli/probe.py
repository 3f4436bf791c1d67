"""The options that say where a receiver's state is read, and the probe that they name."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from mockzoom.cli.options import seconds_of
from mockzoom.cli.setting_options import option, together
from mockzoom.errors import UsageError

if TYPE_CHECKING:
    from mockzoom.scenario.model import ProbeSource


class DatabaseQuery(click.ParamType):  # type: ignore[type-arg]
    """The URL of a database and a query, two words; one text in an environment variable."""

    name = "text"

    def split_envvar_value(self, rv: str) -> list[str]:
        """Return the URL, and the query after the first blank."""
        return rv.split(None, 1)


_within = option(
    "--probe-within", default="10s", show_default=True, metavar="TIME",
    help="How long the receiver may work after it has answered.",
)  # fmt: skip
_sources = together(
    option("--probe-command", metavar="COMMAND", help="A command that prints the state as JSON."),
    option("--probe-sql", nargs=2, type=DatabaseQuery(), metavar="URL QUERY",
           help="A database's URL for SQLAlchemy, and a SELECT: its rows are the state. Needs"
                " mockzoom[sql]."),
)  # fmt: skip
probe_options = together(
    option("--probe", metavar="URL",
           help="Where the receiver shows its state as JSON (GET; a path such as /state, or a URL):"
                " needed to see what events leave behind. /meetings/{payload.object.id} reads each"
                " entity of the events, 404 being none."),
    _sources,
    option("--probe-reset", metavar="URL",
           help="POSTed to before the state counts, for a fresh start."),
    option("--probe-ignore", multiple=True, metavar="PATH",
           help="A place of the state that does not count, such as stats.*.seen (repeatable)."),
    option("--probe-unordered", multiple=True, metavar="PATH",
           help="A list whose order does not count (repeatable)."),
    _within,
)  # fmt: skip
whole_state_options = together(
    option("--probe", metavar="URL",
           help="Where the receiver shows its whole state as JSON (GET; a path such as /state, or"
                " a URL); needed to see which acknowledged events left no trace (MZ505)."),
    _sources,
    _within,
)  # fmt: skip


def check_probe_options(ctx: click.Context, values: dict[str, Any]) -> None:
    """Refuse what is said of a probe where none is named; in the settings' files it may wait."""
    if values["probe"] or values["probe_command"] or values["probe_sql"]:
        return
    for name in ("probe_reset", "probe_advance", "probe_ignore", "probe_unordered", "probe_within"):
        if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            flag = "--" + name.replace("_", "-")
            raise UsageError(f"{flag} says how to read a probe; pass --probe URL with it")


def probe_of(values: dict[str, Any]) -> ProbeSource | None:
    """Take the options of a probe out of `values`; return what they name, None for nothing."""
    from mockzoom.scenario.model import SECONDS, ProbeSource

    url, words = values.pop("probe"), values.pop("probe_command")
    ignore, unordered = values.pop("probe_ignore", ()), values.pop("probe_unordered", ())
    reset, within = values.pop("probe_reset", ""), values.pop("probe_within")
    advance = values.pop("probe_advance", "") or ""
    if advance and SECONDS not in advance:
        raise UsageError(
            f"--probe-advance {advance!r}: expected a URL with {SECONDS} in it, such as"
            " '/clock?advance={seconds}'"
        )
    database, query = values.pop("probe_sql") or ("", "")
    if sum(map(bool, (url, words, query))) > 1:
        raise UsageError(
            "--probe, --probe-command and --probe-sql exclude each other; pass one of them"
        )
    if not (url or words or query):
        return None
    return ProbeSource(
        url or "", tuple(shlex.split(words or "")), ignore, unordered, reset or "",
        seconds_of("--probe-within", within), database, query, advance,
    )  # fmt: skip
