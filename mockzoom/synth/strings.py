"""Strings of an event: what the field's name says, kept inside pattern, format and length."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mockzoom.schema.form import Contradiction, Form
from mockzoom.schema.leaves import Fits
from mockzoom.schema.makers import Constant, Maker, cut, guarded
from mockzoom.schema.texts import is_bound, searched_text
from mockzoom.synth.draws import entity
from mockzoom.synth.fields import string_makers
from mockzoom.synth.makers import MomentText, unless_pinned
from mockzoom.synth.place import EventPlace, is_free_text
from mockzoom.synth.world import World
from mockzoom.zoom.moments import NOW

_PROBES = tuple(World(seed, 1_767_268_800_000 + seed, seed) for seed in range(4))


def string_choices(form: Form, place: EventPlace, fits: Fits) -> Sequence[Maker]:
    """Return the makers for a string at `place`; more than one where the shape may choose.

    Raises `Contradiction` where no string for which `fits` holds could be found.
    """
    natural = string_makers(place)
    if not is_bound(form):
        return natural
    bound = bool(form.all("pattern") or form.all("format") or form.hard)
    lengths = "minLength" in form.merged or "maxLength" in form.merged
    low, high = form.low("minLength"), form.high("maxLength")
    if not bound and is_free_text(place):
        return [unless_pinned(maker, cut(maker, low, high)) for maker in natural]
    good = [maker for maker in natural if all(fits(maker(world, 7)) for world in _PROBES)]
    if good:
        if not (form.all("pattern") or form.hard or lengths or is_free_text(place)):
            return good  # a format alone
        fallback = _fallback(form, place, fits, good[0])
        return [unless_pinned(maker, guarded(maker, fits, fallback)) for maker in good]
    searched = _searched(form, place, fits)
    return [unless_pinned(natural[0], searched)] if natural else [searched]


def _fallback(form: Form, place: EventPlace, fits: Fits, good: Maker) -> Maker:
    try:
        return _searched(form, place, fits)
    except Contradiction:
        return Constant(good(_PROBES[0], 7))


def _searched(form: Form, place: EventPlace, fits: Fits) -> Maker:
    for name in form.all("format"):
        formatted = _FORMATS.get(name)
        maker = formatted(place) if formatted else None
        if maker and all(fits(maker(world, n)) for world in _PROBES for n in (3, 11)):
            return guarded(maker, fits, Constant(maker(_PROBES[0], 3)))
    natural = [str(m(world, n)) for m in string_makers(place) for world in _PROBES for n in (1, 2)]
    return searched_text(form, place, fits, natural)


def _email(place: EventPlace) -> Maker | None:
    return entity("email", place.person)


_FORMATS: dict[str, Callable[[EventPlace], Maker | None]] = {
    "date-time": lambda place: (
        next(iter(string_makers(place)), MomentText(NOW, place.event))
        if place.snake.endswith(("time", "_at"))
        else MomentText(place.moment, place.event)
    ),
    "date": lambda place: lambda w, n: str(MomentText("recording_start", place.event)(w, n))[:10],
    "time": lambda place: lambda w, n: str(MomentText("recording_start", place.event)(w, n))[11:],
    "email": _email,
    "uuid": lambda place: entity("dashed", place.owned),
    "ipv4": lambda place: entity("ipv4", place.owned),
    "ipv6": lambda place: entity("ipv6", place.owned),
}
