"""Reads JSON as strictly as it is written down, and says where it is none.

Python takes what JSON does not have: NaN, keys that stand twice, numbers without end. In a capture
each of them hides what was sent, so each is a mistake with its line and column.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from mockzoom.foreign_json import DEEPEST, LONGEST_NUMBER, is_deep
from mockzoom.model import JSON
from mockzoom.wording import printable

_SPACE = re.compile(r"[ \t\r\n]*")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]|[^\s\[\]{}",:]+', re.DOTALL)
_QUOTED = 60


class StrictJSONError(ValueError):
    """A text that is no JSON; `line` and `column` count from 1 within the text."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


class _Refused(ValueError):
    """What Python takes and JSON does not have; its place is still to be found."""


class RepeatingObject(dict[str, JSON]):
    """An object in whose text a key stands twice; the last one counts."""


class JSONPart(NamedTuple):
    """One of the JSON values of a text: the value, its own text, and the line where it begins."""

    value: JSON
    text: str
    line: int


def read_strict(text: str) -> JSON:
    """Return the one JSON value in `text`, in which no key stands twice.

    Raises `StrictJSONError`.
    """
    parts = list(read_sequence(text))
    if not parts:
        raise StrictJSONError("it is empty")
    if len(parts) > 1:
        raise StrictJSONError("a second JSON value follows the first", parts[1].line)
    refuse_repeated(parts[0].value, text)
    return parts[0].value


def read_sequence(text: str) -> Iterator[JSONPart]:
    """Yield the JSON values that follow each other in `text`; none of a blank one.

    An object with a key that stands twice is a `RepeatingObject`; see `refuse_repeated`. Raises
    `StrictJSONError` where something is no JSON.
    """
    decoder = json.JSONDecoder(
        object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
    )
    position = _after_space(text, 0)
    line, counted = 1, 0
    while position < len(text):
        line += text.count("\n", counted, position)
        counted = position
        try:
            value, end = decoder.raw_decode(text, position)
        except json.JSONDecodeError as error:
            raise StrictJSONError(f"broken JSON: {error.msg}", *_place(text, error.pos)) from None
        except _Refused as error:
            raise _located(text, position, str(error)) from None
        except RecursionError:
            raise _located(text, position, "") from None
        if is_deep(value):
            raise _located(text, position, "")
        yield JSONPart(value, text[position:end], line)
        position = _after_space(text, end)


def refuse_repeated(value: JSON, text: str) -> None:
    """Raise `StrictJSONError` where an object in `value`, which `text` is, has a key twice."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, RepeatingObject):
            raise _located(text, 0, "a key stands twice in one object")
        if isinstance(item, dict | list):
            waiting += item.values() if isinstance(item, dict) else item


def _after_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _place(text: str, position: int) -> tuple[int, int]:
    line = text.count("\n", 0, position) + 1
    return line, position - (text.rfind("\n", 0, position) + 1) + 1


def _object(pairs: list[tuple[str, JSON]]) -> JSON:
    result = dict(pairs)
    return result if len(result) == len(pairs) else RepeatingObject(result)


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise _Refused(f"a number has {len(digits)} digits, at most {LONGEST_NUMBER} are read")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number) or len(digits) > 10 * LONGEST_NUMBER:
        raise _Refused(f"the number {digits[:_QUOTED]} is larger than any double")
    return number


def _constant(name: str) -> NoReturn:
    raise _Refused(f"{name} is no JSON value")


def _located(text: str, start: int, message: str) -> StrictJSONError:
    """Return the error for the first thing from `start` on that Python takes and JSON does not."""
    keys: list[set[str] | None] = []
    for match in _TOKEN.finditer(text, start):
        token = match[0]
        if token in ("{", "["):
            keys.append(set() if token == "{" else None)
            if len(keys) > DEEPEST:
                why = f"nested too deeply: more than {DEEPEST} levels"
                return StrictJSONError(why, *_place(text, match.start()))
        elif token in ("}", "]"):
            if keys:
                keys.pop()
        elif token[0] == '"':
            seen = keys[-1] if keys else None
            if seen is not None and text.startswith(":", _after_space(text, match.end())):
                name = _unquoted(token)
                if name in seen:
                    why = f"the key {printable(token[:_QUOTED])} stands here twice"
                    return StrictJSONError(why, *_place(text, match.start()))
                seen.add(name)
        elif _is_refused(token):
            return StrictJSONError(message or "no JSON value", *_place(text, match.start()))
    return StrictJSONError(message or "nested too deeply", *_place(text, start))


def _unquoted(token: str) -> str:
    try:
        return str(json.loads(token))
    except ValueError:
        return token


def _is_refused(token: str) -> bool:
    try:
        json.loads(token, parse_int=_integer, parse_float=_float, parse_constant=_constant)
    except _Refused:
        return True
    except ValueError:
        return False
    return False
