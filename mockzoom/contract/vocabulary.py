"""The words that documents use for JSON Schema: OpenAPI's keywords and formats, and what is written
in the place of types, formats and keywords by mistake.
"""

from __future__ import annotations

import difflib
import json
import re

from mockzoom.model import JSON
from mockzoom.schema.nodes import (
    COUNTS,
    FLAGS,
    NUMBERS,
    OTHERS,
    SCHEMA,
    SCHEMA_LISTS,
    SCHEMA_MAPS,
    TEXTS,
    TYPES,
    words,
)

REFERENCES = words("$dynamicRef $recursiveRef $ref")
SILENT = words(
    "$anchor $comment $defs $dynamicAnchor $id $recursiveAnchor $schema $vocabulary "
    "additionalItems collectionFormat contentEncoding contentMediaType contentSchema definitions "
    "dependencies discriminator example examples externalDocs id xml"
)
"""Known keywords that constrain nothing here, or are read elsewhere."""

KEYWORDS = (
    SCHEMA | SCHEMA_LISTS | SCHEMA_MAPS | COUNTS | NUMBERS | FLAGS | TEXTS | OTHERS | REFERENCES
) | SILENT

_ALIASES = {
    "string": "str text char character varchar date datetime date-time time timestamp_string uuid "
    "guid email url uri file binary byte password enum",
    "integer": "int int8 int16 int32 int64 uint uint8 uint16 uint32 uint64 long short bigint",
    "number": "float float32 float64 double decimal numeric real num",
    "boolean": "bool",
    "object": "obj dict dictionary map hash json struct",
    "array": "list tuple set",
    "null": "none nil void",
}
TYPE_ALIASES = {word: name for name, words in _ALIASES.items() for word in words.split()}

KNOWN_FORMATS = words(
    "base64url binary byte char commonmark date date-time decimal decimal128 double double-int "
    "duration email float hostname html http-date idn-email idn-hostname int16 int32 int64 int8 "
    "ipv4 ipv6 iri iri-reference json-pointer media-range password regex relative-json-pointer "
    "sf-binary sf-boolean sf-decimal sf-integer sf-string sf-token time uint16 uint32 uint64 uint8 "
    "uri uri-reference uri-template uuid"
)
"""Formats of JSON Schema 2020-12 and of the OpenAPI format registry."""

FORMAT_BOUNDS = {
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
}

_SPLIT_TYPES = re.compile(r"\s*(?:\||,|/|\bor\b)\s*")
_MEANT_FORMATS = {"datetime": "date-time", "url": "uri", "int": "int32", "long": "int64"}


def nearest_types(text: str) -> list[str]:
    """Return the JSON types that an unknown `type` most likely means; empty for prose."""
    found = []
    for word in _SPLIT_TYPES.split(text.strip().lower()):
        name = word if word in TYPES else TYPE_ALIASES.get(word)
        if name is None and word.endswith("s"):
            name = word[:-1] if word[:-1] in TYPES else None
        if name is None:
            return []
        if name not in found:
            found.append(name)
    return found


def nearest_format(text: str) -> str | None:
    """Return the registered format that an unknown one most likely means."""
    lowered = text.lower()
    if lowered in KNOWN_FORMATS:
        return lowered
    if lowered in _MEANT_FORMATS:
        return _MEANT_FORMATS[lowered]
    close = difflib.get_close_matches(lowered, sorted(KNOWN_FORMATS), n=1, cutoff=0.8)
    return close[0] if close else None


def nearest_keyword(text: str) -> str | None:
    """Return the keyword that an unknown one is most likely a misspelling of."""
    lowered = {keyword.lower(): keyword for keyword in sorted(KEYWORDS)}
    if text.lower() in lowered:
        return lowered[text.lower()]
    close = difflib.get_close_matches(text.lower(), sorted(lowered), n=1, cutoff=0.75)
    return lowered[close[0]] if close else None


def shown(value: JSON) -> str:
    """Return a value as short text for a message."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"
