"""The text report: worst first, and for each finding what to do."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from mockzoom import __version__
from mockzoom.model import SEVERITIES, FailOn, RunResult, TimelineEntry, Violation
from mockzoom.report import load_figures
from mockzoom.report.reporter import Reporter
from mockzoom.report.verdict import verdict, worst_first
from mockzoom.wording import counted, deliveries, printable

WIDTH = 96
_LONG = 40
_LABELS = 11
_RUN_ERRORS = "Run errors"
Line = tuple[str, str]
"""A style (`error`, `warning`, `info`, `pass`, `head`, `dim` or empty) and a line of text."""


class TextReporter(Reporter):
    """Reports a run as the terminal does."""

    def text(self, fail_on: FailOn) -> str:
        """Return the report as plain text."""
        return as_text(self.result, fail_on)


def as_text(result: RunResult, fail_on: FailOn | None = None) -> str:
    """Return the report as plain text."""
    return "".join(f"{line}\n" for _, line in lines(result, fail_on))


def lines(result: RunResult, fail_on: FailOn | None = None, width: int = WIDTH) -> Iterator[Line]:
    """Yield the report line by line, each with its style, folded to `width` characters."""
    found = worst_first(result)
    for violation in found:
        if not violation.is_accepted:
            yield from finding(violation, width)
    yield from _accepted([item for item in found if item.is_accepted], width)
    if result.not_judged:
        yield "head", "Not checked"
        for rules, why in not_checked(result):
            yield from _wrapped("dim", f"  {rules}: ", why, width)
        yield "", ""
    yield from _remarks(result, width)
    if result.load is not None:
        yield from load_figures.lines(result.load)
    yield from _summary(result, fail_on)


def _remarks(result: RunResult, width: int) -> Iterator[Line]:
    """Yield notices, run errors, and the timeline of streams."""
    for title, texts in (("Notices", result.notices), (_RUN_ERRORS, result.breakages)):
        if texts:
            yield "head", title
            for text in texts:
                style = "error" if title == _RUN_ERRORS else ""
                yield from _wrapped(style, "  - ", text, width)
            yield "", ""
    streams = dict.fromkeys(moment.stream for moment in result.timeline)
    if len(streams) < 3 and "" in streams:  # one stream, and what is about none
        yield from _timeline("Timeline", result.timeline, width)
    else:
        for stream in streams:
            moments = [moment for moment in result.timeline if moment.stream == stream]
            about = f" of stream {stream}" if stream else " of what is about no stream"
            yield from _timeline(f"Timeline{about}", moments, width)


def _timeline(title: str, moments: Sequence[TimelineEntry], width: int) -> Iterator[Line]:
    """Yield moments line by line under a title; nothing where there are none."""
    if not moments:
        return
    yield "head", title
    for moment in moments:
        lead = f"  +{moment.at:.2f} s"
        yield from _wrapped("dim", f"{lead:<12}{moment.where:<14}", moment.what, width)
    yield "", ""


def finding(item: Violation, width: int = WIDTH) -> Iterator[Line]:
    """Yield one finding, with an empty line after it."""
    yield item.severity, f"{item.severity.upper()} {item.rule} {item.slug}{how_often(item)}"
    yield from _wrapped("", "  ", item.message, width)
    got = item.actual
    if len(got) > _LONG and got in item.message:
        got = ""  # nobody reads a long text twice
    rows = (
        ("expected", item.expected), ("got", got), ("to fix", item.fix),
        ("accepted", reasons(item)),
    )  # fmt: skip
    for label, text in rows:
        if text:
            yield from _wrapped("", f"  {label + ':':<{_LABELS}}", text, width)
    if item.reproduce:
        yield "dim", f"  {'reproduce:':<{_LABELS}}{printable(item.reproduce)}"
    yield "", ""


def how_often(item: Violation) -> str:
    """Say after a comma how often it was found; nothing where that was once.

    What a stream or a whole play shows is counted without deliveries.
    """
    if item.count < 2:
        return ""
    return f", {deliveries(item.count) if item.deliveries else f'{item.count} times'}"


def _accepted(found: list[Violation], width: int) -> Iterator[Line]:
    """Yield the accepted findings in short, under one heading."""
    if not found:
        return
    yield "head", f"{_counted(len(found), 'finding')} accepted"
    for item in found:
        yield from _wrapped("dim", f"  {item.rule} {item.slug}: ", reasons(item), width)
    yield "", ""


def reasons(item: Violation) -> str:
    """Say with which events a finding is accepted, and why."""
    by_reason: dict[str, list[str]] = {}
    for event, reason in item.accepted:
        by_reason.setdefault(reason or "no reason given", []).append(event)
    return "; ".join(_with_events(events, reason) for reason, events in by_reason.items())


def _with_events(events: list[str], reason: str) -> str:
    first, *more = events
    if not first:
        return reason
    others = f" and {_counted(len(more), 'more event')}" if more else ""
    return f"{first}{others} ({reason})"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def not_checked(result: RunResult) -> Iterator[tuple[str, str]]:
    """Yield the rules that were not checked, such as `MZ101-MZ103, MZ105`, and why."""
    by_reason: dict[str, list[str]] = {}
    for item in result.not_judged:
        by_reason.setdefault(item.why, []).append(item.rule)
    for why, rules in by_reason.items():
        yield _ranges(rules), why


def _ranges(rules: list[str]) -> str:
    """Write `MZ101, MZ102, MZ103, MZ105` as `MZ101-MZ103, MZ105`."""
    runs: list[list[str]] = []
    for rule in rules:
        if runs and int(rule[2:]) == int(runs[-1][-1][2:]) + 1:
            runs[-1].append(rule)
        else:
            runs.append([rule])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _wrapped(style: str, lead: str, text: str, width: int) -> Iterator[Line]:
    indent = " " * len(lead) if len(lead) <= min(24, width // 3) else "      "
    for line in textwrap.wrap(
        printable(text, line_feeds=True), width, initial_indent=lead, subsequent_indent=indent,
        break_long_words=False, break_on_hyphens=False,
    ) or [lead.rstrip()]:  # fmt: skip
        yield style, line


def headline(result: RunResult, fail_on: FailOn | None = None) -> tuple[str, str]:
    """Return the verdict's word, such as `FAIL`, and what was found: `2 errors, 1 warning`."""
    outcome = verdict(result, fail_on)
    tally = []
    for severity in SEVERITIES:
        count = sum(
            1 for item in result.violations if item.severity == severity and not item.is_accepted
        )
        if count:
            tally.append(counted(count, severity, "info" if severity == "info" else ""))
    none = "the run could not be completed" if outcome == "broken" else "no violations"
    accepted = sum(item.is_accepted for item in result.violations)
    if accepted and outcome != "broken":
        none = "no other violations"
    found = ", ".join(tally) or none
    if accepted:
        found += f"; {_counted(accepted, 'finding')} accepted"
    return "INCOMPLETE" if outcome == "broken" else outcome.upper(), found


def facts(result: RunResult) -> str:
    """Return how much was delivered and covered, in how long."""
    done, total = result.coverage.events
    text = f"{deliveries(result.deliveries)} in {result.elapsed:.1f} s"
    text += f", {done} of {counted(total, 'event')}"
    judged, places = result.coverage.constraints
    if places:
        text += f", {judged} of {counted(places, 'constraint')}"
    return text


def _summary(result: RunResult, fail_on: FailOn | None) -> Iterator[Line]:
    outcome = verdict(result, fail_on)
    title, found = headline(result, fail_on)
    yield "pass" if outcome == "pass" else "error", f"{title}: {found}"
    for text in result.not_observable if outcome == "pass" else ():
        yield "", printable(text)
    yield "dim", f"{facts(result)}, seed {result.seed}, {result.target}, mockzoom {__version__}"
