"""Reads the keys of one object of a document: typed, defaulted, each mistake in its place."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from mockzoom.model import JSON
from mockzoom.scenario import durations
from mockzoom.scenario.document import Entry, YamlNode
from mockzoom.scenario.model import Place
from mockzoom.scenario.values import Scope


class Fields:
    """One object of a document; a key that is not `allowed` is a mistake.

    Values are handed out with `${…}` filled in. `what` says in a mistake what the object is.
    """

    def __init__(self, node: YamlNode, scope: Scope, what: str, allowed: Collection[str]) -> None:
        self.place = node.place
        self.scope = scope
        self.what = what
        self.notebook = scope.notebook
        self._entries: dict[str, Entry] = {}
        self._is_filled = isinstance(node.content, str)
        node = scope.fill(node) if self._is_filled else node
        if isinstance(node.content, dict):
            self._entries = dict(node.content)
            self._refuse_unknown(allowed)
        elif not node.bad:
            expected = f"an object with {', '.join(allowed)}"
            self.notebook.add(node.place, f"{what} is {node.kind}", expected)

    def _refuse_unknown(self, allowed: Collection[str]) -> None:
        for key in [key for key in self._entries if key not in allowed]:
            place = self._entries.pop(key).place
            self.notebook.unknown(place, f"{self.what} has no", key, allowed)

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def place_of(self, key: str) -> Place:
        """Return where `key` stands, or the object where it does not."""
        entry = self._entries.get(key)
        return entry.place if entry else self.place

    def raw(self, key: str) -> YamlNode | None:
        """Return the value of `key` as it is written, or None."""
        entry = self._entries.get(key)
        return entry.node if entry else None

    def node(self, key: str) -> YamlNode | None:
        """Return the value of `key`, filled in; None where it is absent, or its mistake noted."""
        found = self.raw(key)
        if found is None or found.bad:
            return None
        # Once, for what a played scenario was handed may name values that are not its own.
        filled = found if self._is_filled else self.scope.fill(found)
        return None if filled.bad else filled

    def text(self, key: str, default: str = "") -> str:
        """Return a text that is not empty."""
        node = self.node(key)
        if node is None:
            return default
        return self.as_text(node, f"`{key}`", default)

    def as_text(self, node: YamlNode, what: str, default: str = "") -> str:
        """Return a node's text that is not empty, or `default` once the mistake is noted."""
        if node.bad:
            return default
        if isinstance(node.content, str) and node.content.strip():
            return node.content
        kind = "an empty text" if isinstance(node.content, str) else node.kind
        self.notebook.add(node.place, f"{what} is {kind}", "a text")
        return default

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; a single one may stand for itself."""
        return tuple(text for text, _ in self.placed(key))

    def placed(self, key: str) -> list[tuple[str, Place]]:
        """Return a list of texts, each with its place; a single one may stand for itself."""
        node = self.node(key)
        if node is None:
            return []
        items = node.content if isinstance(node.content, tuple) else (node,)
        found = [(self.as_text(item, f"`{key}`"), item.place) for item in items]
        return [(text, place) for text, place in found if text]

    def duration(self, key: str, default: float | None = None) -> float | None:
        """Return the seconds of a duration."""
        node = self.node(key)
        return default if node is None else self.as_duration(node, default)

    def as_duration(self, node: YamlNode, default: float | None = None) -> float | None:
        """Return a node's seconds, or `default` once the mistake is noted."""
        if node.bad or self._is_late(node, durations.EXPECTED):
            return default
        try:
            return durations.seconds(node.content)
        except ValueError as error:
            shown = node.content if isinstance(node.content, str | int | float) else node.kind
            self.notebook.add(node.place, f"{str(shown)[:60]}: {error}", durations.EXPECTED)
            return default

    def count(self, key: str, default: int, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`."""
        node = self.node(key)
        expected = f"a whole number from {low} to {high}"
        if node is None or self._is_late(node, expected):
            return default
        value = node.content
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self.notebook.add(node.place, f"`{key}` is {node.kind}", expected)
        return default

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        node = self.node(key)
        if node is None or self._is_late(node, "true or false"):
            return default
        if isinstance(node.content, bool):
            return node.content
        self.notebook.add(node.place, f"`{key}` is {node.kind}", "true or false")
        return default

    def choice(self, key: str, known: Collection[str], default: str = "") -> str:
        """Return one of the names `known`."""
        node = self.node(key)
        if node is None or self._is_late(node, f"one of {', '.join(known)}"):
            return default
        text = self.as_text(node, f"`{key}`")
        if text and text not in known:
            self.notebook.unknown(node.place, f"no `{key}` is called", text, known)
            return default
        return text or default

    def json(self, key: str, default: JSON = None) -> JSON:
        """Return any value."""
        node = self.node(key)
        return default if node is None else node.plain()

    def pairs(self, key: str) -> list[tuple[str, YamlNode, Place]]:
        """Return the keys of an object with their values and places, in order."""
        node = self.node(key)
        if node is None:
            return []
        if not isinstance(node.content, dict):
            self.notebook.add(node.place, f"`{key}` is {node.kind}", "an object")
            return []
        return [(k, e.node, e.place) for k, e in node.content.items() if not e.node.bad]

    def exclude(self, one: str, other: str, why: str) -> None:
        """Note a mistake where both keys are written."""
        if one in self and other in self:
            self.notebook.add(
                self.place_of(other), f"`{one}` and `{other}` exclude each other", why
            )

    def _is_late(self, node: YamlNode, expected: str) -> bool:
        """Note a value that is known only in the play, where the plan has to know it."""
        if isinstance(node.content, str) and "${" in node.content:
            self.notebook.add(
                node.place, f"{node.content} is known only while playing", expected,
                "use `let` or `matrix` here",
            )  # fmt: skip
            return True
        return False


def is_slug(text: str) -> bool:
    """Tell whether `text` is a name such as `rtms-start-stop`."""
    return re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", text) is not None
