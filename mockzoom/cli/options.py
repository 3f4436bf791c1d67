"""Options that several commands share, and how they become `Settings`."""

from __future__ import annotations

import datetime
import math
import os
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from mockzoom.cli.config import FileSettings, read_settings
from mockzoom.errors import UsageError, nearest

if TYPE_CHECKING:
    from mockzoom.contract import Contract
    from mockzoom.model import EventSpec

SECRET_OPTIONS = ("secret", "secret_file", "secret_variable")
"""Where a secret comes from, the nearest first."""
F = TypeVar("F", bound=Callable[..., Any])
_OF_ONE_CALL = (
    "config", "help", "event", "rule", "files", "case", "fresh", "body", "raw", "to", "scenario",
    "every", "listing", "checking", "planning", "stepping", "write_baseline", "file", "headers",
    "old", "new", "as_json", "ci", "start", "package", "shell", "duration", "profile", "yes",
    "port", "host_header", "processes",
)  # fmt: skip
"""Parameters that a settings file cannot hold."""
_VARIABLES = "MOCKZOOM_"
_CREDENTIAL = "MOCKZOOM_CREDENTIAL"
"""What `send --print-curl` writes in the place of a header's value."""
_PLACES, _FILES = "mockzoom.places", "mockzoom.files"
"""Where the values of flags come from, and the settings of files, in a context's `meta`."""


class _Setting(click.Parameter):
    """A parameter that may come from elsewhere: what refuses its value names the place."""

    def handle_parse_result(
        self, ctx: click.Context, opts: Any, args: list[str]
    ) -> tuple[Any, list[str]]:
        """Take the value from the command line, the environment or a file, and check it."""
        try:
            return super().handle_parse_result(ctx, opts, args)
        except click.BadParameter as error:
            place = self._noted(ctx)
            if place:
                of_file = f": {self._flag.lstrip('-')}" * (place != self.envvar)
                error.param_hint = place + of_file
            raise
        finally:
            self._noted(ctx)

    def _noted(self, ctx: click.Context) -> str:
        """Note where the value comes from, and return it; empty for the command line."""
        source = ctx.get_parameter_source(self.name or "")
        place = ""
        if source is ParameterSource.ENVIRONMENT:
            place = str(self.envvar)
        elif source is ParameterSource.DEFAULT_MAP:
            place = files_of(ctx).places.get(self.name or "", "")
        if place:
            value = ctx.params.get(self.name or "")
            named = (self._flag, repr(value)) if isinstance(value, str) else (self._flag,)
            ctx.meta.setdefault(_PLACES, {}).update(dict.fromkeys(named, place))
        return place

    @property
    def _flag(self) -> str:
        return max(self.opts, key=len)


class SettingOption(_Setting, click.Option):
    """An option that is a setting, too."""


class SettingArgument(_Setting, click.Argument):
    """An argument that is a setting, too."""


def place_of(ctx: click.Context, message: str) -> str:
    """Return where the flag or the value that `message` begins with comes from; often empty."""
    begun = re.match(r"--[a-z-]+|'[^']*'", message)
    places: dict[str, str] = ctx.meta.get(_PLACES, {})
    return places.get(begun[0], "") if begun else ""


def files_of(ctx: click.Context) -> FileSettings:
    """Return the settings of the files that the command has read."""
    found: FileSettings = ctx.meta.get(_FILES) or FileSettings()
    return found


def option(*names: str, **attributes: Any) -> Callable[[F], F]:
    """Declare an option that is also read from `MOCKZOOM_<NAME>`."""
    variable = _VARIABLES + names[0].lstrip("-").replace("-", "_").upper()
    return click.option(*names, cls=SettingOption, envvar=variable, show_envvar=False, **attributes)


def together(*options: Callable[[Any], Any]) -> Callable[[F], F]:
    """Apply several option decorators, in the order in which `--help` shows them."""

    def decorate(function: F) -> F:
        for decorator in reversed(options):
            function = decorator(function)
        return function

    return decorate


def _load_config(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is not None or Path("mockzoom.toml").is_file() or Path("pyproject.toml").is_file():
        found = read_settings(value, lambda: _known_settings(ctx))
        ctx.default_map, ctx.meta[_FILES] = found.values, found
    _point_out_unknown(ctx)
    return value


def _point_out_unknown(ctx: click.Context) -> None:
    """Name the variables that look like settings and are none; they are a typing mistake."""
    files = files_of(ctx)
    several = (files, *files.receivers.values())
    secrets = {str(one.values.get("secret_variable")) for one in several}
    named = {name for name in os.environ if name.startswith(_VARIABLES)} - secrets
    if not named - {str(param.envvar) for param in ctx.command.params}:
        return
    known = {str(param.envvar) for param in _all_parameters(ctx) if param.envvar}
    for name in sorted(named - known - {_CREDENTIAL}):
        click.echo(
            f"mockzoom: the variable {name} is none that mockzoom reads{nearest(name, known, 1)}",
            err=True,
        )


def _all_parameters(ctx: click.Context) -> Iterator[click.Parameter]:
    """Yield the parameters of every command."""
    root = ctx.find_root()
    if isinstance(root.command, click.Group):
        for name in root.command.list_commands(root):
            command = root.command.get_command(root, name)
            commands = [command, *getattr(command, "commands", {}).values()]
            yield from (param for item in commands if item for param in item.params)


def _known_settings(ctx: click.Context) -> dict[str, str]:
    """Return every parameter of every command with its type."""
    known: dict[str, str] = {}
    for param in _all_parameters(ctx):
        known.setdefault(param.name or "", _kind(param))
    for name in _OF_ONE_CALL:
        known.pop(name, None)
    return known


def _kind(param: click.Parameter) -> str:
    if isinstance(param.type, IgnoreType):
        return "ignored"
    if isinstance(param.type, EntityType):
        return "entities"
    if param.multiple or param.nargs == 2:
        return "list"
    if getattr(param, "is_flag", False):
        return "switch"
    numbers = {"integer": "whole number", "integer range": "whole number", "float": "number"}
    return numbers.get(param.type.name, "text")


config_option = option(
    "--config", metavar="FILE", is_eager=True, callback=_load_config, expose_value=False,
    help="Settings from this TOML file, in place of mockzoom.toml and pyproject.toml.",
)  # fmt: skip


def event_of(ctx: click.Context, contract: Contract, name: str) -> EventSpec:
    """Return the event that an argument names; raise `UsageError` where --product excludes it."""
    spec = contract.get(name)
    check_product(ctx, contract, name)
    return spec


def check_product(ctx: click.Context, contract: Contract, name: str) -> None:
    """Raise `UsageError` for an event of another product than --product; settings do not count."""
    if ctx.get_parameter_source("product") is ParameterSource.COMMANDLINE:
        contract.check_product(name)


product_option = option(
    "--product", multiple=True, metavar="NAME",
    help="Events of this product of Zoom, such as meetings, in place of RTMS and the Video SDK;"
         " `all` for all (repeatable).",
)  # fmt: skip

contract_options = together(
    product_option,
    option("--spec", multiple=True, metavar="PATH",
           help="Contract document or folder, in place of the bundled ones (repeatable)."),
    option("--errata", multiple=True, metavar="FILE",
           help="OpenAPI overlay that corrects the documents of --spec (repeatable)."),
    option("--seed", type=int, default=1, show_default=True,
           help="Seed of everything random: same seed, same events."),
)  # fmt: skip

at_option = option(
    "--at", metavar="TIME", default=None,
    help="Now of the payload clock: epoch milliseconds or ISO 8601.",
)  # fmt: skip

secret_options = together(
    option("--secret", metavar="TEXT",
           help="Secret token of the event subscription; better set MOCKZOOM_SECRET."),
    option("--secret-file", metavar="FILE", help="File that holds the secret token."),
    option("--secret-variable", metavar="NAME",
           help="Environment variable that holds the secret token, such as the receiver's own."),
)  # fmt: skip

unpaced_options = together(
    secret_options,
    option("--client-id", default="", metavar="TEXT", help="Value of the clientid header."),
    option("--auth", default="", metavar="AUTH",
           help="Endpoint authentication: basic:USER:PASSWORD, bearer:TOKEN, header:X-NAME:VALUE or"
                " token:CLIENT_ID:CLIENT_SECRET:TOKEN_URL."),
    option("--timeout", type=float, default=3.0, show_default=True, metavar="SECONDS",
           help="Deadline from the request fully sent to the answer complete."),
    option("--proxy", metavar="URL", help="HTTP proxy; none is used without this option."),
    option("--cafile", metavar="FILE", help="CA certificates (PEM) in place of the system's."),
    option("--insecure", is_flag=True, help="Check no certificate."),
)  # fmt: skip
connection_options = together(
    unpaced_options,
    option("--rate", type=float, default=0.0, metavar="N", help="At most N deliveries a second."),
)


stream_options = together(
    option("--client-secret", default="", metavar="TEXT",
           help="The app's client secret, which handshakes of streams are signed with; better set"
                " MOCKZOOM_CLIENT_SECRET."),
    option("--stream-scale", type=float, default=1.0, metavar="N",
           help="Multiply the times of the stream protocol, and of WebSocket heartbeats, such as"
                " 0.1; 1 is as Zoom has them."),
)  # fmt: skip


media_option = option(
    "--media", default="", metavar="LIST",
    help="Kinds of media that the app has scopes for, of audio, video, deskshare, transcript, chat,"
         " separated by commas; without it all of them.",
)  # fmt: skip


class IgnoreType(click.ParamType):  # type: ignore[type-arg]
    """What `ignore` holds: a text on the command line; in files a table, too."""

    name = "ignored"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return what is ignored; what a file holds has been read."""
        from mockzoom.report.accepted import parse_ignored

        return parse_ignored(value, "--ignore", need_reason=False)


class EntityType(click.ParamType):  # type: ignore[type-arg]
    """What `entities` holds: `name=value` on the command line; in files a table."""

    name = "entities"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return name and value; what a file holds has been read."""
        if isinstance(value, tuple):
            return value
        from mockzoom.synth.pins import parse_entity

        return parse_entity(value)


entity_option = option(
    "--entity", "entities", multiple=True, type=EntityType(), metavar="NAME=VALUE",
    help="Pin a value of entities, for a receiver that knows its accounts: account_id, host_id,"
         " user_email and others (repeatable).",
)  # fmt: skip

accepting_options = together(
    option("--ignore", multiple=True, type=IgnoreType(), metavar="RULE[:EVENT-GLOB]",
           help="Accept what breaks this rule, such as 'MZ205:meeting.*'; a reason may follow after"
                " a space (repeatable). Settings files have to give the reason."),
    option("--baseline", metavar="FILE",
           help="Accept the findings that this file holds; see --write-baseline."),
)  # fmt: skip
write_baseline_option = option(
    "--write-baseline", is_flag=True,
    help="Write the file of --baseline: what this run finds is accepted from now on.",
)  # fmt: skip


def seconds_of(flag: str, text: str) -> float:
    """Return the seconds of a duration on the command line; raise `UsageError` for what is none."""
    from mockzoom.scenario.durations import EXPECTED, seconds

    try:
        return seconds(text)
    except ValueError as error:
        raise UsageError(f"{flag} {text!r}: {error}; expected {EXPECTED}") from None


def settings_from(ctx: click.Context, values: dict[str, Any]) -> Any:
    """Return the `Settings` that the command line, environment and files say."""
    from mockzoom.settings import Settings

    names = (item.name for item in fields(Settings))
    chosen = {name: values[name] for name in names if name in values}
    if "at" in values:
        chosen["at"] = parse_at(values["at"])
    if "secret" in values:
        chosen.update(_secret(ctx, values))
    if chosen.get("entities"):
        from mockzoom.synth.pins import pins_of

        chosen["entities"] = dict(chosen["entities"])
        pins_of(chosen["entities"])
    else:
        chosen.pop("entities", None)
    _check_numbers(chosen)
    _check_texts(chosen)
    return Settings(**chosen)


def _check_numbers(chosen: dict[str, Any]) -> None:
    """Refuse numbers that nothing can be timed or seeded with."""
    for name in ("timeout", "wait", "rate"):
        value = chosen.get(name, 0.0)
        if not 0 <= value < math.inf:
            unit = "deliveries a second" if name == "rate" else "seconds"
            raise UsageError(f"--{name} {value:g}: expected {unit}, a number from 0 up")
    if not -(2**63) <= chosen.get("seed", 0) < 2**63:
        raise UsageError(f"--seed {chosen['seed']}: expected an integer of at most 64 bits")
    at = chosen.get("at") or 0
    if not 0 <= at < 2**53:
        raise UsageError(f"--at {at}: expected a time from 1970 on, in epoch milliseconds")


def _check_texts(chosen: dict[str, Any]) -> None:
    """Refuse arguments whose bytes are no text: they could not be signed, sent or reported."""
    for name, value in chosen.items():
        several = tuple(value.values()) if isinstance(value, dict) else value
        for text in several if isinstance(several, tuple | list) else (value,):
            try:
                str(text).encode()
            except UnicodeEncodeError:
                flag = "--" + name.replace("_", "-")
                raise UsageError(f"{flag}: the value is no text in UTF-8") from None


_FIRST = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)


def _secret(ctx: click.Context, values: dict[str, Any]) -> dict[str, str]:
    """Return the secret and what a shell makes it of, as the settings hold them.

    A flag goes before the environment, whichever of the options it is.
    """
    given = [name for name in SECRET_OPTIONS if values.get(name) is not None]
    for source in _FIRST:
        nearer = [name for name in given if ctx.get_parameter_source(name) is source]
        if len(nearer) > 1 and source is ParameterSource.COMMANDLINE:
            named = " and ".join(f"--{name}".replace("_", "-") for name in nearer)
            raise UsageError(f"{named} exclude each other; pass one of them")
        given = nearer or given
    if not given:
        return {"secret": ""}
    value = str(values[given[0]])
    if given[0] == "secret_file":
        in_shell = f"$(cat {shlex.quote(value)})"
        return {"secret": _secret_of_file(value), "secret_in_shell": in_shell}
    if given[0] == "secret_variable":
        shown = {"secret_in_shell": f"${value}"} if value.isidentifier() else {}
        return {"secret": _secret_of_variable(value), **shown}
    if not value.strip():
        raise UsageError(
            "--secret is empty; pass the secret token of the event subscription, or set the"
            " variable that it is taken from, such as MOCKZOOM_SECRET"
        )
    return {"secret": value}


def _secret_of_variable(name: str) -> str:
    text = os.environ.get(name, "").strip()
    if not text:
        raise UsageError(
            f"--secret-variable {name}: the environment has no such variable, or it is empty; set"
            " it to the secret token of the event subscription"
        )
    return text


def _secret_of_file(file: str) -> str:
    try:
        text = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--secret-file {file}: cannot be read: {error}") from None
    if not text:
        raise UsageError(f"--secret-file {file}: the file is empty; expected the secret token")
    return text


def parse_at(text: str | None) -> int | None:
    """Read epoch milliseconds or ISO 8601 (UTC where it names no zone)."""
    if text is None:
        return None
    if re.fullmatch(r"-?[0-9]{1,20}", text):
        return int(text)
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"--at {text!r}: expected epoch milliseconds or a time such as 2026-01-31T12:00:00Z"
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return int(moment.timestamp() * 1000)
