"""Names the steps that were given none, after what they do."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from mockzoom.scenario.model import Shuffle, Step, Together, sends


@dataclass(slots=True)
class TakenNames:
    """Names that are taken, and the number that each was last given."""

    _names: dict[str, int] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def take(self, name: str) -> str:
        """Take a name, and return it."""
        self._names.setdefault(name, 1)
        return name

    def free(self, name: str) -> str:
        """Take and return `name`, with a number after it where it is taken."""
        if name not in self._names:
            return self.take(name)
        number = self._names[name] + 1
        while f"{name} {number}" in self._names:
            number += 1
        self._names[name] = number
        return self.take(f"{name} {number}")


def named(steps: tuple[Step, ...], taken: TakenNames) -> tuple[Step, ...]:
    """Return `steps` with a name for each; `taken` grows by those that were made."""
    return tuple(_named(step, taken) for step in steps)


def prefixed(steps: tuple[Step, ...], prefix: str) -> tuple[Step, ...]:
    """Return `steps` with `prefix/` before every name: those of a played scenario."""
    return tuple(_prefixed(step, prefix) for step in steps)


def _named(step: Step, taken: TakenNames) -> Step:
    name = step.name or taken.free(step.own_name)
    if isinstance(step, Together):
        return replace(step, name=name, lanes=tuple(named(lane, taken) for lane in step.lanes))
    if isinstance(step, Shuffle):
        return replace(step, name=name, steps=sends(named(step.steps, taken)))
    return step if step.name else replace(step, name=name)


def _prefixed(step: Step, prefix: str) -> Step:
    name = f"{prefix}/{step.name}"
    if isinstance(step, Together):
        return replace(step, name=name, lanes=tuple(prefixed(x, prefix) for x in step.lanes))
    if isinstance(step, Shuffle):
        return replace(step, name=name, steps=sends(prefixed(step.steps, prefix)))
    return replace(step, name=name)
