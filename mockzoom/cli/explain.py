"""`mockzoom explain`: the page of a rule, or of a topic."""

from __future__ import annotations

import sys

import click

from mockzoom.cli.show import width_of
from mockzoom.errors import UsageError, nearest
from mockzoom.rules import Rule, RulePage, page, topics


def all_rules() -> dict[str, Rule]:
    """Return every rule, of receivers and of documents, by id."""
    from mockzoom.contract import LINT_RULES
    from mockzoom.suites import RULES

    return {**RULES, **{rule.id: rule for rule in LINT_RULES}}


@click.command()
@click.argument("rule", metavar="[RULE|TOPIC]", required=False)
def command(rule: str | None) -> None:
    """Say what RULE (an id or a slug) means, why it matters and how to fix it.

    The beginning of an id, or of a word in slugs, lists the rules that have it: MZ2, challenge.
    TOPIC is a page about more than one rule, such as settings. Without either, list all of them.
    """
    if rule is not None and rule.lower() in topics():
        _show_topic(topics()[rule.lower()])
        return
    rules = all_rules()
    found = list(rules.values()) if rule is None else _named(rule, list(rules.values()))
    if not found:
        slugs = [item.slug for item in rules.values()]
        known = nearest(str(rule).upper(), rules) or nearest(str(rule).lower(), [*slugs, *topics()])
        what = f"no rule or topic is called {rule!r}{known}"
        raise UsageError(f"{what}; `mockzoom explain` lists them")
    if len(found) == 1:
        _show(found[0], page(found[0].id))
        return
    for item in found:
        sentence = page(item.id).reported_when.split(". ", 1)[0].rstrip(".")
        click.echo(f"{item.id}  {item.reported:<8} {item.slug:<34} {sentence}.")
    if rule is None:
        click.echo(f"Topics: {', '.join(topics())}")


def _named(word: str, rules: list[Rule]) -> list[Rule]:
    """Return the rule whose id or slug is `word`, or else all in which a word begins with it."""
    upper, lower = word.upper(), word.lower()
    exact = [rule for rule in rules if upper == rule.id or lower == rule.slug]
    if exact or not word:
        return exact
    return [rule for rule in rules if rule.id.startswith(upper) or f"-{lower}" in f"-{rule.slug}"]


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


def _show_topic(text: str) -> None:
    """Print the page of a topic: styled on a terminal, as Markdown elsewhere."""
    if not sys.stdout.isatty():
        click.echo(text, nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console(width=width_of()).print(Markdown(text))


def _severity(rule: Rule) -> str:
    """Return the severity, and that a new rule is reported with another one for now."""
    if not rule.is_new:
        return rule.severity
    until = ", reported as a warning until the next release" * (rule.severity == "error")
    return f"{rule.severity}, new in {rule.since}{until}"
