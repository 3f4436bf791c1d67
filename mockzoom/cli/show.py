"""What a terminal shows: styled lines."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

import click

_NARROWEST = 40
_STYLES: dict[str, dict[str, object]] = {
    "error": {"fg": "red", "bold": True}, "warning": {"fg": "yellow", "bold": True},
    "info": {"fg": "cyan"}, "pass": {"fg": "green", "bold": True}, "head": {"bold": True},
    "dim": {"dim": True},
}  # fmt: skip


def echo_lines(lines: Iterable[tuple[str, str]], *, err: bool = False) -> None:
    """Print styled lines; without a terminal they are plain.

    In a log of GitHub Actions, none of them is a command to its runner.
    """
    if in_github():
        from mockzoom.report.escaping import for_log

        lines = ((style, for_log(line)) for style, line in lines)
    for style, line in lines:
        click.echo(click.style(line, **_STYLES[style]) if style in _STYLES else line, err=err)  # type: ignore[arg-type]


def in_github() -> bool:
    """Return whether this is a step of GitHub Actions, which sets the variable."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def cut_at(*, err: bool = False) -> int:
    """Return at how many characters a line is cut: as a terminal is wide; 0 where there is none."""
    stream = sys.stderr if err else sys.stdout
    return width_of(err=err) if stream.isatty() else 0


def width_of(*, err: bool = False) -> int:
    """Return how wide lines may be: as usual, or as the terminal is, where that is narrower."""
    from mockzoom.report.text import WIDTH

    stream = sys.stderr if err else sys.stdout
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError, AttributeError):  # no terminal
        return WIDTH
    return max(_NARROWEST, min(WIDTH, columns)) if columns else WIDTH


def silence() -> None:
    """Let nothing more be written to standard output, not even at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
