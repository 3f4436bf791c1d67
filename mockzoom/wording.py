"""How texts for people are written: without control characters, and with counts that agree."""

from __future__ import annotations

import re

_LINE = "\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_UNFIT = re.compile(f"[{_LINE}]")
_UNFIT_BUT_LINE_FEED = re.compile(f"[{_LINE.replace(chr(0x0A), chr(0x0B), 1)}]")
TICKED = re.compile("`([^`\n]+)`")
"""What stands between backticks in a text for people: it is shown as code."""


def printable(text: str, *, line_feeds: bool = False) -> str:
    r"""Return `text` with what steers a terminal or turns the direction of writing escaped.

    That is every control character (C0 but the tab, DEL, C1), the bidi controls, the separators of
    lines and paragraphs, and lone surrogates: ESC becomes `\x1b`, U+202E becomes `\u202e`. With
    `line_feeds`, line feeds stay. What is escaped already stays as it is.
    """
    if text.isascii() and text.isprintable():
        return text
    unfit = _UNFIT_BUT_LINE_FEED if line_feeds else _UNFIT
    return unfit.sub(lambda match: ascii(match[0])[1:-1], text)


def counted(number: int, one: str, many: str = "") -> str:
    """Return `1 delivery` or `2 deliveries`; `many` is `one` with an s by default."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def deliveries(number: int, adjective: str = "") -> str:
    """Return `1 delivery` or `2 deliveries`; with `more`, `1 more delivery`."""
    before = f"{adjective} " if adjective else ""
    return counted(number, f"{before}delivery", f"{before}deliveries")
