"""`${name}`: values of `let` and `matrix`, filled in while reading, and those saved in the play.

A text that is only `${name}` becomes the value with its type; within a longer text the value is
spelled out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mockzoom.errors import nearest
from mockzoom.model import JSON
from mockzoom.scenario.document import Entry, YamlNode, kind_of, planted
from mockzoom.scenario.mistakes import Mistakes

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""How a value of `let`, `matrix` or `save` may be called."""
_REFERENCE = re.compile(r"\$\{([^{}]*)\}")


def references(text: str) -> tuple[str, ...]:
    """Return the names that `text` refers to, in order."""
    return tuple(name.strip() for name in _REFERENCE.findall(text))


def fill(value: JSON, saved: Mapping[str, JSON]) -> JSON:
    """Return `value` with the saved values in the place of each `${name}`, for the play.

    Raises `KeyError` with the name of a value that was not saved (a step that was skipped), and
    `ValueError` where an object or a list would have to be spelled within a text.
    """
    if isinstance(value, str):
        return _filled(value, saved.__getitem__) if "${" in value else value
    if isinstance(value, Mapping):
        return {key: fill(item, saved) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [fill(item, saved) for item in value]
    return value


def _filled(text: str, lookup: Callable[[str], JSON]) -> JSON:
    whole = _REFERENCE.fullmatch(text)
    if whole:
        return lookup(whole[1].strip())
    return _REFERENCE.sub(lambda found: spelled(lookup(found[1].strip())), text)


def spelled(value: JSON) -> str:
    """Return a value as it stands within a text; raise `ValueError` for an object or a list."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping | list | tuple):
        raise ValueError(f"{kind_of(value)} can't stand within a text")
    return json.dumps(value)


@dataclass(slots=True)
class Scope:
    """The values that a place of one document may name.

    `fixed` are those of `let` and `matrix`; `saved` maps the names saved by earlier steps to what
    they are called in the play, where a played scenario's are told apart by its step's name.
    """

    notebook: Mistakes
    fixed: dict[str, JSON] = field(default_factory=dict)
    saved: dict[str, str] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    """Fixed names whose own value is a mistake: nothing more is said where they stand."""

    def branch(self) -> Scope:
        """Return a scope for one of several lanes: what one saves, the others don't see."""
        return Scope(self.notebook, self.fixed, dict(self.saved), self.broken)

    def fill(self, node: YamlNode) -> YamlNode:
        """Return `node` with every fixed value filled in; saved ones stay, under their names."""
        content = node.content
        if isinstance(content, str):
            return self._text(node, content) if "${" in content else node
        if isinstance(content, dict):
            return YamlNode(
                node.place,
                {k: Entry(e.place, self.fill(e.node)) for k, e in content.items()},
            )
        if isinstance(content, tuple):
            return YamlNode(node.place, tuple(self.fill(item) for item in content))
        return node

    def _text(self, node: YamlNode, text: str) -> YamlNode:
        if text.count("${") != len(_REFERENCE.findall(text)):
            self.notebook.add(node.place, "`${` without its `}`", "`${name}`")
            return YamlNode(node.place, text, bad=True)
        names = set(references(text))
        unknown = [name for name in names - self.broken if not self._knows(name)]
        for name in sorted(unknown):
            self._note(node, name)
        if unknown or names & self.broken:
            return YamlNode(node.place, text, bad=True)
        try:
            return planted(_filled(text, self._value), node.place)
        except ValueError as error:
            self.notebook.add(node.place, str(error), "a text that is only `${name}`")
            return YamlNode(node.place, text, bad=True)

    def _knows(self, name: str) -> bool:
        return name in self.fixed or name in self.saved

    def _value(self, name: str) -> JSON:
        return self.fixed[name] if name in self.fixed else "${" + self.saved[name] + "}"

    def _note(self, node: YamlNode, name: str) -> None:
        known = [*self.fixed, *self.saved]
        self.notebook.add(
            node.place,
            f"nothing is called ${{{name}}} here",
            "a name of `let` or `matrix`, or one that an earlier step saves"
            + (f": {', '.join(sorted(known))}" if known else ""),
            nearest(name, known).removeprefix("; "),
        )
