"""Finds the fenced code blocks of a Markdown page: where documentation sites embed OpenAPI."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"^(?P<indent>[ \t]*(?:>[ \t]*)?)(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`]*)$")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: its language in lower case, its text, and the line where that begins."""

    language: str
    text: str
    line: int


def blocks(page: str) -> Iterator[Block]:
    """Yield the fenced blocks of a Markdown page; one that is never closed ends with the page."""
    if "```" not in page and "~~~" not in page:
        return
    opened: re.Match[str] | None = None
    start = 0
    lines: list[str] = []
    for number, line in enumerate(page.splitlines(), 1):
        match = _FENCE.match(line) if "```" in line or "~~~" in line else None
        if opened is None:
            if match:
                opened, start, lines = match, number + 1, []
        elif match and _closes(match, opened):
            yield _block(opened, lines, start)
            opened = None
        else:
            lines.append(line.removeprefix(opened["indent"]))
    if opened is not None:
        yield _block(opened, lines, start)


def _closes(match: re.Match[str], opened: re.Match[str]) -> bool:
    fence, wanted = match["fence"], opened["fence"]
    return fence[0] == wanted[0] and len(fence) >= len(wanted) and not match["info"].strip()


def _block(opened: re.Match[str], lines: list[str], start: int) -> Block:
    words = opened["info"].split()
    return Block(words[0].lower() if words else "", "\n".join(lines), start)
