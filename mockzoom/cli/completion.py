"""`mockzoom completion`: the script with which a shell completes commands and options."""

from __future__ import annotations

import click


@click.command()
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def command(ctx: click.Context, /, shell: str) -> None:
    """Print the script with which SHELL completes mockzoom's commands and options.

    \b
      bash: echo 'eval "$(mockzoom completion bash)"' >> ~/.bashrc
      zsh:  echo 'eval "$(mockzoom completion zsh)"' >> ~/.zshrc
      fish: mockzoom completion fish > ~/.config/fish/completions/mockzoom.fish
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None  # click has all three
    click.echo(found(ctx.find_root().command, {}, "mockzoom", "_MOCKZOOM_COMPLETE").source())
