"""Events about a change: the old values of members are there where these have changed.

An event such as `user.updated` has an `object` and an `old_object`: the same id, and the members
that were changed, with their new and their old values (Zoom's examples have no others). Values are
chosen so that they differ; what cannot differ, since its schema allows one value, is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mockzoom.schema.makers import Constant
from mockzoom.schema.pointer import split
from mockzoom.schema.shape import Node
from mockzoom.zoom.field_values import CHANGED, UNCHANGED

_NEW, _OLD = CHANGED.rpartition("/")[2], UNCHANGED.rpartition("/")[2]


def leave_unchanged_out(fields: Mapping[str, Node]) -> None:
    """Leave optional members of the same constant value out of the object and the old one."""
    if _NEW in fields and _OLD in fields:
        _prune(fields[_NEW], fields[_OLD])


def _prune(new: Node, old: Node) -> None:
    if new.fields is None or old.fields is None:
        return
    optional = set(_kept(old))
    for name in list(old.fields):
        here, there = old.fields[name], new.fields.get(name)
        if there is None:
            continue
        _prune(there, here)
        if name in optional and _is_same(here, there) and len(old.fields) > 1:
            _drop(old, name)
            if name in _kept(new) and len(new.fields) > 1:
                _drop(new, name)


def _kept(node: Node) -> Iterator[str]:
    """Yield the names of the optional members that are there."""
    for path, option in node.choices:
        if path.endswith("?") and option == 0:
            yield split(path[:-1])[-1]


def _drop(node: Node, name: str) -> None:
    assert node.fields is not None
    del node.fields[name]
    node.choices[:] = [
        (path, 1 if path.endswith("?") and split(path[:-1])[-1] == name else option)
        for path, option in node.choices
    ]


def _is_same(one: Node, other: Node) -> bool:
    """Return whether two nodes make the same in every entity set."""
    if isinstance(one.make, Constant) and isinstance(other.make, Constant):
        return type(one.make.value) is type(other.make.value) and (
            one.make.value == other.make.value
        )
    inner = getattr(one.make, "inner", None)
    if isinstance(inner, Constant) and isinstance(other.make, Constant):
        return bool(inner.value == other.make.value)
    if one.fields is not None and other.fields is not None:
        return one.fields.keys() == other.fields.keys() and all(
            _is_same(child, other.fields[name]) for name, child in one.fields.items()
        )
    if one.items is not None and other.items is not None:
        return len(one.items) == len(other.items) and all(map(_is_same, one.items, other.items))
    return False
