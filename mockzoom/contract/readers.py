"""Reads the keywords of a schema that hold plain values: counts, names, types, formats.

Each reader returns the value as JSON Schema 2020-12 wants it, or `LEFT_OUT`, and notes what was
amiss. The keywords that hold schemas are the compiler's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from mockzoom.contract import vocabulary
from mockzoom.contract.lint import (
    ILL_TYPED,
    REQUIRED_TWICE,
    UNKNOWN_FORMAT,
    UNKNOWN_TYPE,
    UNUSABLE_PATTERN,
    FindingPlace,
    LintFindings,
)
from mockzoom.contract.operations import Document
from mockzoom.contract.vocabulary import shown
from mockzoom.model import JSON
from mockzoom.rules import Rule
from mockzoom.schema import nodes as keywords
from mockzoom.schema.pointer import escaped
from mockzoom.schema.regex import unusable
from mockzoom.schema.validators import COMMON_FORMATS
from mockzoom.schema.values import MOST_VALUES, identity, number_of

MOST_KEYWORDS = 10_000
"""Keywords of one event's schema that are read. Zoom's largest known one has 2,000."""
_COST_OF_FINDING = 10
"""A finding, or a pattern, counts as so many keywords, by the time that it takes."""
LEFT_OUT = object()
"""What a reader returns for a keyword that constrains nothing in the end."""
_MANY_VALUES = f"of the enum's {{}} values {MOST_VALUES}, evenly spread, are made; all are admitted"


@dataclass(frozen=True, slots=True)
class DocumentPlace:
    """A place in a document while it is read."""

    document: Document
    pointer: str

    def at(self, step: str | int) -> DocumentPlace:
        """Return the place one step further in."""
        return DocumentPlace(self.document, f"{self.pointer}/{escaped(str(step))}")


class TooManyKeywords(Exception):
    """An event's schema has more keywords than are read."""


@dataclass(slots=True)
class KeywordReader:
    """Reads the plain keywords of one event's schemas, of at most `most` keywords in all."""

    findings: LintFindings
    event: str
    notes: list[str] = field(default_factory=list)
    most: int = field(default=MOST_KEYWORDS, kw_only=True)
    read: int = field(default=0, init=False)
    """Keywords that were read so far; what takes longer counts as several."""

    def count(self, keywords: int) -> None:
        """Count keywords that are about to be read; raise `TooManyKeywords`."""
        self.read += keywords
        if self.read > self.most:
            raise TooManyKeywords

    def read_plain(self, keyword: str, value: JSON, here: DocumentPlace) -> JSON:
        """Return the value of a keyword that holds no schemas, or `LEFT_OUT`."""
        return _PLAIN[keyword](self, keyword, value, here)

    def note(self, rule: Rule, place: FindingPlace, message: str) -> None:
        """Note a finding of the schema; raise `TooManyKeywords` where there are too many."""
        self.count(_COST_OF_FINDING)
        self.note_anyway(rule, place, message)

    def note_anyway(self, rule: Rule, place: FindingPlace, message: str) -> None:
        """Note a finding, and in `notes` what it means for this event."""
        self.findings.add(rule, place, message)
        self.notes.append(f"{place.pointer}: {message}")

    def ill_typed(self, here: DocumentPlace, value: JSON, expected: str, made: str) -> JSON:
        """Note that a keyword has a value it cannot have, and what is made of it: `LEFT_OUT`."""
        keyword = here.pointer.rpartition("/")[2]
        message = f"{keyword} is {shown(value)}; expected {expected}; {made}"
        self.note(ILL_TYPED, self.place(here), message)
        return LEFT_OUT

    def place(self, here: DocumentPlace) -> FindingPlace:
        """Return a place as findings name it."""
        return FindingPlace(here.document.file, here.pointer, self.event)

    def _count(self, keyword: str, value: JSON, here: DocumentPlace) -> JSON:
        number = number_of(value)
        if number is None or number < 0 or number != int(number):
            return self.ill_typed(here.at(keyword), value, "a count from 0 up", "not checked")
        if isinstance(value, str):
            self.ill_typed(here.at(keyword), value, "a count from 0 up", f"read as {number}")
        return int(number)

    def _numeric(self, keyword: str, value: JSON, here: DocumentPlace) -> JSON:
        if isinstance(value, bool) and keyword.startswith("exclusive"):
            return LEFT_OUT  # OpenAPI 3.0; see _bounds
        number = number_of(value)
        if number is None or (keyword == "multipleOf" and number <= 0):
            return self.ill_typed(here.at(keyword), value, "a number", "not checked")
        if isinstance(value, str):
            self.ill_typed(here.at(keyword), value, "a number", f"read as {number}")
        return number

    def _flag(self, keyword: str, value: JSON, here: DocumentPlace) -> JSON:
        if not isinstance(value, bool):
            return self.ill_typed(here.at(keyword), value, "true or false", "left out")
        return value if keyword in ("deprecated", "uniqueItems") and value else LEFT_OUT

    def _text(self, keyword: str, value: JSON, here: DocumentPlace) -> JSON:
        if isinstance(value, str):
            return value
        return self.ill_typed(here.at(keyword), value, "text", "left out")

    def _any(self, keyword: str, value: JSON, here: DocumentPlace) -> JSON:
        return value

    def names_of(self, keyword: str, value: JSON, here: DocumentPlace) -> JSON:
        """Return a list of property names without repetitions, or `LEFT_OUT`."""
        here = here.at(keyword)
        self.count(len(value) if isinstance(value, list) else 0)
        if isinstance(value, list) and all(isinstance(name, str) for name in value):
            distinct = list(dict.fromkeys(value))
            if len(distinct) < len(value):
                self._repeated(value, here)
            return distinct or LEFT_OUT
        expected = "a list of property names"
        if isinstance(value, bool):
            made = "the property counts as required" if value else "left out"
            return self.ill_typed(here, value, expected, made)
        names = [value] if isinstance(value, str) and value.lower() not in ("true", "false") else []
        if isinstance(value, list):
            names = [name for name in value if isinstance(name, str)]
        self.ill_typed(here, value, expected, f"read as {names}" if names else "not checked")
        return list(dict.fromkeys(names)) or LEFT_OUT

    def _repeated(self, names: list[str], here: DocumentPlace) -> None:
        counts = Counter(names)
        listed = ", ".join(shown(name) for name, count in counts.items() if count > 1)
        message = f"{here.pointer.rpartition('/')[2]} names {listed} more than once; once counts"
        self.findings.add(REQUIRED_TWICE, self.place(here), message)

    def _dependent(self, keyword: str, value: JSON, here: DocumentPlace) -> JSON:
        here = here.at(keyword)
        if not isinstance(value, dict):
            return self.ill_typed(
                here, value, "an object of lists of property names", "not checked"
            )
        read = {name: self.names_of(name, names, here) for name, names in value.items()}
        return {name: names for name, names in read.items() if names is not LEFT_OUT}

    def _type(self, keyword: str, value: JSON, here: DocumentPlace) -> JSON:
        here = here.at(keyword)
        given = value if isinstance(value, list) else [value]
        if not given or not all(isinstance(item, str) for item in given):
            self.ill_typed(here, value, "the name of a type, or a list of them", "not checked")
            given = [item for item in given if isinstance(item, str)]
        types: list[str] = []
        for item in given:
            if item in keywords.TYPES:
                types.append(item)
                continue
            meant = vocabulary.nearest_types(item)
            made = f"read as {' or '.join(meant)}" if meant else "not checked"
            message = f"unknown type {shown(item)}; {made}; known: {', '.join(keywords.TYPES)}"
            self.note(UNKNOWN_TYPE, self.place(here), message)
            if not meant:
                return LEFT_OUT
            types += meant
        types = list(dict.fromkeys(types))
        if not types:
            return LEFT_OUT
        return types[0] if len(types) == 1 else types

    def _enum(self, keyword: str, value: JSON, here: DocumentPlace) -> JSON:
        if not isinstance(value, list) or not value:
            made = "not checked"
            return self.ill_typed(here.at(keyword), value, "a list with at least one value", made)
        distinct: dict[Hashable, JSON] = {}
        for item in value:
            distinct.setdefault(identity(item), item)
        if len(distinct) > MOST_VALUES:
            place = self.place(here.at(keyword))
            self.notes.append(f"{place.pointer}: {_MANY_VALUES.format(len(distinct))}")
        return list(distinct.values())

    def _format(self, keyword: str, value: JSON, here: DocumentPlace) -> JSON:
        here = here.at(keyword)
        if not isinstance(value, str):
            return self.ill_typed(here, value, "the name of a format", "not checked")
        if value in COMMON_FORMATS:
            return value
        if value not in vocabulary.KNOWN_FORMATS:
            near = vocabulary.nearest_format(value)
            advice = f"; did you mean {near}?" if near else ""
            message = f"unknown format {shown(value)}{advice}; not checked"
            self.note(UNKNOWN_FORMAT, self.place(here), message)
        return LEFT_OUT

    def _pattern(self, keyword: str, value: JSON, here: DocumentPlace) -> JSON:
        if not isinstance(value, str):
            return self.ill_typed(here.at(keyword), value, "a regular expression", "not checked")
        return value if self.usable(value, here.at(keyword)) else LEFT_OUT

    def usable(self, pattern: str, here: DocumentPlace) -> bool:
        """Return whether both validators can use a pattern, noting why not."""
        self.count(_COST_OF_FINDING)
        reason = unusable(pattern)
        if reason is not None:
            message = f"the pattern {shown(pattern)} cannot be used: {reason}; not checked"
            self.note(UNUSABLE_PATTERN, self.place(here), message)
        return reason is None


_PLAIN: dict[str, Callable[[KeywordReader, str, JSON, DocumentPlace], JSON]] = {
    **dict.fromkeys(keywords.COUNTS, KeywordReader._count),
    **dict.fromkeys(keywords.NUMBERS, KeywordReader._numeric),
    **dict.fromkeys(keywords.FLAGS, KeywordReader._flag),
    **dict.fromkeys(keywords.TEXTS, KeywordReader._text), "const": KeywordReader._any,
    "default": KeywordReader._any, "dependentRequired": KeywordReader._dependent,
    "enum": KeywordReader._enum, "format": KeywordReader._format, "pattern": KeywordReader._pattern,
    "required": KeywordReader.names_of, "type": KeywordReader._type,
}  # fmt: skip

PLAIN_KEYWORDS = frozenset(_PLAIN)
