"""Derives the other documented readings of an event from what its document contradicts itself in.

Two kinds: an example's scalar of another type than the schema's, and a described value that the
enum leaves out. Never for the event's name, never another structure, and never where an erratum
speaks of the same place: errata come first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mockzoom.catalog.judge import Contradiction
from mockzoom.catalog.nodes import IN_PLACE, Node, children
from mockzoom.catalog.validation import escaped
from mockzoom.catalog.values import same
from mockzoom.model import JSON, Variant

_SCALARS = frozenset({"string", "integer", "number", "boolean"})


def omissions(root: Node, omitted: dict[str, tuple[JSON, ...]]) -> tuple[Variant, ...]:
    """Return the described values that enums leave out, as variants at their places in the body.

    `omitted` has the values by the place of the schema in the document.
    """
    return tuple(_omissions(root, "", omitted)) if omitted else ()


def _omissions(node: Node, pointer: str, omitted: dict[str, tuple[JSON, ...]]) -> Iterator[Variant]:
    for value in omitted.get(f"{node.file}#{node.pointer}", ()):
        yield Variant(pointer, value, "described beside the enum, which leaves it out")
    for keyword, key, child in children(node):
        if keyword == "properties":
            yield from _omissions(child, f"{pointer}/{escaped(str(key))}", omitted)
        elif keyword == "items":
            yield from _omissions(child, f"{pointer}/0", omitted)
        elif keyword in IN_PLACE and keyword not in ("not", "if"):
            yield from _omissions(child, pointer, omitted)


def of_examples(contradictions: Iterable[Contradiction]) -> Iterator[Variant]:
    """Yield the scalars of examples that have another type than the schema asks for."""
    for found in contradictions:
        scalar = isinstance(found.value, str | int | float)
        if found.keyword == "type" and scalar and found.types and set(found.types) <= _SCALARS:
            types = " or ".join(found.types)
            yield Variant(
                found.pointer, found.value, f"the example has it; the schema says {types}"
            )


def together(errata: Iterable[Variant], derived: Iterable[Variant]) -> tuple[Variant, ...]:
    """Return errata and what was derived, without what says the same or is of the event's name."""
    kept: list[Variant] = []
    for variant in errata:
        if not any(_alike(variant, other) for other in kept):
            kept.append(variant)
    settled = {variant.pointer for variant in kept} | {"/event"}
    for variant in derived:
        if variant.pointer not in settled and not any(_alike(variant, other) for other in kept):
            kept.append(variant)
    return tuple(kept)


def _alike(one: Variant, other: Variant) -> bool:
    return one.pointer == other.pointer and same(one.value, other.value)
