"""`mockzoom demo`: what a report looks like, without a receiver of one's own."""

from __future__ import annotations

import secrets

import click

from mockzoom.cli.options import option
from mockzoom.cli.progress import Progress
from mockzoom.cli.show import echo_lines
from mockzoom.model import RunResult
from mockzoom.report import lines

SUITES = ("challenge", "events", "evolution", "authenticity")
"""What takes a second; malformed events are some thousands more."""


@click.command()
@option("--seed", type=int, default=1, show_default=True, help="Seed of everything random.")
def command(seed: int) -> int:
    """Examine a bundled receiver: once correct, once with three defects.

    Everything stays on this machine. Exits with 0 when both verdicts are as expected, else 1.
    """
    from mockzoom.zoom.sample_receiver import DEFECTS

    expected = {rule for rules in DEFECTS for rule in rules.split(", ")}
    click.echo(click.style("1. A correct receiver (Flask, on the loopback interface)", bold=True))
    clean = _examine(seed, defective=False)
    echo_lines(lines(clean))
    click.echo()
    click.echo(click.style("2. The same receiver with three defects", bold=True))
    for rules, about in DEFECTS.items():
        click.echo(f"   - it {about} ({rules})")
    click.echo()
    broken = _examine(seed, defective=True)
    echo_lines(lines(broken))
    found = {violation.rule for violation in broken.violations}
    as_expected = not clean.violations and not clean.breakages and found == expected
    click.echo()
    if as_expected:
        click.echo("Both verdicts are as expected. Now yours: mockzoom verify URL --secret SECRET")
        click.echo("(which also delivers some 3,000 malformed events; the demo leaves them out)")
        return 0
    missed = ", ".join(sorted(expected - found)) or "nothing"
    wrong = ", ".join(sorted({v.rule for v in clean.violations} | found - expected)) or "nothing"
    click.echo(f"Not as expected: missed {missed}; false alarms: {wrong}", err=True)
    return 1


def _examine(seed: int, *, defective: bool) -> RunResult:
    from mockzoom.client.verifying import verify
    from mockzoom.settings import Settings
    from mockzoom.zoom.sample_receiver import create_app, serving

    secret = secrets.token_urlsafe(16)
    progress = Progress()
    with serving(create_app(secret, defective=defective)) as url:
        try:
            return verify(url, Settings(secret=secret, seed=seed, suites=SUITES), progress)
        finally:
            progress.close()
