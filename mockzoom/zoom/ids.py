"""What ids look like: each kind dresses one drawn number as Zoom's event documents show it.

The number is a product of 256 bits (the entity set's times the role's), of which the middle 128 are
well mixed and used.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Callable
from hashlib import blake2b


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
_call_number = _between(10**18, 2**63 - 1)
_pmi = _between(1_000_000_000, 9_999_999_999)

_AREAS = (
    201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 220,
    223, 224, 225, 227, 228, 229, 231, 234, 235, 239, 240, 248, 251, 252, 253, 254, 256, 260,
    262, 267, 269, 270, 272, 274, 276, 279, 281, 283, 301, 302, 303, 304, 305, 307, 308, 309,
    310, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321, 323, 324, 325, 326, 327, 329, 330,
    331, 332, 334, 336, 337, 339, 341, 346, 347, 350, 351, 352, 353, 360, 361, 363, 364, 369,
    380, 385, 386, 401, 402, 404, 405, 406, 407, 408, 409, 410, 412, 413, 414, 415, 417, 419,
    423, 424, 425, 430, 432, 434, 435, 440, 442, 443, 445, 447, 448, 458, 463, 464, 469, 470,
    472, 475, 478, 479, 480, 484, 501, 502, 503, 504, 505, 507, 508, 509, 510, 512, 513, 515,
    516, 517, 518, 520, 530, 531, 534, 539, 540, 541, 551, 557, 559, 561, 562, 563, 564, 567,
    570, 571, 572, 573, 574, 575, 580, 582, 585, 586, 601, 602, 603, 605, 606, 607, 608, 609,
    610, 612, 614, 615, 616, 617, 618, 619, 620, 623, 626, 628, 629, 630, 631, 636, 640, 641,
    645, 646, 650, 651, 656, 657, 659, 660, 661, 662, 667, 669, 678, 680, 681, 682, 686, 689,
    701, 702, 703, 704, 706, 707, 708, 712, 713, 714, 715, 716, 717, 718, 719, 720, 724, 725,
    726, 727, 728, 730, 731, 732, 734, 737, 738, 740, 743, 747, 748, 754, 757, 760, 762, 763,
    765, 769, 770, 771, 772, 773, 774, 775, 779, 781, 785, 786, 801, 802, 803, 804, 805, 806,
    808, 810, 812, 813, 814, 815, 816, 817, 818, 820, 821, 826, 828, 830, 831, 832, 835, 838,
    839, 840, 843, 845, 847, 848, 850, 854, 856, 857, 858, 859, 860, 862, 863, 864, 865, 870,
    872, 878, 901, 903, 904, 906, 907, 908, 909, 910, 912, 913, 914, 915, 916, 917, 918, 919,
    920, 925, 928, 929, 930, 931, 934, 936, 937, 938, 940, 941, 943, 945, 947, 948, 949, 951,
    952, 954, 956, 959, 970, 971, 972, 973, 975, 978, 979, 980, 983, 984, 985, 986, 989,
)  # fmt: skip
"""Area codes of the United States that people are called at."""
_FIRST_USER = 16_777_216


def _phone(index: int) -> int:
    """Return a number of the range kept for fiction: +1, area, 555-0100 to 555-0199."""
    area, line = divmod(index, 100)
    return 1_000_555_0100 + _AREAS[area] * 10_000_000 + line


COUNTED: dict[str, tuple[int, Callable[[int], str | int]]] = {
    "user_number": (2**24, lambda index: _FIRST_USER + index),
    "user_digits": (2**24, lambda index: str(_FIRST_USER + index)),
    "phone_number": (33_832, _phone),
    "phone_digits": (33_832, lambda index: str(_phone(index))),
    "phone_plus": (33_832, lambda index: f"+{_phone(index)}"),
    "extension_number": (90_000, lambda index: 10_000 + index),
    "extension_digits": (90_000, lambda index: str(10_000 + index)),
}
"""Kinds of which there are so few that entity sets take turns: how many, and how each looks.

An extension has five digits and a participant's number eight, as in captured deliveries. How many
phone numbers there are is 132 * 256 + 40: see `mockzoom.synth.entity_values`.
"""


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


MAIL_HOSTS = ("example.com", "example.org", "example.net")
"""Hosts of e-mail addresses, reserved for examples."""
CHAT_HOST = "xmpp.zoom.example"
"""Host of chat ids (JIDs), which look like e-mail addresses and are none."""
_SIGNS = b"@$*!&#%-"


def _password(product: int) -> str:
    """Return 8 letters, digits and a sign, as a captured recording's password has them."""
    raw = product.to_bytes(32, "big")
    text = b2a_base64(raw[8:14])[:7].translate(_ALNUM)
    place = raw[15] % 8
    return (text[:place] + _SIGNS[raw[16] % 8 : raw[16] % 8 + 1] + text[place:]).decode()


def _play_code(product: int) -> str:
    raw = product.to_bytes(32, "big")
    wide = (int.from_bytes(raw[8:24], "big") * _WIDE).to_bytes(80, "big")
    return b2a_base64(wide[8:32]).translate(_URL_SAFE)[:32].decode()


def _hex64(product: int) -> str:
    return f"{_hex32(product)}{_hex32(product * _WIDE & 2**256 - 1)}"


def _member(product: int) -> str:
    """Return the id of a member of a channel: 64 characters, the first of which say the version."""
    wide = ((product >> 64 & 2**128 - 1) * _WIDE).to_bytes(80, "big")
    return f"1v{b2a_base64(wide[8:56]).translate(_URL_SAFE)[:62].decode()}"


KINDS: dict[str, Callable[[int], str | int]] = {
    "uuid": base64_16,
    "id22": _id22,
    "hex32": _hex32,
    "hex64": _hex64,
    "member": _member,
    "dashed": _dashed,
    "alnum8": _alnum(8),
    "alnum12": _alnum(12),
    "alnum19": _alnum(19),
    "zone": lambda product: _ZONES[(product >> 96) % len(_ZONES)],
    "meeting_number": _meeting_number,
    "session_number": _session_number,
    "meeting_digits": lambda product: str(_meeting_number(product)),
    "session_digits": lambda product: str(_session_number(product)),
    "pmi_number": _pmi,
    "pmi_digits": lambda product: str(_pmi(product)),
    "key6": lambda product: str(100_000 + (product >> 96) % 900_000),
    "guid_upper": lambda product: _dashed(product).upper(),
    "password8": _password,
    "base64url32": _play_code,
    "millis13": lambda product: str(1_700_000_000_000 + (product >> 96) % 10**11),
    "digits19": lambda product: str(_call_number(product)),
    "jwt": _jwt,
    "passcode": lambda product: str(100_000 + (product >> 96) % 900_000),
    "ipv4": lambda product: f"198.51.100.{1 + (product >> 96) % 254}",
    "ipv6": lambda product: f"2001:db8::{1 + (product >> 96) % 0xFFFF:x}",
    "word": _word,
}
"""Kind of id to what dresses a product as one."""
NAMES = frozenset({*KINDS, *COUNTED, "email"})
"""Every kind of id; an e-mail address is made of its person's name."""

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
