"""Reads JSON and YAML text into plain values: dict with text keys, list, str, int, float, bool,
None.

Whatever JSON cannot carry (NaN, lone surrogates, dates and tags of YAML, keys that are no text) is
replaced and noted, so that nothing later has to expect it. Depth and size are bounded: YAML aliases
can blow up a few lines into billions of nodes.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from mockzoom.contract.lint import DUPLICATE_KEY, UNREADABLE, FindingPlace, LintFindings
from mockzoom.model import JSON
from mockzoom.schema.pointer import escaped

MAX_DEPTH = 120
MAX_NODES = 300_000
"""Values of one document. Zoom's largest known one has 10,000."""
MAX_YAML = 2_000_000
"""Characters of YAML: without libyaml, 100,000 take a second."""
_DIGITS_KEPT = 400
_DEEP = 1_000
_DEEP_BLOCK = re.compile(r"^[ \t?-]{1000}", re.MULTILINE)
_BRACKET = re.compile(r"[\[\]{}]")


class ParseError(ValueError):
    """Text that is neither; `line` and `column` count from 1."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


class _Repeating(dict[str, Any]):
    """An object of which the text has `repeated` keys more than once."""

    __slots__ = ("repeated",)
    repeated: tuple[str, ...]


def parse_json(text: str) -> JSON:
    """Return the value of a JSON text, still to be made `plain`; raise `ParseError`."""
    if text.count(",") + text.count("[") + text.count("{") > 2 * MAX_NODES:
        raise ParseError(f"more than {MAX_NODES:,} values")
    try:
        return json.loads(text, object_pairs_hook=_object, parse_int=_integer, parse_constant=float)
    except json.JSONDecodeError as error:
        raise ParseError(error.msg, error.lineno, error.colno) from None
    except RecursionError:
        raise ParseError("nested too deeply") from None


def parse_yaml(text: str) -> tuple[list[JSON], str]:
    """Return the documents of a YAML text, and which key repeats, if any; raise `ParseError`."""
    from ruamel.yaml.constructor import DuplicateKeyError

    try:
        return _load_yaml(text, allow_duplicates=False), ""
    except DuplicateKeyError as error:
        mark, what = error.problem_mark, (error.problem or "a key repeats").splitlines()[0]
        repeated = f"line {mark.line + 1}:{mark.column + 1}: {what}"
    return _load_yaml(text, allow_duplicates=True), repeated


def _load_yaml(text: str, *, allow_duplicates: bool) -> list[JSON]:
    if len(text) > MAX_YAML:
        raise ParseError(f"more than {MAX_YAML:,} characters of YAML; convert it to JSON")
    if _brackets(text) > _DEEP:
        raise ParseError("nested too deeply")
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import DuplicateKeyError
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    # libyaml, where it is installed, is ten times as fast, but very deep text crashes it.
    yaml = YAML(typ="safe", pure=_DEEP_BLOCK.search(text) is not None)
    yaml.Constructor = _plain_constructor()
    yaml.allow_duplicate_keys = allow_duplicates
    try:
        return list(yaml.load_all(text))
    except DuplicateKeyError:
        raise
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise ParseError(str(error.problem or error.context), line, column) from None
    except YAMLError as error:
        raise ParseError(" ".join(str(error).split())) from None
    except RecursionError:
        raise ParseError("nested too deeply") from None
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise ParseError(f"a value that YAML cannot make: {error}") from None


def _brackets(text: str) -> int:
    """Return how deep brackets stand in each other at most, those in texts included."""
    depth = deepest = 0
    for bracket in _BRACKET.findall(text):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _plain_constructor() -> type:
    """Return a safe constructor that reads dates and unknown tags as the text or data they tag."""
    from ruamel.yaml.constructor import SafeConstructor
    from ruamel.yaml.nodes import MappingNode, SequenceNode

    class PlainConstructor(SafeConstructor):
        def construct_untagged(self, node: Any) -> Iterator[Any]:
            if isinstance(node, MappingNode):
                yield from self.construct_yaml_map(node)
            elif isinstance(node, SequenceNode):
                yield from self.construct_yaml_seq(node)
            else:
                yield self.construct_scalar(node)

    PlainConstructor.add_constructor(
        "tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str
    )
    PlainConstructor.add_constructor(None, PlainConstructor.construct_untagged)
    return PlainConstructor


def plain(value: JSON, place: FindingPlace, findings: LintFindings) -> JSON:
    """Return `value` as plain JSON, noting whatever had to be replaced; raise `ParseError`.

    `ParseError` is raised only for a value of more than `MAX_NODES` nodes.
    """
    return _PlainCopy(place, findings).value(value, place.pointer, 0)


class _PlainCopy:
    def __init__(self, place: FindingPlace, findings: LintFindings) -> None:
        self._place = place
        self._findings = findings
        self._nodes = 0

    def value(self, value: Any, pointer: str, depth: int) -> JSON:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise ParseError(f"more than {MAX_NODES:,} values (YAML aliases multiply them)")
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, str):
            return self._text(value, pointer)
        if depth >= MAX_DEPTH:
            self._note(pointer, f"nested more than {MAX_DEPTH} deep; left out from here")
            return None
        if isinstance(value, dict):
            return self._object(value, pointer, depth)
        if isinstance(value, set | frozenset):
            value = sorted(value, key=str)
        if isinstance(value, list | tuple):
            return [
                self.value(item, f"{pointer}/{index}", depth + 1)
                for index, item in enumerate(value)
            ]
        return self._scalar(value, pointer)

    def _object(self, value: dict[Any, Any], pointer: str, depth: int) -> JSON:
        if isinstance(value, _Repeating):
            for key in value.repeated:
                place = FindingPlace(self._place.file, f"{pointer}/{escaped(_printable(key))}")
                self._findings.add(DUPLICATE_KEY, place, f"the key {key!a} stands here twice")
        result: dict[str, JSON] = {}
        for raw, item in value.items():
            key = self._key(raw, pointer)
            result[key] = self.value(item, f"{pointer}/{escaped(key)}", depth + 1)
        return result

    def _key(self, raw: Any, pointer: str) -> str:
        if isinstance(raw, str):
            return self._text(raw, pointer)
        if raw is None or isinstance(raw, bool):
            return json.dumps(raw)
        return _printable(str(raw))

    def _text(self, value: str, pointer: str) -> str:
        if value.isascii():
            return str(value)
        clean = _printable(value)
        if clean != value:
            self._note(pointer, "a lone surrogate, which UTF-8 cannot carry; replaced")
        return clean

    def _scalar(self, value: Any, pointer: str) -> JSON:
        if isinstance(value, float):
            if math.isfinite(value):
                return float(value)
            self._note(pointer, "a number that JSON cannot carry; read as null")
            return None
        self._note(pointer, f"a value of type {type(value).__name__}, unknown to JSON; as text")
        return _printable(str(value))

    def _note(self, pointer: str, message: str) -> None:
        self._findings.add(UNREADABLE, FindingPlace(self._place.file, pointer), message)


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _object(pairs: list[tuple[str, JSON]]) -> JSON:
    result = dict(pairs)
    if len(result) == len(pairs):
        return result
    seen: set[str] = set()
    repeated = {key: None for key, _ in pairs if key in seen or seen.add(key)}  # type: ignore[func-returns-value]
    marked = _Repeating(result)
    marked.repeated = tuple(repeated)
    return marked


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _DIGITS_KEPT else math.inf
