"""The state diff: how a snapshot differs from an earlier one.

It has the shape of the state. A total is `{"by": 2}`, a list says what was `added` and what is
`gone`, an entry that was removed is `GONE`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from mockzoom.model import JSON
from mockzoom.state.paths import text_of
from mockzoom.state.roles import ROLE, Roles, is_entity

UNCHANGED = "(unchanged)"
GONE = "(gone)"
FULL = "(full)"
"""A list of limited length in which nothing is left from before."""
OF_LISTS = ("added", "gone", "reordered")
"""Steps of a state diff that say how a list has changed, and that the state has not."""
_LEAST_PAGE = 5


def state_diff(before: JSON, after: JSON, roles: Roles | None = None) -> JSON:
    """Return how `after` differs from `before`; `UNCHANGED` where it does not.

    `roles` are those of the play that lies between. Entries of other plays that make room for its
    own, in a list of the newest twenty or a cache, are not counted as gone.
    """
    if before == after and type(before) is type(after):
        return UNCHANGED
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return _of_objects(before, after, roles)
    if isinstance(before, list) and isinstance(after, list):
        return _of_lists(before, after, roles)
    if is_number(before) and is_number(after):
        return UNCHANGED if before == after else {"by": after - before}
    return after


def grown(tree: JSON) -> JSON:
    """Return a state diff in which objects and lists that began to exist have grown from nothing.

    So it is the same whether the state was empty before a play, or had counters and rows of others.
    An entity's own entry is new as a whole.
    """
    if not isinstance(tree, Mapping) or tree.keys() == {"by"}:
        return tree
    return {
        key: item if ROLE.search(key) or key in OF_LISTS else _grown(item)
        for key, item in tree.items()
    }


def _grown(item: JSON) -> JSON:
    if is_number(item):
        return {"by": item}
    return {"added": item} if isinstance(item, list) and item else grown(item)


def _of_objects(before: Mapping[str, JSON], after: Mapping[str, JSON], roles: Roles | None) -> JSON:
    if roles is not None and _are_numbered_rows(before, after, roles):
        return _of_lists([*before.values()], [*after.values()], roles)
    found: dict[str, JSON] = {}
    new = [{key: after[key]} for key in after if key not in before]
    for key in {**before, **after}:
        if key not in after:
            if not (is_entity(key) and _makes_room(new, [{key: before[key]}], roles)):
                found[key] = GONE
        elif key not in before:
            # A counter may begin to exist with its first count.
            found[key] = {"by": after[key]} if is_number(after[key]) else after[key]
        elif (changed := state_diff(before[key], after[key], roles)) != UNCHANGED:
            found[key] = changed
    return found or UNCHANGED


def _are_numbered_rows(before: Mapping[str, JSON], after: Mapping[str, JSON], roles: Roles) -> bool:
    """Tell whether an object numbers rows, such as by rank: a row's number says nothing of it."""
    return (
        len(before) < len(after)
        and _is_numbered(after)
        and (not before or _is_numbered(before))
        and all(isinstance(row, Mapping) for row in after.values())
        and all(roles.mentions(row) or roles.is_foreign(row) for row in after.values())
    )


def _is_numbered(rows: Mapping[str, JSON]) -> bool:
    """Tell whether the keys of an object are the numbers from 0, or from 1, without a gap."""
    first = 0 if "0" in rows else 1
    return rows.keys() == {str(first + number) for number in range(len(rows))}


def _of_lists(before: list[Any], after: list[Any], roles: Roles | None) -> JSON:
    old, new = Counter(map(text_of, before)), Counter(map(text_of, after))
    added, gone = _excess(after, new - old), _excess(before, old - new)
    if not added and not gone:
        return {"reordered": after}
    if _makes_room(added, gone, roles):
        if len(added) == len(after) >= _LEAST_PAGE:
            return FULL  # which of the play's own entries are left depends on what came last
        gone = []
    return {name: items for name, items in (("added", added), ("gone", gone)) if items}


def _makes_room(added: Sequence[JSON], gone: Sequence[JSON], roles: Roles | None) -> bool:
    """Tell whether what is gone was of others, and what was added is the play's own."""
    return (
        roles is not None
        and bool(added and gone)
        and all(map(roles.mentions, added))
        and all(map(roles.is_foreign, gone))
    )


def _excess(items: Sequence[JSON], wanted: Counter[str]) -> list[JSON]:
    """Return the last of equal items first in excess, in their order."""
    left, found = Counter(wanted), []
    for item in reversed(items):
        text = text_of(item)
        if left[text] > 0:
            left[text] -= 1
            found.append(item)
    return found[::-1]


def holds(tree: JSON, mark: str) -> bool:
    """Tell whether `mark` is at any place of a state diff."""
    parts = tree.values() if isinstance(tree, Mapping) else tree if isinstance(tree, list) else ()
    return bool(tree == mark) or any(holds(part, mark) for part in parts)


def has_less(expected: JSON, found: JSON) -> bool:
    """Tell whether `found` is missing an entry or an item, or has a smaller count."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        return any(key not in found or has_less(item, found[key]) for key, item in expected.items())
    if isinstance(expected, list) and isinstance(found, list):
        return len(found) < len(expected)
    return is_number(expected) and is_number(found) and bool(found < expected)


def is_number(value: JSON) -> bool:
    """Tell whether a value is a number, and no flag."""
    return isinstance(value, int | float) and not isinstance(value, bool)
