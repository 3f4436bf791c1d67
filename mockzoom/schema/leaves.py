"""What values look like at the leaves of a shape: plain ones; a subclass knows better.

Numbers lie inside the bounds of a schema, and are everyday ones where the bounds have any. Texts
that keep pattern, format and length are found by trying.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from mockzoom.model import JSON
from mockzoom.schema.form import Contradiction, Form
from mockzoom.schema.makers import SAFE_INTEGER, Constant, Fits, Maker, one_of, whole
from mockzoom.schema.regex import matching_text, random_text
from mockzoom.schema.shape import ValuePlace

if TYPE_CHECKING:
    from mockzoom.schema.shape import Node


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
    bounds = {keyword: Fraction(str(limit)) for keyword, limit in (form.lows | form.highs).items()}
    low = ceil(bounds["minimum"] / step) * step if "minimum" in bounds else None
    high = floor(bounds["maximum"] / step) * step if "maximum" in bounds else None
    if "exclusiveMinimum" in bounds:
        above = (floor(bounds["exclusiveMinimum"] / step) + 1) * step
        low = above if low is None else max(low, above)
    if "exclusiveMaximum" in bounds:
        below = (ceil(bounds["exclusiveMaximum"] / step) - 1) * step
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


LONGEST = 100_000
"""No text is made longer than this."""
FORMAT_SAMPLES: Mapping[str, Sequence[str]] = {
    "date": ("2026-01-01", "2025-12-31"),
    "date-time": ("2026-01-01T12:00:00Z", "2025-12-31T23:59:58.5Z"),
    "duration": ("PT45M", "PT1H30M", "P1D"),
    "email": ("user@example.com", "a@example.org"),
    "hostname": ("files.example", "live.files.example", "a.example"),
    "ipv4": ("198.51.100.7", "192.0.2.1"),
    "ipv6": ("2001:db8::7", "2001:db8::1"),
    "json-pointer": ("/a/b", "/a", "/"),
    "time": ("12:00:00Z", "23:59:58Z"),
    "uri": ("https://files.example/a", "https://live.example/b?c=d", "https://files.example/e/f#g"),
    "uri-reference": (
        "https://files.example/a", "https://live.example/b?c=d", "https://files.example/e/f#g"),
    "uuid": ("0a564312-edf7-495e-b916-6873a7b32c50", "2eb8aa08-aa98-41ea-b4aa-73b441d16380"),
}  # fmt: skip
"""Two texts or more for each of `validators.COMMON_FORMATS`."""
_SPECIAL = ("", "a", "0", "A1", "abc", " ", "https://files.example/", "a b", "0" * 64)
_KNOWN = tuple(text for listed in FORMAT_SAMPLES.values() for text in listed)


def is_bound(form: Form) -> bool:
    """Return whether a schema says more of a string than that it is one."""
    lengths = "minLength" in form.merged or "maxLength" in form.merged
    return bool(lengths or form.all("pattern") or form.all("format") or form.hard)


def searched_text(form: Form, place: ValuePlace, fits: Fits, likely: Sequence[str]) -> Maker:
    """Return the maker of texts that fit; `likely` ones are tried among others.

    Raises `Contradiction` where no text that fits was found.
    """
    found = [value for value in dict.fromkeys(_candidates(form, place, likely)) if fits(value)]
    found = found or [value for value in _bounded((*_SPECIAL, *_KNOWN), form) if fits(value)]
    if not found:
        said = [*form.all("pattern"), *form.all("format"), *form.lows.items(), *form.highs.items()]
        raise Contradiction("", f"no string was found for {said}", place.path)
    return one_of(found[:16], place.pointer)


def _candidates(form: Form, place: ValuePlace, likely: Sequence[str]) -> list[str]:
    found: list[str] = []
    for pattern in form.all("pattern"):
        found += random_text(pattern, 48, place.path)
        found += matching_text(pattern, form.low("minLength"), form.high("maxLength") or 10_000)
    found += [f"{text}{other}" for text in found[:4] for other in found[:4]]
    found += FORMAT_SAMPLES.get(form.all("format")[0], ()) if form.all("format") else ()
    found += likely
    for note in ("example", "default"):
        if isinstance(form.notes.get(note), str):
            found.append(form.notes[note])
    found += [str(value) for value in form.notes.get("examples", ()) if isinstance(value, str)]
    return _bounded(found, form)


def _bounded(found: Sequence[str], form: Form) -> list[str]:
    """Return `found` and longer ones, as minLength and maxLength want them."""
    low, high = form.low("minLength"), form.high("maxLength")
    if low > LONGEST:
        return []
    short = [text or "a" for text in found if len(text) < low]
    grown = [(text * (low // len(text) + 1))[:low] for text in short]
    padded = [text.ljust(low, text[-1]) for text in short]
    return [text[:high] for text in [*found, *grown, *padded]]


P = TypeVar("P", bound=ValuePlace)


class Leaves(Generic[P]):
    """Makes the scalars of a value, and says what a schema leaves open; knows only the schema."""

    contexts: Sequence[Any] = (0, 1)
    """The contexts in which a shape is tried out; two or more."""

    def __init__(self) -> None:
        self._known: dict[str, Maker] = {}

    def texts(self, form: Form, place: P, fits: Fits) -> Sequence[Maker]:
        """Return makers of a string; more than one where the shape may choose.

        Raises `Contradiction` where no string that fits was found.
        """
        if not is_bound(form):
            return [Constant("text")]
        key = json.dumps([form.merged, form.several, form.notes]) if not form.hard else ""
        if not key or key not in self._known:
            maker = searched_text(form, place, fits, ["text"])
            if not key:
                return [maker]
            self._known[key] = maker
        return [self._known[key]]

    def number(self, form: Form, place: P, fits: Fits) -> Maker:
        """Return the maker of a number. Raises `Contradiction` where none that fits was found."""
        return bounded_number(form, place, fits)

    def untyped(self, place: P) -> str:
        """Return the type of what stands at a place whose schema says nothing."""
        return "string"

    def listed(self, place: P, values: list[JSON]) -> list[JSON]:
        """Return those of an enum's values that may stand at a place."""
        return values

    def allowed(
        self, place: P, values: list[JSON], siblings: Mapping[str, JSON]
    ) -> list[int] | None:
        """Return the positions of an enum's values that go with other fields; None for all."""
        return None

    def rank(self, name: str) -> int:
        """Return a number by which the properties of an object are made one after another."""
        return 0

    def complete(self, fields: Mapping[str, Node]) -> None:
        """Change properties of an object that depend on others."""

    def counterpart(self, path: str) -> str | None:
        """Return the path that tells of the same thing at another time; None where there is none.

        Both have the same optional fields, and choose other values.
        """
        return None
