"""`mockzoom specs`: examine, compare and import contract documents."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockzoom.cli.options import product_option
from mockzoom.cli.setting_options import config_option, option
from mockzoom.cli.show import echo_lines
from mockzoom.errors import SpecError, UsageError
from mockzoom.model import JSON, SEVERITIES, Finding
from mockzoom.report import FAIL_ON
from mockzoom.wording import printable

if TYPE_CHECKING:
    from mockzoom.contract.diff import Difference

_SHOWN = 200


@click.group()
def command() -> None:
    """Examine, compare and import contract documents."""


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
    _show_findings(findings)
    if fail_on == "never":
        return 0
    bad = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    return int(any(item.severity in bad for item in findings))


def _show_findings(findings: Sequence[Finding], *, err: bool = False) -> None:
    """Print findings, and their counts; what is only worth knowing once a document."""
    similar = Counter(_likeness(finding) for finding in findings)
    shown: set[str] = set()
    for finding in findings:
        similarity = _likeness(finding)
        if finding.severity == "info" and similarity in shown:
            continue
        shown.add(similarity)
        more = similar[similarity] - 1 if finding.severity == "info" else 0
        also = f" (and {more} more like it in this document)" if more else ""
        lines = [(finding.severity, _headline(finding)), ("", f"  {finding.message}{also}")]
        echo_lines(lines, err=err)
    tally = {name: sum(item.severity == name for item in findings) for name in SEVERITIES}
    click.echo(", ".join(f"{count} {name}" for name, count in tally.items()), err=True)


def _likeness(finding: Finding) -> str:
    return f"{finding.file} {finding.rule} {finding.message}"


def _headline(finding: Finding) -> str:
    event = f" {finding.event}" if finding.event else ""
    return f"{finding.file}#{finding.pointer}: {finding.severity} {finding.rule}{event}"


@command.command("import")
@click.argument("file")
@click.option("-o", "--output", metavar="OUT", help="Write to this file, which must not exist.")
@click.option("--force", is_flag=True, help="Overwrite OUT.")
@config_option
def import_document(file: str, output: str | None, force: bool) -> None:
    """Write the events of FILE as a clean OpenAPI document, facts only.

    FILE is a contract document in any form that --spec reads, or a page that holds one: a rendered
    reference, a listing with line numbers; - is standard input. What is odd about it is reported on
    standard error.
    """
    from mockzoom.contract.rewrite import rewritten
    from mockzoom.contract.sources import LARGEST, read_text, text_of

    if output is not None and not force and os.path.lexists(output):
        raise UsageError(f"-o {output}: exists; name a new file, or pass --force to overwrite it")
    path = Path(file)
    if file == "-":
        text = text_of(sys.stdin.buffer.read(LARGEST + 1), "standard input")
        document, findings = rewritten(text, Path("stdin"), "standard input")
    else:
        label = path.as_posix()
        if path.is_dir():
            raise SpecError(f"{label}: is a folder; expected one contract document or page")
        document, findings = rewritten(read_text(path, label), path, label, path.parent)
    text = json.dumps(document, indent=2, ensure_ascii=False)
    if output is None:
        click.echo(text)
    else:
        _write(output, text + "\n")
    _show_findings(findings, err=True)


def _write(output: str, text: str) -> None:
    try:
        Path(output).write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise UsageError(f"-o {output}: cannot be written: {error}") from None


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
    sides = (item.before, item.after)
    if item.change.startswith("type "):
        shown = ["any type" if value is None else _in_short(value) for value in sides]
    else:
        shown = [_in_short(value) for value in sides if value is not None]
    return f" ({' → '.join(shown)})" if shown else ""


def _in_short(value: JSON) -> str:
    """Return a schema as its type and what else it says, any other value as JSON."""
    if isinstance(value, dict) and isinstance(value.get("type"), str):
        rest = {key: item for key, item in value.items() if key != "type"}
        return f"{value['type']} {_in_short(rest)}" if rest else str(value["type"])
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
