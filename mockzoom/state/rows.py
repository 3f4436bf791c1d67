"""Lists in a state diff, in an order that does not depend on who came first."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from operator import itemgetter

from mockzoom.model import JSON
from mockzoom.state.nondeterminism import MASK
from mockzoom.state.paths import ANY, Path, text_of
from mockzoom.state.roles import ROLE
from mockzoom.state.state_diff import OF_LISTS

_VARYING = re.compile(r"[0-9a-fA-F-]{8,}|[\d.:]+")
"""Numbers, times and random ids in the text of an item."""


def unordered(tree: JSON, paths: Sequence[str], here: Path = ()) -> JSON:
    """Return `tree` with the lists at `paths` sorted."""
    if isinstance(tree, Mapping):
        return {key: unordered(item, paths, _below(here, key)) for key, item in tree.items()}
    if isinstance(tree, list):
        items = [unordered(item, paths, (*here, ANY)) for item in tree]
        return sorted(items, key=_rank) if any(_fits(here, path) for path in paths) else items
    return tree


def _rank(item: JSON) -> tuple[list[str], str, str]:
    """Return what decides where an item of an unordered list comes.

    First the entities, then the words: random ids and times would shuffle equal rows.
    """
    text = text_of(item)
    return ROLE.findall(text), _VARYING.sub("", text), text


def sorted_rows(tree: JSON) -> JSON:
    """Return `tree` with its lists of rows sorted by the entities that the rows mention.

    A row is an object that mentions an entity. Which row comes first depends on which event came
    first, and that is no defect. Rows that mention the same entities keep their order.
    """
    if isinstance(tree, Mapping):
        return {key: sorted_rows(item) for key, item in tree.items()}
    if not isinstance(tree, list):
        return tree
    items = [sorted_rows(item) for item in tree]
    if not all(isinstance(item, Mapping) for item in tree):
        return items
    roles = [tuple(ROLE.findall(text_of(item))) for item in tree]
    if not all(roles) or len(set(roles)) < len(roles):
        return items
    return [item for _, item in sorted(zip(roles, items, strict=True), key=itemgetter(0))]


def row_by_row(tree: JSON, *, is_owned: bool = False) -> JSON:
    """Return `tree` with all its lists of rows in the same order for equal rows.

    A list of objects is a table of rows if any of them mentions an entity, or has what differs
    between equal plays and is masked: a key or a time of its own, as a log of arrivals has. A list
    that is of no entity, such as a log of everybody's events, is one as well. In what an entity
    has (`is_owned`), the order of other lists may tell what came last.
    """
    if isinstance(tree, Mapping):
        return {
            key: row_by_row(item, is_owned=is_owned or _is_of_entity(key, item))
            for key, item in tree.items()
        }
    if not isinstance(tree, list):
        return tree
    items = [row_by_row(item, is_owned=is_owned or _mentions_any(item)) for item in tree]
    if is_owned and not all(isinstance(item, Mapping) for item in items):
        return items
    text = text_of(items)
    is_table = not is_owned or ROLE.search(text) is not None or MASK in text
    return sorted(items, key=text_of) if is_table else items


def _is_of_entity(key: str, item: JSON) -> bool:
    """Tell whether an entry of an object is an entity's: by its key, or by a field of its own."""
    fields = item.values() if isinstance(item, Mapping) else ()
    return bool(ROLE.search(key)) or any(isinstance(it, str) and ROLE.search(it) for it in fields)


def _mentions_any(item: JSON) -> bool:
    return ROLE.search(text_of(item)) is not None


def _below(here: Path, key: str) -> Path:
    return here if key in OF_LISTS else (*here, key)


def _fits(here: Path, path: str) -> bool:
    wanted = path.split(".")
    return len(wanted) == len(here) and all(
        ANY in (one, other) or one == other for one, other in zip(wanted, here, strict=True)
    )
