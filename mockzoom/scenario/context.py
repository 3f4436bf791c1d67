"""What reading a step needs to know beyond the step itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from mockzoom.model import JSON, EventSpec
from mockzoom.scenario.document import YamlNode
from mockzoom.scenario.grammar import Definition
from mockzoom.scenario.limits import Budget
from mockzoom.scenario.mistakes import Mistakes
from mockzoom.scenario.model import Place, Step
from mockzoom.scenario.naming import TakenNames
from mockzoom.scenario.part import Part
from mockzoom.scenario.paths import is_path
from mockzoom.scenario.values import Scope


@dataclass(frozen=True, slots=True)
class Names:
    """The events that a scenario may deliver, by name: no schema can list those of a contract."""

    events: Mapping[str, EventSpec] = field(default_factory=dict)


Within = Literal["", "together", "shuffle"]
_DEFINITIONS: dict[Within, Definition] = {
    "": "step", "together": "lane-step", "shuffle": "shuffled-step",
}  # fmt: skip


@dataclass(slots=True)
class Context:
    """Where a step is read: the names it may use, the values, and the steps around it."""

    names: Names
    scope: Scope
    play: Callable[[Part, Context], tuple[Step, ...]]
    """Reads a `play` step: the steps of the other scenario."""
    retry: str = "zoom"
    has_stream: bool = False
    trusted: bool = True
    path: str = ""
    """What the names of saved values begin with, in a scenario that another one plays."""
    written: dict[str, Place] = field(default_factory=dict)
    """The names written in this document, with the place of each."""
    taken: TakenNames = field(default_factory=TakenNames)
    """The same names, and those that repetitions have made of them."""
    kept: TakenNames = field(default_factory=TakenNames)
    """What values saved in this document are called in the play."""
    within: Within = ""
    repeated: bool = False

    @property
    def budget(self) -> Budget:
        """What the document may expand to."""
        return self.scope.budget

    @property
    def mistakes(self) -> Mistakes:
        """Where mistakes go."""
        return self.scope.mistakes

    @property
    def definition(self) -> Definition:
        """What a step may be here, by its name in the schema."""
        return _DEFINITIONS[self.within]

    def inside(self, within: Within) -> Context:
        """Return the context of a lane, or of what is shuffled: what it saves stays there."""
        return replace(self, within=within, scope=self.scope.branch())

    def repeating(self, name: str, value: JSON) -> Context:
        """Return the context of one repetition, in which `name` stands for `value`."""
        return replace(self, repeated=True, scope=self.scope.naming(name, value))

    def saved(self, part: Part) -> tuple[tuple[str, str], ...]:
        """Make the names of `save` known to later steps; return them as the play calls them.

        Those are other names each time, so that lanes don't overwrite each other's values.
        """
        found = []
        for name, node, place in part.pairs("save"):
            if name in self.scope.fixed:
                self.mistakes.add(
                    place, f"'{name}' is a value of `let`, `matrix` or `repeat` already"
                )
                continue
            path = str(node.content)
            whole = self.kept.free(self.path + name)
            self.scope.saved[name] = whole
            if is_path(path):
                found.append((whole, path))
            else:
                self.mistakes.add(node.place, f"no path: {path!r}", "such as payload.account_id")
        return tuple(found)

    def save_of(self, node: YamlNode) -> None:
        """Make what a step would save known where the step itself is a mistake."""
        save = Part(node).part("save")
        if save is not None and isinstance(save.source.content, dict):
            self.scope.saved |= {name: name for name in save.source.content}

    def take(self, name: str, place: Place) -> str:
        """Return what a step is called that is to be `name`; note that another one has it."""
        first = self.written.setdefault(name, place)
        if self.repeated:
            return self.taken.free(name)
        if name in self.taken:
            self.mistakes.add(
                place, f"two steps are called '{name}'; the first in line {first.line}",
                "a name of its own for each step",
            )  # fmt: skip
        return self.taken.take(name)

    def common(self, part: Part) -> dict[str, Any]:
        """Return what every step has; a name that was not written is empty for now."""
        name, place = part.text("name"), part.value_at("name")
        if "${" in name or not name.isprintable():
            expected = "at most 80 characters, without `/`"
            self.mistakes.add(place, f"no name for a step: {name[:80]}", expected)
        elif name:
            name = self.take(name, place)
        return {"place": part.place, "name": name, "about": part.text("about"),
                "after": part.seconds("after")}  # fmt: skip
