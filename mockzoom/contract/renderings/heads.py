"""Reads what a rendered reference says of one field: types, attributes, description."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from mockzoom.contract.renderings.sections import unescaped
from mockzoom.model import JSON

_SPAN = re.compile(r"(?P<tick>`{1,4})(?P<code>.*?)(?<!`)(?P=tick)(?!`)")
_ATTRIBUTE = re.compile(
    r"\s?,\s?(?P<key>format|possible values|default|nullable|deprecated)\b\s?(?P<colon>:)?\s?"
)
_PLAIN_TYPE = re.compile(
    r"(?P<type>[^—]{0,200}?)\s?"
    r"(?=,\s?(?:format:|possible values:|default:|nullable\b|deprecated\b)|—|$)"
)
_PLAIN_END = re.compile(r"\s?(?:,\s?(?:default:|nullable\b|deprecated\b)|—)")
_LIST_MARKS = re.compile(r"(?:\s?(?<![0-9\"])[-•*]){1,6}$")
MISSING = object()
"""A default that is not shown."""


@dataclass(slots=True)
class FieldHead:
    """What is said of a field or of an item; `problems` says what could not be read."""

    types: list[str] = field(default_factory=list)
    format: str = ""
    enum: list[JSON] | None = None
    default: JSON = MISSING
    nullable: bool = False
    deprecated: bool = False
    description: str = ""
    problems: list[str] = field(default_factory=list)


def markdown_head(text: str) -> FieldHead:
    """Return what Markdown says of a field behind its name."""
    text = " ".join(text.split())
    head = FieldHead()
    span = _SPAN.match(text)
    if span is None:
        return head
    head.types = _types(span["code"])
    position = span.end()
    while match := _ATTRIBUTE.match(text, position):
        span = _SPAN.match(text, match.end())
        if match["colon"] and span is None:
            head.problems.append(f"the value of {match['key']!r} is cut off or not in backticks")
            return head
        code = span["code"].strip() if span else ""
        _attribute(head, match["key"], code)
        position = span.end() if span else match.end()
    _describe(head, unescaped(text[position:]))
    return head


def plain_head(text: str) -> FieldHead:
    """Return what plain text says of a field behind its name."""
    text = _LIST_MARKS.sub("", " ".join(text.split())).strip()
    head = FieldHead()
    match = _PLAIN_TYPE.match(text)
    if match is None or not match["type"].strip():
        return head
    head.types = _types(match["type"])
    if any(" " in name and "," not in name for name in head.types):
        head.problems.append(f"the type {match['type'][:60]!r} is not understood")
        head.types = [name for name in head.types if " " not in name]
    position = match.end()
    while attribute := _ATTRIBUTE.match(text, position):
        position = _plain_value(head, attribute["key"], text, attribute.end())
    _describe(head, text[position:])
    return head


def _plain_value(head: FieldHead, key: str, text: str, start: int) -> int:
    """Read the value of an attribute in plain text; return where it ends."""
    if key in ("nullable", "deprecated"):
        _attribute(head, key, "")
        return start
    end = _json_end(text, start) if key != "format" else None
    if end is None:
        stop = re.compile(r"\s?[,—]").search(text, start) if key == "format" else None
        stop = stop or _PLAIN_END.search(text, start)
        end = stop.start() if stop else len(text)
    _attribute(head, key, _LIST_MARKS.sub("", text[start:end]).strip())
    return end


def _json_end(text: str, start: int) -> int | None:
    """Return where a list of JSON values with commas between them ends; None if it is no such."""
    decoder = json.JSONDecoder()
    position = start
    while True:
        try:
            _, end = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            return None
        comma = re.compile(r"\s?,\s?(?!default:|nullable\b|deprecated\b)").match(text, end)
        if comma is None:
            ends = re.compile(r"\s?(?:$|—|,\s?(?:default|nullable|deprecated)|[-•*.])").match(
                text, end
            )
            return end if ends else None
        position = comma.end()


def _attribute(head: FieldHead, key: str, code: str) -> None:
    if key == "format":
        head.format = code
    elif key == "possible values":
        head.enum = _values(code)
        if not head.enum:
            head.problems.append("no possible values are shown")
    elif key == "default":
        try:
            head.default = json.loads(code)
        except (ValueError, RecursionError):
            head.default = code
    elif key == "nullable":
        head.nullable = code.lower() != "false"
    else:
        head.deprecated = code.lower() != "false"


def _values(code: str) -> list[JSON]:
    """Return the values of an enum: JSON, or text without quotes."""
    try:
        values: list[JSON] = json.loads(f"[{code}]")
    except (ValueError, RecursionError):
        return [value.strip() for value in code.split(",") if value.strip()]
    return values


def _types(code: str) -> list[str]:
    """Return the types that one text names, such as `string | null`."""
    return [name.strip() for name in code.split("|") if name.strip()]


def _describe(head: FieldHead, rest: str) -> None:
    rest = rest.strip()
    if rest.startswith("—"):
        head.description = _LIST_MARKS.sub("", rest[1:]).strip()
    elif rest and not re.fullmatch(r"[-•*.\s]+|#{1,6}\s.*", rest):
        head.problems.append(f"{rest[:40]!r} behind the type is not understood")
