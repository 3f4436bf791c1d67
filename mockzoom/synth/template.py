"""A shape wanted often becomes one Python expression: its constants stand in it as they are.

There are two of them, one for the body and one for its JSON text. Only the values that vary are
asked for, and one that stands in several places is asked for once. The bodies are those of the
makers that they are compiled from, in about half the time, and the text is what `encode` prints.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby, islice
from typing import Any, TypeAlias

from mockzoom.synth.encode import quoted, spelled
from mockzoom.synth.makers import Constant, Framed, Instant, Maker, Whole, Within
from mockzoom.synth.node import Node
from mockzoom.synth.world import Drawn, Uuid, World, event_root

Printer: TypeAlias = Callable[[World, int], str]
"""From a world and an event's number to the JSON text of a body."""

_DEEPEST = 30
"""Brackets within brackets: Python's parser gives up far beyond."""
_MOST_LEAVES = 2000


def compiled(node: Node) -> Maker | None:
    """Return the maker of what `node` describes; None where it is too deep or too large."""
    found = _leaves_of(node)
    if found is None:
        return None
    lines, calls, space = _start(found, _call)
    make: Maker = _function([*lines, f" return {_expression(node, calls)}"], space)
    return make


def printed(node: Node) -> Printer | None:
    """Return what gives the JSON text of what `compiled` makes, without making it first.

    What is constant in it was spelled when this was compiled, by the same rules (`encode`).
    """
    found = _leaves_of(node)
    if found is None:
        return None
    lines, calls, space = _start(found, _spelling)
    around = {maker: _around(maker) for maker in calls}
    parts = list(_merged(_parts(node, calls, around)))
    # Python compiles `%` of a text and a tuple, without any more conversions, as an f-string.
    text = "".join("%s" if isinstance(part, tuple) else part.replace("%", "%%") for part in parts)
    values = "".join(f"{part[0]}, " for part in parts if isinstance(part, tuple))
    make: Printer = _function([*lines, f" return {text!r} % ({values})"], space)
    return make


def _leaves_of(node: Node) -> list[Maker] | None:
    leaves = list(islice(_leaves(node, _DEEPEST), _MOST_LEAVES + 1))
    found = [maker for maker in leaves if maker is not None]
    return found if len(found) == len(leaves) <= _MOST_LEAVES else None


def _start(
    leaves: Iterable[Maker], call: Callable[[Maker, str], str]
) -> tuple[list[str], dict[Maker, str], dict[str, Any]]:
    """Return the first lines, the expression of each maker that is called, and their names."""
    makers = Counter(maker for maker in leaves if not _is_literal(maker))
    names = {maker: f"m{number}" for number, maker in enumerate(makers)}
    calls = {maker: call(maker, name) for maker, name in names.items()}
    lines = ["def make(w, n):", " world = w.root"]
    if any("event *" in call for call in calls.values()):
        lines.append(" event = event_root(w, n)")
    for maker, count in makers.items():
        if count > 1 and not isinstance(maker, Constant):  # containers are copied each time
            lines.append(f" v{names[maker]} = {calls[maker]}")
            calls[maker] = f"v{names[maker]}"
    space: dict[str, Any] = {"event_root": event_root, "quoted": quoted, "spelled": spelled}
    for maker, name in names.items():
        space[name] = _named(maker)
        if isinstance(maker, Within):
            space |= {f"{name}a": _named(maker.first), f"{name}z": maker.second}
            space |= {f"{name}low": maker.low, f"{name}high": maker.high}
    return lines, calls, space


def _named(maker: Maker) -> Callable[..., Any]:
    """Return what the expression for `maker` calls."""
    if isinstance(maker, Uuid):
        return maker.draw
    drawn = maker.inner if isinstance(maker, Framed) else maker
    return drawn.dress if isinstance(drawn, Drawn) else maker


def _function(lines: list[str], space: dict[str, Any]) -> Any:
    exec(compile("\n".join(lines), "<shape>", "exec"), space)
    return space["make"]


def _leaves(node: Node, depth: int) -> Iterator[Maker | None]:
    """Yield the makers of the leaves; None for what is too deep."""
    if depth < 0:
        yield None
    elif node.make is not None:
        yield node.make
    else:
        for child in node.children():
            yield from _leaves(child, depth - 1)


def _is_literal(maker: Maker) -> bool:
    """Tell whether `maker` gives a constant that Python reads back from its own spelling."""
    if not isinstance(maker, Constant):
        return False
    value = maker.value
    kind = value.__class__
    return value is None or kind in (str, bool) or (kind is int and abs(value) < 2**64)


def _call(maker: Maker, name: str) -> str:
    """Return the expression for `maker`, whose calls of others are spared where it is known."""
    if isinstance(maker, Instant):
        return "w.at_ms"
    if isinstance(maker, Drawn):
        return f"{name}({'event' if maker.is_fresh else 'world'} * {maker.salt})"
    if isinstance(maker, Uuid):
        return f"{name}(w)"
    if isinstance(maker, Framed) and isinstance(maker.inner, Drawn):
        before, after = maker.before.replace("{", "{{"), maker.after.replace("{", "{{")
        text = before.replace("}", "}}") + "{" + _call(maker.inner, name) + "}"
        return f"f{text + after.replace('}', '}}')!r}"
    if isinstance(maker, Whole):
        return (
            f"{maker.low} + ((n * {maker.odd} & 0xFFFFFFFF) * {maker.count} >> 32) * {maker.step}"
        )
    if isinstance(maker, Within):
        return _within(maker, name, f"{name}z(w, n)")
    return f"{name}(w, n)"


def _within(maker: Within, name: str, other: str) -> str:
    first = _call(maker.first, f"{name}a")
    return f"(x{name} if {name}low <= (x{name} := {first}) <= {name}high else {other})"


def _spelling(maker: Maker, name: str) -> str:
    """Return the expression for what `maker` gives as JSON text, but for what stands around it."""
    if isinstance(maker, (Instant, Whole)) or _is_plain(maker):
        return _call(maker.inner if isinstance(maker, Framed) else maker, name)
    if isinstance(maker, Within) and isinstance(maker.first, (Instant, Drawn, Whole)):
        return _within(maker, name, f"spelled({name}z(w, n))")
    return f"spelled({_call(maker, name)})"


def _around(maker: Maker) -> tuple[str, str]:
    """Return the constant JSON text before and after what `_spelling` gives."""
    if isinstance(maker, Framed) and _is_plain(maker):
        return quoted(maker.before)[:-1], quoted(maker.after)[1:]
    is_text = _is_plain(maker) and not (isinstance(maker, Drawn) and maker.is_number)
    return ('"', '"') if is_text else ("", "")


def _is_plain(maker: Maker) -> bool:
    """Tell whether `maker` gives ids, which have no character that JSON escapes, or numbers."""
    inner = maker.inner if isinstance(maker, Framed) else maker
    return isinstance(inner, Drawn) or isinstance(maker, Uuid)


def _expression(node: Node, calls: Mapping[Maker, str]) -> str:
    if node.fields is not None:
        pairs = (f"{str(key)!r}: {_expression(child, calls)}" for key, child in node.fields.items())
        return "{" + ", ".join(pairs) + "}"
    if node.items is not None:
        return "[" + ", ".join(_expression(child, calls) for child in node.items) + "]"
    make = node.make
    assert make is not None
    return calls[make] if make in calls else repr(getattr(make, "value", None))


def _parts(
    node: Node, calls: Mapping[Maker, str], around: Mapping[Maker, tuple[str, str]]
) -> Iterator[str | tuple[str]]:
    """Yield the JSON text of `node` in parts: texts that are constant, expressions in a tuple."""
    if node.fields is not None:
        before = "{"
        for key, child in node.fields.items():
            yield f"{before}{quoted(str(key))}:"
            yield from _parts(child, calls, around)
            before = ","
        yield "}" if node.fields else "{}"
    elif node.items is not None:
        before = "["
        for child in node.items:
            yield before
            yield from _parts(child, calls, around)
            before = ","
        yield "]" if node.items else "[]"
    elif isinstance(node.make, Constant):
        yield spelled(node.make.value)
    else:
        assert node.make is not None
        before, after = around[node.make]
        yield before
        yield (calls[node.make],)
        yield after


def _merged(parts: Iterable[str | tuple[str]]) -> Iterator[str | tuple[str]]:
    """Yield `parts` with neighbouring constant texts in one."""
    for is_text, run in groupby(parts, key=lambda part: isinstance(part, str)):
        if is_text:
            yield "".join(map(str, run))
        else:
            yield from run
