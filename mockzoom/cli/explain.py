"""`mockzoom explain`: a rule in words."""

from __future__ import annotations

import textwrap

import click

from mockzoom.cli.show import echo_lines
from mockzoom.errors import UsageError, nearest
from mockzoom.model import Rule


def all_rules() -> dict[str, Rule]:
    """Return every rule, of receivers and of documents, by id."""
    from mockzoom.catalog import LINT_RULES
    from mockzoom.suites import RULES

    return {**RULES, **{rule.id: rule for rule in LINT_RULES}}


@click.command()
@click.argument("rule", required=False)
def command(rule: str | None) -> None:
    """Say what RULE (an id or a slug) means, why it matters and how to mend it.

    Without RULE, list all rules.
    """
    rules = all_rules()
    if rule is None:
        for item in rules.values():
            click.echo(f"{item.id}  {item.severity:<8} {item.slug:<34} {item.fires}")
        return
    slugs = {item.slug: item for item in rules.values()}
    found = rules.get(rule.upper()) or slugs.get(rule.lower())
    if found is None:
        known = nearest(rule.upper(), rules) or nearest(rule.lower(), slugs)
        raise UsageError(f"no rule is called {rule!r}{known}; `mockzoom explain` lists them")
    lines = [("head", f"{found.id} {found.slug} ({found.severity})")]
    for label, text in (("fires", found.fires), ("why", found.why), ("to mend", found.mend)):
        wrapped = textwrap.wrap(text, 84, break_long_words=False, break_on_hyphens=False)
        for index, line in enumerate(wrapped):
            lines.append(("", f"  {label + ':' if index == 0 else '':<10}{line}"))
    echo_lines(lines)
