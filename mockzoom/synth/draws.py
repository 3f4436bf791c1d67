"""Values of a world by their roles: ids, names, e-mail addresses, phone numbers, titles.

Every value is the world's number multiplied by the salt of its role, dressed by its kind, so that
no two worlds share one. What there are too few of for that (`mockzoom.zoom.ids.COUNTED`) is counted
out to worlds in turn. Where the world pins a value, that stands in its place.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from zlib import crc32

from mockzoom.free_text import POOL, Pair, coined, words
from mockzoom.synth.world import World, event_root
from mockzoom.zoom.entities import TURNS
from mockzoom.zoom.fields import PHONED_OBJECTS
from mockzoom.zoom.ids import CHAT_HOST, COUNTED, KINDS, MAIL_HOSTS, base64_16

Draw = Callable[[World, int], "str | int"]
"""From a world and an event's number to one value."""


class Drawn:
    """Gives one id: the number of the world, or of the event, times the role's salt, dressed."""

    __slots__ = ("dress", "is_fresh", "key", "salt")

    def __init__(self, kind: str, role: str, *, is_fresh: bool) -> None:
        self.dress, self.salt, self.is_fresh = KINDS[kind], _salt(role), is_fresh
        self.key = (kind, role)

    @property
    def is_number(self) -> bool:
        """Whether its values are integers: what dresses one product so dresses all."""
        return isinstance(self.dress(self.salt), int)

    def __call__(self, w: World, n: int) -> str | int:
        """Return the id in world `w`; where it is new in each event, in its event."""
        if w.pins and self.key in w.pins:
            pinned: str | int = w.pins[self.key]
            return pinned
        return self.dress((event_root(w, n) if self.is_fresh else w.root) * self.salt)


class Uuid:
    """Gives a UUID of a world; some are bent, so that there is one with `/` first, `//` or `+`.

    Real ones are base64 of 16 bytes, so one in 64 begins with `/`; those break receivers that put
    them into a URL unencoded, and waiting for chance would hide that.
    """

    __slots__ = ("draw", "key")

    def __init__(self, role: str) -> None:
        salt = _salt(role)
        turn = TURNS[role] if role in TURNS else crc32(role.encode())
        self.key = ("uuid", role)

        def draw(w: World) -> str:
            text = base64_16(w.root * salt)
            bend = w.seed + w.number + turn & 3
            if bend == 0:
                return text
            if bend == 1:
                return f"/{text[1:]}"
            if bend == 2:
                return f"{text[:8]}//vg{text[12:]}"
            return f"{text[:4]}AP//{text[8:]}"

        self.draw = draw

    def __call__(self, w: World, n: int) -> str:
        """Return the UUID in world `w`."""
        if w.pins and self.key in w.pins:
            return str(w.pins[self.key])
        return self.draw(w)


_SLOTS = {
    person: slot
    for slot, person in enumerate(
        ("guest", "host", "operator", "caller", "callee", "owner", *PHONED_OBJECTS)
    )
}
"""The people of a world, each with a number of its own; others share the rest."""
_SLOTS_OF_WORLD = 16
_SCENE = 4096
_WORLDS_OF_SCENE = 16


class CountedOut:
    """Gives numbers of which there are few: each world and person has the next ones.

    A world has sixteen. Worlds are numbered one after the other, or, in scenes, 4096 for each
    scene, of which the first 16 are counted. Once all were given out the count begins anew; the
    size of a kind is no multiple of a scene's part, so that another round meets others.
    """

    __slots__ = ("draw", "is_number", "key")

    def __init__(self, kind: str, role: str) -> None:
        size, dress = COUNTED[kind]
        person = role.partition(".")[0]
        others = _SLOTS_OF_WORLD - len(_SLOTS)
        slot = _SLOTS.get(person, len(_SLOTS) + crc32(person.encode()) % others)
        offset = crc32(role.partition(".")[2].encode())
        self.key = (kind, role)
        self.is_number = isinstance(dress(0), int)

        def draw(w: World) -> str | int:
            number = w.number
            if number >= 2**32:
                number = number // _SCENE * _WORLDS_OF_SCENE + number % _SCENE
            return dress((number * _SLOTS_OF_WORLD + slot + offset + w.seed * 0x9E3779B1) % size)

        self.draw = draw

    def __call__(self, w: World, n: int) -> str | int:
        """Return the number in world `w`."""
        if w.pins and self.key in w.pins:
            pinned: str | int = w.pins[self.key]
            return pinned
        return self.draw(w)


def of_world(kind: str, role: str) -> Draw:
    """Return what gives the id of `role`, which is the same in every event of a world."""
    if kind == "uuid":
        return Uuid(role)
    if kind in COUNTED:
        return CountedOut(kind, role)
    return Drawn(kind, role, is_fresh=False)


def of_event(kind: str, role: str) -> Draw:
    """Return what gives the id of `role` in one event: its number decides, beside the world."""
    return Drawn(kind, role, is_fresh=True)


_UNIQUE = {"family": "-", "titles": " ", "sentences": " "}
"""Pools whose texts end in a word of their world, and what stands before it."""


def of_pool(kind: str, role: str) -> Draw:
    """Return what gives the free text of `role`; `kind` is a pool of `mockzoom.free_text.Words`.

    It is as customers write it, or in ASCII where the world is told so. The world's manner chooses
    from the seed's pool; the last word of names and titles is the world's own.
    """
    if kind == "people":
        return _person(role)
    salt, key, joint = _salt(_person_of(kind, role)), (kind, role), _UNIQUE.get(kind)

    def draw(w: World, n: int) -> str:
        if w.pins and key in w.pins:
            return str(w.pins[key])
        text = _of_pool(w, kind, salt)[w.side]
        if joint is None:
            return text
        return f"{text}{joint}{coined(w.root * salt >> 80 & _WIDE).capitalize()}"

    return draw


_WIDE = 2**64 - 1


def _person_of(kind: str, role: str) -> str:
    """Return what is salted: a person's names and address are drawn together."""
    return f"{role}/person" if kind in ("given", "family") else role


def _of_pool(w: World, kind: str, salt: int) -> Pair:
    pool: tuple[Pair, ...] = getattr(words(w.seed), kind)
    return pool[((w.manner * _SPREAD & _WIDE) * salt >> 64) % POOL]


_SPREAD = 0x9E3779B97F4A7C15


def _person(role: str) -> Draw:
    given, family, key = of_pool("given", role), of_pool("family", role), ("people", role)
    salt = _salt(_person_of("given", role))

    def draw(w: World, n: int) -> str:
        if w.pins:
            return str(w.pins[key]) if key in w.pins else f"{given(w, n)} {family(w, n)}"
        name = _of_pool(w, "people", salt)[w.side]
        return f"{name}-{coined(w.root * salt >> 80 & _WIDE).capitalize()}"

    return draw


@lru_cache(maxsize=4096)
def email_of(role: str) -> Draw:
    """Return what gives the e-mail address of a person: of the first name and the own word."""
    salt, key = _salt(_person_of("given", role)), ("email", role)

    def draw(w: World, n: int) -> str:
        if w.pins and key in w.pins:
            return str(w.pins[key])
        given = _of_pool(w, "given", salt)[1]
        word = coined(w.root * salt >> 80 & _WIDE)
        return f"{given.lower()}.{word}@{MAIL_HOSTS[salt % len(MAIL_HOSTS)]}"

    return draw


def chat_id_of(of_whom: Draw) -> Draw:
    """Return what gives the chat id (JID) of whoever `of_whom` gives the id."""
    return lambda w, n: f"{str(of_whom(w, n)).lower()}@{CHAT_HOST}"


@lru_cache(maxsize=4096)
def _salt(role: str) -> int:
    return int.from_bytes(blake2b(role.encode(), digest_size=16).digest(), "big") | 1
