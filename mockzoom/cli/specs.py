"""`mockzoom specs`: examine and compare contract documents."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from mockzoom.cli.options import config_option, option
from mockzoom.cli.show import echo_lines
from mockzoom.model import JSON, SEVERITIES, Finding
from mockzoom.report import FAIL_ON
from mockzoom.wording import printable

if TYPE_CHECKING:
    from mockzoom.contract.diff import Difference

_SHOWN = 200


@click.group()
def command() -> None:
    """Examine and compare contract documents."""


@command.command("lint")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@option("--fail-on", type=click.Choice(FAIL_ON), default="error", show_default=True,
        help="The least severity that makes the exit code 1.")  # fmt: skip
@config_option
@click.pass_context
def lint(ctx: click.Context, /, files: tuple[str, ...], fail_on: str, **values: Any) -> int:
    """Report where contract documents contradict themselves or are no JSON Schema.

    Without FILE, the bundled documents, as they are written (before their errata). What is only
    worth knowing is shown once a document.
    """
    from mockzoom.contract import load

    findings = load(files).findings
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


@command.command("diff")
@click.argument("old")
@click.argument("new")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for other tools.")
@config_option
def diff(old: str, new: str, as_json: bool) -> int:
    """Say what changes for a receiver from the contract document OLD to NEW.

    Both may be folders of documents, which are compared as they are written (before any errata).
    New fields and narrower values are harmless; what a receiver reads may be gone, or come in a
    shape that it has never met.

    \b
    Exit codes: 0 nothing that can break a receiver, 1 something that can, 2 no contract.
    """
    from mockzoom.contract import load
    from mockzoom.contract.diff import differences

    contracts = [load([path], errata=()) for path in (old, new)]
    for path, contract in zip((old, new), contracts, strict=True):
        errors = sum(finding.severity == "error" for finding in contract.findings)
        if errors:
            click.echo(
                f"mockzoom: {path}: parts of it could not be read and are not compared"
                f" ({errors} errors); `mockzoom specs lint` names them",
                err=True,
            )
    found = differences(contracts[0].events, contracts[1].events)
    if as_json:
        click.echo(json.dumps(_diff_document(old, new, found), indent=2, ensure_ascii=False))
    else:
        _show_differences(found)
    return int(any(item.impact == "breaking" for item in found))


def _diff_document(old: str, new: str, found: Sequence[Difference]) -> JSON:
    from msgspec.structs import asdict

    from mockzoom import __version__

    return {
        "mockzoom": __version__,
        "old": old,
        "new": new,
        "counts": _counted_impacts(found),
        "differences": [asdict(item) for item in found],
    }


def _show_differences(found: Sequence[Difference]) -> None:
    styles = {"breaking": "error", "notice": "warning", "harmless": "info"}
    for item in found:
        place = " ".join(filter(None, (item.event, item.pointer)))
        headline = printable(f"{item.impact} {place}: {item.change}{_between(item)}")
        echo_lines([(styles[item.impact], headline), ("", f"  {item.why}")])
    tally = ", ".join(f"{count} {name}" for name, count in _counted_impacts(found).items())
    click.echo(tally if found else "no differences", err=True)


def _counted_impacts(found: Sequence[Difference]) -> dict[str, int]:
    from mockzoom.contract.diff import IMPACTS

    return {name: sum(item.impact == name for item in found) for name in IMPACTS}


def _between(item: Difference) -> str:
    """Say what was before and what is after, unless that is the event itself."""
    if not item.pointer:
        return ""
    shown = [_in_short(value) for value in (item.before, item.after) if value is not None]
    return f" ({' → '.join(shown)})" if shown else ""


def _in_short(value: JSON) -> str:
    """Return a schema as its type and what else it says, any other value as JSON."""
    if isinstance(value, dict) and isinstance(value.get("type"), str):
        rest = {key: item for key, item in value.items() if key != "type"}
        return f"{value['type']} {_in_short(rest)}" if rest else str(value["type"])
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
