"""Bodies become bytes here, exactly as JavaScript's `JSON.stringify` prints them, in UTF-8.

Zoom's deliveries carry the bytes that `JSON.stringify` prints (captured, 2026-07-29): no
insignificant white space, slashes as they are, text beyond ASCII literal. A receiver has to hash
these very bytes, so this is the only place where a body is spelled; nothing re-serialises it.
Beside it, `respell` writes the same JSON value in other bytes, for rule MZ207.
"""

from __future__ import annotations

import json.encoder
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from math import isfinite
from typing import Literal

from mockzoom.errors import UsageError, nearest
from mockzoom.model import JSON

Style = Literal["spaced", "escaped"]
STYLES: tuple[Style, ...] = ("spaced", "escaped")

_native = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


def _kept() -> Callable[[JSON], str]:
    """Return what prints as `_native` does, without setting the C encoder up for each body."""
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return _native
    pieces = make(None, None, json.encoder.encode_basestring, None, ":", ",", False, False, True)
    return lambda body: "".join(pieces(body, 0))


_print = _kept()
_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


def encode(body: Mapping[str, JSON] | JSON) -> bytes:
    """Return `body` as `JSON.stringify` prints it, in UTF-8.

    Key order is kept; `1.0` is `1`; lone surrogates are `\\udXXX` escapes (well-formed
    `JSON.stringify`, ECMAScript 2019); NaN and infinities are `null`. Integers beyond 2^53, which
    JavaScript would round, keep their digits: only mutants carry them, and events whose schema
    allows no number that JavaScript can hold.
    """
    return in_utf8(_print(body) if _plain((body,)) else _spell(body))


def spelled(value: JSON) -> str:
    """Return one value as it stands in what `encode` makes; `in_utf8` makes bytes of the whole."""
    kind = value.__class__
    if kind is str:
        return quoted(value)
    return repr(value) if kind is int else _spell(value)


quoted: Callable[[str], str] = json.encoder.encode_basestring
"""What `spelled` returns for a text."""


def in_utf8(text: str) -> bytes:
    """Return the bytes of a JSON text; lone surrogates become escapes."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _SURROGATES.sub(_escape_surrogate, text).encode()


def respell(body: bytes, style: str) -> bytes:
    """Return other bytes for the same JSON value (a body made by `encode`).

    `spaced` adds insignificant white space, `escaped` writes every character beyond ASCII and every
    slash as an escape, and some ASCII letters where there are neither. Raises `UsageError` on an
    unknown style.
    """
    text = body.decode()
    if style == "spaced":
        return _spaced(_TOKEN.findall(text)).encode()
    if style == "escaped":
        escaped = re.sub(r"[^\x00-\x7f]|/", _escape, text)
        if escaped == text:
            escaped = re.sub(r'(?<=")[A-Za-z]', _escape_letter, text)
        return escaped.encode()
    raise UsageError(f"unknown spelling {style!r}{nearest(style, STYLES)}")


def _plain(values: Iterable[JSON]) -> bool:
    """Return whether Python's own encoder prints `values` as JavaScript does: there is no float."""
    for value in values:
        kind = value.__class__
        if kind is str or kind is int:
            continue
        if kind is dict:
            if not _plain(value.values()):
                return False
        elif kind is list:
            if not _plain(value):
                return False
        elif value is not None and kind is not bool:
            return False
    return True


def _spell(value: JSON) -> str:
    if isinstance(value, Mapping):
        pairs = (f"{_native(str(key))}:{_spell(item)}" for key, item in value.items())
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(_spell, value)) + "]"
    if isinstance(value, float):
        return _spell_float(value)
    return _native(value)


def _spell_float(value: float) -> str:
    """Spell `value` as ECMAScript's Number::toString does (the shortest digits that read back)."""
    if not isfinite(value):
        return "null"
    if value == 0:
        return "0"
    sign, places, power = Decimal(repr(value)).normalize().as_tuple()
    digits = "".join(map(str, places))
    point = len(digits) + int(power)
    if len(digits) <= point <= 21:
        text = digits.ljust(point, "0")
    elif 0 < point <= 21:
        text = f"{digits[:point]}.{digits[point:]}"
    elif -6 < point <= 0:
        text = "0." + "0" * -point + digits
    else:
        mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
        text = f"{mantissa}e{point - 1:+d}"
    return "-" * sign + text


def _escape_surrogate(match: re.Match[str]) -> str:
    found = match.group()
    if len(found) == 2:
        return found.encode("utf-16", "surrogatepass").decode("utf-16")
    return f"\\u{ord(found):04x}"


def _escape(match: re.Match[str]) -> str:
    found = match.group()
    if found == "/":
        return "\\/"
    units = found.encode("utf-16-be")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))


def _escape_letter(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"


def _spaced(tokens: list[str]) -> str:
    out: list[str] = []
    depth = 0
    for token in tokens:
        if token in "{[":
            depth += 1
            out.append(f"{token}\n{'  ' * depth}")
        elif token in "}]":
            depth -= 1
            out.append(f"\n{'  ' * depth}{token}")
        elif token == ",":
            out.append(f",\n{'  ' * depth}")
        else:
            out.append(" : " if token == ":" else token)
    return "".join(out) + "\n"
