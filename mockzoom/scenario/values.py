"""`${name}`: values of `let`, `matrix` and `repeat`, and those saved in the play.

The first are filled in while reading; of the others only the names are known then.

A text that is only `${name}` becomes the value with its type; within a longer text the value is
spelled out.
"""

from __future__ import annotations

import json
import re
from collections import ChainMap
from collections.abc import Callable, Collection, Mapping, MutableMapping
from dataclasses import dataclass, field

from mockzoom.model import JSON
from mockzoom.scenario.document import Entry, YamlNode, kind_of
from mockzoom.scenario.limits import Budget
from mockzoom.scenario.mistakes import Mistakes
from mockzoom.scenario.model import Place

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""How a value of `let`, `matrix`, `repeat` or `save` may be called."""
_MOST_NAMED = 24
REFERENCE = re.compile(r"\$\{([^{}]*)\}")
"""A place that a value is filled in at."""


def references(text: str) -> tuple[str, ...]:
    """Return the names that `text` refers to, in order."""
    return tuple(name.strip() for name in REFERENCE.findall(text))


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
    whole = REFERENCE.fullmatch(text)
    if whole:
        return lookup(whole[1].strip())
    return REFERENCE.sub(lambda found: spelled(lookup(found[1].strip())), text)


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

    `fixed` are those of `let`, `matrix` and `repeat`; `saved` maps the names saved by earlier steps
    to what they are called in the play, where a played scenario's are told apart by its step's
    name.
    """

    budget: Budget
    fixed: MutableMapping[str, JSON] = field(default_factory=dict)
    saved: dict[str, str] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    """Fixed names whose own value is a mistake: nothing more is said where they stand."""

    @property
    def mistakes(self) -> Mistakes:
        """Where mistakes go."""
        return self.budget.mistakes

    def branch(self) -> Scope:
        """Return a scope for one of several lanes: what one saves, the others don't see."""
        return Scope(self.budget, self.fixed, dict(self.saved), self.broken)

    def naming(self, name: str, value: JSON) -> Scope:
        """Return a scope with one more fixed value; what is saved in either is known to both."""
        return Scope(self.budget, ChainMap({name: value}, self.fixed), self.saved, self.broken)

    def fill(self, node: YamlNode, leave: Collection[str] = ()) -> YamlNode:
        """Return `node` with every fixed value filled in; saved ones stay, under their names.

        The values of keys to `leave` stay as they are written. Raises `TooLarge`.
        """
        self.budget.value(node.place)
        content = node.content
        if isinstance(content, str):
            return self._text(node, content) if "${" in content else node
        if isinstance(content, dict):
            filled = {
                key: entry if key in leave else Entry(entry.place, self.fill(entry.node))
                for key, entry in content.items()
            }
            return YamlNode(node.place, filled, node.bad)
        if isinstance(content, tuple):
            return YamlNode(node.place, tuple(self.fill(item) for item in content), node.bad)
        return node

    def _text(self, node: YamlNode, text: str) -> YamlNode:
        bad = YamlNode(node.place, text, bad=True)
        if node.bad:
            return bad
        found = REFERENCE.findall(text)
        if text.count("${") != len(found):
            self.mistakes.add(node.place, "`${` without its `}`", "`${name}`")
            return bad
        names = dict.fromkeys(name.strip() for name in found)
        unknown = [name for name in names if name not in self.broken and not self._knows(name)]
        for name in sorted(unknown):
            self._note(node, name)
        if unknown or not self.broken.isdisjoint(names):
            return bad
        whole = REFERENCE.fullmatch(text)
        if whole:
            return self._planted(self._value(whole[1].strip()), node.place)
        return self._spelled(node, text, found) or bad

    def _spelled(self, node: YamlNode, text: str, found: list[str]) -> YamlNode | None:
        try:
            length = len(text) + sum(len(spelled(self._value(name.strip()))) for name in found)
            if not self.budget.text(length, node.place):
                return None
            return YamlNode(node.place, str(_filled(text, self._value)))
        except ValueError as error:
            self.mistakes.add(node.place, str(error), "a text that is only `${name}`")
            return None

    def _planted(self, value: JSON, place: Place) -> YamlNode:
        """Return the tree of a plain value that stands at `place` as a whole."""
        self.budget.value(place)
        if isinstance(value, Mapping):
            entries = {key: Entry(place, self._planted(v, place)) for key, v in value.items()}
            return YamlNode(place, entries)
        if isinstance(value, tuple | list):
            return YamlNode(place, tuple(self._planted(item, place) for item in value))
        return YamlNode(place, value)

    def _knows(self, name: str) -> bool:
        return name in self.fixed or name in self.saved

    def _value(self, name: str) -> JSON:
        return self.fixed[name] if name in self.fixed else "${" + self.saved[name] + "}"

    def _note(self, node: YamlNode, name: str) -> None:
        known = [*self.fixed, *self.saved]
        listed = f": {', '.join(sorted(known))}" if 0 < len(known) <= _MOST_NAMED else ""
        self.mistakes.add(
            node.place,
            f"nothing is called ${{{name[:80]}}} here",
            f"a name of `let`, `matrix` or `repeat`, or one that an earlier step saves{listed}",
            self.mistakes.nearest(name, known),
        )
