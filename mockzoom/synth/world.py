"""One world of entities, so that every event made in it speaks of the same meeting.

A world belongs to (seed, number). Its ids are derived from those two by BLAKE2b, on demand and
kept, its texts are drawn from the seed's pools: an event costs a few look-ups. What the values look
like is taken from the examples of Zoom's event documents.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import lru_cache
from time import gmtime, strftime
from zlib import crc32

from mockzoom.synth.words import POOL, Pair, words

DEFAULT_AT_MS = 1_767_268_800_000
"""2026-01-01T12:00:00Z: the payload clock of whoever gives none, so that bytes never vary."""

_TURNS = {"meeting": 0, "webinar": 1, "session": 2, "guest.uuid": 3}
_SHORTEST_S = 600
_LONGEST_S = 6 * 3600

Key = tuple[str, str]
"""What kind of id, and whose: `("uuid", "meeting")`."""


class Ids(dict[Key, "str | int"]):
    """The ids of one world by (kind, role), made when first asked for."""

    def __init__(self, seed: int, number: int) -> None:
        super().__init__()
        self._prefix = f"{seed}/{number}/"
        self._turn = seed + number

    def __missing__(self, key: Key) -> str | int:
        """Derive the id of `key`: 16 bytes from the world and the role, dressed by the kind."""
        kind, role = key
        raw = hashlib.blake2b((self._prefix + role).encode(), digest_size=16).digest()
        if kind == "uuid":
            turn = _TURNS[role] if role in _TURNS else crc32(role.encode())
            raw = _awkward(raw, self._turn + turn)
        value = self[key] = _KINDS[kind](raw)
        return value


class Texts(dict[Key, str]):
    """The free text of one world by (kind, role): as customers write it, or in ASCII words."""

    def __init__(self, seed: int, number: int, ascii_only: bool) -> None:
        super().__init__()
        self._seed, self._number, self._side = seed, number, int(ascii_only)

    def __missing__(self, key: Key) -> str:
        """Draw the text of `key` from the seed's pool."""
        kind, role = key
        raw = hashlib.blake2b(f"{self._number}/{role}".encode(), digest_size=4).digest()
        pools = words(self._seed)
        pool: tuple[Pair, ...] = getattr(pools, kind)
        value = self[key] = pool[int.from_bytes(raw, "big") % POOL][self._side]
        return value


class World:
    """A meeting, session and webinar with their people, seen at one instant of the payload clock.

    `at_ms` (epoch milliseconds) is that instant: no time in any event lies after it. What began did
    so between ten minutes and six hours before, and at the same instant for every event that is
    made in this world within that time.
    """

    __slots__ = ("at_ms", "ids", "now_s", "number", "seed", "start_s", "texts")

    def __init__(self, seed: int, at_ms: int, number: int = 0, *, ascii_only: bool = False) -> None:
        self.seed, self.at_ms, self.number = seed, at_ms, number
        self.ids, phase = _cast(seed, number)
        self.texts = _texts(seed, number, ascii_only)
        self.now_s = now = at_ms // 1000
        self.start_s = now - _SHORTEST_S - (now - phase) % _LONGEST_S

    def at(self, at_ms: int, *, ascii_only: bool = False) -> World:
        """Return this world at another instant; what began stays begun where it can."""
        later = World(self.seed, at_ms, self.number, ascii_only=ascii_only)
        if self.start_s + 16 <= later.now_s:
            later.start_s = self.start_s
        return later

    def moment(self, sixteenths: int) -> int:
        """Return the epoch second that lies so many sixteenths between the start and now."""
        return self.start_s + (self.now_s - self.start_s) * sixteenths // 16


@lru_cache(maxsize=512)
def _cast(seed: int, number: int) -> tuple[Ids, int]:
    raw = hashlib.blake2b(f"{seed}/{number}/phase".encode(), digest_size=4).digest()
    return Ids(seed, number), int.from_bytes(raw, "big") % _LONGEST_S


@lru_cache(maxsize=512)
def _texts(seed: int, number: int, ascii_only: bool) -> Texts:
    return Texts(seed, number, ascii_only)


@lru_cache(maxsize=8192)
def stamp(second: int) -> str:
    """Spell an epoch second as Zoom does: RFC 3339 in UTC, whole seconds, `Z`."""
    return strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(second))


def _awkward(raw: bytes, turn: int) -> bytes:
    """Bend some UUIDs so that every world has one beginning with `/` and one with `//` or `+`.

    Real ones are base64 of 16 bytes, so one in 64 begins with `/`; those break receivers that put
    them into a URL unencoded, and waiting for chance would hide that.
    """
    bend = turn % 4
    if bend == 1:
        return b"\xff" + raw[1:]
    if bend == 2:
        return raw[:6] + b"\xff\xfb\xe0" + raw[9:]
    if bend == 3:
        return raw[:3] + b"\x00\xff\xff" + raw[6:]
    return raw


def _alnum(raw: bytes, length: int) -> str:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    number, out = int.from_bytes(raw, "big"), []
    for _ in range(length):
        number, rest = divmod(number, 62)
        out.append(letters[rest])
    return "".join(out)


def _dashed(raw: bytes) -> str:
    text = raw.hex()
    version4 = f"4{text[13:16]}-{'89ab'[raw[8] % 4]}{text[17:20]}"
    return f"{text[:8]}-{text[8:12]}-{version4}-{text[20:]}"


def _between(low: int, high: int) -> Callable[[bytes], int]:
    return lambda raw: low + int.from_bytes(raw, "big") % (high - low + 1)


def _b64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


_meeting_number = _between(10_000_000_000, 99_999_999_999)
_session_number = _between(100_000_000, 999_999_999)
_user_number = _between(16_777_216, 33_554_431)
_area = (202, 212, 303, 312, 415, 555, 617, 808)


def _phone(raw: bytes) -> int:
    """Return a number of the range kept for fiction: +1, area, 555-0100 to 555-0199."""
    return int(f"1{_area[raw[0] % 8]}55501{raw[1] % 100:02d}")


def _jwt(raw: bytes) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"HS512"}').decode().rstrip("=")
    body = base64.urlsafe_b64encode(b'{"iss":"https://event.zoom.example"}').decode().rstrip("=")
    return f"{head}.{body}.{_b64url(hashlib.blake2b(raw).digest())}"


_ZONES = (
    "America/Los_Angeles", "Europe/Berlin", "Asia/Kolkata", "Asia/Tokyo", "America/Sao_Paulo",
    "Africa/Lagos", "Australia/Sydney", "UTC",
)  # fmt: skip


def _email(raw: bytes) -> str:
    first = ("amina", "chloe", "jose", "lukasz", "misaki", "soren", "wei", "zoe")[raw[0] % 8]
    last = ("celik", "dvorak", "kovacs", "mueller", "nguyen", "nunez", "smith", "wang")[raw[1] % 8]
    return f"{first}.{last}{raw[2]}@example.{('com', 'org', 'net')[raw[3] % 3]}"


_KINDS: dict[str, Callable[[bytes], str | int]] = {
    "uuid": lambda raw: base64.b64encode(raw).decode(),
    "id22": _b64url,
    "hex32": bytes.hex,
    "dashed": _dashed,
    "alnum8": lambda raw: _alnum(raw, 8),
    "alnum12": lambda raw: _alnum(raw, 12),
    "alnum19": lambda raw: _alnum(raw, 19),
    "email": _email,
    "zone": lambda raw: _ZONES[raw[0] % len(_ZONES)],
    "meeting_number": _meeting_number,
    "session_number": _session_number,
    "user_number": _user_number,
    "meeting_digits": lambda raw: str(_meeting_number(raw)),
    "session_digits": lambda raw: str(_session_number(raw)),
    "user_digits": lambda raw: str(_user_number(raw)),
    "phone_number": _phone,
    "phone_digits": lambda raw: str(_phone(raw)),
    "phone_plus": lambda raw: f"+{_phone(raw)}",
    "jwt": _jwt,
    "passcode": lambda raw: str(_between(100_000, 999_999)(raw)),
    "ipv4": lambda raw: f"198.51.100.{1 + raw[0] % 254}",
    "ipv6": lambda raw: f"2001:db8::{raw[:2].hex().lstrip('0') or '1'}",
    "word": lambda raw: _alnum(raw, 6).lower(),
    "raw": lambda raw: int.from_bytes(raw[:6], "big"),
}
