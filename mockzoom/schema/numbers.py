"""Numbers inside the bounds of a schema: everyday ones, where the bounds have any."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from mockzoom.schema.form import Contradiction, Form
from mockzoom.schema.makers import SAFE_INTEGER, Fits, Maker, one_of, whole
from mockzoom.schema.shape import ValuePlace


def bounded_number(form: Form, place: ValuePlace, fits: Fits) -> Maker:
    """Return the maker of small numbers within the bounds of `form`.

    Raises `Contradiction` where the bounds leave no number that could be found.
    """
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
    raise Contradiction("minimum", f"no number is within {form.lows} and {form.highs}", place.path)


def _step(form: Form) -> Fraction:
    """Return the smallest step that is a multiple of every multipleOf, whole where possible."""
    step = Fraction(1) if "number" not in form.types or not form.all("multipleOf") else Fraction(0)
    for multiple in form.all("multipleOf"):
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
