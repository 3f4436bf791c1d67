"""Texts that keep pattern, format and length of a schema, found by trying."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mockzoom.schema.form import Contradiction, Form
from mockzoom.schema.makers import Fits, Maker, one_of
from mockzoom.schema.regex import matching_text, random_text
from mockzoom.schema.shape import ValuePlace

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
    """Tell whether a schema says more of a string than that it is one."""
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
