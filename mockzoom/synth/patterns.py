"""Texts that a regular expression finds, made from the expression itself.

Reads the part of ECMA-262 that schemas use: classes, groups, alternatives, quantifiers, anchors.
Look-arounds and back references are passed over, so a caller checks what it gets.
"""

from __future__ import annotations

from random import Random

_DIGITS = "0123456789"
_WORD = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
_PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
_BEYOND = "éßñĄŁΩЖяक字漢語がに한글🎉🧪"
"""Letters and signs for a class that admits nothing of ASCII."""
_CLASSES = {"d": _DIGITS, "w": _WORD, "s": " \t"}
_CONTROL = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_MORE = 3
"""How many more than the least an open quantifier repeats at most."""


class Unreadable(ValueError):
    """The expression is not understood."""


def samples(pattern: str, count: int, seed: str) -> list[str]:
    """Return `count` texts for `pattern` (they may repeat); none where it isn't understood."""
    found = []
    for number in range(count):
        try:
            found.append(_Writer(pattern, Random(f"{seed}/{number}")).text())
        except (Unreadable, IndexError, ValueError):
            return []
    return found


class _Writer:
    """Reads the expression once and writes one text while reading."""

    def __init__(self, pattern: str, random: Random) -> None:
        self.pattern, self.random, self.at = pattern, random, 0

    def text(self) -> str:
        """Return one text."""
        text = self._alternatives()
        if self.at < len(self.pattern):
            raise Unreadable(self.pattern)
        return text

    def _peek(self) -> str:
        return self.pattern[self.at] if self.at < len(self.pattern) else ""

    def _take(self) -> str:
        self.at += 1
        return self.pattern[self.at - 1]

    def _alternatives(self) -> str:
        branches = [self._sequence()]
        while self._peek() == "|":
            self._take()
            branches.append(self._sequence())
        return self.random.choice(branches)

    def _sequence(self) -> str:
        out = []
        while self._peek() not in ("", "|", ")"):
            start = self.at
            piece = self._atom()
            low, high = self._quantifier()
            end = self.at
            for _ in range(self.random.randint(low, high)):
                self.at = start
                out.append(self._atom())
            self.at = end
            del piece
        return "".join(out)

    def _atom(self) -> str:
        char = self._take()
        if char in "^$":
            return ""
        if char == ".":
            return self.random.choice(_WORD)
        if char == "[":
            return self._class()
        if char == "(":
            return self._group()
        if char == "\\":
            return self._escape()
        return char

    def _group(self) -> str:
        silent = False
        if self.pattern.startswith("?", self.at):
            for opening in ("?:", "?=", "?!", "?<=", "?<!"):
                if self.pattern.startswith(opening, self.at):
                    self.at += len(opening)
                    silent = opening != "?:"
                    break
            else:
                self.at = self.pattern.index(">", self.at) + 1
        text = self._alternatives()
        if self._take() != ")":
            raise Unreadable(self.pattern)
        return "" if silent else text

    def _escape(self) -> str:
        found = self._escaped_set()
        return self.random.choice(found) if found else ""

    def _escaped_set(self) -> str:
        """Return the characters that the escape at hand stands for; none for a word boundary."""
        char = self._take()
        if char in _CLASSES:
            return _CLASSES[char]
        if char.lower() in _CLASSES and char.isupper():
            return "".join(c for c in _PRINTABLE if c not in _CLASSES[char.lower()])
        if char in "bB":
            return ""
        if char in "pP" and self._peek() == "{":
            self.at = self.pattern.index("}", self.at) + 1
            return "abcABC" if char == "p" else "-. "
        if char in "xu":
            return self._code(char)
        return _CONTROL.get(char, char)

    def _code(self, char: str) -> str:
        if self._peek() == "{":
            end = self.pattern.index("}", self.at)
            digits, self.at = self.pattern[self.at + 1 : end], end + 1
        else:
            size = 2 if char == "x" else 4
            digits = self.pattern[self.at : self.at + size]
            self.at += size
        return chr(int(digits, 16))

    def _class(self) -> str:
        negated = self._peek() == "^"
        if negated:
            self._take()
        chars: list[str] = []
        while (char := self._take()) != "]":
            found = self._escaped_set() if char == "\\" else char
            if self._peek() == "-" and self.pattern[self.at + 1] != "]" and len(found) == 1:
                self._take()
                upper = self._take()
                last = self._escaped_set() if upper == "\\" else upper
                chars += map(chr, range(ord(found), ord(last) + 1))
            else:
                chars += found
        if negated:
            taken = set(chars)
            chars = [c for c in (*_PRINTABLE, *_BEYOND) if c not in taken]
        printable = [c for c in chars if c in _PRINTABLE]
        return self.random.choice(printable or chars)

    def _quantifier(self) -> tuple[int, int]:
        char = self._peek()
        if char not in ("*", "+", "?", "{"):
            return 1, 1
        start = self.at
        self._take()
        low, high = {"*": (0, _MORE), "+": (1, 1 + _MORE), "?": (0, 1), "{": (1, 1)}[char]
        if char == "{":
            end = self.pattern.find("}", self.at)
            first, comma, last = self.pattern[self.at : max(end, self.at)].partition(",")
            if end < 0 or not first.isdecimal():
                raise Unreadable(self.pattern[start:])
            self.at = end + 1
            low = int(first)
            high = low if not comma else int(last) if last else low + _MORE
        if self._peek() == "?":
            self._take()
        return low, min(high, low + 64)
