"""Strings of an event: what the field's name says, kept inside pattern, format and length."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mockzoom.contract.patterns import matching_text
from mockzoom.contract.scalars import FORMAT_SAMPLES
from mockzoom.model import JSON
from mockzoom.synth.fields import string_makers
from mockzoom.synth.makers import Maker, constant, cut, entity, guarded, moment, one_of
from mockzoom.synth.patterns import samples
from mockzoom.synth.place import EventPlace, is_free_text
from mockzoom.synth.schema import Form, Unsatisfiable
from mockzoom.synth.world import World

_PROBES = tuple(World(seed, 1_767_268_800_000 + seed, seed) for seed in range(4))
_SPECIAL = ("", "a", "0", "A1", "abc", " ", "https://zoom.example/", "a b", "0" * 64)
_KNOWN = tuple(text for listed in FORMAT_SAMPLES.values() for text in listed)


def string_choices(form: Form, place: EventPlace, fits: Callable[[JSON], bool]) -> Sequence[Maker]:
    """Return the makers for a string at `place`; more than one where the shape may choose.

    Raises `Unsatisfiable` where no string for which `fits` holds could be found.
    """
    natural = string_makers(place)
    bound = bool(form.patterns or form.formats or form.hard)
    lengths = "minLength" in form.lows or "maxLength" in form.highs
    if not bound and not lengths:
        return natural
    low, high = form.low("minLength"), form.high("maxLength")
    if not bound and is_free_text(place):
        return [cut(maker, low, high) for maker in natural]
    good = [maker for maker in natural if all(fits(maker(world, 7)) for world in _PROBES)]
    if good and len(good) == len(natural):
        if form.formats and not (form.patterns or form.hard or lengths or is_free_text(place)):
            return natural
        fallback = _fallback(form, place, fits, good[0])
        return [guarded(maker, fits, fallback) for maker in natural]
    return [_searched(form, place, fits)]


def _fallback(form: Form, place: EventPlace, fits: Callable[[JSON], bool], good: Maker) -> Maker:
    try:
        return _searched(form, place, fits)
    except Unsatisfiable:
        return constant(good(_PROBES[0], 7))


def _searched(form: Form, place: EventPlace, fits: Callable[[JSON], bool]) -> Maker:
    for name in form.formats:
        formatted = _FORMATS.get(name)
        maker = formatted(place) if formatted else None
        if maker and all(fits(maker(world, n)) for world in _PROBES for n in (3, 11)):
            fixed = constant(maker(_PROBES[0], 3))
            return guarded(maker, fits, fixed)
    found = [value for value in dict.fromkeys(_candidates(form, place)) if fits(value)]
    found = found or [value for value in _bounded((*_SPECIAL, *_KNOWN), form) if fits(value)]
    if not found:
        said = [*form.patterns, *form.formats, *form.lows.items(), *form.highs.items()]
        raise Unsatisfiable(place.path, f"no string was found for {said}")
    return one_of(found[:16], place.pointer)


def _candidates(form: Form, place: EventPlace) -> list[str]:
    found: list[str] = []
    for pattern in form.patterns:
        found += samples(pattern, 48, place.path)
        found += matching_text(pattern, form.low("minLength"), form.high("maxLength") or 10_000)
    found += [f"{text}{other}" for text in found[:4] for other in found[:4]]
    found += _FIXED.get(form.formats[0], ()) if form.formats else ()
    found += [str(m(world, n)) for m in string_makers(place) for world in _PROBES for n in (1, 2)]
    for note in ("example", "default"):
        if isinstance(form.notes.get(note), str):
            found.append(form.notes[note])
    found += [str(value) for value in form.notes.get("examples", ()) if isinstance(value, str)]
    return _bounded(found, form)


def _bounded(found: Sequence[str], form: Form) -> list[str]:
    """Return `found` and longer ones, as minLength and maxLength want them."""
    low, high = form.low("minLength"), form.high("maxLength")
    short = [text or "a" for text in found if len(text) < low]
    grown = [(text * (low // len(text) + 1))[:low] for text in short]
    padded = [text.ljust(low, text[-1]) for text in short]
    return [text[:high] for text in [*found, *grown, *padded]]


def _email(place: EventPlace) -> Maker | None:
    return entity("email", place.person)


_FORMATS: dict[str, Callable[[EventPlace], Maker | None]] = {
    "date-time": lambda place: (
        next(iter(string_makers(place)), moment(16))
        if place.snake.endswith(("time", "_at"))
        else moment(16)
    ),
    "date": lambda place: lambda w, n: moment(8)(w, n)[:10],
    "time": lambda place: lambda w, n: moment(8)(w, n)[11:],
    "email": _email,
    "idn-email": _email,
    "uuid": lambda place: entity("dashed", place.snake + place.item),
    "ipv4": lambda place: entity("ipv4", place.snake + place.item),
    "ipv6": lambda place: entity("ipv6", place.snake + place.item),
}

_URLS = ("https://zoom.example/a", "https://live.example/b?c=d", "https://zoom.example/e/f#g")
_HOSTS = ("zoom.example", "live.zoom.example", "a.example")
_FIXED: dict[str, Sequence[str]] = {
    "uri": _URLS, "uri-reference": _URLS, "iri": _URLS, "iri-reference": _URLS,
    "hostname": _HOSTS, "idn-hostname": _HOSTS,
    "duration": ("PT45M", "PT1H30M", "P1D"),
    "json-pointer": ("/payload/object", "/payload", "/event"),
    "relative-json-pointer": ("0", "1/payload"),
    "uri-template": ("https://zoom.example/{id}",),
    "regex": ("^[a-z]+$", "a*"),
    "date-time": ("2026-01-01T12:00:00Z", "2025-12-31T23:59:58.5Z"),
    "date": ("2026-01-01", "2025-12-31"), "time": ("12:00:00Z", "23:59:58Z"),
    "email": ("user@example.com", "a@example.org"), "uuid": (
        "0a564312-edf7-495e-b916-6873a7b32c50",),
    "ipv4": ("198.51.100.7",), "ipv6": ("2001:db8::7",),
}  # fmt: skip
