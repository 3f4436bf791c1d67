"""Flattens a shape that is wanted often, so that its bodies and their text are made faster.

The values that vary are listed, each once however often it stands in the shape. A body is built
from that list from the inside out, and its JSON text is the constant text between the values,
filled in. The bodies are those of the makers, and the text is what `encode` prints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeAlias

from mockzoom.model import JSON
from mockzoom.schema.makers import Constant, Maker, Whole, Within
from mockzoom.schema.shape import Node
from mockzoom.synth.draws import CountedOut, Drawn, Uuid
from mockzoom.synth.makers import Framed, Instant
from mockzoom.synth.world import World, event_root
from mockzoom.zoom.encoding import quoted, spelled

Printer: TypeAlias = Callable[[World, int], str]
"""From a world and an event's number to the JSON text of a body."""

_Fill: TypeAlias = Callable[[World, int], list[JSON]]
"""From a world and an event's number to the values that vary in a shape."""

_Pick: TypeAlias = Callable[[Sequence[JSON]], tuple[JSON, ...]]
_Build: TypeAlias = Callable[[Sequence[JSON]], JSON]
"""From those values to one container of a body."""


def flattened(node: Node) -> Maker:
    """Return the maker of what `node` describes."""
    opened = _opened(node)
    makers = [maker for maker in _leaves(opened) if not isinstance(maker, Constant)]
    fill, places = _filler(makers, None)
    if opened.make is not None:
        alone = opened.make
        return alone if isinstance(alone, Constant) else lambda w, n: fill(w, n)[places[alone]]
    builders: list[_Build] = []
    _add_builders(opened, places, builders, start=len(places))

    def make(w: World, n: int) -> JSON:
        found = fill(w, n)
        for build in builders:
            found.append(build(found))
        return found[-1]

    return make


def printed(node: Node) -> Printer:
    """Return what gives the JSON text of what `flattened` makes, without making it first.

    What is constant in it was spelled when this was flattened, by the same rules (`encode`).
    """
    parts = list(_parts(node))
    makers = [_without_frame(part) for part in parts if not isinstance(part, str)]
    fill, places = _filler(makers, spelled)
    text = "".join(part.replace("%", "%%") if isinstance(part, str) else "%s" for part in parts)
    pick = _picker([places[maker] for maker in makers])
    return lambda w, n: text % pick(fill(w, n))


# -- values that vary ----------------------------------------------------------------------------


def _filler(
    makers: Iterable[Maker], spell: Callable[[JSON], str] | None
) -> tuple[_Fill, dict[Maker, int]]:
    """Return what makes the values of `makers`, and the place of each of them in the list.

    `spell` is applied to those that are not known to be ids or integers.
    """
    places = {maker: place for place, maker in enumerate(dict.fromkeys(makers))}
    calls = [_call(maker, spell) for maker in places]
    return lambda w, n: [call(w, n) for call in calls], places


def _call(maker: Maker, spell: Callable[[JSON], str] | None) -> Maker:
    """Return a function that gives what `maker` gives, spelled; calls of others are spared."""
    if isinstance(maker, Instant):
        return lambda w, n: w.at_ms
    if isinstance(maker, Drawn):
        dress, salt = maker.dress, maker.salt
        if maker.is_fresh:
            return lambda w, n: dress(event_root(w, n) * salt)
        return lambda w, n: dress(w.root * salt)
    if isinstance(maker, (Uuid, CountedOut)):
        draw = maker.draw
        return lambda w, n: draw(w)
    if isinstance(maker, Whole):
        low, odd, count, step = maker.low, maker.odd, maker.count, maker.step
        return lambda w, n: low + ((n * odd & 0xFFFFFFFF) * count >> 32) * step
    if isinstance(maker, Within) and isinstance(maker.first, (Instant, Drawn, Whole)):
        return _bounded(maker, _call(maker.first, None), _spelled(maker.second, spell))
    return _spelled(maker, spell)


def _spelled(maker: Maker, spell: Callable[[JSON], str] | None) -> Maker:
    return maker if spell is None else lambda w, n: spell(maker(w, n))


def _bounded(maker: Within, first: Maker, second: Maker) -> Maker:
    low, high = maker.low, maker.high

    def make(w: World, n: int) -> JSON:
        value = first(w, n)
        return value if low <= value <= high else second(w, n)

    return make


def _picker(places: Sequence[int]) -> _Pick:
    """Return what takes the values at `places` from a list."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda values: tuple(values[place] for place in places)


# -- bodies --------------------------------------------------------------------------------------


def _opened(node: Node) -> Node:
    """Return `node` with nodes for what is in its constants: no two bodies share a container."""
    if node.fields is not None:
        return Node(fields={key: _opened(child) for key, child in node.fields.items()})
    if node.items is not None:
        return Node(items=[_opened(child) for child in node.items])
    value = node.make.value if isinstance(node.make, Constant) else None
    if isinstance(value, dict):
        return Node(fields={key: _opened(Node(make=Constant(it))) for key, it in value.items()})
    if isinstance(value, list):
        return Node(items=[_opened(Node(make=Constant(it))) for it in value])
    return node


def _leaves(node: Node) -> Iterator[Maker]:
    if node.make is not None:
        yield node.make
    for child in node.children():
        yield from _leaves(child)


def _add_builders(
    node: Node, places: Mapping[Maker, int], builders: list[_Build], start: int
) -> int:
    """Add what builds the containers of `node`, the inner ones first; return where it is found.

    What they build is appended to the list of values, from the place `start` on.
    """
    is_object = node.fields is not None
    children = node.fields.items() if node.fields is not None else enumerate(node.items or ())
    constants: dict[Any, JSON] = {}
    varying: dict[Any, int] = {}
    for key, child in children:
        constants[key] = None
        if isinstance(child.make, Constant):
            constants[key] = child.make.value
        elif child.make is not None:
            varying[key] = places[child.make]
        else:
            varying[key] = _add_builders(child, places, builders, start)
    keys, pick = tuple(varying), _picker(tuple(varying.values()))
    builders.append(
        _object(constants, keys, pick)
        if is_object
        else _array(list(constants.values()), keys, pick)
    )
    return start + len(builders) - 1


def _object(constants: dict[str, JSON], keys: tuple[str, ...], pick: _Pick) -> _Build:
    def build(values: Sequence[JSON]) -> JSON:
        made = constants.copy()
        made.update(zip(keys, pick(values), strict=True))
        return made

    return build


def _array(constants: list[JSON], keys: tuple[int, ...], pick: _Pick) -> _Build:
    def build(values: Sequence[JSON]) -> JSON:
        made = constants.copy()
        for key, value in zip(keys, pick(values), strict=True):
            made[key] = value
        return made

    return build


# -- text ----------------------------------------------------------------------------------------


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
        before, after = _around(node.make)
        yield before
        yield node.make
        yield after


def _without_frame(maker: Maker) -> Maker:
    """Return the maker of what stands between the constant texts of `_around`."""
    return maker.inner if isinstance(maker, Framed) and _is_plain(maker) else maker


def _around(maker: Maker) -> tuple[str, str]:
    """Return the constant JSON text before and after what `maker` gives."""
    if isinstance(maker, Framed) and _is_plain(maker):
        return quoted(maker.before)[:-1], quoted(maker.after)[1:]
    is_number = isinstance(maker, (Drawn, CountedOut)) and maker.is_number
    is_text = _is_plain(maker) and not is_number
    return ('"', '"') if is_text else ("", "")


def _is_plain(maker: Maker) -> bool:
    """Tell whether `maker` gives ids, which have no character that JSON escapes, or numbers."""
    inner = maker.inner if isinstance(maker, Framed) else maker
    return isinstance(inner, (Drawn, CountedOut)) or isinstance(maker, Uuid)
