"""What ids look like: each kind dresses one drawn number as Zoom's event documents show it.

The number is a product of 256 bits (the world's times the role's), of which the middle 128 are well
mixed and used.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Callable
from hashlib import blake2b


def _raw(product: int) -> bytes:
    return product.to_bytes(32, "big")[8:24]


def base64_16(product: int) -> str:
    """Return 16 bytes as base64 with its padding, as UUIDs stand in events."""
    return b2a_base64(product.to_bytes(32, "big")[8:24])[:24].decode()


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _id22(product: int) -> str:
    return b2a_base64(product.to_bytes(32, "big")[8:24]).translate(_URL_SAFE)[:22].decode()


def _hex32(product: int) -> str:
    return product.to_bytes(32, "big")[8:24].hex()


_ALNUM = bytes.maketrans(b"+/", b"Z7")
_LOWER = bytes.maketrans(b"+/ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"z3abcdefghijklmnopqrstuvwxyz")


def _alnum(length: int) -> Callable[[int], str]:
    return lambda product: (
        b2a_base64(product.to_bytes(32, "big")[8:23])[:length].translate(_ALNUM).decode()
    )


def _word(product: int) -> str:
    return b2a_base64(product.to_bytes(32, "big")[8:14])[:6].translate(_LOWER).decode()


def _dashed(product: int) -> str:
    text = product.to_bytes(32, "big")[8:24].hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{_VARIANT[text[16]]}{text[17:20]}-{text[20:]}"


_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}


def _between(low: int, high: int) -> Callable[[int], int]:
    count = high - low + 1
    return lambda product: low + (product >> 96) % count


_meeting_number = _between(10_000_000_000, 99_999_999_999)
_session_number = _between(100_000_000, 999_999_999)
_user_number = _between(16_777_216, 33_554_431)
_call_number = _between(10**18, 2**63 - 1)
_area = (202, 212, 303, 312, 415, 555, 617, 808)


def _phone(product: int) -> int:
    """Return a number of the range kept for fiction: +1, area, 555-0100 to 555-0199."""
    drawn = product >> 96
    return 1_000_555_0100 + _area[drawn % 8] * 10_000_000 + (drawn >> 8) % 100


_JWT_HEAD = "eyJhbGciOiJIUzUxMiJ9.eyJpc3MiOiJodHRwczovL2V2ZW50Lnpvb20uZXhhbXBsZSJ9"
"""`{"alg":"HS512"}` and `{"iss":"https://event.zoom.example"}`."""
_WIDE = int.from_bytes(blake2b(b"jwt").digest(), "big") | 1


def _jwt(product: int) -> str:
    """Return a token whose signature is 64 bytes, as that of HS512 is."""
    wide = ((product >> 64 & 2**128 - 1) * _WIDE).to_bytes(80, "big")
    return f"{_JWT_HEAD}.{b2a_base64(wide[8:72]).translate(_URL_SAFE)[:86].decode()}"


_ZONES = (
    "America/Los_Angeles", "Europe/Berlin", "Asia/Kolkata", "Asia/Tokyo", "America/Sao_Paulo",
    "Africa/Lagos", "Australia/Sydney", "UTC",
)  # fmt: skip


def _email(product: int) -> str:
    raw = _raw(product)
    first = ("amina", "chloe", "jose", "lukasz", "misaki", "soren", "wei", "zoe")[raw[0] % 8]
    last = ("celik", "dvorak", "kovacs", "mueller", "nguyen", "nunez", "smith", "wang")[raw[1] % 8]
    return f"{first}.{last}{raw[2]}@example.{('com', 'org', 'net')[raw[3] % 3]}"


KINDS: dict[str, Callable[[int], str | int]] = {
    "uuid": base64_16,
    "id22": _id22,
    "hex32": _hex32,
    "dashed": _dashed,
    "alnum8": _alnum(8),
    "alnum12": _alnum(12),
    "alnum19": _alnum(19),
    "email": _email,
    "zone": lambda product: _ZONES[(product >> 96) % len(_ZONES)],
    "meeting_number": _meeting_number,
    "session_number": _session_number,
    "user_number": _user_number,
    "meeting_digits": lambda product: str(_meeting_number(product)),
    "session_digits": lambda product: str(_session_number(product)),
    "user_digits": lambda product: str(_user_number(product)),
    "phone_number": _phone,
    "phone_digits": lambda product: str(_phone(product)),
    "phone_plus": lambda product: f"+{_phone(product)}",
    "digits19": lambda product: str(_call_number(product)),
    "jwt": _jwt,
    "passcode": lambda product: str(100_000 + (product >> 96) % 900_000),
    "ipv4": lambda product: f"198.51.100.{1 + (product >> 96) % 254}",
    "ipv6": lambda product: f"2001:db8::{1 + (product >> 96) % 0xFFFF:x}",
    "word": _word,
}
"""Kind of id to what dresses a product as one."""

SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[0-9a-f]{32}"), "hex32"),
    (re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"), "dashed"),
    (re.compile(r"[A-Za-z0-9+/]{21,23}=="), "uuid"),
    (re.compile(r"(?=.*\d)(?=.*[A-Z])[A-Za-z0-9_-]{22,23}"), "id22"),
    (re.compile(r"[\w-]{16,}\.[\w-]{16,}\.[\w-]{16,}"), "jwt"),
    (re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"), "email"),
    (re.compile(r"\d{1,3}(\.\d{1,3}){3}"), "ipv4"),
    (re.compile(r"\+\d{8,15}"), "phone_plus"),
    (re.compile(r"\d{11,15}"), "meeting_digits"),
    (re.compile(r"\d{8}"), "user_digits"),
    (re.compile(r"\d{9,10}"), "session_digits"),
    (re.compile(r"(?=.*\d)(?=.*[A-Z])[A-Za-z0-9]{15,21}"), "alnum19"),
    (re.compile(r"(?=.*\d)(?=.*[A-Z])[A-Za-z0-9]{10,14}"), "alnum12"),
)
"""What examples of documents look like, and the kind of id that each of them is."""
