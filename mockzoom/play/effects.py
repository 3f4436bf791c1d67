"""What a play leaves behind in a receiver, in a form that can be compared with another play's.

Two plays of a scenario speak of different entities. So what counts is the difference between the
states before and after, with every id and time of the play replaced by its role, and totals by how
much they have grown.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeAlias

from mockzoom.model import JSON
from mockzoom.play.scene import Told
from mockzoom.schema.pointer import leaves

Path: TypeAlias = tuple[str, ...]
ANY = "*"
"""A step of a path that stands for any key, or any item of a list."""
UNCHANGED = "(unchanged)"
GONE = "(gone)"
FULL = "(full)"
"""A list of limited length in which nothing is left from before."""
OF_LISTS = ("added", "gone", "reordered")
"""Steps of an effect that say how a list has changed, and that the state has not."""
_LEAST_PAGE = 5
_SHORTEST_TEXT = 6
_WITHIN_TEXT = 8
_LEAST_NUMBER = 100_000
_LEAST_MS = 10**11
"""Numbers from here on are times in milliseconds (since 1973); ids of meetings are smaller."""
_NO_ENTITY = re.compile(r"^\d{4}-\d\d-\d\d[T ]|^(\d{10}|\d{13})$|://")
"""Times, and URLs, which scenarios may set."""
_RANDOM = re.compile(r"[\w+/-]{16,}={0,2}", re.ASCII)
_CASE = re.compile(r"[a-z](?=[A-Z])|[A-Z](?=[a-z])")
_LEAST_CASES = 4
"""Changes between small and capital letters: of ids of 22 random letters 3 in 1,000 have fewer."""
_NUMBERED = re.compile(r"^<#\d+ ")
ROLE = re.compile(r"<[^<>/]+/[^<>]*>")


class Roles:
    """Names the ids and times of one play by where they were first told.

    `pinned` are values that every play has, so that they tell no play from another. A step may
    begin with the number of its scenario, `#3 `: values that are `unowned`, by their text, are
    named without it.
    """

    def __init__(
        self, told: Iterable[Told], order: Mapping[str, int], pinned: Iterable[JSON] = (),
        unowned: Container[str] = frozenset(),
    ) -> None:  # fmt: skip
        self._pinned = frozenset(map(str, pinned))
        self._labels: dict[JSON, str] = {}
        self._unowned = unowned
        for item in sorted(told, key=lambda item: (order.get(item.step, 0), item.world)):
            world = f" {item.world}" if item.world else ""
            for pointer, value in leaves(item.body):
                if pointer != "/event":
                    self._add(value, f"<{item.step}{world}{pointer}>")
        self._within = _any_of(key for key in self._labels if isinstance(key, str) and _is_id(key))
        self._entities = _any_of(str(key) for key in self._labels if self._is_own(key))

    def _is_own(self, value: JSON) -> bool:
        return _is_entity(value) and str(value) not in self._pinned

    def _add(self, value: JSON, label: str) -> None:
        if str(value) in self._unowned:
            label = _NUMBERED.sub("<", label)
        if isinstance(value, str) and len(value) >= _SHORTEST_TEXT:
            self._labels.setdefault(value, label)
        elif isinstance(value, int) and not isinstance(value, bool) and value >= _LEAST_NUMBER:
            self._labels.setdefault(value, label)
            self._labels.setdefault(str(value), label)
            # Receivers keep times in seconds, too.
            self._labels.setdefault(value // 1000, f"{label}/1000")

    def mentions(self, value: JSON) -> bool:
        """Tell whether `value` speaks of an entity of this play."""
        return self._entities is not None and self._entities.search(text_of(value)) is not None

    def is_foreign(self, value: JSON) -> bool:
        """Tell whether `value` speaks of an entity that is none of this play."""
        return any(
            self._is_own(leaf) and not self.mentions(leaf) for leaf in keys_and_scalars(value)
        )

    def rename(self, value: JSON) -> JSON:
        """Return `value` with ids and times replaced by their roles, in keys as well."""
        if isinstance(value, Mapping):
            return {str(self.rename(key)): self.rename(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.rename(item) for item in value]
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int | float):
            return self._labels.get(value, value)
        if value in self._labels:
            return self._labels[value]
        if self._within is None:
            return value
        return self._within.sub(lambda match: self._labels[match[0]], value)


def _any_of(texts: Iterable[str]) -> re.Pattern[str] | None:
    """Return a pattern of `texts`, the longest first; None where there are none."""
    found = sorted(texts, key=lambda text: (-len(text), text))
    return re.compile("|".join(map(re.escape, found))) if found else None


def _is_entity(value: JSON) -> bool:
    """Tell whether a value that was told is an entity's own: no word, and no time."""
    if isinstance(value, str):
        if not _is_id(value) or _NO_ENTITY.search(value):
            return False
        return any(map(str.isdigit, value)) or _is_random(value)
    return isinstance(value, int) and _LEAST_NUMBER <= value < _LEAST_MS


def names_one(value: JSON) -> bool:
    """Tell whether a value can belong to one scenario alone: an id, an address, a person's name."""
    return _is_entity(value) or (
        isinstance(value, str) and (" " in value or "@" in value) and not _NO_ENTITY.search(value)
    )


def _is_id(text: str) -> bool:
    """Tell whether a text may stand for an entity within a longer one: unlike a word."""
    return len(text) >= _WITHIN_TEXT and (not text.isalpha() or _is_random(text))


def _is_random(text: str) -> bool:
    """Tell whether a text looks like random letters: one in fifty ids in base64 has no digit."""
    return _RANDOM.fullmatch(text) is not None and len(_CASE.findall(text)) >= _LEAST_CASES


def change(before: JSON, after: JSON, roles: Roles | None = None) -> JSON:
    """Return how `after` differs from `before`; `UNCHANGED` where it does not.

    `roles` are those of the play that lies between. Entries of other plays that make room for its
    own, in a list of the newest twenty or a cache, are not counted as gone.
    """
    if before == after and type(before) is type(after):
        return UNCHANGED
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return _object_change(before, after, roles)
    if isinstance(before, list) and isinstance(after, list):
        return _list_change(before, after, roles)
    if _number(before) and _number(after):
        return UNCHANGED if before == after else {"by": after - before}
    return after


def grown(tree: JSON) -> JSON:
    """Return an effect in which objects and lists that began to exist have grown from nothing.

    So it is the same whether the receiver's state was empty before a play, or held counters and
    rows of others. An entity's own entry is new as a whole.
    """
    if not isinstance(tree, Mapping) or tree.keys() == {"by"}:
        return tree
    return {
        key: item if ROLE.search(key) or key in OF_LISTS else _grown(item)
        for key, item in tree.items()
    }


def _grown(item: JSON) -> JSON:
    if _number(item):
        return {"by": item}
    return {"added": item} if isinstance(item, list) and item else grown(item)


def row_by_row(tree: JSON) -> JSON:
    """Return an effect whose lists of rows about entities are in the same order for equal rows.

    In which order such rows came is nobody's fault.
    """
    if isinstance(tree, Mapping):
        return {key: row_by_row(item) for key, item in tree.items()}
    if not isinstance(tree, list):
        return tree
    items = [row_by_row(item) for item in tree]
    if all(isinstance(item, Mapping) and ROLE.search(text_of(item)) for item in items):
        return sorted(items, key=text_of)
    return items


def _object_change(
    before: Mapping[str, JSON], after: Mapping[str, JSON], roles: Roles | None
) -> JSON:
    found: dict[str, JSON] = {}
    new = [{key: after[key]} for key in after if key not in before]
    for key in {**before, **after}:
        if key not in after:
            if not (_is_entity(key) and _makes_room(new, [{key: before[key]}], roles)):
                found[key] = GONE
        elif key not in before:
            # A counter may begin to exist with its first count.
            found[key] = {"by": after[key]} if _number(after[key]) else after[key]
        elif (changed := change(before[key], after[key], roles)) != UNCHANGED:
            found[key] = changed
    return found or UNCHANGED


def _list_change(before: list[Any], after: list[Any], roles: Roles | None) -> JSON:
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
    """Tell whether `mark` stands for any place of an effect."""
    parts = tree.values() if isinstance(tree, Mapping) else tree if isinstance(tree, list) else ()
    return bool(tree == mark) or any(holds(part, mark) for part in parts)


def without(state: JSON, ignored: Iterable[str]) -> JSON:
    """Return `state` without the places that `ignored` names: dotted paths, `*` for any key."""
    for path in ignored:
        state = pruned(state, tuple(path.split(".")))
    return state


def pruned(here: JSON, path: Path) -> JSON:
    """Return `here` without the place at `path`, where `*` stands for any key."""
    first, rest = path[0], path[1:]
    if isinstance(here, Mapping):
        named = {key for key in here if first in (ANY, key)}
        return {
            key: pruned(item, rest) if key in named else item
            for key, item in here.items()
            if rest or key not in named
        }
    if isinstance(here, list):
        return [pruned(item, rest) for item in here] if rest and first == ANY else here
    return here


def of_any(place: Path) -> Path:
    """Return `place` with `*` for each key that names an entity."""
    return tuple(ANY if _is_entity(step) else step for step in place)


def unordered(tree: JSON, paths: Sequence[str], here: Path = ()) -> JSON:
    """Return `tree` with the lists at `paths` sorted."""
    if isinstance(tree, Mapping):
        return {key: unordered(item, paths, _below(here, key)) for key, item in tree.items()}
    if isinstance(tree, list):
        items = [unordered(item, paths, (*here, ANY)) for item in tree]
        return sorted(items, key=text_of) if any(_fits(here, path) for path in paths) else items
    return tree


def sorted_rows(tree: JSON) -> JSON:
    """Return `tree` with its lists of rows sorted: objects that speak of an entity each.

    Which row comes first tells who came first to the receiver, and that is nobody's fault.
    """
    if isinstance(tree, Mapping):
        return {key: sorted_rows(item) for key, item in tree.items()}
    if not isinstance(tree, list):
        return tree
    items = [sorted_rows(item) for item in tree]
    if not all(isinstance(item, Mapping) for item in tree):
        return items
    told = [tuple(ROLE.findall(text_of(item))) for item in tree]
    if not all(told) or len(set(told)) < len(told):
        return items
    return [item for _, item in sorted(zip(told, items, strict=True), key=itemgetter(0))]


def _below(here: Path, key: str) -> Path:
    return here if key in OF_LISTS else (*here, key)


def _fits(here: Path, path: str) -> bool:
    wanted = path.split(".")
    return len(wanted) == len(here) and all(
        ANY in (one, other) or one == other for one, other in zip(wanted, here, strict=True)
    )


def differences(expected: JSON, found: JSON) -> Iterator[str]:
    """Yield what differs, such as `counts.streams: by 2, expected by 1`."""

    def walk(left: JSON, right: JSON, here: Path) -> Iterator[str]:
        if isinstance(left, Mapping) and isinstance(right, Mapping) and "by" not in {*left, *right}:
            for key in {**left, **right}:
                one, two = left.get(key, UNCHANGED), right.get(key, UNCHANGED)
                if one != two:
                    yield from walk(one, two, (*here, key))
        elif left != right:
            about = _of_arrivals(here) if _is_reordered(left, right) else ""
            yield f"{'.'.join(here) or 'state'}: {_shown(right)}, expected {_shown(left)}{about}"

    yield from walk(expected, found, ())


def _is_reordered(one: JSON, other: JSON) -> bool:
    """Tell whether two values that differ are lists of the same items."""
    if not (isinstance(one, list) and isinstance(other, list)):
        return False
    return sorted(map(text_of, one)) == sorted(map(text_of, other))


def _of_arrivals(place: Path) -> str:
    steps = [ANY if ROLE.search(step) else step for step in place if step not in OF_LISTS]
    path = ".".join(steps)
    return f" (the same items: a log of arrivals belongs into --probe-unordered {path or ANY})"


def less(expected: JSON, found: JSON) -> bool:
    """Tell whether something is lacking in `found`: an entry, an item, or a count."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        return any(key not in found or less(item, found[key]) for key, item in expected.items())
    if isinstance(expected, list) and isinstance(found, list):
        return len(found) < len(expected)
    return _number(expected) and _number(found) and bool(found < expected)


def _shown(value: JSON) -> str:
    if isinstance(value, Mapping) and value.keys() == {"by"}:
        return f"{value['by']:+g}"
    text = value if isinstance(value, str) else text_of(value)
    return text if len(text) <= 120 else text[:119] + "…"


def keys_and_scalars(value: JSON) -> Iterator[JSON]:
    """Yield all keys and scalars of a value."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield key
            yield from keys_and_scalars(item)
    elif isinstance(value, list):
        for item in value:
            yield from keys_and_scalars(item)
    else:
        yield value


def _number(value: JSON) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def text_of(value: JSON) -> str:
    """Return a value as JSON that is the same for equal values."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
