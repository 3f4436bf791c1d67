"""What a run has judged, as a picture in SVG: a row for each event, a column for each rule.

A square is filled where nothing was found, crossed out where a finding counts, and struck through
where it is accepted: its form says what its colour says. Where it is empty nothing was judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from mockzoom.model import RunResult
from mockzoom.report.escaping import for_xml
from mockzoom.wording import counted

MOST_ROWS = 600
"""Events that the picture shows."""
_CELL, _HEAD, _LETTER = 13, 48, 6.5
_NONE = "(no event)"
_LETTERS = 38
"""Letters of an event's name that fit over the row's beginning."""
_MARKS = {
    "judged": "M{x} {y}h9v9h-9z",
    "error": "M{x} {y}l9 9m0 -9l-9 9",
    "warning": "M{x} {y}l9 9m0 -9l-9 9",
    "info": "M{x} {y}l9 9m0 -9l-9 9",
    "accepted": "M{x} {middle}h9",
}
"""The path of each mark, from its upper left corner."""


def states(result: RunResult) -> Mapping[str, Mapping[str, str]]:
    """Return for each event, in order, what came of each rule that was judged with it.

    That is `judged`, the severity of what was found, or `accepted`.
    """
    found: dict[str, dict[str, str]] = {}
    for rule, event in sorted(result.cases, key=lambda key: (key[1], key[0])):
        found.setdefault(event, {})[rule] = "judged"
    for item in sorted(result.violations, key=lambda item: item.severity, reverse=True):
        accepted = {event for event, _ in item.accepted}
        for event in item.places:
            state = "accepted" if event in accepted else item.severity
            found.setdefault(event, {})[item.rule] = state
    return dict(sorted(found.items()))


def as_coverage_svg(result: RunResult) -> str:
    """Return the picture as an SVG element; empty where nothing was judged."""
    rows = states(result)
    if not rows:
        return ""
    rules = sorted({rule for row in rows.values() for rule in row})
    shown = [*rows.items()][:MOST_ROWS]
    label = 14 + round(_LETTER * min(_LETTERS, max(len(event or _NONE) for event, _ in shown)))
    places = {rule: label + _CELL * at for at, rule in enumerate(rules)}
    width, height = label + _CELL * len(rules) + 6, _HEAD + _CELL * len(shown) + 6
    name = f"{counted(len(rows), 'event')} by {counted(len(rules), 'rule')}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="coverage" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}" role="img" aria-label="{name}">',
        *(_heading(rule, x + 10) for rule, x in places.items()),
        *(_row(event, states, places, _HEAD + _CELL * at) for at, (event, states)
          in enumerate(shown)),
        "</svg>",
    ]  # fmt: skip
    return "\n".join(parts)


def _heading(rule: str, x: int) -> str:
    return f'<text transform="translate({x} {_HEAD - 6}) rotate(-90)">{escape(rule)}</text>'


def _row(event: str, states: Mapping[str, str], places: Mapping[str, int], y: int) -> str:
    name = for_xml(event or _NONE, line_feeds=False)
    short = name if len(name) <= _LETTERS else name[: _LETTERS - 1] + "…"
    paths = "".join(_marks(states, places, y))
    end = min(places.values()) - 6
    return (
        f"<g><title>{escape(name)}: {escape(_words(states))}</title>"
        f'<text x="{end}" y="{y + 9}" text-anchor="end">{escape(short)}</text>{paths}</g>'
    )


def _marks(states: Mapping[str, str], places: Mapping[str, int], y: int) -> Iterator[str]:
    """Yield a path for each kind of mark in a row."""
    for state, form in _MARKS.items():
        squares = [
            form.format(x=places[rule] + 2, y=y + 1, middle=y + 5.5)
            for rule, found in states.items()
            if found == state
        ]
        if squares:
            yield f'<path class="r-{state}" d="{"".join(squares)}"/>'


def _words(states: Mapping[str, str]) -> str:
    """Say what a row shows."""
    others = [f"{rule} {state}" for rule, state in states.items() if state != "judged"]
    return ", ".join([f"{counted(len(states), 'rule')} checked", *others])
