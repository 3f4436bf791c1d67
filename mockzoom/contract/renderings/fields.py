"""Reads the field list of a rendered reference, entry by entry.

An entry is a name, perhaps `(required)`, a type, attributes behind commas, and a description behind
a dash. In Markdown names and types stand in backticks; in plain text (with bullets, or with all
layout lost) an entry begins a line, and words may be glued together: `event(required)string— …`.
The names that an example shows tell such words apart.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from itertools import islice

from mockzoom.contract.renderings.sections import unescaped
from mockzoom.contract.vocabulary import TYPE_ALIASES
from mockzoom.model import JSON
from mockzoom.schema.nodes import TYPES

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


MOST_FIELDS = 10_000
"""One list has no more than these; what is behind them is not read."""
_MARKS = ("Items", "Array of", "All of", "Any of", "One of", "Not")
_MARKDOWN = re.compile(
    r"(?P<bullet>[-*+])\s{1,4}\*\*(?P<tick>`{1,3})(?P<name>[^`\n]{1,200})(?P=tick)"
    r"(?P<required>\s{0,4}\(required\))?\s{0,4}\*\*"
    rf"|\*\*(?P<mark>{'|'.join(_MARKS)}):\*\*"
)
_TYPE = rf"(?:{'|'.join(sorted({*TYPES, *TYPE_ALIASES}, key=len, reverse=True))})"
_TYPES = rf"{_TYPE}(?:\s{{0,2}}\|\s{{0,2}}{_TYPE}){{0,6}}"
_BULLET = r"(?:[^\w\s\"'`(){}\[\],:;—<>#|&]|o)"
_BULLETS = re.compile(rf"[\s>]*(?:{_BULLET}[\s>]*)?")
_TYPED = re.compile(rf"(?P<gap>\s{{0,40}}){_TYPES}(?=\s{{0,4}}(?:$|[,—\n]|{_BULLET}\s)|-\s)")
_LINE = re.compile(
    rf"^[ \t>]*(?P<bullet>{_BULLET}[ \t\xa0]+)?(?P<word>[^\s,—]{{1,200}})", re.MULTILINE
)
_REQUIRED = re.compile(r"(?<![\w$.-])(?P<word>[\w$.-]{1,200})\s{0,4}\(required\)")
_GLUED = re.compile(
    rf"([A-Za-z_$][\w$.-]{{0,200}}?)(?={'|'.join(TYPES)})"
    rf"(?=(?:{'|'.join(TYPES)})\s?(?:—|, ?(?:format|possible values|default):|-?\s*\n|$))"
)
_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$.-]*")
_NO_NAME = re.compile(r'[(),:—"{}\[\]`]')
_MARK_BEFORE = re.compile(rf"\b({'|'.join(_MARKS)}):[ \t](?=\S)")
_MARK = re.compile(
    rf"(?:(?<=\n)[ \t>-]*|(?<=[\s.:-]))(?P<mark>{'|'.join(_MARKS)}):"
    rf"(?=\s{{0,40}}(?:$|-?\n|{_TYPES}\s{{0,3}}(?:$|[,—\n-])|(?:{'|'.join(_MARKS)}):|[^\s]{{1,200}}\s{{0,4}}"
    r"(?:\(required\)|\n)))"
)


@dataclass(slots=True)
class Field:
    """One entry of a field list; `start` is where it begins in the text.

    `column` is its indentation, -1 where it does not begin a line.
    """

    name: str
    required: bool
    head: FieldHead
    start: int
    column: int
    levels: int = 0
    """How many arrays stand within each other, as the marks `Items:` and `Array of:` say."""
    item: FieldHead | None = None
    """What is said of items that are no objects."""
    combined: str = ""
    """`All of`, `Any of`, `One of` or `Not`, where the rendering shows alternatives."""
    members: list[Field] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Token:
    """An entry or a mark: where it begins, and where the text that belongs to it begins."""

    start: int
    end: int
    name: str = ""
    required: bool = False
    mark: str = ""


def is_markdown(text: str) -> bool:
    """Return whether a field list is Markdown."""
    return _MARKDOWN.search(text) is not None


def read_fields(text: str, known: Collection[str]) -> tuple[list[Field], str]:
    """Return the entries of a field list in their order, and a mark before the first one.

    `known` are the names that the example shows. Nesting is left to whoever asks.
    """
    markdown = is_markdown(text)
    found = _markdown_tokens(text) if markdown else _plain_tokens(text, known)
    tokens = list(islice(found, MOST_FIELDS + 1))
    if not tokens:
        return [], ""
    head_of: Callable[[str], FieldHead] = markdown_head if markdown else plain_head
    ends = [token.start for token in tokens[1:]] + [len(text)]
    fields: list[Field] = []
    stray = ""
    for token, end in zip(tokens, ends, strict=True):
        head = head_of(text[token.end : end])
        if not token.mark:
            column = _column(text, token.start)
            fields.append(Field(token.name, token.required, head, token.start, column))
        elif not fields:
            stray = stray or token.mark
        else:
            _mark(fields[-1], token.mark, head)
    return fields, stray


def _mark(entry: Field, mark: str, head: FieldHead) -> None:
    """Note at an entry what a mark behind it says."""
    if mark in ("Items", "Array of"):
        entry.levels += 1
        if head.types:
            entry.item = head
    else:
        entry.combined = entry.combined or mark


def _markdown_tokens(text: str) -> Iterator[_Token]:
    for match in _MARKDOWN.finditer(text):
        if match["mark"]:
            yield _Token(match.start(), match.end(), mark=match["mark"])
        else:
            required = match["required"] is not None
            yield _Token(match.start(), match.end(), match["name"].strip(), required)


def _plain_tokens(text: str, known: Collection[str]) -> list[_Token]:
    """Return the entries and marks of plain text."""
    text = _MARK_BEFORE.sub(r"\1:\n", text)  # what follows a mark begins a line, as long as before
    longest = max(map(len, known), default=0)
    glued = "(required)" in text and re.search(r"\w\(required\)\w", text) is not None
    found: dict[int, _Token] = {}
    for match in _LINE.finditer(text):
        token = _optional(text, match, known, longest, glued)
        if token is not None:
            found[token.start] = token
    for match in _REQUIRED.finditer(text):
        start, name = match.start(), match["word"]
        line = text.rfind("\n", max(0, start - 400), start) + 1
        if _BULLETS.fullmatch(text, line, start):
            start = line + len(text[line:start]) - len(text[line:start].lstrip(" \t>"))
        elif name not in known:
            # Glued to the sentence before: only a name that the example shows is told apart.
            name = next((name[i:] for i in range(len(name)) if name[i:] in known), "")
            start = match.end("word") - len(name)
        if name:
            found[start] = _Token(start, match.end(), name, required=True)
    for match in _MARK.finditer(text):
        found[match.start("mark")] = _Token(match.start("mark"), match.end(), mark=match["mark"])
    return [found[start] for start in sorted(found)]


def _optional(
    text: str, match: re.Match[str], known: Collection[str], longest: int, glued: bool
) -> _Token | None:
    """Return the entry of a field that is not required, if one begins this line.

    `glued` says that the text has no blanks between names and types.
    """
    word, start = match["word"], match.start("word")
    begin = match.start("bullet") if match["bullet"] else start
    typed = _TYPED.match(text, match.end())
    if typed is not None and not _NO_NAME.search(word):
        own_line = "\n" in typed["gap"] or (match["bullet"] and len(word) > 1)
        if word in known or (own_line and _IDENTIFIER.fullmatch(word)):
            return _Token(begin, match.end(), word)
    for length in range(min(len(word), longest), 0, -1):
        if word[:length] in known and _TYPED.match(text, start + length):
            return _Token(begin, start + length, word[:length])
    unknown = _GLUED.match(text, start) if glued else None
    return _Token(begin, unknown.end(), unknown[1]) if unknown else None


def _column(text: str, start: int) -> int:
    """Return the column of an entry that begins its line, or -1; a tab goes to the next fourth."""
    line = text.rfind("\n", max(0, start - 2_000), start) + 1
    before = text[line:start]
    return len(before.expandtabs(4)) if _BULLETS.fullmatch(before) else -1
