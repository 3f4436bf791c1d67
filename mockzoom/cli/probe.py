"""The options that say where a receiver's state is read, and the probe that they name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
from click.core import ParameterSource

from mockzoom.cli.options import seconds_of
from mockzoom.cli.setting_options import option, together
from mockzoom.errors import UsageError
from mockzoom.probe_source import KINDS, SECONDS, ProbeKind, ProbeSource

URL, *_OTHERS = KINDS


class _Words(click.ParamType):  # type: ignore[type-arg]
    """Two words, such as a database's URL and a query; one text in an environment variable."""

    name = "text"

    def split_envvar_value(self, rv: str) -> list[str]:
        """Return the first word, and what is after the first blank."""
        return rv.split(None, 1)


def _option(kind: ProbeKind, text: str) -> Callable[[Any], Any]:
    words = len(kind.metavar.split())
    return option(kind.flag, metavar=kind.metavar, help=text, nargs=words,
                  type=_Words() if words > 1 else str)  # fmt: skip


_others = [_option(kind, kind.help) for kind in _OTHERS]
_within = option(
    "--probe-within", default="10s", show_default=True, metavar="TIME",
    help="How long the receiver may work after it has answered.",
)  # fmt: skip
probe_options = together(
    _option(URL, URL.help),
    *_others,
    option("--probe-reset", metavar="URL",
           help="POSTed to before the state counts, for a fresh start."),
    option("--probe-ignore", multiple=True, metavar="PATH",
           help="A place of the state that does not count, such as stats.*.seen (repeatable)."),
    option("--probe-unordered", multiple=True, metavar="PATH",
           help="A list whose order does not count (repeatable)."),
    _within,
)  # fmt: skip
whole_state_options = together(
    _option(
        URL, "Where the receiver shows its whole state as JSON (GET; a path such as /state, or a"
        " URL); needed to see which acknowledged events left no trace (MZ505).",
    ),
    *_others,
    _within,
)  # fmt: skip


def check_probe_options(ctx: click.Context, values: dict[str, Any]) -> None:
    """Refuse what is said of a probe where none is named; in the settings' files it may wait."""
    if any(values[_parameter(kind)] for kind in KINDS):
        return
    for name in ("probe_reset", "probe_advance", "probe_ignore", "probe_unordered", "probe_within"):
        if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            flag = "--" + name.replace("_", "-")
            raise UsageError(f"{flag} says how to read a probe; pass --probe URL with it")


def probe_of(values: dict[str, Any]) -> ProbeSource | None:
    """Take the options of a probe out of `values`; return what they name, None for nothing."""
    given = [(kind, value) for kind in KINDS if (value := values.pop(_parameter(kind)))]
    ignore, unordered = values.pop("probe_ignore", ()), values.pop("probe_unordered", ())
    reset, within = values.pop("probe_reset", ""), values.pop("probe_within")
    advance = values.pop("probe_advance", "") or ""
    if advance and SECONDS not in advance:
        raise UsageError(
            f"--probe-advance {advance!r}: expected a URL with {SECONDS} in it, such as"
            " '/clock?advance={seconds}'"
        )
    if len(given) > 1:
        *flags, last = (kind.flag for kind in KINDS)
        raise UsageError(f"{', '.join(flags)} and {last} exclude each other; pass one of them")
    for kind, value in given:
        return ProbeSource(
            **kind.of_option(value), ignore=ignore, unordered=unordered, reset=reset or "",
            within=seconds_of("--probe-within", within), advance=advance,
        )  # fmt: skip
    return None


def _parameter(kind: ProbeKind) -> str:
    """Return what click calls the option of a kind."""
    return kind.flag.lstrip("-").replace("-", "_")
