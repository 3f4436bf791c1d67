"""Traces: what single deliveries, each about entities of its own, have left in the state.

A genuine event leaves a trace. Where a forged event leaves the same trace, it was processed. A row
that says `refused` is another trace than one that says `active`, so words and small numbers count,
while ids, times and large numbers do not.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from mockzoom.model import JSON, Headers
from mockzoom.schema.pointer import leaves
from mockzoom.state.keys import with_entities
from mockzoom.state.paths import text_of
from mockzoom.state.roles import ROLE, Roles, SentEvent, is_entity, is_time, names_one
from mockzoom.state.settling import Settling
from mockzoom.state.state_diff import UNCHANGED, grown, state_diff

ANYTHING = "…"
"""Stands for what differs between equal deliveries."""
NOTHING: JSON = {}
"""The trace of a delivery that has left none."""
_HEADERS = "headers"
_OF_HEADER = re.compile(rf"<[^<>/]+/{_HEADERS}/")
_NUMBER = re.compile(r"<#\d+ ")
_DIGITS = re.compile(r"\d+")
_LARGE = 100_000


def traced(number: int, event: str, body: bytes, headers: Headers) -> SentEvent:
    """Return a delivery as it went out: a forgery may change the body, and leave headers away."""
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    content = value if isinstance(value, dict) else {}
    own = {name.lower(): text for name, text in headers}
    return SentEvent(f"#{number} {event}", 0, {**content, _HEADERS: own})


class Traces:
    """What deliveries have left between two snapshots; `sent` are numbered from 0 on."""

    def __init__(
        self, before: JSON, after: JSON, sent: Sequence[SentEvent], settling: Settling,
        pinned: Sequence[JSON] = (),
    ) -> None:  # fmt: skip
        values = (text for item in sent for text in {str(value) for _, value in leaves(item.body)})
        shared = {value for value, times in Counter(values).items() if times > 1}
        named = [SentEvent(item.step, 0, _entities(item.body)) for item in sent]
        order = {item.step: number for number, item in enumerate(sent)}
        roles = Roles(named, order, pinned, shared)
        before, after = (
            with_entities(settling.volatile.comparable(state), roles) for state in (before, after)
        )
        tree = grown(roles.rename(state_diff(before, after, roles)))
        self._tree = NOTHING if tree == UNCHANGED else tree

    @property
    def whole(self) -> JSON:
        """What all of them together have left, totals included."""
        return _normal(self._tree)

    def of(self, number: int) -> JSON:
        """Return what mentions the entities of one delivery alone; `NOTHING` where nothing does."""
        return _normal(_part(self._tree, f"<#{number} "))


def _entities(body: JSON, name: str = "") -> JSON:
    """Return a body with nothing but ids and names: times of two deliveries may be the same."""
    if isinstance(body, Mapping):
        return {key: _entities(item, key) for key, item in body.items()}
    if isinstance(body, list):
        return [_entities(item) for item in body]
    return body if names_one(name, body) else None


def _part(tree: JSON, mark: str) -> JSON:
    """Return the entries of a state diff that have roles with this `mark`, and no other number."""
    if mark not in text_of(tree):
        return NOTHING
    if isinstance(tree, list):
        return [part for item in tree if (part := _part(item, mark)) != NOTHING]
    if not isinstance(tree, Mapping):
        return tree if _is_own(tree, mark) else NOTHING
    scalars = (item for item in tree.values() if not isinstance(item, Mapping | list))
    is_row = any(mark in text_of(item) for item in scalars)
    found = {
        key: item if mark in key or (is_row and _is_own(item, mark)) else _part(item, mark)
        for key, item in tree.items()
        if _is_own(key, mark)
    }
    return {key: item for key, item in found.items() if item != NOTHING}


def _is_own(value: JSON, mark: str) -> bool:
    """Tell whether a value mentions no other delivery."""
    return {*_NUMBER.findall(text_of(value))} <= {mark}


def _normal(tree: JSON) -> JSON:
    """Return a trace with roles that have no number, and without what differs by itself."""
    if isinstance(tree, Mapping):
        found: dict[str, JSON] = {}
        for key, item in tree.items():
            name = str(_normal(key))
            found[f"{name} {len(found)}" if name in found else name] = _normal(item)
        return found
    if isinstance(tree, list):
        return [_normal(item) for item in tree]
    if isinstance(tree, bool) or tree is None:
        return tree
    if isinstance(tree, int | float):
        return tree if isinstance(tree, int) and abs(tree) < _LARGE else "<number>"
    text = _NUMBER.sub("<", str(tree))
    if ROLE.search(text):
        return text
    if is_time(text):
        return "<time>"
    return "<id>" if is_entity(text) or text.isdigit() else _DIGITS.sub("0", text)


def common(one: JSON, other: JSON) -> JSON:
    """Return what two traces have in common, and `ANYTHING` where values differ."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        both = {key: common(one[key], other[key]) for key in one if key in other}
        return {key: item for key, item in both.items() if item != NOTHING}
    if isinstance(one, list) and isinstance(other, list):
        equal = [item for item in one if item in other]
        rest = [[item for item in items if item not in equal] for items in (one, other)]
        return [*equal, *(common(*pair) for pair in zip(*rest, strict=False))]
    return one if one == other and type(one) is type(other) else ANYTHING


def without_noise(trace: JSON, noise: JSON) -> JSON:
    """Return a trace without the totals that also count what is no event: the trace `noise`."""
    if isinstance(trace, Mapping) and isinstance(noise, Mapping) and "by" not in trace:
        found = {
            key: without_noise(item, noise[key]) if key in noise else item
            for key, item in trace.items()
        }
        return {key: item for key, item in found.items() if item != NOTHING}
    if isinstance(trace, list):
        return [item for item in trace if ROLE.search(text_of(item))] or NOTHING
    return trace if isinstance(trace, str) and ROLE.search(trace) else NOTHING


def tells(trace: JSON) -> bool:
    """Tell whether a trace has an entity or a total in it: anything else may be there by chance."""
    if isinstance(trace, Mapping):
        is_total = isinstance(trace.get("by"), int | float)
        return is_total or any(ROLE.search(key) or tells(item) for key, item in trace.items())
    if isinstance(trace, list):
        return any(map(tells, trace))
    return isinstance(trace, str) and ROLE.search(trace) is not None


def covers(expected: JSON, found: JSON) -> bool:
    """Tell whether a trace has everything that is expected; it may have more.

    A header that is not there, or another one, says nothing: that is what is forged.
    """
    if isinstance(expected, str) and (expected == ANYTHING or _OF_HEADER.match(expected)):
        return True
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        return all(covers(item, found.get(key)) for key, item in expected.items())
    if isinstance(expected, list) and isinstance(found, list):
        left = list(found)
        for item in expected:
            same = next((each for each in left if covers(item, each)), None)
            if same is None:
                return False
            left.remove(same)
        return True
    return bool(expected == found and type(expected) is type(found))


def touches(expected: JSON, found: JSON) -> bool:
    """Tell whether anything was left at a place of the expected trace."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        return any(key in found and touches(item, found[key]) for key, item in expected.items())
    return bool(found != NOTHING)
