"""`mockzoom specs`: examine contract documents."""

from __future__ import annotations

from collections import Counter
from typing import Any

import click

from mockzoom.cli.options import config_option, option, product_option
from mockzoom.cli.show import echo_lines
from mockzoom.model import SEVERITIES, Finding
from mockzoom.report import FAIL_ON


@click.group()
def command() -> None:
    """Examine contract documents."""


@command.command("lint")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@option("--fail-on", type=click.Choice(FAIL_ON), default="error", show_default=True,
        help="The least severity that makes the exit code 1.")  # fmt: skip
@product_option
@config_option
@click.pass_context
def lint(
    ctx: click.Context,
    /,
    files: tuple[str, ...],
    fail_on: str,
    product: tuple[str, ...],
    **values: Any,
) -> int:
    """Report where contract documents contradict themselves or are no JSON Schema.

    Without FILE, the bundled documents (of --product), as they are written, before their errata.
    What is only worth knowing is shown once a document.
    """
    from mockzoom.contract import load

    findings = load(files, products=product).findings
    similar = Counter(_likeness(finding) for finding in findings)
    shown: set[str] = set()
    for finding in findings:
        likeness = _likeness(finding)
        if finding.severity == "info" and likeness in shown:
            continue
        shown.add(likeness)
        more = similar[likeness] - 1 if finding.severity == "info" else 0
        also = f" (and {more} more like it in this document)" if more else ""
        echo_lines([(finding.severity, _headline(finding)), ("", f"  {finding.message}{also}")])
    tally = {name: sum(item.severity == name for item in findings) for name in SEVERITIES}
    click.echo(", ".join(f"{count} {name}" for name, count in tally.items()), err=True)
    if fail_on == "never":
        return 0
    bad = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    return int(any(item.severity in bad for item in findings))


def _likeness(finding: Finding) -> str:
    return f"{finding.file} {finding.rule} {finding.message}"


def _headline(finding: Finding) -> str:
    event = f" {finding.event}" if finding.event else ""
    return f"{finding.file}#{finding.pointer}: {finding.severity} {finding.rule}{event}"
