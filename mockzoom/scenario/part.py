"""One object of a document that was checked: its values are as the schema has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mockzoom.model import JSON
from mockzoom.scenario.document import Entry, YamlNode
from mockzoom.scenario.durations import seconds
from mockzoom.scenario.model import Place


@dataclass(frozen=True, slots=True)
class Part:
    """An object, by its keys; what was wrong in it has been cut out, and is as if not written."""

    source: YamlNode

    @property
    def _entries(self) -> dict[str, Entry]:
        return self.source.content if isinstance(self.source.content, dict) else {}

    @property
    def place(self) -> Place:
        """Where the object begins."""
        return self.source.place

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def node(self, key: str) -> YamlNode | None:
        """Return the value of a key with its place, None where it is not written."""
        entry = self._entries.get(key)
        return entry.node if entry else None

    def part(self, key: str) -> Part | None:
        """Return the value of a key where it is an object."""
        node = self.node(key)
        return Part(node) if node is not None and node.is_object else None

    def key_at(self, key: str) -> Place:
        """Return where a key stands, or the object where it does not."""
        entry = self._entries.get(key)
        return entry.place if entry else self.place

    def value_at(self, key: str) -> Place:
        """Return where the value of a key stands, or the object where there is none."""
        entry = self._entries.get(key)
        return entry.node.place if entry else self.place

    def value(self, key: str, default: Any = None) -> Any:
        """Return the plain value of a key."""
        node = self.node(key)
        return default if node is None else node.plain()

    def text(self, key: str) -> str:
        """Return the text of a key, empty where it is not written."""
        return str(self.value(key, ""))

    def placed(self, key: str) -> list[tuple[str, Place]]:
        """Return a list of texts, each with its place; a single one may stand for itself."""
        node = self.node(key)
        if node is None:
            return []
        items = node.content if isinstance(node.content, tuple) else (node,)
        return [(str(item.content), item.place) for item in items]

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; a single one may stand for itself."""
        return tuple(text for text, _ in self.placed(key))

    def seconds(self, key: str, default: float = 0.0) -> float:
        """Return the seconds of a duration."""
        return default if key not in self else seconds(self.value(key))

    def pairs(self, key: str) -> list[tuple[str, YamlNode, Place]]:
        """Return the keys of an object with their values and places, in order."""
        node = self.node(key)
        content = node.content if node is not None else None
        entries = content.items() if isinstance(content, dict) else ()
        return [(name, entry.node, entry.place) for name, entry in entries]

    def values(self, key: str) -> dict[str, JSON]:
        """Return the plain values of an object."""
        return {name: node.plain() for name, node, _ in self.pairs(key)}
