"""JSON as the page shows it: indented and coloured, with each of its tokens as it was sent."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markupsafe import Markup, escape

from mockzoom.foreign_json import ForeignJSONError, read_json
from mockzoom.wording import printable

LONGEST = 200_000
"""Characters of a text that is indented; a longer one is shown as it is."""
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}:,]|[^\s\[\]{}:,"]+')
_INDENT = "  "


def is_shown(text: str) -> bool:
    """Return whether a text is a JSON object or array that is indented and coloured."""
    if len(text) > LONGEST or not text.lstrip().startswith(("{", "[")):
        return False
    try:
        read_json(text)
    except ForeignJSONError:
        return False
    return True


def coloured(text: str) -> Markup:
    """Return JSON as HTML; what it says is not changed, not even a key that is there twice."""
    return Markup("").join(_parts(_TOKEN.findall(text)))


def indented(text: str) -> str:
    """Return JSON with line feeds and indents, and each of its tokens as it is."""
    return "".join(part for part, _ in _laid_out(_TOKEN.findall(text)))


def _parts(tokens: list[str]) -> Iterator[Markup]:
    for text, kind in _laid_out(tokens):
        shown = escape(printable(text, line_feeds=True))
        yield Markup('<span class="json-{}">{}</span>').format(kind, shown) if kind else shown


def _laid_out(tokens: list[str]) -> Iterator[tuple[str, str]]:
    """Yield each token and the white space between them, with the kind of the token."""
    depth = 0
    for index, token in enumerate(tokens):
        following = tokens[index + 1] if index + 1 < len(tokens) else ""
        if token in "]}" and (index == 0 or tokens[index - 1] not in "[{"):
            yield "\n" + _INDENT * depth, ""
        yield token, _kind(token, following)
        if token in "[{":
            depth += following not in ("]", "}")
            if following not in ("]", "}"):
                yield "\n" + _INDENT * depth, ""
        elif token == ",":
            yield "\n" + _INDENT * depth, ""
        elif token == ":":
            yield " ", ""
        if following in ("]", "}") and token not in "[{":
            depth -= 1


def _kind(token: str, following: str) -> str:
    if token in "[]{}:,":
        return ""
    if token.startswith('"'):
        return "key" if following == ":" else "text"
    return "number" if token[0] in "-0123456789" else "word"
