"""Numbers of an event: what its name and example say, kept inside the schema's bounds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import ceil, floor

from mockzoom.model import JSON
from mockzoom.synth.fields import makers_of
from mockzoom.synth.makers import (
    SAFE_INTEGER,
    Maker,
    constant,
    entity,
    guarded,
    moment_number,
    one_of,
    whole,
    within,
)
from mockzoom.synth.place import EventPlace, rank
from mockzoom.synth.schema import Form, Unsatisfiable
from mockzoom.zoom.entities import entity_of
from mockzoom.zoom.fields import CONCURRENCY_LIMIT, NUMBERS, PERSON_OBJECTS

_EXCLUSIVE = {"exclusiveMinimum", "exclusiveMaximum"}


def number_maker(form: Form, place: EventPlace, fits: Callable[[JSON], bool]) -> Maker:
    """Return the maker of a number at `place` for which `fits` holds.

    Raises `Unsatisfiable` where the bounds leave no number that could be found.
    """
    named = _named(place)
    by_schema = _bounded(form, place, fits)
    if named is None:
        return by_schema
    if form.multiples or form.hard or form.enum or _EXCLUSIVE & (form.lows.keys() | form.highs):
        return guarded(named, fits, by_schema)
    low = form.lows.get("minimum", -SAFE_INTEGER)
    return within(named, low, form.highs.get("maximum", SAFE_INTEGER), by_schema)


def _named(place: EventPlace) -> Maker | None:
    for row in NUMBERS:
        if row.fits(place.snake, place.parent, place.event):
            return next(iter(makers_of(row.value, place, _WAYS)), None)
    example = place.example
    if isinstance(example, int) and not isinstance(example, bool) and example > 1:
        return whole(max(1, example // 2), min(example * 2, SAFE_INTEGER), place.pointer)
    return None


def _id(place: EventPlace) -> Sequence[Maker]:
    if place.parent in PERSON_OBJECTS:
        return [entity("user_number", place.person)]
    owner = entity_of(place.event) if place.parent == "object" else None
    if owner is not None and owner.object_number:
        return [entity(owner.object_number, owner.owner)]
    return [entity("session_number", place.parent + place.item)]


def _time(place: EventPlace) -> Sequence[Maker]:
    """Return milliseconds or seconds since the epoch; nothing where it is a length of time."""
    example = place.example
    told = re.search(r"milli|\bms\b", place.description)
    if isinstance(example, int) and example < 10**8:
        return []
    if isinstance(example, int):
        return [moment_number(rank(place.snake), 1 if example >= 10**11 else 1000)]
    if told or re.search(r"epoch|unix|timestamp", place.description, re.IGNORECASE):
        return [moment_number(rank(place.snake), 1 if told else 1000)]
    return [moment_number(rank(place.snake), 1)] if place.snake.endswith("_ts") else []


def _concurrency(place: EventPlace) -> Maker:
    if "limited" in place.event:
        return constant(CONCURRENCY_LIMIT + 1)
    return whole(CONCURRENCY_LIMIT * 4 // 5 + 1, CONCURRENCY_LIMIT - 1, "concurrency")


def _concurrency_percent(place: EventPlace) -> Sequence[Maker]:
    number = _concurrency(place)
    return [lambda w, n: number(w, n) * 100 // CONCURRENCY_LIMIT]


_WAYS: Mapping[str, Callable[[EventPlace], Sequence[Maker]]] = {
    "concurrency": lambda place: [_concurrency(place)],
    "concurrency-percent": _concurrency_percent,
    "duration": lambda place: [lambda w, n: (w.now_s - w.start_s) // 60],
    "instant": lambda place: [moment_number(16, 1)],
    "object-id": _id,
    "time": _time,
}
"""What the table calls by name."""


def _bounded(form: Form, place: EventPlace, fits: Callable[[JSON], bool]) -> Maker:
    step = _step(form)
    low, high = _range(form, step)
    if low is not None and high is not None and low <= high:
        spread = min(high, low + step * 10**6) if step.denominator == 1 else high
        chosen = [_plain(v) for v in dict.fromkeys((low, spread, _middle(low, spread, step)))]
        exact = step.denominator == 1 and -SAFE_INTEGER <= low <= spread <= SAFE_INTEGER
        if exact and all(fits(value) for value in chosen):
            return whole(int(low), int(spread), place.pointer, int(step))
        found = [value for value in chosen if fits(value)]
        found = found or [int(value) for value in (low, high) if fits(int(value))]
        if found:
            return one_of(found, place.pointer)
    if "number" in form.types:
        found = [value for value in _decimals(form) if fits(value)]
        if found:
            return one_of(found[:4], place.pointer)
    raise Unsatisfiable(place.path, f"no number is within {form.lows} and {form.highs}")


def _step(form: Form) -> Fraction:
    """Return the smallest step that is a multiple of every multipleOf, whole where possible."""
    step = Fraction(1) if "number" not in form.types or not form.multiples else Fraction(0)
    for multiple in form.multiples:
        step = _common(step, Fraction(str(multiple))) if step else Fraction(str(multiple))
    whole_step = _common(step, Fraction(1))
    low, high = _range(form, whole_step)
    return whole_step if low is not None and high is not None and low <= high else step


def _common(left: Fraction, right: Fraction) -> Fraction:
    """Return the least common multiple."""
    product = left * right
    while right:
        left, right = right, left % right
    return abs(product / left)


def _range(form: Form, step: Fraction) -> tuple[Fraction | None, Fraction | None]:
    """Return the first and last multiple of `step` to use: small ones, where nothing is said."""
    lows = [Fraction(str(form.lows[k])) for k in ("minimum",) if k in form.lows]
    highs = [Fraction(str(form.highs[k])) for k in ("maximum",) if k in form.highs]
    low = ceil(max(lows) / step) * step if lows else None
    high = floor(min(highs) / step) * step if highs else None
    if "exclusiveMinimum" in form.lows:
        above = (floor(Fraction(str(form.lows["exclusiveMinimum"])) / step) + 1) * step
        low = above if low is None else max(low, above)
    if "exclusiveMaximum" in form.highs:
        below = (ceil(Fraction(str(form.highs["exclusiveMaximum"])) / step) - 1) * step
        high = below if high is None else min(high, below)
    return _small(low, high, step)


def _small(
    low: Fraction | None, high: Fraction | None, step: Fraction
) -> tuple[Fraction | None, Fraction | None]:
    """Narrow a range to everyday numbers (from 1 on) where it contains them."""
    thousand = max(Fraction(1000) / step, Fraction(1))
    first, last = ceil(1 / step) * step, floor(thousand) * step + step
    if high is None:
        high = max(last, low + last) if low is not None else last
    if low is None:
        low = min(first, high - last) if high < first else first
    if low < first <= high:
        low = first
    if low == first and high > last:
        high = last
    return _safe(low, high, step)


def _safe(low: Fraction, high: Fraction, step: Fraction) -> tuple[Fraction, Fraction]:
    """Narrow a range to the integers that JavaScript prints exactly, where it has any of them."""
    most = SAFE_INTEGER // step * step
    safe = max(low, -most), min(high, most)
    return safe if safe[0] <= safe[1] else (low, high)


def _middle(low: Fraction, high: Fraction, step: Fraction) -> Fraction:
    return low + floor((high - low) / step / 2) * step


def _plain(value: Fraction) -> int | float:
    """Return a number as JavaScript has it: what is too large for exact integers is a float."""
    if value.denominator == 1 and abs(value) <= SAFE_INTEGER:
        return int(value)
    try:
        return float(value)
    except OverflowError:
        return int(value)


def _decimals(form: Form) -> list[float]:
    """Return short decimals inside bounds that contain no whole number."""
    bounds = [v for k, v in form.lows.items() if "inimum" in k]
    low = Fraction(str(max(bounds))) if bounds else Fraction(0)
    bounds = [v for k, v in form.highs.items() if "aximum" in k]
    high = Fraction(str(min(bounds))) if bounds else low + 1
    found: list[float] = []
    for digits in range(1, 18):
        scale = 10**digits
        first, last = ceil(low * scale), floor(high * scale)
        for numerator in (first, first + 1, (first + last) // 2, last - 1, last):
            if low <= Fraction(numerator, scale) <= high:
                found.append(float(Fraction(numerator, scale)))
        if len(found) > 8:
            break
    return found
