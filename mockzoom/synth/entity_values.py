"""Values of an entity set by their roles: ids, names, e-mail addresses, phone numbers, titles.

Every value is the entity set's number multiplied by the salt of its role, in the form of its kind,
so that no two entity sets share one. Those that are too few for that (`mockzoom.zoom.ids.COUNTED`)
are counted out to entity sets in turn. Where the entity set pins a value, that stands in its place.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from typing import Literal, TypeAlias
from zlib import crc32

from mockzoom.free_text import POOL, Pair, coined, words
from mockzoom.schema.makers import Maker
from mockzoom.synth.entity_set import EntitySet, event_root
from mockzoom.zoom.entities import TURNS
from mockzoom.zoom.field_values import PHONED_OBJECTS
from mockzoom.zoom.ids import CHAT_HOST, COUNTED, KINDS, MAIL_HOSTS, base64_16

_Draw: TypeAlias = Callable[[EntitySet, int], "str | int"]
"""From an entity set and an event's number to one value."""


class Entity:
    """A maker of what `kind` says of a role: what is pinned, and else what `draw` gives."""

    __slots__ = ("draw", "is_id", "key")

    def __init__(
        self, kind: str, role: str, draw: _Draw, is_id: Literal["", "text", "number"] = ""
    ) -> None:
        """`is_id` tells of ids, which have no character that JSON escapes, what they are."""
        self.key, self.draw, self.is_id = (kind, role), draw, is_id

    def __call__(self, w: EntitySet, n: int) -> str | int:
        """Return the value in entity set `w`; `n` is the number by which it picks."""
        if w.pins and self.key in w.pins:
            pinned: str | int = w.pins[self.key]
            return pinned
        return self.draw(w, n)


@lru_cache(maxsize=4096)
def entity(kind: str, role: str) -> Maker:
    """The id of `role`, the same in every event of an entity set; of `email`, the address."""
    if kind == "email":
        return Entity(kind, role, _email(role))
    if kind == "uuid":
        return Entity(kind, role, _uuid(role), "text")
    if kind in COUNTED:
        return Entity(kind, role, _counted_out(kind, role), _type(COUNTED[kind][1](0)))
    dress, salt = KINDS[kind], _salt(role)
    return Entity(kind, role, lambda w, n: dress(w.root * salt), _type(dress(salt)))


def fresh(kind: str, role: str) -> Maker:
    """An id of `role` that is another one in another event of the entity set."""
    dress, salt = KINDS[kind], _salt(role)
    return Entity(kind, role, lambda w, n: dress(event_root(w, n) * salt), _type(dress(salt)))


def _type(value: str | int) -> Literal["text", "number"]:
    """Return the type of a kind: what dresses one number as an integer dresses all so."""
    return "number" if isinstance(value, int) else "text"


def _uuid(role: str) -> _Draw:
    """Return what gives a UUID; some are bent, so that there is one with `/` first, `//` or `+`.

    Real ones are base64 of 16 bytes, so one in 64 begins with `/`; those break receivers that put
    them into a URL unencoded, and waiting for chance would hide that.
    """
    salt = _salt(role)
    turn = TURNS[role] if role in TURNS else crc32(role.encode())

    def draw(w: EntitySet, n: int) -> str:
        text = base64_16(w.root * salt)
        bend = w.seed + w.number + turn & 3
        if bend == 0:
            return text
        if bend == 1:
            return f"/{text[1:]}"
        if bend == 2:
            return f"{text[:8]}//vg{text[12:]}"
        return f"{text[:4]}AP//{text[8:]}"

    return draw


_SLOTS = {
    person: slot
    for slot, person in enumerate(
        ("guest", "host", "operator", "caller", "callee", "owner", *PHONED_OBJECTS)
    )
}
"""The people of an entity set, each with a number of its own; others share the rest."""
_SLOTS_OF_SET = 16
_RUN = 4096
_SETS_OF_RUN = 16


def _counted_out(kind: str, role: str) -> _Draw:
    """Return what gives numbers of which there are few: each set and person has the next ones.

    An entity set has sixteen. Entity sets are numbered one after the other, or, in plays, 4096 for
    each run, of which the first 16 are counted. Once all were given out the count begins anew; the
    size of a kind is no multiple of a run's part, so that another round meets others.
    """
    size, dress = COUNTED[kind]
    person, _, rest = role.partition(".")
    others = _SLOTS_OF_SET - len(_SLOTS)
    slot = _SLOTS.get(person, len(_SLOTS) + crc32(person.encode()) % others)
    offset = crc32(rest.encode())

    def draw(w: EntitySet, n: int) -> str | int:
        number = w.number
        if number >= 2**32:
            number = number // _RUN * _SETS_OF_RUN + number % _RUN
        return dress((number * _SLOTS_OF_SET + slot + offset + w.seed * 0x9E3779B1) % size)

    return draw


_UNIQUE = {"family": "-", "titles": " ", "sentences": " "}
"""Pools whose texts end in a word of their entity set, and what stands before it."""


@lru_cache(maxsize=4096)
def text(kind: str, role: str) -> Maker:
    """The free text of `role`; `kind` is a pool of `mockzoom.free_text.Words`.

    It is as customers write it, or in ASCII words where the entity set wants that. The entity set's
    manner chooses from the seed's pool; the last word of names and titles is the entity set's own.
    """
    if kind == "people":
        return Entity(kind, role, _person(role))
    # A person's names and address are drawn together.
    salt = _salt(f"{role}/person" if kind in ("given", "family") else role)
    joint = _UNIQUE.get(kind)

    def draw(w: EntitySet, n: int) -> str:
        found = _of_pool(w, kind, salt)[w.side]
        return found if joint is None else f"{found}{joint}{_own_word(w, salt).capitalize()}"

    return Entity(kind, role, draw)


def _person(role: str) -> _Draw:
    given, family, salt = text("given", role), text("family", role), _salt(f"{role}/person")

    def draw(w: EntitySet, n: int) -> str:
        if w.pins:
            return f"{given(w, n)} {family(w, n)}"
        return f"{_of_pool(w, 'people', salt)[w.side]}-{_own_word(w, salt).capitalize()}"

    return draw


def _email(role: str) -> _Draw:
    """Return what gives the e-mail address of a person: of the first name and the own word."""
    salt = _salt(f"{role}/person")
    host = MAIL_HOSTS[salt % len(MAIL_HOSTS)]
    return lambda w, n: f"{_of_pool(w, 'given', salt)[1].lower()}.{_own_word(w, salt)}@{host}"


def chat_id_of(of_whom: Maker) -> Maker:
    """The chat id (JID) of whoever `of_whom` gives the id."""
    return lambda w, n: f"{str(of_whom(w, n)).lower()}@{CHAT_HOST}"


_WIDE = 2**64 - 1
_SPREAD = 0x9E3779B97F4A7C15


def _of_pool(w: EntitySet, kind: str, salt: int) -> Pair:
    pool: tuple[Pair, ...] = getattr(words(w.seed), kind)
    return pool[((w.manner * _SPREAD & _WIDE) * salt >> 64) % POOL]


def _own_word(w: EntitySet, salt: int) -> str:
    """Return the word that is the entity set's own."""
    return coined(w.root * salt >> 80 & _WIDE)


@lru_cache(maxsize=4096)
def _salt(role: str) -> int:
    return int.from_bytes(blake2b(role.encode(), digest_size=16).digest(), "big") | 1
