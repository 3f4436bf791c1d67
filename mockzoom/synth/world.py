"""One world of entities, so that every event made in it speaks of the same meeting.

A world belongs to (seed, number): one number of 128 bits stands for both, and every id is that
number multiplied by the salt of its role, dressed by its kind. Nothing is kept, so that an event in
a new world costs no more than one in a world known before. What the values look like is taken from
the examples of Zoom's event documents.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from time import gmtime, strftime
from zlib import crc32

from mockzoom.free_text import POOL, Pair, words
from mockzoom.zoom.entities import TURNS
from mockzoom.zoom.ids import KINDS, base64_16

DEFAULT_AT_MS = 1_767_268_800_000
"""2026-01-01T12:00:00Z: the payload clock of whoever gives none, so that bytes never vary."""

_SHORTEST_S = 600
_LONGEST_S = 6 * 3600

_MASK = 2**128 - 1
_BY_SEED = 0xDD25F4A1C3B7698E5A0C9E7B13D86F41
_BY_NUMBER = 0x9E3779B97F4A7C15F39CC0605CEDC835
_MIXER = 0xC2B2AE3D27D4EB4F165667B19E3779F9
_BY_EVENT = 0xB5297A4D3F84D5B5A3C59AC2F1E6D70B


class World:
    """A meeting, session and webinar with their people, seen at one instant of the payload clock.

    `at_ms` (epoch milliseconds) is that instant: no time in any event lies after it. What began did
    so between ten minutes and six hours before, and at the same instant for every event that is
    made in this world within that time.
    """

    __slots__ = ("_start_s", "at_ms", "number", "root", "seed", "side")

    def __init__(self, seed: int, at_ms: int, number: int = 0, ascii_only: bool = False) -> None:
        self.seed, self.at_ms, self.number = seed, at_ms, number
        root = seed * _BY_SEED + number * _BY_NUMBER + _MIXER & _MASK
        root = (root ^ root >> 67) * _MIXER & _MASK
        self.root = root = root ^ root >> 61
        self.side = 1 if ascii_only else 0
        self._start_s: int | None = None

    @property
    def now_s(self) -> int:
        """The instant in epoch seconds."""
        return self.at_ms // 1000

    @property
    def start_s(self) -> int:
        """When it began, in epoch seconds."""
        start = self._start_s
        if start is None:
            now = self.now_s
            start = now - _SHORTEST_S - (now - self.root % _LONGEST_S) % _LONGEST_S
            self._start_s = start
        return start

    def at(self, at_ms: int, *, ascii_only: bool = False) -> World:
        """Return this world at another instant; what began stays begun where it can."""
        later = World(self.seed, at_ms, self.number, ascii_only)
        if self.start_s + 16 <= later.now_s:
            later._start_s = self.start_s
        return later

    def moment(self, sixteenths: int) -> int:
        """Return the epoch second that lies so many sixteenths between the start and now."""
        return self.start_s + (self.now_s - self.start_s) * sixteenths // 16


Draw = Callable[[World, int], "str | int"]
"""From a world and an event's number to one value."""


class Drawn:
    """Gives one id: the number of the world, or of the event, times the role's salt, dressed."""

    __slots__ = ("dress", "is_fresh", "salt")

    def __init__(self, kind: str, role: str, *, is_fresh: bool) -> None:
        self.dress, self.salt, self.is_fresh = KINDS[kind], _salt(role), is_fresh

    @property
    def is_number(self) -> bool:
        """Whether its values are integers: what dresses one product so dresses all."""
        return isinstance(self.dress(self.salt), int)

    def __call__(self, w: World, n: int) -> str | int:
        """Return the id in world `w` and the event numbered `n`."""
        return self.dress((event_root(w, n) if self.is_fresh else w.root) * self.salt)


class Uuid:
    """Gives a UUID of a world; some are bent, so that there is one with `/` first, `//` or `+`.

    Real ones are base64 of 16 bytes, so one in 64 begins with `/`; those break receivers that put
    them into a URL unencoded, and waiting for chance would hide that.
    """

    __slots__ = ("draw",)

    def __init__(self, role: str) -> None:
        salt = _salt(role)
        turn = TURNS[role] if role in TURNS else crc32(role.encode())

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
        return self.draw(w)


def event_root(w: World, n: int) -> int:
    """Return for the event numbered `n` what `w.root` is for the whole world."""
    return w.root + n * _BY_EVENT & _MASK


def of_world(kind: str, role: str) -> Draw:
    """Return what gives the id of `role`, which is the same in every event of a world."""
    return Uuid(role) if kind == "uuid" else Drawn(kind, role, is_fresh=False)


def of_event(kind: str, role: str) -> Draw:
    """Return what gives the id of `role` in one event: its number decides, beside the world."""
    return Drawn(kind, role, is_fresh=True)


def of_pool(kind: str, role: str) -> Draw:
    """Return what gives the free text of `role`, drawn from the seed's pool `kind`.

    It is as customers write it, or in ASCII words where the world is told in these.
    """
    salt = _salt(role)

    def draw(w: World, n: int) -> str:
        pool: tuple[Pair, ...] = getattr(words(w.seed), kind)
        return pool[(w.root * salt >> 64) % POOL][w.side]

    return draw


@lru_cache(maxsize=4096)
def _salt(role: str) -> int:
    return int.from_bytes(blake2b(role.encode(), digest_size=16).digest(), "big") | 1


@lru_cache(maxsize=256)
def _date(day: int) -> str:
    return strftime("%Y-%m-%dT", gmtime(day * 86_400))


_MINUTES = tuple(f"{minute // 60:02d}:{minute % 60:02d}:" for minute in range(24 * 60))
_SECONDS = tuple(f"{second:02d}Z" for second in range(60))


def stamp(second: int) -> str:
    """Spell an epoch second as Zoom does: RFC 3339 in UTC, whole seconds, `Z`."""
    minute = second // 60
    return f"{_date(minute // 1440)}{_MINUTES[minute % 1440]}{_SECONDS[second % 60]}"
