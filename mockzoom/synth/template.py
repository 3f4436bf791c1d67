"""A shape wanted often becomes one Python expression: its constants stand in it as they are.

Only the values that vary are asked for, and one that stands in several places is asked for once. It
makes the same bodies as the makers that it is compiled from, in about half the time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from mockzoom.synth.makers import Constant, Framed, Maker, Whole
from mockzoom.synth.node import Node
from mockzoom.synth.world import Drawn, event_root

_DEEPEST = 30
"""Brackets within brackets: Python's parser gives up far beyond."""
_MOST_LEAVES = 2000


def compiled(node: Node) -> Maker | None:
    """Return the maker of what `node` describes; None where it is too deep or too large."""
    leaves = list(islice(_leaves(node, _DEEPEST), _MOST_LEAVES + 1))
    if None in leaves or len(leaves) > _MOST_LEAVES:
        return None
    makers = Counter(maker for maker in leaves if maker is not None and not _is_literal(maker))
    names = {maker: f"m{number}" for number, maker in enumerate(makers)}
    calls = {maker: _call(maker, name) for maker, name in names.items()}
    lines = ["def make(w, n):", " world = w.root"]
    if any("event *" in call for call in calls.values()):
        lines.append(" event = event_root(w, n)")
    for maker, count in makers.items():
        if count > 1 and not isinstance(maker, Constant):  # containers are copied each time
            lines.append(f" v{names[maker]} = {calls[maker]}")
            calls[maker] = f"v{names[maker]}"
    lines.append(f" return {_expression(node, calls)}")
    space: dict[str, Any] = {"event_root": event_root}
    for maker, name in names.items():
        drawn = maker.inner if isinstance(maker, Framed) else maker
        space[name] = drawn.dress if isinstance(drawn, Drawn) else maker
    exec(compile("\n".join(lines), "<shape>", "exec"), space)
    make: Maker = space["make"]
    return make


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
    if isinstance(maker, Drawn):
        return f"{name}({'event' if maker.is_fresh else 'world'} * {maker.salt})"
    if isinstance(maker, Framed) and isinstance(maker.inner, Drawn):
        before, after = maker.before.replace("{", "{{"), maker.after.replace("{", "{{")
        text = before.replace("}", "}}") + "{" + _call(maker.inner, name) + "}"
        return f"f{text + after.replace('}', '}}')!r}"
    if isinstance(maker, Whole):
        return (
            f"{maker.low} + ((n * {maker.odd} & 0xFFFFFFFF) * {maker.count} >> 32) * {maker.step}"
        )
    return f"{name}(w, n)"


def _expression(node: Node, calls: Mapping[Maker, str]) -> str:
    if node.fields is not None:
        pairs = (f"{str(key)!r}: {_expression(child, calls)}" for key, child in node.fields.items())
        return "{" + ", ".join(pairs) + "}"
    if node.items is not None:
        return "[" + ", ".join(_expression(child, calls) for child in node.items) + "]"
    make = node.make
    assert make is not None
    return calls[make] if make in calls else repr(getattr(make, "value", None))
