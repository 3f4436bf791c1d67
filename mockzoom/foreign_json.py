"""Reads JSON that somebody else wrote: an answer, a token, a state, a frame of a stream.

Whatever is in it, the outcome is a value that the rest of the package can walk, compare, count
with, print and store, or a `ForeignJSONError` that says why not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

LARGEST = 64 * 1024 * 1024
"""Bytes or characters."""
DEEPEST = 100
"""Levels of arrays and objects; a recursive reader of ours needs a few frames for each."""
LONGEST_NUMBER = 100
"""Digits of an integer: those with 309 are no float any more, those with 4,301 no Python text."""

_LONG = re.compile(rf"[0-9]{{{LONGEST_NUMBER + 1}}}")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class ForeignJSONError(ValueError):
    """It is no JSON, or none that can be used; the text says why, without a place or advice."""


def read_json(data: bytes | str) -> Any:
    """Return the JSON value in `data`, which may be UTF-8, UTF-16 or UTF-32.

    Half of a surrogate pair, which is no text that could be signed or stored, becomes `?`. Raises
    `ForeignJSONError` for anything else that is too large, too deep, too long, or no JSON.
    """
    if len(data) > LARGEST:
        raise ForeignJSONError(f"it is larger than {LARGEST // 1024**2} MB")
    try:
        text = data if isinstance(data, str) else data.decode(json.detect_encoding(bytes(data)))
        value = json.loads(text, parse_int=_integer) if _LONG.search(text) else json.loads(text)
        if text.count("[") + text.count("{") > DEEPEST and is_deep(value):
            raise ForeignJSONError("it is nested too deeply")
        if _SURROGATE.search(text):
            value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except RecursionError:
        raise ForeignJSONError("it is nested too deeply") from None
    except UnicodeDecodeError as error:
        raise ForeignJSONError(f"it is no text in {error.encoding}") from None
    except json.JSONDecodeError as error:
        raise ForeignJSONError(str(error)) from None
    return value


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ForeignJSONError(f"it has a number of {len(digits.lstrip('-'))} digits")
    return int(digits)


def is_deep(value: Any) -> bool:
    """Return whether a value has more than `DEEPEST` levels of arrays and objects."""
    level = [value]
    for _ in range(DEEPEST):
        level = [item for part in level for item in _children(part)]
        if not level:
            return False
    return any(isinstance(item, list | dict) for item in level)


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
