"""The mark `x-mockzoom-erratum` of an overlay's action: why it corrects, and what else may arrive.

    {id, reason, other-reading: {pointer, values, observed: {date, source}}}

`other-reading` (one or a list) names values that a receiver may meet at a place of the event's body
although the document as written, or as corrected, has others. What is only documented becomes a
`Variant`: refusing it is a warning. What was also observed in production, not more than three years
before `AS_OF`, is a valid value like any other, and no variant: refusing it is an error.

Other readings are also derived from what a document contradicts itself in: an example's scalar of
another type than the schema's, and a described value that the enum leaves out. Never for the
event's name, never another structure, and never where an erratum names a reading of the same place:
errata come first.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from mockzoom.contract.examples import ExampleMismatch, other_type
from mockzoom.contract.vocabulary import shown
from mockzoom.errors import SpecError
from mockzoom.model import JSON, Variant
from mockzoom.schema.nodes import IN_PLACE, SchemaNode, children
from mockzoom.schema.pointer import escaped, split
from mockzoom.schema.validators import fast_validator
from mockzoom.schema.values import identity

MARK = "x-mockzoom-erratum"
OBSERVED_YEARS = 3
"""Years for which an observation counts."""
AS_OF = date(2026, 11, 30)
"""The day that observations are compared with; every release sets it to its own day.

It is not today: the same release must give the same receiver the same verdict on every day. A test
fails where an observation of the bundled errata is too old on this day.
"""


@dataclass(frozen=True, slots=True)
class ObservedValue:
    """A value of an event that production traffic was seen to have.

    `day` is when; where the source does not say, when the source was read.
    """

    pointer: str
    value: JSON
    day: date
    source: str
    place: str
    """The file and the pointer of the reading, for error messages."""

    @property
    def is_recent(self) -> bool:
        """Whether it was observed within three years of `AS_OF`."""
        last = (self.day.year + OBSERVED_YEARS, self.day.month, self.day.day)
        return last >= (AS_OF.year, AS_OF.month, AS_OF.day)

    @property
    def note(self) -> str:
        """What the event says of it."""
        what = f"{self.pointer}: {shown(self.value)} was observed in production"
        return f"{what} ({self.day.isoformat()}: {self.source})"


@dataclass(frozen=True, slots=True)
class OtherReadings:
    """What the errata of an event say of the values that a receiver may meet."""

    variants: tuple[Variant, ...] = ()
    observed: tuple[ObservedValue, ...] = ()
    """The recent ones; older ones are variants."""

    def __add__(self, other: OtherReadings) -> OtherReadings:
        """Return both together."""
        return OtherReadings(self.variants + other.variants, self.observed + other.observed)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.variants or self.observed)

    @property
    def places(self) -> frozenset[str]:
        """The pointers of all of them."""
        found = [variant.pointer for variant in self.variants]
        return frozenset([*found, *(observed.pointer for observed in self.observed)])


def read_mark(mark: JSON, where: str) -> OtherReadings:
    """Return the other readings of a mark; raise `SpecError` if it is none.

    `where` is its file and its pointer in there.
    """
    if mark is None:
        return OtherReadings()
    stated = [mark.get(key) for key in ("id", "reason")] if isinstance(mark, dict) else [None]
    if not all(isinstance(text, str) for text in stated):
        raise SpecError(f"{where}: expected an object with `id` and `reason`")
    _refuse_unknown(mark, ("id", "reason", "other-reading"), where)
    readings = mark.get("other-reading", [])
    listed = isinstance(readings, list)
    found = OtherReadings()
    for number, reading in enumerate(readings if listed else [readings]):
        place = f"{where}/other-reading" + (f"/{number}" if listed else "")
        found += OtherReadings(*_reading(reading, mark, place))
    return found


def check_observed(schema: Mapping[str, JSON], readings: OtherReadings) -> None:
    """Raise `SpecError` where an event's corrected schema refuses a value that was observed."""
    for observed in readings.observed:
        if not all(allows(observed.value) for allows in _at(schema, observed.pointer)):
            raise SpecError(
                f"{observed.place}: the corrected schema has no {shown(observed.value)} at"
                f" {observed.pointer}; expected that an `update` allows what was observed"
            )


def _reading(
    reading: JSON, mark: Mapping[str, JSON], place: str
) -> tuple[tuple[Variant, ...], tuple[ObservedValue, ...]]:
    entry = reading if isinstance(reading, dict) else {}
    pointer, values = entry.get("pointer"), entry.get("values")
    if not (isinstance(pointer, str) and pointer[:1] == "/" and isinstance(values, list)):
        raise SpecError(f"{place}: expected a `pointer` into the event's body and `values`")
    _refuse_unknown(entry, ("pointer", "values", "observed"), place)
    variants = tuple(Variant(pointer, value, mark["reason"], mark["id"]) for value in values)
    if "observed" not in entry:
        return variants, ()
    day, source = _observation(entry["observed"], f"{place}/observed")
    observed = tuple(ObservedValue(pointer, value, day, source, place) for value in values)
    recent = all(one.is_recent for one in observed)
    return ((), observed) if recent else (variants, ())


def _observation(entry: JSON, place: str) -> tuple[date, str]:
    if not isinstance(entry, dict):
        raise SpecError(f"{place}: {shown(entry)} is no object; expected `date` and `source`")
    _refuse_unknown(entry, ("date", "source"), place)
    for key in ("date", "source"):
        if key not in entry:
            raise SpecError(f"{place}: `{key}` is missing; expected `date` and `source`")
    source = entry["source"]
    if not isinstance(source, str) or not source.strip():
        raise SpecError(f"{place}/source: {shown(source)}; expected text that says who saw it")
    return _day(entry["date"], f"{place}/date"), source


def _day(text: JSON, place: str) -> date:
    try:
        day = date.fromisoformat(text)
        if day.isoformat() == text:
            return day
    except (TypeError, ValueError):
        pass
    raise SpecError(f"{place}: {shown(text)} is no day; expected one such as 2026-07-29")


def _refuse_unknown(entry: Mapping[str, JSON], known: tuple[str, ...], place: str) -> None:
    for key in entry:
        if key not in known:
            names = ", ".join(f"`{name}`" for name in known)
            raise SpecError(f"{place}: unknown key {shown(key)}; expected {names}")


def _at(schema: Mapping[str, JSON], pointer: str) -> Iterator[Callable[[JSON], bool]]:
    """Yield what judges the values at a place that is reached by properties and items alone."""
    node: JSON = schema
    for name in split(pointer):
        properties = node.get("properties") if isinstance(node, Mapping) else None
        if isinstance(properties, Mapping) and name in properties:
            node = properties[name]
        elif isinstance(node, Mapping) and name.isdecimal() and "items" in node:
            node = node["items"]
        else:
            return
    if isinstance(node, Mapping):
        yield fast_validator({"$defs": schema.get("$defs", {}), **node})


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
