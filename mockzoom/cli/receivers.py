"""The receivers that a command is about: a URL, or tables of the settings files.

What stands in `[receivers.NAME]` goes before the environment and before the rest of the files; a
flag goes before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
from click.core import ParameterSource
from msgspec import Struct

from mockzoom.cli.config import FileSettings
from mockzoom.cli.options import SECRET_OPTIONS
from mockzoom.cli.setting_options import files_of, option
from mockzoom.cli.show import echo_lines
from mockzoom.errors import UsageError, nearest
from mockzoom.model import FailOn, RunResult
from mockzoom.report import headline

_MARK = "{receiver}"
to_option = option(
    "--to", metavar="URL|NAME",
    help="The receiver: its URL, or the name of its table in mockzoom.toml.",
)  # fmt: skip


class ChosenReceiver(Struct, frozen=True):
    """A receiver: its URL and what it is examined with, by parameter name.

    `name` is that of its table, `where` the place of that table; both are empty for a URL.
    """

    url: str
    values: dict[str, Any]
    name: str = ""
    where: str = ""

    @contextmanager
    def named(self) -> Iterator[None]:
        """Name the receiver's table in what refuses its settings."""
        try:
            yield
        except UsageError as error:
            if not self.where:
                raise
            raise UsageError(f"{self.where}: {error}") from error


def chosen(
    ctx: click.Context, word: str | None, values: dict[str, Any], *, everything: bool
) -> list[ChosenReceiver]:
    """Return the receivers that `word` (a URL or a name) or `--all` means.

    Raises `UsageError` where they mean none, or contradict each other.
    """
    tables = files_of(ctx).receivers
    if everything:
        if ctx.get_parameter_source("url") is ParameterSource.COMMANDLINE:
            raise UsageError(f"--all and {word!r} exclude each other; pass one of them")
        if not tables:
            raise UsageError(
                "--all: no receiver has a table; expected [receivers.NAME] with its url in"
                " mockzoom.toml"
            )
        return [_of_table(ctx, name, table, values) for name, table in tables.items()]
    if word is None and len(tables) == 1:
        (word,) = tables
    if word in tables:
        return [_of_table(ctx, word, tables[word], values)]
    if word is None:
        raise UsageError(_none(list(tables)))
    return [_of_url(word, values, tables)]


def addressed(ctx: click.Context, values: dict[str, Any]) -> ChosenReceiver | None:
    """Return the receiver of --to or of the settings files; None where none is named."""
    files = files_of(ctx)
    word = files.values.get("url") if values["to"] is None else values["to"]
    if word is None and len(files.receivers) != 1:
        return None
    return chosen(ctx, word, values, everything=False)[0]


def _none(names: Sequence[str]) -> str:
    if names:
        return f"no receiver: pass its URL, its name ({', '.join(names)}), or --all"
    return (
        "no receiver: pass its URL, set MOCKZOOM_URL, or write url into mockzoom.toml"
        " (`mockzoom init` does)"
    )


def _of_url(url: str, values: dict[str, Any], names: Iterable[str]) -> ChosenReceiver:
    from mockzoom.transport import parse_target

    try:
        parse_target(url)
    except UsageError as error:
        hint = nearest(url, names)
        if not hint and url.isidentifier():
            hint = f", or a name that has a table [receivers.{url}] in mockzoom.toml"
        raise UsageError(f"{error}{hint}") from None
    return ChosenReceiver(url, values)


def _of_table(
    ctx: click.Context, name: str, table: FileSettings, values: dict[str, Any]
) -> ChosenReceiver:
    """Return the receiver of a table: what it says goes before everything but flags."""
    from mockzoom.transport import parse_target

    where = table.places["url"]
    flags = {param.name for param in ctx.command.params if _is_flag(ctx, param)}
    if not flags.isdisjoint(SECRET_OPTIONS):
        flags.update(SECRET_OPTIONS)
    own = {
        param.name: _cast(ctx, param, table.values[param.name], where)
        for param in ctx.command.params
        if param.name in table.values and param.name not in {*flags, "url"}
    }
    if not own.keys().isdisjoint(SECRET_OPTIONS):
        values = {**values, **dict.fromkeys(SECRET_OPTIONS)}
    receiver = ChosenReceiver(table.values["url"], {**values, **own}, name, where)
    with receiver.named():
        parse_target(receiver.url)
    return receiver


def _is_flag(ctx: click.Context, param: click.Parameter) -> bool:
    return ctx.get_parameter_source(param.name or "") is ParameterSource.COMMANDLINE


def _cast(ctx: click.Context, param: click.Parameter, value: Any, where: str) -> Any:
    """Return the value of a table as its option would take it."""
    try:
        return param.process_value(ctx, value)
    except click.BadParameter as error:
        error.param_hint = f"{where}: {str(param.name).replace('_', '-')}"
        raise
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from error


def own_reports(receiver: ChosenReceiver) -> list[str]:
    """Return what `--report` says, with the receiver's name in the place of `{receiver}`."""
    texts: Sequence[str] = receiver.values["report"]
    return [text.replace(_MARK, receiver.name) if receiver.name else text for text in texts]


def check_apart(paths: Sequence[str], what: str) -> None:
    """Refuse a file that several receivers would write."""
    twice = next((path for path in paths if paths.count(path) > 1), None)
    if twice is not None:
        raise UsageError(
            f"{what} {twice}: several receivers would write it; put {_MARK} into the path, or name"
            " a file in the table of each receiver"
        )


def echo_summary(
    results: Sequence[tuple[str, RunResult | None]], fail_on: Sequence[FailOn], *, err: bool
) -> None:
    """Print the verdict of each receiver; None is one that an interrupt left out."""
    width = max(len(name) for name, _ in results)
    echo_lines([("head", "Receivers")], err=err)
    for (name, result), least in zip(results, fail_on, strict=True):
        text = "not examined" if result is None else ": ".join(headline(result, least))
        style = "pass" if text.startswith("PASS") else "error"
        echo_lines([(style, f"  {name:<{width}}  {text}")], err=err)


def worst(codes: Sequence[int]) -> int:
    """Return the exit code of several runs: a violation counts more than an incomplete run."""
    return 1 if 1 in codes else max(codes)
