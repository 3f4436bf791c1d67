"""Takes line numbers and page text away from the listing of a document, as code hosts show it.

The numbers stand in front of each line, in one line or in many. In one line a number may be a line
number or a value of the document; which one is decided by the grammar of JSON and by counting: line
numbers go up by one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|[A-Za-z]+|\s+|.',
    re.DOTALL,
)
_FIRST_LINE = re.compile(r"(?<![\w.,:\"-])1[ \t|]{0,20}\s{0,20}(?=[{\[])")
_NUMBERED = re.compile(
    r"^(?P<before>[ \t]{0,12})(?P<number>[0-9]{1,7})(?P<sign>[ \t]?[|:][ \t]|\t)?"
)
_EMBEDDED = re.compile(r'\{\s{0,1000}"(?:openapi|swagger|info|webhooks|paths|components)"\s{0,9}:')
_LONGEST_LINE = 2_000
"""A line of more tokens than these is none that a code host numbers."""
_STARTS = 20
"""So many places are tried where a document may begin."""


def numbered_lines(text: str) -> str | None:
    """Return the text of a listing with one numbered line a line, or None if it is no such one.

    Page text may stand before and after it. The lines keep their places: those of the page are
    left empty, so that a line and a column of the outcome are nearly those of the page.
    """
    lines = text.splitlines()
    for start, line in enumerate(lines):
        match = _NUMBERED.match(line)
        if match is None or match["number"] != "1":
            continue
        found = list(_counted(lines[start:]))
        if len(found) > 2:
            return "\n".join([""] * start + _aligned(found))
    return None


def _counted(lines: list[str]) -> Iterator[str]:
    """Yield lines without their numbers, as long as these count up."""
    for number, line in enumerate(lines, 1):
        match = _NUMBERED.match(line)
        if match is None or int(match["number"]) != number:
            return
        yield line[match.end() :]


def _aligned(lines: list[str]) -> list[str]:
    """Return lines without the blanks that all of them begin with."""
    margin = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0)
    return [line[margin:] for line in lines]


def numbered_text(text: str) -> str | None:
    """Return the JSON of a listing whose numbered lines are run together, or None.

    Each line of the listing is a line again.
    """
    for count, match in enumerate(_FIRST_LINE.finditer(text)):
        if count == _STARTS:
            break
        found = _unnumbered(text, match.end())
        if found is not None:
            return found
    return None


def _unnumbered(text: str, start: int) -> str | None:
    """Return the JSON value that begins at `start`, right behind line number 1."""
    parts: list[str] = []
    line, tokens = 2, 0
    before = ""  # the token before, blanks and line numbers aside
    open_: list[str] = []
    for match in _TOKEN.finditer(text, start):
        token = match[0]
        if token.isspace():
            parts.append(" ")
            continue
        if token == str(line) and _is_line_number(before, open_, text, match.end()):
            parts.append("\n")
            line, tokens = line + 1, 0
            continue
        tokens += 1
        if tokens > _LONGEST_LINE:
            return None
        parts.append(token)
        before = token
        if token in "{[":
            open_.append(token)
        elif token in "}]":
            if not open_ or "{[".index(open_.pop()) != "}]".index(token):
                return None
            if not open_:
                return "".join(parts) if line > 2 else None
    return None


def _is_line_number(before: str, open_: list[str], text: str, end: int) -> bool:
    """Return whether a number that may be the next line number is one, and no value."""
    if before == ":":
        return False
    in_list = bool(open_) and open_[-1] == "[" and before in ("[", ",")
    if not in_list:
        return True
    # A value of a list is followed by a comma or the end of the list; a line number is not.
    return text[end : end + 40].lstrip()[:1] not in (",", "]")


def embedded(text: str) -> Iterator[tuple[int, int]]:
    """Yield where JSON objects that look like contract documents begin and end in other text."""
    decoder = json.JSONDecoder()
    position = 0
    for _ in range(_STARTS):
        match = _EMBEDDED.search(text, position)
        if match is None:
            return
        try:
            _, position = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            position = match.end()
            continue
        yield match.start(), position
