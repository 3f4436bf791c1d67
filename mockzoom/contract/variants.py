"""Derives the other documented readings of an event from what its document contradicts itself in.

Two kinds: an example's scalar of another type than the schema's, and a described value that the
enum leaves out. Never for the event's name, never another structure, and never where an erratum
names a reading of the same place, as a variant or as observed: errata come first.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from mockzoom.contract.erratum import OtherReadings
from mockzoom.contract.examples import ExampleMismatch, other_type
from mockzoom.model import JSON, Variant
from mockzoom.schema.nodes import IN_PLACE, SchemaNode, children
from mockzoom.schema.pointer import escaped
from mockzoom.schema.values import identity

Readings: TypeAlias = Mapping[str, Sequence[tuple[JSON, str]]]
"""Other documented values, each with its reason, by the place of the schema in the document."""


def placed(root: SchemaNode, readings: Readings) -> tuple[Variant, ...]:
    """Return other documented values of schemas as variants at their places in the body."""
    return tuple(_placed(root, "", readings)) if readings else ()


def _placed(node: SchemaNode, pointer: str, readings: Readings) -> Iterator[Variant]:
    for value, reason in readings.get(node.place, ()):
        yield Variant(pointer, value, reason)
    for keyword, key, child in children(node):
        if keyword == "properties":
            yield from _placed(child, f"{pointer}/{escaped(str(key))}", readings)
        elif keyword == "items":
            yield from _placed(child, f"{pointer}/0", readings)
        elif keyword in IN_PLACE and keyword not in ("not", "if"):
            yield from _placed(child, pointer, readings)


def of_examples(contradictions: Iterable[ExampleMismatch]) -> Iterator[Variant]:
    """Yield the scalars of examples that have another type than the schema asks for."""
    for found in contradictions:
        reason = other_type(found)
        if reason is not None:
            yield Variant(found.pointer, found.value, reason)


def together(errata: OtherReadings, derived: Iterable[Variant]) -> tuple[Variant, ...]:
    """Return errata and what was derived, without what says the same or is of the event's name."""
    kept: dict[Hashable, Variant] = {}
    for variant in errata.variants:
        kept.setdefault((variant.pointer, identity(variant.value)), variant)
    settled = errata.places | {"/event"}
    for variant in derived:
        if variant.pointer not in settled:
            kept.setdefault((variant.pointer, identity(variant.value)), variant)
    return tuple(kept.values())
