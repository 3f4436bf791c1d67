"""Makes the fixtures beside it: pages as people have them, their prose replaced, their layout kept.

    python -m tests.contract.renderings.wordless PAGE FIXTURE

Each word of a description becomes the word "word"; numbers, names in capitals or with an underscore
and signs stay, so that lists of values stay lists of values.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

_WORD = re.compile(r"\\+[nrt\"/\\]|\\+u[0-9a-fA-F]{4}|`[^`]*`|[A-Za-z][A-Za-z’'_-]*")
_QUOTED = [
    re.compile(r'("description"\s*:\s*")((?:[^"\\]|\\.)*)(")', re.DOTALL),
    re.compile(r'(\\"description\\"\s*:\s*\\")(.*?)((?<!\\)\\")', re.DOTALL),
]
_DESCRIBED = {
    "markdown": re.compile(r"(` — )(.*?)((?= - \*\*`| \*\*Example:\*\*|\n|$))"),
    "plain": re.compile(r"(— )([^\n]*?)((?=\.?-?\n| -\n|$))"),
}
_SUMMARY = re.compile(r'("summary"\s*:\s*")((?:[^"\\]|\\.)*)(")', re.DOTALL)
_HOST_LINE = re.compile(r"\A(fork of )([^\n]+)(\n)")
_PREFACE = re.compile(r"(API Version:\W*1\.0\.0`?\s+)(.*?)(\s(?:## )?Operations\s)", re.DOTALL)


def wordless(page: str) -> str:
    """Return a page without the words of its descriptions."""
    for pattern in (*_QUOTED, _SUMMARY, _HOST_LINE):
        page = pattern.sub(_replaced, page)
    page = _PREFACE.sub(_replaced, page, count=1)
    if "Request Body" in page:
        kind = "markdown" if "**Method:**" in page else "plain"
        page = _DESCRIBED[kind].sub(_replaced, page)
    return page


def _replaced(match: re.Match[str]) -> str:
    return match[1] + _WORD.sub(_word, match[2]) + match[3]


def _word(match: re.Match[str]) -> str:
    text = match[0]
    keeps = text.startswith("\\") or "_" in text or (len(text) > 1 and text.isupper())
    return text if keeps else "word"


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(wordless(Path(sys.argv[1]).read_text("utf-8")), "utf-8")
