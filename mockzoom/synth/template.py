"""Prints a shape that is wanted often as JSON text, without making its body first.

The text is the constant text between the values that vary, filled in; each of these is made once,
however often it stands in the shape. The text is what `encode` prints of the body.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import TypeAlias

from mockzoom.schema.makers import Constant, Maker, Whole
from mockzoom.schema.shape import Node
from mockzoom.synth.entity_set import EntitySet
from mockzoom.synth.entity_values import Entity
from mockzoom.synth.makers import Framed, MomentNumber, Within
from mockzoom.zoom.encoding import quoted, spelled

Printer: TypeAlias = Callable[[EntitySet, int], str]
"""From an entity set and an event's number to the JSON text of a body."""


def printed(node: Node) -> Printer:
    """Return what gives the JSON text of what `node` describes.

    What is constant in it is spelled now, by the same rules (`encode`).
    """
    parts = list(_parts(node))
    varying = [part for part in parts if not isinstance(part, str)]
    places = {maker: place for place, maker in enumerate(dict.fromkeys(varying))}
    calls = [_spelled(maker) for maker in places]
    text = "".join(part.replace("%", "%%") if isinstance(part, str) else "%s" for part in parts)
    if len(varying) < 2:
        return lambda w, n: text % tuple(call(w, n) for call in calls)
    pick = itemgetter(*(places[maker] for maker in varying))
    return lambda w, n: text % pick([call(w, n) for call in calls])


def _spelled(maker: Maker) -> Maker:
    """Return what gives a value of `maker` as it is to be printed, where nothing is pinned."""
    if isinstance(maker, Entity) and maker.is_id:
        return maker.draw
    return maker if _is_integer(maker) else lambda w, n: spelled(maker(w, n))


def _is_integer(maker: Maker) -> bool:
    """Return whether `maker` is known to give integers only."""
    if isinstance(maker, Within):
        return _is_integer(maker.first) and _is_integer(maker.second)
    is_number = isinstance(maker, Entity) and maker.is_id == "number"
    return is_number or isinstance(maker, (Whole, MomentNumber))


def _parts(node: Node) -> Iterator[str | Maker]:
    """Yield the JSON text of `node` in parts: texts that are constant, and makers of the rest."""
    if node.fields is not None:
        before = "{"
        for key, child in node.fields.items():
            yield f"{before}{quoted(str(key))}:"
            yield from _parts(child)
            before = ","
        yield "}" if node.fields else "{}"
    elif node.items is not None:
        before = "["
        for child in node.items:
            yield before
            yield from _parts(child)
            before = ","
        yield "]" if node.items else "[]"
    elif isinstance(node.make, Constant):
        yield spelled(node.make.value)
    else:
        assert node.make is not None
        yield from _leaf(node.make)


def _leaf(maker: Maker) -> Iterator[str | Maker]:
    """Yield what `maker` gives, between the constant text around it."""
    before = after = ""
    inner = maker
    if isinstance(maker, Framed) and isinstance(maker.inner, Entity) and maker.inner.is_id:
        before, inner, after = quoted(maker.before)[:-1], maker.inner, quoted(maker.after)[1:]
    elif isinstance(maker, Entity) and maker.is_id == "text":
        before = after = '"'
    yield before
    yield inner
    yield after
