"""`mockzoom explain`: the page of a rule."""

from __future__ import annotations

import sys

import click

from mockzoom.cli.show import width_of
from mockzoom.errors import UsageError, nearest
from mockzoom.rules import Rule, RulePage, page


def all_rules() -> dict[str, Rule]:
    """Return every rule, of receivers and of documents, by id."""
    from mockzoom.contract import LINT_RULES
    from mockzoom.suites import RULES

    return {**RULES, **{rule.id: rule for rule in LINT_RULES}}


@click.command()
@click.argument("rule", required=False)
def command(rule: str | None) -> None:
    """Say what RULE (an id or a slug) means, why it matters and how to fix it.

    Without RULE, list all rules.
    """
    rules = all_rules()
    if rule is None:
        for item in rules.values():
            sentence = page(item.id).reported_when.split(". ", 1)[0].rstrip(".")
            click.echo(f"{item.id}  {item.reported:<8} {item.slug:<34} {sentence}.")
        return
    slugs = {item.slug: item for item in rules.values()}
    found = rules.get(rule.upper()) or slugs.get(rule.lower())
    if found is None:
        known = nearest(rule.upper(), rules) or nearest(rule.lower(), slugs)
        raise UsageError(f"no rule is called {rule!r}{known}; `mockzoom explain` lists them")
    _show(found, page(found.id))


def _show(rule: Rule, about: RulePage) -> None:
    """Print a page: styled on a terminal, as Markdown elsewhere; its title has the severity."""
    title, _, rest = about.text.partition("\n")
    severity = _severity(rule)
    if not sys.stdout.isatty():
        click.echo(f"{title} ({severity})\n{rest}", nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.padding import Padding
    from rich.text import Text

    console = Console(width=width_of())
    style = {"error": "bold red", "warning": "bold yellow"}.get(rule.reported, "bold cyan")
    console.print(Text(f"{title.removeprefix('# ')} ({severity})", style))
    console.print(Padding(Markdown(about.reported_when), (0, 0, 0, 2)))
    for name, body in about.sections.items():
        console.print(Text(f"\n{name}", "bold"))
        console.print(Padding(Markdown(body), (0, 0, 0, 2)))


def _severity(rule: Rule) -> str:
    """Return the severity, and that a new rule is reported with another one for now."""
    if not rule.is_new:
        return rule.severity
    until = ", reported as a warning until the next release" * (rule.severity == "error")
    return f"{rule.severity}, new in {rule.since}{until}"
