"""A scenario's YAML text as a tree of plain values, each with its place.

What YAML allows beyond plain values is refused with the place where it stands: tags, merge keys,
several documents, keys that are no text or stand twice. Aliases are expanded, within bounds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

from mockzoom.model import JSON
from mockzoom.scenario.mistakes import Mistakes
from mockzoom.scenario.model import Place

MOST_BYTES = 512 * 1024
"""The size up to which a document is read: a scenario is written by hand."""
MOST_NODES = 100_000
"""How many values a document may hold once its aliases are expanded."""
MOST_LEVELS = 60

_BRACKET = re.compile(r"[\[\]{}]")
_INDENTED = re.compile(r"^[ ?-]*", re.MULTILINE)
_DEEP_LINE = 2 * 4 * MOST_LEVELS
_CORE = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of an object, where the key stands, and its value."""

    place: Place
    node: YamlNode


Content: TypeAlias = "str | int | float | bool | tuple[YamlNode, ...] | dict[str, Entry] | None"


@dataclass(frozen=True, slots=True)
class YamlNode:
    """One value of the document, and where it begins; `bad` says that a mistake is noted."""

    place: Place
    content: Content
    bad: bool = False

    @property
    def is_object(self) -> bool:
        """Whether it has keys."""
        return isinstance(self.content, dict)

    @property
    def kind(self) -> str:
        """What it is, in words for a mistake."""
        return kind_of(self.content)

    def plain(self) -> JSON:
        """Return the value alone."""
        if isinstance(self.content, dict):
            return {key: entry.node.plain() for key, entry in self.content.items()}
        if isinstance(self.content, tuple):
            return [node.plain() for node in self.content]
        return self.content


def kind_of(value: object) -> str:
    """Return what a value is, in words for a mistake."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, tuple | list):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"the number {value}" if isinstance(value, int | float) else "a text"


def parse(text: str, file: str, mistakes: Mistakes) -> YamlNode | None:
    """Return the tree of a document, or None where it can't be read; mistakes are noted."""
    mistakes.text(file, text)
    start = Place(file, 1, 1)
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        too_large(start, mistakes)
        return None
    if (wide := _too_many(text, file)) is not None:
        mistakes.add(wide, "too many values for a scenario", f"at most {MOST_NODES:,}")
        return None
    if _is_deep(text):
        mistakes.add(start, "nested too deeply", f"at most {MOST_LEVELS} levels")
        return None
    root = _compose(text, file, mistakes)
    if root is None:
        return None
    tree = _Tree(file, mistakes)
    node = tree.node(root, 0)
    return None if tree.is_endless else node


def too_large(place: Place, mistakes: Mistakes) -> None:
    """Note that a document is larger than is read."""
    mistakes.add(
        place,
        "too large for a scenario",
        f"at most {MOST_BYTES // 1024} KiB",
        "say repeated steps with `repeat`, `matrix`, `play`, or `entity_sets` of `together`",
    )


def _too_many(text: str, file: str) -> Place | None:
    """Return where there are more commas and lines than values may be, before parsing costs."""
    if text.count(",") + text.count("\n") <= MOST_NODES:
        return None
    found = next(islice(re.finditer(r"[,\n]", text), MOST_NODES, None))
    return _place_of(text, found.start(), file)


def _is_deep(text: str) -> bool:
    """Return whether brackets or indentation go deeper than any scenario, before parsing costs."""
    depth = 0
    for bracket in _BRACKET.findall(text):
        depth = depth + 1 if bracket in "[{" else max(0, depth - 1)
        if depth > 10 * MOST_LEVELS:
            return True
    return any(len(lead) > _DEEP_LINE for lead in _INDENTED.findall(text))


def _compose(text: str, file: str, mistakes: Mistakes) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.reader import ReaderError

    try:
        yaml = YAML(typ="rt", pure=True)
        yaml.composer.warn_double_anchors = False  # YAML 1.2 lets a later anchor take the name
        root = yaml.compose(text)
    except MarkedYAMLError as error:
        _note_syntax(error, text, file, mistakes)
    except ReaderError as error:
        place = _place_of(text, error.position, file)
        code = error.character if isinstance(error.character, int) else ord(error.character)
        mistakes.add(place, f"a control character (U+{code:04X}), which YAML forbids")
    except UnicodeError:
        mistakes.add(Place(file, 1, 1), "a lone surrogate, which UTF-8 cannot carry")
    except RecursionError:
        mistakes.add(Place(file, 1, 1), "nested too deeply", f"at most {MOST_LEVELS} levels")
    except (YAMLError, ValueError, TypeError, AttributeError, IndexError) as error:
        mistakes.add(Place(file, 1, 1), f"no YAML: {' '.join(str(error).split())}")
    else:
        if root is None:
            mistakes.add(Place(file, 1, 1), "the document is empty", "a scenario: `name`, `steps`")
        return root
    return None


def _note_syntax(error: Any, text: str, file: str, mistakes: Mistakes) -> None:
    mark = error.problem_mark or error.context_mark
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)
    problem = str(error.problem or error.context)
    if "another document" in problem:
        mistakes.add(place, "a second document begins here", "one scenario a file")
    elif "'\\t'" in problem:
        mistakes.add(place, "a tab, where YAML wants spaces", hint="indent with spaces")
    else:
        line = (text.splitlines() or [""])[min(place.line, text.count("\n") + 1) - 1 :][:1]
        braces = bool(line) and "${" in line[0] and "{" in problem
        hint = 'within braces quote it: {key: "${name}"}' if braces else ""
        mistakes.add(place, f"no YAML: {problem}", hint=hint)


def _place_of(text: str, position: int, file: str) -> Place:
    before = text[:position]
    return Place(file, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


class _Tree:
    """Turns ruamel's nodes into ours; aliased ones are shared, and counted wherever they stand."""

    def __init__(self, file: str, mistakes: Mistakes) -> None:
        self._file = file
        self._mistakes = mistakes
        self._known: dict[int, tuple[YamlNode, int]] = {}
        self._open: set[int] = set()
        self.is_endless = False
        """Whether expanding it would not end, or not soon."""

    def node(self, raw: Any, depth: int) -> YamlNode:
        """Return our node for ruamel's."""
        return self._sized(raw, depth)[0]

    def _sized(self, raw: Any, depth: int) -> tuple[YamlNode, int]:
        known = self._known.get(id(raw))
        if known is not None:
            return known
        place = Place(self._file, raw.start_mark.line + 1, raw.start_mark.column + 1)
        if id(raw) in self._open:
            return self._endless(place, "an alias within its own anchor has no end"), 1
        if depth > MOST_LEVELS:
            expected = f"at most {MOST_LEVELS} levels"
            return self._endless(place, "nested too deeply", expected), 1
        self._open.add(id(raw))
        before = self._mistakes.count
        is_plain = self._is_plain(raw, place)
        content, size = self._content(raw, place, depth) if is_plain else (None, 1)
        self._open.discard(id(raw))
        if size > MOST_NODES and not self.is_endless:
            message = "too many values once the aliases are expanded"
            self._endless(place, message, f"at most {MOST_NODES:,}")
        leaf = raw.id == "scalar"
        node = YamlNode(
            place, content, bad=not is_plain or (leaf and self._mistakes.count > before)
        )
        self._known[id(raw)] = node, size
        return node, size

    def _endless(self, place: Place, message: str, expected: str = "") -> YamlNode:
        self.is_endless = True
        self._mistakes.add(place, message, expected)
        return YamlNode(place, None, bad=True)

    def _content(self, raw: Any, place: Place, depth: int) -> tuple[Content, int]:
        if raw.id == "mapping":
            return self._object(raw, depth)
        if raw.id == "sequence":
            found = [self._sized(item, depth + 1) for item in raw.value]
            items = tuple(node for node, _ in found)
            return items, 1 + sum(size for _, size in found)
        return self._scalar(raw, place), 1

    def _object(self, raw: Any, depth: int) -> tuple[Content, int]:
        entries: dict[str, Entry] = {}
        total = 1
        for key, value in raw.value:
            place = Place(self._file, key.start_mark.line + 1, key.start_mark.column + 1)
            node, size = self._sized(value, depth + 1)
            total += size
            name = self._key(key, place)
            if name is None:
                continue
            if name in entries:
                first = entries[name].place
                self._mistakes.add(
                    place, f"the key '{name}' stands twice; first in line {first.line}"
                )
            entries[name] = Entry(place, node)
        return entries, total

    def _key(self, raw: Any, place: Place) -> str | None:
        if raw.id == "scalar" and str(raw.tag) == _CORE + "merge":
            self._mistakes.add(
                place, "merge keys (`<<`) are no part of the language", hint="use `let` or `play`"
            )
            return None
        if raw.id != "scalar" or not self._is_plain(raw, place):
            self._mistakes.add(place, "a key that is no text", "a text")
            return None
        text = _text(raw)
        if not _encodable(text):
            self._mistakes.add(place, "a lone surrogate, which UTF-8 cannot carry")
            return None
        return text

    def _is_plain(self, raw: Any, place: Place) -> bool:
        """Return whether the node's type is one of JSON's, or a date, which is read as text."""
        kinds = {
            "mapping": ("map",),
            "sequence": ("seq",),
            "scalar": ("str", "int", "float", "bool", "null", "timestamp"),
        }[raw.id]
        if str(raw.tag) in {_CORE + kind for kind in kinds}:
            return True
        self._mistakes.add(
            place, f"the tag {raw.tag} is not allowed", "a plain value, list or object"
        )
        return False

    def _scalar(self, raw: Any, place: Place) -> Content:
        kind, text = str(raw.tag).removeprefix(_CORE), _text(raw)
        try:
            if kind == "null":
                return None
            if kind == "bool":
                return text.lower() in ("true", "yes", "on", "y")
            if kind == "int":
                return _whole(text)
            if kind == "float":
                return _finite(text)
        except ValueError:
            self._mistakes.add(place, "a number that JSON cannot carry")
            return None
        if not _encodable(text):
            self._mistakes.add(place, "a lone surrogate, which UTF-8 cannot carry")
        return text


def _text(raw: Any) -> str:
    """Return a scalar's text; ruamel.yaml marks with BEL where it folded a line (`>`)."""
    text = str(raw.value)
    return text.replace("\a", "") if raw.style == ">" else text


def _whole(text: str) -> int:
    digits = text.replace("_", "").lower()
    if len(digits) > 400:
        raise ValueError(digits)
    body = digits.lstrip("+-")
    if body.startswith(("0x", "0o", "0b")):
        return int(digits, 0)
    return int(digits)


def _finite(text: str) -> float:
    number = float(text.replace("_", ""))
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _encodable(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)
