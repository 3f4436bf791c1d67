"""Accepted findings: what settings and a baseline accept, and where that shows in a result.

An accepted finding stays in every report, with the reason, and fails no run. It is accepted for
single events: a finding with a further event fails the run.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from operator import eq
from typing import Any

from msgspec.structs import replace

from mockzoom.errors import UsageError, nearest
from mockzoom.model import Ignored, RunKind, RunResult, Violation
from mockzoom.report.baseline import AcceptedFinding, Baseline, known_rule

_FORM = "RULE or RULE:EVENT-GLOB, with the reason after a space, such as"
_EXAMPLE = "'MZ205:meeting.* old events are kept on purpose'"
RANDOM = ", random "
"""What a cause has in it that only a random body (`--fuzz`) has shown."""
_KEYS = {"rule": "MZ205", "event": "meeting.*", "reason": "old events are kept on purpose"}


def parse_ignored(value: object, where: str, *, need_reason: bool) -> Ignored:
    """Read a text, `RULE[:EVENT-GLOB] reason`, or a table of `rule`, `event` and `reason`.

    Raises `UsageError`, which names `where` it stands, for an unknown rule, and where a reason is
    needed and missing.
    """
    if isinstance(value, Ignored):
        return value
    if isinstance(value, str):
        words, _, reason = value.strip().partition(" ")
        rule, colon, events = words.partition(":")
        if not rule or (colon and not events):
            raise UsageError(f"{where}: {value!r}: expected {_FORM} {_EXAMPLE}")
    elif isinstance(value, Mapping):
        rule, events, reason = _of_table(value, where)
    else:
        raise UsageError(f"{where}: {value!r}: expected {_FORM} {_EXAMPLE}, or a table {_KEYS}")
    found = Ignored(known_rule(rule, where), events or "*", " ".join(reason.split()))
    if need_reason and not found.reason:
        raise UsageError(
            f"{where}: {found} has no reason; say why it is accepted: {_FORM} {_EXAMPLE}"
        )
    return found


def _of_table(table: Mapping[str, Any], where: str) -> tuple[str, str, str]:
    for key, value in table.items():
        if key not in _KEYS:
            raise UsageError(f"{where}: no key is called {key!r}{nearest(key, _KEYS)}"
                             f" (known: {', '.join(_KEYS)})")  # fmt: skip
        if not isinstance(value, str) or not value:
            raise UsageError(f"{where}: {key}: expected a text, found {value!r}")
    if "rule" not in table:
        raise UsageError(f"{where}: the rule is missing; expected a table such as {_KEYS}")
    return table["rule"], table.get("event", ""), table.get("reason", "")


def parse_all_ignored(value: object, where: str) -> tuple[Ignored, ...]:
    """Read one of them, or several."""
    several = value if isinstance(value, list | tuple) else (value,)
    return tuple(parse_ignored(item, where, need_reason=True) for item in several)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What is accepted, and how a result is marked with it.

    `writing` accepts everything that is found: it goes into the baseline. `whole` says that the run
    meets everything that a run of its kind can meet, so that what it does not meet is gone;
    `random` says so of random bodies. `elsewhere` are events of products that the run leaves out.
    """

    ignored: Sequence[Ignored] = ()
    baseline: Baseline | None = None
    writing: bool = False
    whole: bool = False
    random: bool = False
    elsewhere: Collection[str] = ()

    def marked(self, result: RunResult, kind: RunKind) -> RunResult:
        """Return the result with what is accepted, and a notice of each entry that is not met."""
        found = tuple(self._marked(item) for item in result.violations)
        met = {(item.rule, place) for item in found for place in item.places}
        notices = [
            f"`ignore` has {item}, which was not found in this run; remove it if no other run finds"
            " it"
            for item in self.ignored
            if self._gone(item, result, met)
        ]
        if self.baseline is not None and not self.writing:
            notices += [
                f"{self.baseline.path} has {item}, which was not found in this run; remove it, or"
                " write the file again with --write-baseline"
                for item in self._stale(result, kind)
            ]
        return replace(result, violations=found, notices=(*result.notices, *notices))

    def entries(self, result: RunResult, kind: RunKind) -> list[AcceptedFinding]:
        """Return the baseline of a result: what it found, and what it could not have found."""
        found = {
            (item.rule, place, item.cause): AcceptedFinding(item.rule, place, item.cause, kind)
            for item in result.violations
            for place in item.places
            if self._ignored(item.rule, place) is None
        }
        stale = {item.key for item in self._stale(result, kind)}
        before = () if self.baseline is None else self.baseline.entries
        kept = {item.key: item for item in before if item.key not in stale}
        return [*{**found, **kept}.values()]

    def _marked(self, item: Violation) -> Violation:
        reasons = ((place, self._reason(item, place)) for place in item.places)
        return replace(
            item, accepted=tuple((place, why) for place, why in reasons if why is not None)
        )

    def _reason(self, item: Violation, place: str) -> str | None:
        """Return why a finding is accepted with an event; None where it is not."""
        ignored = self._ignored(item.rule, place)
        if ignored is not None:
            return ignored.reason or "--ignore"
        if self.baseline is None:
            return None
        entry = self.baseline.entry(item.rule, place, item.cause)
        if entry is not None:
            return entry.reason or f"in {self.baseline.path}"
        return f"written to {self.baseline.path}" if self.writing else None

    def _ignored(self, rule: str, place: str) -> Ignored | None:
        matching = (item for item in self.ignored if item.rule == rule)
        return next((item for item in matching if fnmatchcase(place, item.events)), None)

    def _gone(self, item: Ignored, result: RunResult, met: Iterable[tuple[str, str]]) -> bool:
        """Return whether what is ignored was looked for, and not found."""

        def covers(event: str) -> bool:
            return fnmatchcase(event, item.events)

        found = any(rule == item.rule and covers(place) for rule, place in met)
        return not found and self._looked_for(item.rule, covers, result)

    def _stale(self, result: RunResult, kind: RunKind) -> list[AcceptedFinding]:
        """Return the entries of runs of this kind that were looked for, and not found."""
        found = {
            (item.rule, place, item.cause) for item in result.violations for place in item.places
        }
        return [
            item
            for item in (() if self.baseline is None else self.baseline.entries)
            if item.run == kind and item.key not in found
            and (self.random or RANDOM not in item.cause)
            and self._looked_for(item.rule, partial(eq, item.event), result)
        ]  # fmt: skip

    def _looked_for(self, rule: str, covers: Callable[[str], bool], result: RunResult) -> bool:
        """Return whether a run has judged a rule with an event, or met no such event at all."""
        if not self.whole or result.breakages:
            return False
        judged = {event for known, event in result.cases if known == rule}
        if not judged:
            return False
        met = {event for _, event in result.cases}
        return any(map(covers, judged)) or not any(map(covers, (*met, *self.elsewhere)))
