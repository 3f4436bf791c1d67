"""The table that a benchmark run prints: one row a comparison, all within one run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.benchmarks.rounds import Samples

HEADINGS = ("what", "ours", "theirs", "ratio", "target", "how measured")
NONE = "-"


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison, as it is printed. `target` says whether it was met, where there is one."""

    what: str
    ours: str = NONE
    theirs: str = NONE
    ratio: str = NONE
    target: str = NONE
    how: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """The row's texts, in the order of `HEADINGS`."""
        return (self.what, self.ours, self.theirs, self.ratio, self.target, self.how)


def against(
    what: str,
    ours: Samples,
    theirs: Samples,
    *,
    at_least: float | None = None,
    unit: str = "/s",
    how: str = "",
) -> Row:
    """Return the row of two rates: medians, their ratio, and the spread of the rounds' ratios."""
    missing = [side.why_not for side in (ours, theirs) if not side]
    if missing:
        note = "; ".join(missing)
        return Row(what, shown(ours, unit), shown(theirs, unit), NONE, wanted(at_least), note)
    ratio = ours.median / theirs.median
    pairs = [a / b for a, b in zip(ours.values, theirs.values, strict=False)]
    spread = f" ({number(min(pairs))} to {number(max(pairs))})" if len(pairs) > 1 else ""
    return Row(
        what,
        shown(ours, unit),
        shown(theirs, unit),
        f"{number(ratio)} x{spread}",
        wanted(at_least, ratio),
        how,
    )


def share(what: str, ours: Samples, theirs: Samples, how: str = "") -> Row:
    """Return the row that says which share of their rate is ours."""
    row = against(what, ours, theirs, how=how)
    if ours and theirs:
        return Row(
            what, row.ours, row.theirs, f"{100 * ours.median / theirs.median:.0f} %", NONE, row.how
        )
    return row


def times(what: str, ours: Samples, theirs: Samples, how: str = "") -> Row:
    """Return the row that says how many times as long ours takes, from rates."""
    row = against(what, theirs, ours, how=how)
    return Row(what, row.theirs, row.ours, row.ratio, NONE, row.how)


def shown(samples: Samples, unit: str) -> str:
    """Return the median of `samples` with its unit."""
    return f"{number(samples.median)}{unit}" if samples else NONE


def number(value: float) -> str:
    """Return `value` with three digits that count, and its thousands parted."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def wanted(at_least: float | None, got: float | None = None) -> str:
    """Return a target of at least so many times, and whether it was met."""
    if at_least is None:
        return NONE
    return f">= {at_least:g} x{verdict(None if got is None else got >= at_least)}"


def verdict(met: bool | None) -> str:
    """Return the words that go after a target."""
    return "" if met is None else ": met" if met else ": missed"


def console(sections: Iterable[Iterable[Row]], out: Console) -> None:
    """Print the rows of all sections as one table to `out`."""
    table = Table(padding=(0, 1))
    for heading in HEADINGS:
        numeric = heading in HEADINGS[1:4]
        table.add_column(heading, justify="right" if numeric else "left", overflow="fold")
    for rows in sections:
        for row in rows:
            table.add_row(*map(escape, row.cells))
        table.add_section()
    out.print(table)


def markdown(sections: Iterable[Iterable[Row]]) -> str:
    """Return the rows of all sections as one Markdown table."""
    rows = [row.cells for rows in sections for row in rows]
    lines = [HEADINGS, ("---",) * len(HEADINGS), *rows]
    cells = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in cells)
