"""Twins: two plays of a scenario that differ in something that no receiver may go by.

An event that is dropped in every play, in any order, is not found by comparing these. Its twin
finds it: the same step about other entities, with its text in ASCII words, or at a time of its own.
An event is dropped where the state is the same without it, and its twin's is not. So is an event
whose new value is not in the state, while the older value is that it replaces: it may be counted,
and its time noted, but what it tells is lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from mockzoom.model import JSON
from mockzoom.scenario.model import Scenario, Send, sends
from mockzoom.schema.pointer import join, leaves, steps
from mockzoom.state.differences import OF_TIME, differences
from mockzoom.state.extrapolation import entity_sets_of
from mockzoom.state.isolation import Isolation
from mockzoom.state.nondeterminism import between_equal
from mockzoom.state.paths import text_of
from mockzoom.state.plays import Asking, NotComparable, PlayRecord
from mockzoom.state.roles import ROLE, Roles, is_id_at, is_time
from mockzoom.state.script_diffs import ScriptDiff, ScriptDiffs
from mockzoom.state.scripts import apart, in_ascii, natural_order, plain, simultaneous
from mockzoom.state.state_diff import is_number
from mockzoom.suites.state import dropped

MOST_SUSPECTS = 12
"""Steps of one scenario that are left out in turn, at most."""
Twin = Callable[[Scenario], Scenario]
_OF_PASS = re.compile(r"^<#\d+ ")
_FLAGS = (0, 1)
"""Numbers that databases have for `false` and `true`."""
View = Callable[[JSON], object]
"""What of a state diff is compared."""


@dataclass(frozen=True, slots=True)
class OlderValue:
    """A value that the state shows, although a later event of the same type brought another."""

    step: Send
    before: Send
    """The earlier event."""
    shown: str
    missing: str


class Twins:
    """Compares the plain script of one scenario with its twins."""

    def __init__(self, scenario: Scenario, diffs: ScriptDiffs, isolation: Isolation) -> None:
        self._scenario = scenario
        self._diffs = diffs
        self._isolation = isolation
        self._is_learnt = False
        self.are_letters_found = False
        """Whether an event was found that is dropped for the letters of its text."""

    def compare(self, judged: PlayRecord, *, with_letters: bool = True) -> Asking[None]:
        """Report the events that are dropped in each plain play."""
        has_twin = is_unlike_its_twin(self._scenario, judged)
        events = [step.event for step in sends(self._scenario.steps)]
        if entity_sets_of(self._scenario) or not (has_twin or len({*events}) < len(events)):
            return
        first = yield from self._diffs.play(plain(self._scenario))
        self._diffs.plain = self._diffs.masked(first.tree)
        if has_twin:
            if with_letters:
                yield from self._letters(first)
            yield from self._moments(first)
        reported = set()
        for older in older_values(self._scenario, first.record, first.tree):
            yield from self._learn(first)
            if older.step.entities in reported:
                continue  # the same cause: its first event was dropped
            if not (yield from self._is_without_effect(older.step, _told)):
                continue
            # Where the earlier event has none either, its type is ignored: others bring the value.
            if not (yield from self._is_without_effect(older.before, _told)):
                reported.add(older.step.entities)
                yield from self._report(
                    older.step,
                    "acknowledged, and without it the probed state differs in counts and times at"
                    f" most: it still has {older.shown}, and nowhere {older.missing}",
                )

    def _letters(self, first: ScriptDiff) -> Asking[None]:
        """Report events dropped for the letters of their text, and texts that lose letters."""
        twin = yield from self._diffs.play(in_ascii(plain(self._scenario)))
        for text in altered_texts(first.tree, twin.tree):
            self._isolation.note(text)
            break
        if (yield from self._is_equal(in_ascii, first)):
            return
        for step in first.record.acknowledged[:MOST_SUSPECTS]:
            shown = yield from self._lost(step, in_ascii)
            if shown:
                yield from self._report(
                    step,
                    "with letters of other scripts and emoji, acknowledged, and without it the"
                    " probed state differs in counts and times at most; in ASCII words also in"
                    f" {shown}",
                )
                self.are_letters_found = True
                return  # whatever else is dropped has the same cause

    def _moments(self, first: ScriptDiff) -> Asking[None]:
        """Report events that are dropped for having happened in one millisecond with another."""
        pairs = list(simultaneous(self._scenario))
        if not pairs or (yield from self._is_equal(apart, first)):
            return
        for leader, step in pairs:
            for one, other in ((step, leader), (leader, step)):
                shown = yield from self._lost(one, apart, other)
                if shown:
                    yield from self._report(
                        one,
                        f"in the same millisecond as {other.name}, acknowledged, and without it the"
                        " probed state differs in counts and times at most; a millisecond apart"
                        f" also in {shown}",
                    )
                    break

    # -- within --------------------------------------------------------------------------------

    def _is_equal(self, twin: Twin, first: ScriptDiff) -> Asking[bool]:
        """Tell whether a twin leaves what the plain script does."""
        script = twin(plain(self._scenario))
        if (yield from self._diffs.is_plain(script)):
            return True
        if not (yield from self._learn(first)):
            return False
        return (yield from self._diffs.is_plain(script))

    def _learn(self, first: ScriptDiff) -> Asking[bool]:
        """Learn what differs by itself, and return whether anything was learnt.

        Raises `NotComparable` where that is a whole entry.
        """
        if self._is_learnt:
            return False
        diffs, self._is_learnt = self._diffs, True
        again = yield from diffs.play(plain(self._scenario), long=True)
        equal = between_equal(first.tree, again.tree)
        if equal.missing:
            raise NotComparable(str(equal))
        diffs.nondeterministic |= equal.places
        diffs.plain = diffs.masked(first.tree)
        return bool(equal.places)

    def _is_without_effect(self, step: Send, view: View) -> Asking[bool]:
        script, whole = plain(self._scenario, omit=step.name), view(self._diffs.plain)
        if view((yield from self._diffs.quick(script))) != whole:
            return False
        return bool(view((yield from self._diffs.tree(script))) == whole)

    def _lost(self, step: Send, twin: Twin, other: Send | None = None) -> Asking[str]:
        """Return what a step leaves in the twin alone; nothing where it is not dropped.

        A dropped event may be counted, and in a log of what came: then all the rest is the same.
        """
        shown = yield from self._lost_in(_all, step, twin, other)
        return shown or (yield from self._lost_in(_told, step, twin, other))

    def _lost_in(self, view: View, step: Send, twin: Twin, other: Send | None) -> Asking[str]:
        """Return the same for a `view` of what is left.

        With an `other` step, that has to have an effect in the twin, too: a state that shows only
        what happened last has none of one of them, rightly.
        """
        if not (yield from self._is_without_effect(step, view)):
            return ""
        diffs = self._diffs
        whole = yield from diffs.tree(twin(plain(self._scenario)))
        without = yield from diffs.tree(twin(plain(self._scenario, omit=step.name)))
        if view(without) == view(whole):
            return ""
        if other is not None:
            omitted = twin(plain(self._scenario, omit=other.name))
            if view((yield from diffs.tree(omitted))) == view(whole):
                return ""
        if view((yield from diffs.tree(twin(plain(self._scenario))))) != view(whole):
            return ""
        return "; ".join(list(differences(whole, without))[:2])

    def _report(self, step: Send, seen: str) -> Asking[None]:
        about = f"{self._scenario.title}: {step.name} ({step.event})"
        yield from self._isolation.report(dropped(about, step.event, seen, ()), step.name)


def _all(tree: JSON) -> JSON:
    return tree


def _told(tree: JSON) -> frozenset[tuple[str, str]]:
    """Return what a state diff tells but for counts and times: words and flags, by their keys."""
    return frozenset(_words(tree, ""))


def _words(tree: JSON, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(tree, Mapping):
        for name, item in tree.items():
            if not _tells_time(name):
                yield key, name
            if name != "by":
                yield from _words(item, name)
    elif isinstance(tree, list):
        for item in tree:
            yield from _words(item, key)
    elif tree in _FLAGS or not (is_number(tree) or (isinstance(tree, str) and _tells_time(tree))):
        yield key, str(tree)


def _tells_time(text: str) -> bool:
    return is_time(text) or OF_TIME in text


def altered_texts(tree: JSON, twin: JSON) -> Iterator[str]:
    """Say which texts a state does not show as they were delivered, as it does in the twin."""
    if isinstance(tree, Mapping) and isinstance(twin, Mapping):
        for key in twin.keys() & tree.keys():
            yield from altered_texts(tree[key], twin[key])
    elif isinstance(tree, list) and isinstance(twin, list):
        for one, other in zip(tree, twin, strict=False):
            yield from altered_texts(one, other)
    elif _is_altered(tree, twin):
        yield (
            f"the probed state shows {_OF_PASS.sub('<', str(twin))} as {tree!r}. What comes"
            " in ASCII words it shows as it was delivered: letters of other scripts or emoji are"
            " lost"
        )


def _is_altered(tree: JSON, twin: JSON) -> bool:
    if not (isinstance(tree, str) and isinstance(twin, str) and ROLE.fullmatch(twin)):
        return False
    return not (ROLE.search(tree) or is_time(tree) or is_time(twin))


def is_unlike_its_twin(scenario: Scenario, record: PlayRecord) -> bool:
    """Tell whether a play has text of other letters, or two events in one millisecond."""
    bodies = (text_of(item.body) for item in record.sent)
    return not all(map(str.isascii, bodies)) or any(simultaneous(scenario))


def older_values(
    scenario: Scenario, record: PlayRecord, tree: JSON, number: int | None = None
) -> list[OlderValue]:
    """Return the values that a state diff shows although later events brought others.

    Each is of another event of the same type, in the same entity set where the later step changes
    it, or an id of another set. In the state diff of a pass, a scenario has a `number`.
    """
    text = text_of(tree)
    roles = Roles(record.sent, natural_order(scenario))
    acknowledged = {step.name for step in record.acknowledged}
    found: dict[tuple[str, int], OlderValue] = {}
    earlier: dict[str, list[tuple[Send, JSON]]] = {}
    bodies = {item.step: item.body for item in record.sent}

    def has(role: str) -> bool:
        return role in text or (number is not None and f"<#{number} {role[1:]}" in text)

    for step in sends(scenario.steps):
        if step.name not in acknowledged:
            continue
        body = bodies.get(step.name)
        for before, its in earlier.get(step.event, []):
            if step.entities == before.entities and _changes_entity(step, its, body):
                continue
            old, new = (_telling(step, before, each, roles) for each in (its, body))
            missing = [role for role in new if role not in old]
            if any(map(has, missing)):
                found.pop((step.event, step.entities), None)
                break
            shown = [role for role in old if has(role) and _is_of(role, before)]
            if shown and missing:
                found[step.event, step.entities] = OlderValue(step, before, shown[0], missing[0])
        earlier.setdefault(step.event, []).append((step, body))
    return list(found.values())


def _is_of(role: str, step: Send) -> bool:
    """Tell whether a role is named by a step: no earlier event has delivered its value."""
    return role.startswith((f"<{step.name}/", f"<{step.name} {step.entities}/"))


def _changed(step: Send, body: JSON) -> dict[str, JSON]:
    """Return the values that a step changes, by their pointers."""
    places = tuple(join(steps(path)) for path, _ in step.changes)
    return {
        pointer: value
        for pointer, value in leaves(body)
        if any(pointer == place or pointer.startswith(f"{place}/") for place in places)
    }


def _changes_entity(step: Send, its: JSON, body: JSON) -> bool:
    """Tell whether a step is about another person or thing than an earlier event."""
    before = dict(leaves(its))
    return any(
        is_id_at(pointer, value) and before.get(pointer) != value
        for pointer, value in _changed(step, body).items()
    )


def _telling(step: Send, before: Send, body: JSON, roles: Roles) -> list[str]:
    """Return the roles of the values by which one event of a type tells what another does not."""
    values: list[JSON]
    if step.entities != before.entities:
        values = [value for pointer, value in leaves(body) if is_id_at(pointer, value)]
    else:
        values = [
            value
            for pointer, value in _changed(step, body).items()
            if isinstance(value, str) and not (is_id_at(pointer, value) or is_time(value))
        ]
    renamed = (roles.rename(value) for value in values)
    return [role for role in dict.fromkeys(map(str, renamed)) if ROLE.fullmatch(role)]
