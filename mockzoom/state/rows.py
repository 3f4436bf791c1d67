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


def row_by_row(tree: JSON) -> JSON:
    """Return `tree` with all its lists of rows in the same order for equal rows.

    A list of objects is a table of rows if any of them mentions an entity, or has what differs
    between equal plays and is masked: a key or a time of its own, as a log of arrivals has.
    """
    if isinstance(tree, Mapping):
        return {key: row_by_row(item) for key, item in tree.items()}
    if not isinstance(tree, list):
        return tree
    items = [row_by_row(item) for item in tree]
    if not items or not all(isinstance(item, Mapping) for item in items):
        return items
    text = text_of(items)
    return sorted(items, key=text_of) if ROLE.search(text) or MASK in text else items


def _below(here: Path, key: str) -> Path:
    return here if key in OF_LISTS else (*here, key)


def _fits(here: Path, path: str) -> bool:
    wanted = path.split(".")
    return len(wanted) == len(here) and all(
        ANY in (one, other) or one == other for one, other in zip(wanted, here, strict=True)
    )
