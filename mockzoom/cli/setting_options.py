"""Options that are settings, too: read from flags, `MOCKZOOM_…` variables and settings files."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from mockzoom.cli.config import FileSettings, read_settings
from mockzoom.errors import nearest

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
    if param.type.name in ("ignored", "entities"):
        return param.type.name
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
