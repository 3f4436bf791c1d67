"""Names the steps that were given none, after what they do."""

from __future__ import annotations

from dataclasses import replace

from mockzoom.scenario.durations import spell
from mockzoom.scenario.model import (
    AnyStep,
    Await,
    Challenge,
    Probe,
    Rotate,
    Send,
    Shuffle,
    StreamFault,
    Together,
    Wait,
    sends,
)


def named(steps: tuple[AnyStep, ...], taken: set[str]) -> tuple[AnyStep, ...]:
    """Return `steps` with a name for each; `taken` grows by those that were made."""
    return tuple(_named(step, taken) for step in steps)


def prefixed(steps: tuple[AnyStep, ...], prefix: str) -> tuple[AnyStep, ...]:
    """Return `steps` with `prefix/` before every name: those of a played scenario."""
    return tuple(_prefixed(step, prefix) for step in steps)


def _named(step: AnyStep, taken: set[str]) -> AnyStep:
    name = step.name or free(plain_name(step), taken)
    taken.add(name)
    if isinstance(step, Together):
        return replace(step, name=name, lanes=tuple(named(lane, taken) for lane in step.lanes))
    if isinstance(step, Shuffle):
        return replace(step, name=name, steps=sends(named(step.steps, taken)))
    return step if step.name else replace(step, name=name)


def _prefixed(step: AnyStep, prefix: str) -> AnyStep:
    name = f"{prefix}/{step.name}"
    if isinstance(step, Together):
        return replace(step, name=name, lanes=tuple(prefixed(x, prefix) for x in step.lanes))
    if isinstance(step, Shuffle):
        return replace(step, name=name, steps=sends(prefixed(step.steps, prefix)))
    return replace(step, name=name)


def free(name: str, taken: set[str]) -> str:
    """Return `name`, with a number after it where it is taken."""
    if name not in taken:
        return name
    return next(found for n in range(2, len(taken) + 3) if (found := f"{name} {n}") not in taken)


def plain_name(step: AnyStep) -> str:
    """Return what a step does, in a few words."""
    match step:
        case Send():
            return step.event
        case Challenge():
            return "enable" if step.enable else "challenge"
        case Wait():
            return f"wait {spell(step.seconds)}"
        case Await():
            return " ".join(filter(None, (f"await {step.condition}", step.argument)))
        case StreamFault():
            return step.action
        case Rotate():
            return "rotate secret"
        case Probe() | Together() | Shuffle():
            return type(step).__name__.lower()
