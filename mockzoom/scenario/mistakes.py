"""What is wrong with a scenario: every mistake with its place, all told at once.

Reading goes on after a mistake, so that one look at the report is enough to fix them all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mockzoom.errors import UsageError, nearest
from mockzoom.scenario.model import Place

MOST_SHOWN = 50
"""Mistakes that a report shows; of the others it gives the number."""
_MOST_KEPT = 1_000
_MOST_GUESSED = 200
"""Unknown names for which the nearest is looked for."""
_MOST_COMPARED = 2_000
"""Names that an unknown one is compared with."""
_WIDEST = 96
_BEFORE = 60
_LONGEST = 80
"""Characters of a name that are shown, and compared."""
_MOST_NAMED = 24
_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""Where YAML ends a line."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake: where, what, what was expected, and how to fix it (`hint`)."""

    place: Place
    message: str
    expected: str = ""
    hint: str = ""
    source: str = ""
    """The line of the document, or an empty string where it has no such line."""

    def __str__(self) -> str:
        lines = [f"{self.place}: {self.message}"]
        if self.source.strip():
            shown, column = _clip(self.source, self.place.column)
            number = str(self.place.line)
            lines += [f"  {number} | {_printable(shown)}"]
            lines += [f"  {' ' * len(number)} | {_blank(shown[: column - 1])}^"]
        if self.expected:
            lines.append(f"  expected: {self.expected}")
        if self.hint:
            lines.append(f"  {self.hint}")
        return "\n".join(lines)


class ScenarioError(UsageError):
    """A scenario cannot be played as written; carries every mistake, in the order of its places."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        shown = [str(mistake) for mistake in self.mistakes[:MOST_SHOWN]]
        if more := len(self.mistakes) - len(shown):
            shown.append(f"… and {more} more")
        super().__init__("\n".join(shown))


@dataclass(slots=True)
class Mistakes:
    """Gathers mistakes while documents are read; the same mistake in two variants is one."""

    _found: dict[tuple[Place, str], Mistake] = field(default_factory=dict)
    _lines: dict[str, list[str]] = field(default_factory=dict)
    _guessed: int = 0

    def text(self, file: str, text: str) -> None:
        """Remember the text of `file`, to quote its lines."""
        self._lines[file] = _LINE_END.split(text)

    def add(self, place: Place, message: str, expected: str = "", hint: str = "") -> None:
        """Note a mistake."""
        if not self.is_full:
            lines = self._lines.get(place.file, ())
            source = lines[place.line - 1] if 0 < place.line <= len(lines) else ""
            message = _printable(" ".join(message.split()))
            found = Mistake(place, message, expected, hint, source)
            self._found.setdefault((place, message), found)

    def unknown(
        self, place: Place, what: str, name: str, known: Iterable[str], expected: str = ""
    ) -> None:
        """Note that `name` is not one of `known`, with the nearest.

        Without words for what is `expected`, all are named where they are few.
        """
        names = list(known)
        if not expected and 0 < len(names) <= _MOST_NAMED:
            expected = f"one of {', '.join(sorted(names))}"
        self.add(place, f"{what} {quoted(name)}", expected, self.nearest(name, names))

    def nearest(self, name: str, known: Iterable[str]) -> str:
        """Return which of `known` may have been meant; within bounds, as that takes its time."""
        names = list(known)
        if len(names) > _MOST_COMPARED:
            names = [each for each in names if each[:1] == name[:1]][:_MOST_COMPARED]
        self._guessed += 1
        if self.is_full or self._guessed > _MOST_GUESSED:
            return ""
        return nearest(name[:_LONGEST], names).removeprefix("; ")

    @property
    def is_full(self) -> bool:
        """Whether no more mistakes are kept: who has so many fixes those first."""
        return len(self._found) >= _MOST_KEPT

    @property
    def count(self) -> int:
        """How many mistakes there are so far."""
        return len(self._found)

    def sorted(self) -> tuple[Mistake, ...]:
        """Return the mistakes by file, in the order the files were met, line and column."""
        files: Mapping[str, int] = {file: number for number, file in enumerate(self._lines)}

        def key(mistake: Mistake) -> tuple[int, int, int]:
            place = mistake.place
            return files.get(place.file, -1), place.line, place.column

        return tuple(sorted(self._found.values(), key=key))

    def check(self) -> None:
        """Raise `ScenarioError` if anything is wrong."""
        if self._found:
            raise ScenarioError(self.sorted())


def quoted(name: str) -> str:
    """Return a name in quotes, fit for a terminal, and cut where it is long."""
    shown = _printable(name)
    return f"'{shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + '…'}'"


def _clip(line: str, column: int) -> tuple[str, int]:
    """Return the part of a long line around `column`, and the column in that part."""
    if len(line) <= _WIDEST:
        return line, column
    start = max(0, column - 1 - _BEFORE)
    lead = "…" if start else ""
    return lead + line[start : start + _WIDEST], column - start + len(lead)


def _printable(text: str) -> str:
    """Return `text` fit for a terminal: control characters would move its cursor."""
    return "".join(char if char.isprintable() or char == "\t" else "\ufffd" for char in text)


def _blank(text: str) -> str:
    """Return white space as wide as `text`, so that a caret stands under what follows."""
    wide = ("W", "F")
    return "".join(
        "\t" if char == "\t"
        else "" if unicodedata.combining(char)
        else "  " if unicodedata.east_asian_width(char) in wide
        else " "
        for char in text
    )  # fmt: skip
