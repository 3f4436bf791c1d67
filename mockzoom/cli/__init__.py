"""The command line: one module a command, each imported when it is called."""

from __future__ import annotations

import importlib
import sys
from concurrent.futures import CancelledError
from typing import Any, NoReturn

import click

from mockzoom import __version__
from mockzoom.cli.show import silence
from mockzoom.errors import MockzoomError, UsageError, nearest

_COMMANDS = {
    "verify": "Examine a receiver against the whole contract.",
    "play": "Play scenarios: retries, duplicates, lost answers, other orders.",
    "send": "Deliver one event, and show request, answer and verdict.",
    "record": "Pass real traffic on to a receiver, and judge it.",
    "load": "Find the rate at which a receiver stops to acknowledge in time.",
    "serve": "Serve a mock of Zoom's delivery side over HTTP.",
    "runs": "List and show the runs of a journal, and report them again.",
    "stream": "Run the RTMS server that server_urls point at.",
    "events": "List, show and synthesise the contract's events; check captured ones.",
    "specs": "Examine and compare contract documents.",
    "init": "Write a settings file, and one for CI or pytest, for the receiver in this folder.",
    "explain": "Say what a rule means, why it matters and how to fix it.",
    "demo": "Examine a bundled receiver: once correct, once with three defects.",
    "completion": "Print the script with which bash, zsh or fish completes commands.",
}


class _Lazy(click.Group):
    """Loads a command's module when it is called: `--help` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"mockzoom.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in _COMMANDS:
            raise click.UsageError(
                f"no command is called {args[0]!r}{nearest(args[0], _COMMANDS)}", ctx
            )
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a value that it refuses names the variable or file it comes from."""
        try:
            return super().invoke(ctx)
        except UsageError as error:
            from mockzoom.cli.setting_options import place_of

            place = place_of(ctx, str(error))
            if not place:
                raise
            raise UsageError(f"{place}: {error}") from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mockzoom")
def group() -> None:
    """Test a receiver of Zoom's webhooks, as Zoom would deliver to it.

    Start your receiver, then: mockzoom verify http://127.0.0.1:5000/webhook --secret SECRET
    """


def main(*args: Any) -> NoReturn:
    """Run the command line and end the process with its exit code."""
    code = 0
    try:
        outcome = group.main(list(args) or None, prog_name="mockzoom", standalone_mode=False)
        code = outcome if isinstance(outcome, int) else 0
        sys.stdout.flush()
    except (click.exceptions.Abort, CancelledError):
        click.echo("mockzoom: interrupted", err=True)
        code = 3
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except MockzoomError as error:
        click.echo(f"mockzoom: {error}", err=True)
        code = error.exit_code
    except SystemExit:
        if not type(sys.stdout).__name__.endswith("PacifyFlushWrapper"):
            raise
        silence()  # click has met a closed pipe: the reader has read enough, as `head` does
    except OSError as error:
        silence()
        click.echo(f"mockzoom: standard output cannot be written: {error.strerror}", err=True)
        code = 3
    sys.exit(code)
