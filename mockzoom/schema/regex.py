"""Writes texts for a regular expression, for the part of the syntax that contracts use.

Literals, classes, groups, back-references, alternation, repetition and anchors are understood;
look-around is passed over, but texts of mixed characters are made for its sake. Every text is tried
against the expression before it is returned, so what is not understood gives fewer texts and never
wrong ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from random import Random

from mockzoom.schema.validators import fast_validator

_REPEATS = (1, 0, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 22, 24, 32, 36, 40, 64, 100, 128, 255)
_ALPHABET = "a1A0bB_-zZ9.: /+=@"
_CLASSES = {"d": "1023456789", "w": "a1A_b0", "s": " \t", "D": "aA-", "W": "-. ", "S": "a1A"}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}

_BEYOND = "éЖ漢ñß字ग🎉"
"""Letters for a class that admits nothing of ASCII."""
_TURNS = (1, 2, 3, 5, 7, 11)


@dataclass(slots=True)
class _Draw:
    """How one text is made: always the same way."""

    repeats: int = 1
    """How often to repeat what may be repeated."""
    turn: int = 0
    """Whether classes give their first character each time (0), or others in turn."""
    groups: dict[int, str] = field(default_factory=dict)
    drawn: int = 0

    def pick(self, letters: str) -> str:
        """Return one of the characters."""
        self.drawn += self.turn
        return letters[self.drawn % len(letters)]

    def times(self, low: int, high: int) -> int:
        """Return how often a part is repeated."""
        return min(max(self.repeats, low), high)

    @property
    def is_varied(self) -> bool:
        """Whether each repetition is another text."""
        return bool(self.turn)

    def ordered(self, branches: list[_Part]) -> list[_Part]:
        """Return alternatives, the one to try first at the front."""
        return branches


@dataclass(slots=True)
class _Chance(_Draw):
    """How one text is made at random."""

    random: Random = field(default_factory=Random)

    def pick(self, letters: str) -> str:
        """Return any of the characters."""
        return self.random.choice(letters)

    def times(self, low: int, high: int) -> int:
        """Return a number at random; what may be repeated for ever is not repeated often."""
        return self.random.randint(low, min(high, low + _MORE))

    @property
    def is_varied(self) -> bool:
        """Whether each repetition is another text."""
        return True

    def ordered(self, branches: list[_Part]) -> list[_Part]:
        """Return alternatives in any order."""
        return self.random.sample(branches, len(branches))


_MORE = 3
"""How many more than the least an open quantifier repeats at random."""
_Part = Callable[[_Draw], str]
"""Makes one text."""


@lru_cache(maxsize=4096)
def matching_text(pattern: str, least: int = 0, most: int = 10_000) -> tuple[str, ...]:
    """Return up to four texts of `least` to `most` characters that match; always the same."""
    return tuple(
        islice(_matching(pattern, lambda part: _attempts(part, least, most), least, most), 4)
    )


@lru_cache(maxsize=1024)
def random_text(pattern: str, count: int, seed: str) -> tuple[str, ...]:
    """Return up to `count` different texts that match, drawn at random from `seed`."""

    def drawn(part: _Part) -> Iterator[str]:
        for number in range(count):
            yield part(_Chance(random=Random(f"{seed}/{number}")))

    return tuple(_matching(pattern, drawn))


def unusable(pattern: str) -> str | None:
    """Return why one of the validators cannot use a regular expression, or None."""
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return str(error)
    try:
        fast_validator({"pattern": pattern})
    except ValueError:
        return "it is outside what ECMA-262 defines"
    return None


def _matching(
    pattern: str, made: Callable[[_Part], Iterator[str]], least: int = 0, most: int = 10_000
) -> Iterator[str]:
    """Yield the different texts of those that `made` makes which match and have the length."""
    found: set[str] = set()
    try:
        compiled = re.compile(pattern)
        for text in made(_Reader(pattern).alternatives()):
            if least <= len(text) <= most and text not in found and compiled.search(text):
                found.add(text)
                yield text
    except (re.error, OverflowError, RecursionError, _Unknown):
        return


def _attempts(part: _Part, least: int, most: int) -> Iterator[str]:
    repeated = [count for count in (*_REPEATS, least, min(most, 1_000)) if count <= 10_000]
    for repeats in repeated:
        text = part(_Draw(repeats))
        yield text
        for filler in "a1A":
            yield text + filler * max(0, least - len(text))
            yield filler * max(0, least - len(text)) + text
    for repeats in repeated[:12]:
        yield from (part(_Draw(repeats, turn)) for turn in _TURNS)


class _Unknown(Exception):
    """Syntax that is not understood."""


class _Reader:
    """Reads an expression from left to right into parts."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._groups = 0

    def alternatives(self) -> _Part:
        """Return the part for everything up to the end, or to the group's end."""
        branches = [self._sequence()]
        while self._take("|"):
            branches.append(self._sequence())
        first = branches[0]
        return first if len(branches) == 1 else lambda draw: _shortest(branches, draw)

    def _sequence(self) -> _Part:
        parts: list[_Part] = []
        while self._at < len(self._pattern) and self._pattern[self._at] not in "|)":
            parts.append(self._repeated(self._atom()))
        return lambda draw: "".join(part(draw) for part in parts)

    def _repeated(self, part: _Part) -> _Part:
        bounds = self._bounds()
        while bounds is not None:
            part = _repeat(part, *bounds)
            if not self._take("?"):
                self._take("+")
            bounds = self._bounds()
        return part

    def _bounds(self) -> tuple[int, int] | None:
        for sign, low, high in (("*", 0, 10_000), ("+", 1, 10_000), ("?", 0, 1)):
            if self._take(sign):
                return low, high
        match = re.compile(r"\{(\d{1,5})(,?)(\d{0,5})\}").match(self._pattern, self._at)
        if match is None:
            return None
        self._at = match.end()
        low = int(match[1])
        return low, (low if not match[2] else int(match[3]) if match[3] else 10_000)

    def _atom(self) -> _Part:
        character = self._next()
        if character == "(":
            return self._group()
        if character == "[":
            return _one_of(self._class())
        if character == "\\":
            return self._escape()
        if character in "^$":
            return _constant("")
        return _one_of(_ALPHABET) if character == "." else _constant(character)

    def _group(self) -> _Part:
        silent = False
        number = 0
        if self._take("?"):
            if self._take("P"):
                raise _Unknown
            silent = not self._take(":")
            while silent and self._at < len(self._pattern) and self._pattern[self._at] in "=!<":
                self._at += 1
        else:
            self._groups += 1
            number = self._groups
        inner = self.alternatives()
        if not self._take(")"):
            raise _Unknown
        return _constant("") if silent else _captured(inner, number)

    def _escape(self) -> _Part:
        letter = self._next()
        if letter in "bBAZ":
            return _constant("")
        if letter in _CLASSES:
            return _one_of(_CLASSES[letter])
        if letter in "123456789":
            return lambda draw: draw.groups.get(int(letter), "")
        return _constant(self._escaped(letter))

    def _escaped(self, letter: str) -> str:
        digits = {"x": 2, "u": 4}.get(letter)
        if digits is not None:
            code = self._pattern[self._at : self._at + digits]
            self._at += digits
            if not re.fullmatch(r"[0-9A-Fa-f]{2,4}", code):
                raise _Unknown
            return chr(int(code, 16))
        if letter.isdigit() and letter != "0":
            raise _Unknown
        return _CONTROLS.get(letter, letter)

    def _class(self) -> str:
        negated = self._take("^")
        spans: list[range] = []
        first = True
        while first or not self._peek("]"):
            first = False
            low = self._member()
            if len(low) == 1 and self._peek("-") and self._pattern[self._at + 1 :][:1] != "]":
                self._at += 1
                high = self._member()
                spans.append(range(ord(low), ord(high[-1:] or low) + 1))
            else:
                spans += [range(ord(letter), ord(letter) + 1) for letter in low]
        self._at += 1
        beyond = [*_BEYOND, *(c for c in map(chr, range(33, 600)) if c.isprintable())]
        listed = sorted({chr(code) for span in spans for code in span[:300]})
        letters = (*_ALPHABET, *(beyond if negated else listed))
        chosen = [c for c in letters if any(ord(c) in span for span in spans) != negated]
        if not chosen:
            raise _Unknown
        likely = [c for c in chosen if c.isascii() and c.isprintable()] or chosen
        return "".join(dict.fromkeys(likely))

    def _member(self) -> str:
        character = self._next()
        if character != "\\":
            return character
        letter = self._next()
        if letter == "b":
            return "\b"
        return _CLASSES[letter] if letter in _CLASSES else self._escaped(letter)

    def _next(self) -> str:
        if self._at >= len(self._pattern):
            raise _Unknown
        self._at += 1
        return self._pattern[self._at - 1]

    def _peek(self, text: str) -> bool:
        if self._at >= len(self._pattern):
            raise _Unknown
        return self._pattern.startswith(text, self._at)

    def _take(self, text: str) -> bool:
        if self._pattern.startswith(text, self._at):
            self._at += len(text)
            return True
        return False


def _constant(text: str) -> _Part:
    return lambda draw: text


def _one_of(letters: str) -> _Part:
    return lambda draw: draw.pick(letters)


def _captured(part: _Part, number: int) -> _Part:
    def made(draw: _Draw) -> str:
        text = draw.groups[number] = part(draw)
        return text

    return made


def _repeat(part: _Part, low: int, high: int) -> _Part:
    def made(draw: _Draw) -> str:
        text = part(draw)
        times = draw.times(low, high)
        if len(text) * times > 100_000:
            times = low
        if not draw.is_varied or times > 1_000:
            return text * times
        return "".join([text, *(part(draw) for _ in range(times - 1))]) if times else ""

    return made


def _shortest(branches: list[_Part], draw: _Draw) -> str:
    """Return the text of the first branch that gives any, else nothing."""
    made = (branch(draw) for branch in draw.ordered(branches))
    return next((text for text in made if text), "")
