"""Transcript and chat: lines of text from a file (plain or WebVTT), or drawn by Faker."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from mockzoom.errors import UsageError
from mockzoom.zoom.rtms.sources.kind import Frame, Lack, Params

_CUE = re.compile(r"(?:(\d+):)?(\d\d):(\d\d)\.(\d{3})\s+-->\s+(?:(\d+):)?(\d\d):(\d\d)\.(\d{3})")
_TAG = re.compile(r"<[^>]*>")


class Lines:
    """Lines, over and over, `every` seconds; participants take turns."""

    def __init__(self, lines: Iterable[str], every: float = 1.0) -> None:
        self.lines = tuple(lines)
        self.every = every
        if not self.lines:
            raise UsageError("a transcript needs at least one line of text")
        if not 0 < every < 3600:
            raise UsageError(f"a line every {every:g} s; expected seconds above 0")

    @classmethod
    def drawn(cls, seed: int, every: float = 1.0) -> Lines:
        """Return lines of the seed's sentences, in several scripts."""
        from mockzoom.free_text import words

        return cls((text for text, _ in words(seed).sentences), every)

    def lacks(self, params: Params) -> Lack | None:
        """Return nothing: lines can always be sent."""
        return None

    def interval(self, params: Params) -> float:
        """Return the seconds between two lines."""
        return self.every

    def frames(self, number: int, params: Params, people: int) -> Sequence[Frame]:
        """Return the one line of this number."""
        text = self.lines[number % len(self.lines)]
        return (Frame(text, len(text), number % max(people, 1), self.every),)


def read_lines(path: str | Path) -> Lines:
    """Return the lines of a text file, or the cues of a WebVTT file; raise `UsageError`."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as text in UTF-8: {error}") from None
    if text.startswith("WEBVTT"):
        lines = parse_vtt(text)
    else:
        lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise UsageError(f"{path}: expected lines of text or WebVTT cues; found none")
    return Lines(lines)


def parse_vtt(text: str) -> list[str]:
    """Return the text of each cue of a WebVTT document, without tags."""
    cues: list[str] = []
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")):
        lines = block.strip().split("\n")
        for index, line in enumerate(lines):
            if _CUE.match(line):
                words = " ".join(_TAG.sub("", item).strip() for item in lines[index + 1 :]).strip()
                if words:
                    cues.append(words)
                break
    return cues
