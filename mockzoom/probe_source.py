"""Where a receiver's state is read: the kinds of probe, each with its key and its option.

A kind is an entry of `KINDS`; its key in a scenario is described in `scenarios/schema.json`, and
`mockzoom.state.probe` reads it. The URL of a probe may have placeholders: `/meetings/{payload.x}`
reads one entity, where `payload.x` is the path of a value in the events that are delivered.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from mockzoom.model import JSON
from mockzoom.redact import has_password
from mockzoom.schema import pointer

WITHIN_S = 10.0
"""Seconds granted to the receiver's workers where a probe names none."""
SECONDS = "{seconds}"
"""What stands in the URL of `advance` for the time that has passed."""
_PLACEHOLDER = re.compile(r"(?<!\$)\{([^{}]*)\}")
_PATH = re.compile(r"[\w-]+(\.[\w-]+)*", re.ASCII)
_REFERENCE = re.compile(r"\$\{[^{}]*\}")
_HOST = re.compile(r"[a-z]+://[^/?#]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ProbeSource:
    """Where the receiver's state is read: an HTTP GET, a command, or rows of a `database` by `sql`.

    None of them: the probe of the command line or of the test. `ignore` and `unordered` are paths
    (`*` for any key): places that don't count, lists whose order doesn't. `reset` is a URL that is
    POSTed to before a fresh start. `advance` is one that is POSTed to where time jumps, with
    `{seconds}` filled in. `within` is the number of seconds granted to the receiver's workers.
    """

    get: str = ""
    run: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    unordered: tuple[str, ...] = ()
    reset: str = ""
    within: float = WITHIN_S
    database: str = field(default="", repr=False)
    sql: str = ""
    advance: str = ""

    @property
    def named(self) -> bool:
        """Whether it names a URL, a command or a query of its own."""
        return any(getattr(self, kind.key) for kind in KINDS)


Fields = dict[str, Any]
"""Fields of `ProbeSource`, by name."""


@dataclass(frozen=True, slots=True)
class ProbeKind:
    """One way to read a state, as a scenario and the command line write it.

    `key` is its key in a scenario, and the field that only it has. `of_scenario` returns the fields
    that the value of the key stands for, `of_option` those for the value of the option: a text, or
    as many texts as `metavar` has words. `words` are the option and its value, quoted for the
    shell. `mistake` returns what is wrong with a scenario's value, beginning with the key in
    backticks (empty if nothing is), and `refused` says what an uploaded scenario may not do (empty:
    it may).
    """

    key: str
    flag: str
    metavar: str
    help: str
    of_scenario: Callable[[Any], Fields]
    of_option: Callable[[Any], Fields]
    words: Callable[[ProbeSource], list[str]]
    mistake: Callable[[Any], str] = lambda value: ""
    refused: str = ""


def placeholders(url: str) -> tuple[str, ...]:
    """Return the paths that `url` has placeholders for, in order."""
    return tuple(_PLACEHOLDER.findall(url))


def mistake_in(url: str) -> str:
    """Return what is wrong with the placeholders of `url`; empty if nothing is."""
    for path in placeholders(url):
        if not _PATH.fullmatch(path):
            return f"{{{path}}} is no path of an event; expected one such as {{payload.object.id}}"
    host = _HOST.match(url)
    if host is not None and placeholders(host[0]):
        return "a placeholder stands in the host; expected it in the path or the query"
    rest = _PLACEHOLDER.sub("", _REFERENCE.sub("", url))
    if "{" in rest or "}" in rest:
        return "a brace has no partner; expected a placeholder such as {payload.object.id}"
    return ""


def filled_url(url: str, body: JSON) -> tuple[tuple[str, ...], str] | None:
    """Return the values of an event's `body` for the placeholders, and the URL with them.

    None where the body does not have all of them.
    """
    values = []
    for path in placeholders(url):
        value = pointer.get(body, pointer.steps(path))
        if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
            return None
        values.append(str(value))
    rest = iter(values)
    return tuple(values), _PLACEHOLDER.sub(lambda _: quote(next(rest), safe=""), url)


def _command(value: str | list[str]) -> Fields:
    return {"run": tuple(value) if isinstance(value, list) else (value,)}


def _query(words: tuple[str, str]) -> Fields:
    database, query = words
    return {"database": database, "sql": query}


def _words_of_query(source: ProbeSource) -> list[str]:
    shown = shlex.quote(source.database)
    if has_password(source.database):
        shown = '"$DATABASE_URL"'
    return ["--probe-sql", shown, shlex.quote(source.sql)]


def _password_in(value: dict[str, str]) -> str:
    if not has_password(value.get("database", "")):
        return ""
    return (
        "`database` has a password, and scenarios get committed; expected a URL without one, or"
        " --probe-sql from MOCKZOOM_PROBE_SQL"
    )


def _mistake_in_url(url: str) -> str:
    mistake = mistake_in(url)
    return f"`get`: {mistake}" if mistake else ""


KINDS = (
    ProbeKind(
        "get", "--probe", "URL",
        "Where the receiver shows its state as JSON (GET; a path such as /state, or a URL): needed"
        " to see what events leave behind. /meetings/{payload.object.id} reads each entity of the"
        " events, 404 being none.",
        lambda url: {"get": url},
        lambda url: {"get": url},
        lambda source: ["--probe", shlex.quote(source.get)],
        mistake=_mistake_in_url,
    ),
    ProbeKind(
        "run", "--probe-command", "COMMAND",
        "A command that prints the state as JSON.",
        _command,
        lambda command: {"run": tuple(shlex.split(command))},
        lambda source: ["--probe-command", shlex.quote(shlex.join(source.run))],
        refused="run commands",
    ),
    ProbeKind(
        "sql", "--probe-sql", "URL QUERY",
        "A database's URL for SQLAlchemy, and a SELECT: its rows are the state. Needs"
        " mockzoom[sql].",
        lambda value: _query((value.get("database", ""), value.get("query", ""))),
        _query,
        _words_of_query,
        mistake=_password_in,
        refused="read databases",
    ),
)  # fmt: skip
"""The ways to read a state; a source has one of them."""
