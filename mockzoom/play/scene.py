"""A scene: one play of a scenario with entities of its own, and the values saved in it.

Every step of a scene speaks of the same meeting, session, stream, host and account, unless it names
another world. Two scenes of one scenario tell the same story about different entities, so that what
they leave behind in a receiver can be compared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from mockzoom.authored import Authored, authored
from mockzoom.casebook import CHALLENGE, Case, Casebook, Prepared, parse_case
from mockzoom.errors import MockzoomError
from mockzoom.model import JSON, Event, Exchange, Response
from mockzoom.scenario.model import Send
from mockzoom.synth import World, malformation, override, synthesise
from mockzoom.synth import pointer as pointers

WORLDS = 4096
"""Worlds that one scene may use; the next scene's begin after them."""
_REFERENCE = re.compile(r"\$\{\s*([^{}]+?)\s*\}")


class StepError(MockzoomError):
    """The scenario cannot go on: which step, and why."""


@dataclass(frozen=True, slots=True)
class Told:
    """The body of one delivered event, for telling entities of one scene from those of another."""

    step: str
    world: int
    body: JSON


class Scene:
    """Makes the events of one play; `start_ms` is its beginning on the payload clock (epoch ms)."""

    def __init__(self, book: Casebook, number: int, start_ms: int) -> None:
        self.book = book
        self.number = number
        self.start_ms = start_ms
        self.saved: dict[str, JSON] = {}
        self.told: list[Told] = []
        self._worlds: dict[int, World] = {}

    def author(self, step: Send, offset_s: float, world: int) -> Authored:
        """Make the event of `step`, which happens `offset_s` after the scene's start."""
        at_ms = self.start_ms + round(offset_s * 1000)
        event = self._changed(step, self._event(step, at_ms, world))
        self.told.append(Told(step.name, world, event.body))
        return self._malformed(step, authored(self.book.catalog, event))

    def challenge(self, number: int) -> Prepared:
        """Make a validation of the URL; the token differs from one to the next."""
        return self.book.prepare(CHALLENGE, Case("challenge", self.number * WORLDS + number))

    def save(self, step: str, saves: tuple[tuple[str, str], ...], values: JSON) -> None:
        """Keep values for later steps; raise `StepError` where there is nothing at a path."""
        for name, path in saves:
            tokens = pointers.split(path) if path.startswith("/") else path.split(".")
            here = values
            for token in tokens:
                here = _child(here, token)
                if here is _ABSENT:
                    raise StepError(f"{step}: save {name}: there is nothing at {path!r}")
            self.saved[name] = here

    def fill(self, value: JSON) -> JSON:
        """Return `value` with every `${name}` replaced by what was saved under that name."""
        if isinstance(value, str):
            return self._filled(value)
        if isinstance(value, Mapping):
            return {key: self.fill(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.fill(item) for item in value]
        return value

    # -- within --------------------------------------------------------------------------------

    def _event(self, step: Send, at_ms: int, world: int) -> Event:
        spec = self.book.catalog.get(step.like or step.event)
        number = self.number * WORLDS + world
        scene = self._worlds.get(world)
        if scene is None:
            scene = self._worlds[world] = World(self.book.seed, at_ms, number)
        made = synthesise(spec, seed=self.book.seed, index=step.shape, at_ms=at_ms, world=scene)
        if step.like:
            return replace(made, name=step.event, body={**made.body, "event": step.event})
        return made

    def _changed(self, step: Send, event: Event) -> Event:
        spec = self.book.catalog.events.get(step.like or step.event)
        for path, value in step.changes:
            event = override(event, path, self.fill(value), spec)
        for path in step.without:
            event = replace(event, body=_without(event.body, path))
        return event

    def _malformed(self, step: Send, item: Authored) -> Authored:
        how = step.deliver.malform
        if not how:
            return item
        if ":" in how:
            case = parse_case(how)
            return replace(item, prepared=self.book.prepare(step.event, case), kind="malformed")
        odd = malformation(how)
        prepared = replace(
            item.prepared, case=Case(how), body=odd.apply(item.prepared.body), detail=odd.about,
            content_type=odd.content_type, oversize=odd.oversize,
        )  # fmt: skip
        return replace(item, prepared=prepared, kind="body", twin=None)

    def _filled(self, text: str) -> JSON:
        whole = _REFERENCE.fullmatch(text)
        if whole is not None:
            return self._value(whole[1])
        return _REFERENCE.sub(lambda match: str(self._value(match[1])), text)

    def _value(self, name: str) -> JSON:
        try:
            return self.saved[name]
        except KeyError:
            raise StepError(
                f"${{{name}}} was saved by no step that has been played"
                f" (saved so far: {', '.join(self.saved) or 'nothing'})"
            ) from None


class _Absent:
    pass


_ABSENT = _Absent()


def answer_values(body: JSON, exchange: Exchange) -> JSON:
    """Return what `save` can name: the event's body, and `answer` with its status and JSON."""
    outcome = exchange.attempts[0].outcome
    answer: dict[str, JSON] = {}
    if isinstance(outcome, Response):
        answer = {
            "status": outcome.status,
            "headers": {name.lower(): value for name, value in outcome.headers},
            "body": json_of(outcome.body),
        }
    return {**(body if isinstance(body, Mapping) else {}), "answer": answer}


def json_of(data: bytes) -> JSON:
    """Return the JSON that `data` is, and its text where it is none."""
    import json

    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return data.decode("utf-8", "replace")


def _child(here: JSON, token: str) -> JSON:
    if isinstance(here, Mapping):
        return here.get(token, _ABSENT)
    if isinstance(here, list) and token.isdecimal() and int(token) < len(here):
        return here[int(token)]
    return _ABSENT


def _without(body: JSON, path: str) -> JSON:
    tokens = pointers.split(path) if path.startswith("/") else path.split(".")

    def walk(here: JSON, rest: list[str]) -> JSON:
        if not isinstance(here, Mapping) or rest[0] not in here:
            return here
        if len(rest) == 1:
            return {key: value for key, value in here.items() if key != rest[0]}
        return {**here, rest[0]: walk(here[rest[0]], rest[1:])}

    return walk(body, list(tokens))
