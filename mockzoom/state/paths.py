"""Paths of places in a snapshot or a state diff, and snapshots without some places."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from mockzoom.model import JSON

Path: TypeAlias = tuple[str, ...]
ANY = "*"
"""A step of a path that stands for any key, or any item of a list."""


def without(snapshot: JSON, ignored: Iterable[str]) -> JSON:
    """Return `snapshot` without the places that `ignored` names: dotted paths, `*` for any key."""
    return pruned(snapshot, (tuple(path.split(".")) for path in ignored))


def pruned(here: JSON, places: Iterable[Path]) -> JSON:
    """Return `here` without the `places`, where `*` stands for any key."""
    for place in places:
        here = _without_one(here, place)
    return here


def _without_one(here: JSON, path: Path) -> JSON:
    first, rest = path[0], path[1:]
    if isinstance(here, Mapping):
        named = {key for key in here if first in (ANY, key)}
        return {
            key: _without_one(item, rest) if key in named else item
            for key, item in here.items()
            if rest or key not in named
        }
    if isinstance(here, list):
        return [_without_one(item, rest) for item in here] if rest and first == ANY else here
    return here


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


def text_of(value: JSON) -> str:
    """Return a value as JSON that is the same for equal values."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
