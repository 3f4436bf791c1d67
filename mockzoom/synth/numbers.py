"""Numbers of an event: what its name and example say, kept inside the schema's bounds."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import ceil, floor

from mockzoom.model import JSON
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
from mockzoom.synth.place import NAMESPACES, EventPlace, rank
from mockzoom.synth.schema import Form, Unsatisfiable

_EXCLUSIVE = {"exclusiveMinimum", "exclusiveMaximum"}
_LIMIT = 2000
"""Concurrent streams of an account, as documented for rtms.concurrency_limited."""


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
    name = place.snake
    for pattern, rule in _RULES:
        if re.fullmatch(pattern, name):
            return rule(place)
    example = place.example
    if isinstance(example, int) and not isinstance(example, bool) and example > 1:
        return whole(max(1, example // 2), min(example * 2, SAFE_INTEGER), place.pointer)
    return None


def _id(place: EventPlace) -> Maker:
    if place.parent in ("user", "participant", "participants"):
        return entity("user_number", place.person)
    if place.parent == "object" and place.namespace in NAMESPACES:
        if place.namespace == "session":
            return entity("session_number", "session")
        return entity("meeting_number", place.namespace)
    return entity("session_number", place.parent + place.item)


def _time(place: EventPlace) -> Maker | None:
    """Return milliseconds or seconds since the epoch; None where it is a length of time."""
    example = place.example
    told = re.search(r"milli|\bms\b", place.description)
    if isinstance(example, int) and example < 10**8:
        return None
    if isinstance(example, int):
        return moment_number(rank(place.snake), 1 if example >= 10**11 else 1000)
    if told or re.search(r"epoch|unix|timestamp", place.description, re.IGNORECASE):
        return moment_number(rank(place.snake), 1 if told else 1000)
    return moment_number(rank(place.snake), 1) if place.snake.endswith("_ts") else None


def _concurrency(place: EventPlace) -> Maker:
    if "limited" in place.event:
        return constant(_LIMIT + 1)
    return whole(_LIMIT * 4 // 5 + 1, _LIMIT - 1, "concurrency")


def _percentage(place: EventPlace) -> Maker:
    if "concurrency" not in place.event:
        return whole(1, 100, place.pointer)
    number = _concurrency(place)
    return lambda w, n: number(w, n) * 100 // _LIMIT


_RULES: Sequence[tuple[str, Callable[[EventPlace], Maker | None]]] = (
    ("event_ts", lambda place: moment_number(16, 1)),
    ("id", _id),
    ("(meeting|webinar)_(id|number)", lambda place: entity("meeting_number", place.snake[:7])),
    ("session_id", lambda place: entity("session_number", "session")),
    ("user_id|participant_id", lambda place: entity("user_number", place.person)),
    (".*phone.*|from_number|to_number", lambda place: entity(
        "phone_number", place.snake + place.item)),
    ("concurrency_limit", lambda place: constant(_LIMIT)),
    ("concurrency_number", _concurrency),
    ("percentage|percent", _percentage),
    ("duration", lambda place: lambda w, n: (w.now_s - w.start_s) // 60),
    (".*(_time|_ts|timestamp|_at|_date)|time|date|recording_(start|end)", _time),
    (".*size", lambda place: whole(10_000, 50_000_000, place.pointer)),
    (".*count|total.*|.*_num", lambda place: whole(1, 9, place.pointer)),
)  # fmt: skip


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
