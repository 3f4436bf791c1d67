"""Finds the values that a description explains and the enum beside it leaves out.

Only a description that lists its values counts: items of `value: text`, `value - text` or
`value = text`, all written in one manner, most of them in the enum. Everything else is prose.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from mockzoom.model import JSON

_BREAK = re.compile(r"\r?\n|<br\s*/?>|(?<=\s)(?=[*•] )", re.IGNORECASE)
_ITEM = re.compile(
    r"\s*(?P<bullet>[*•+-](?=\s))?\s*"
    r"(?P<mark>[`'\"]|\*\*)?(?P<value>-?[\w.]+(?:-[\w.]+)*)(?(mark)(?P=mark))\s*"
    r"(?P<sign>:(?=\s)|=|(?<=\s)[-–—](?=\s))\s*(?P<text>\S.*)"
)
_HEADINGS = re.compile(
    r"allowed|caution|default|deprecated|e\.?g|examples?|format|hint|i\.?e|important|notes?|optional"
    r"|possible|required|see|tip|type|valid|values?|warning",
    re.IGNORECASE,
)
"""Words that begin a remark and are no value."""
_MOST = 0.5
_Shape: TypeAlias = tuple[bool, bool, bool]


@dataclass(frozen=True, slots=True)
class _Listed:
    value: JSON
    manner: tuple[bool, bool, str]


def omitted_values(description: JSON, enum: JSON) -> tuple[JSON, ...]:
    """Return the values that the description lists and the enum does not have, in their order."""
    if not isinstance(description, str) or not isinstance(enum, list) or len(enum) < 2:
        return ()
    kinds = {type(value) for value in enum if value is not None}
    if kinds not in ({int}, {str}):
        return ()
    numbers = kinds == {int}
    shapes = set() if numbers else set(map(_shape, enum))
    parts = _BREAK.split(description)
    listed = [item for part in parts if (item := _listed(part, numbers, shapes))]
    known = set(enum)
    inside = [item for item in listed if item.value in known]
    if len({item.value for item in inside}) < 2:
        return ()
    manners = {item.manner for item in inside}
    outside = {item.value: item for item in listed if item.value not in known}
    similar = [value for value, item in outside.items() if item.manner in manners]
    if len(similar) != len(outside) or len(inside) <= _MOST * (len(inside) + len(similar)):
        return ()
    return tuple(similar)


def _listed(part: str, numbers: bool, shapes: set[_Shape]) -> _Listed | None:
    match = _ITEM.fullmatch(part.rstrip())
    if match is None:
        return None
    text = match["value"]
    manner = (match["bullet"] is not None, match["mark"] is not None, match["sign"])
    if numbers:
        return _Listed(int(text), manner) if re.fullmatch(r"-?[0-9]{1,18}", text) else None
    if _HEADINGS.fullmatch(text.rstrip(".")) or _shape(text) not in shapes:
        return None
    return _Listed(text, manner)


def _shape(value: JSON) -> _Shape:
    """Return whether a name has digits only, lower-case letters only, upper-case letters only."""
    text = str(value)
    return text.isdigit(), text == text.lower(), text == text.upper()
