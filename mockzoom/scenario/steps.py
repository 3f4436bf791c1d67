"""Reads steps: each is filled in, checked by the schema, and built by what its kind has here.

A kind of step is described in `scenarios/schema.json`; `BUILDERS` has what makes a step of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from mockzoom.model import JSON
from mockzoom.probe_source import ProbeSource
from mockzoom.scenario.context import Context
from mockzoom.scenario.document import YamlNode
from mockzoom.scenario.durations import spell
from mockzoom.scenario.grammar import STEP_LISTS, checked, step_kinds
from mockzoom.scenario.model import Expect, Send, Shuffle, Step, Together, sends, walk
from mockzoom.scenario.part import Part
from mockzoom.scenario.sending import call_of, challenge_of, send_of
from mockzoom.scenario.step_parts import expect_of, source_of

AWAIT_S = 60.0
"""Seconds that an `await` lasts where it names none: the first connection's window (facts)."""
ITEM = "item"
"""What `repeat` calls its value where it names none."""


def steps_of(node: YamlNode | None, context: Context) -> tuple[Step, ...]:
    """Return the steps of a list, those of played scenarios and repetitions in their places."""
    if node is None or not isinstance(node.content, tuple):
        return ()
    return tuple(step for item in node.content for step in step_of(item, context))


def step_of(node: YamlNode, context: Context) -> tuple[Step, ...]:
    """Return one step, or those that it plays or repeats; none after a mistake."""
    context.budget.step(node.place)
    if node.bad:
        return ()
    filled = context.scope.fill(node, leave=_raw_keys(node))
    sound = checked(filled, context.definition, context.mistakes)
    kind = None if sound is None else _kind(sound)
    if sound is None or kind is None:
        context.save_of(node)
        return ()
    return BUILDERS[kind](Part(sound), context)


def _raw_keys(node: YamlNode) -> tuple[str, ...]:
    """Return the keys whose values are not filled in: lists of steps, and a body to be sent."""
    sends_it = isinstance(node.content, dict) and "send" in node.content
    return (*STEP_LISTS, "body") if sends_it else STEP_LISTS


def _kind(node: YamlNode) -> str | None:
    content = node.content if isinstance(node.content, dict) else {}
    return next((kind for kind in step_kinds() if kind in content), None)


# -- kinds -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait(Step):
    """Lets `seconds` of the schedule pass: retries, late deliveries, re-validations fall due."""

    seconds: float

    @property
    def what(self) -> str:
        """What it does, in a few words."""
        return f"wait {spell(self.seconds)}"

    @property
    def own_name(self) -> str:
        """How long it waits."""
        return self.what

    def lasts(self, step_s: float) -> float:
        """Return the time that it lets pass."""
        return self.seconds


def _wait(part: Part, context: Context) -> Wait:
    return Wait(**context.common(part), seconds=part.seconds("wait"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe(Step):
    """Reads the receiver's state, and compares it; `source` is None for the scenario's own."""

    source: ProbeSource | None = None
    expect: Expect | None = None
    saves: tuple[tuple[str, str], ...] = ()

    @property
    def what(self) -> str:
        """What it does, in a few words."""
        return "probe the receiver's state"


def _probe(part: Part, context: Context) -> Probe:
    return Probe(
        **context.common(part),
        source=source_of(part.part("probe"), context.mistakes, trusted=context.trusted),
        expect=expect_of(part.part("expect"), context.mistakes),
        saves=context.saved(part),
    )


def _repeat(part: Part, context: Context) -> tuple[Step, ...]:
    """Return the steps of every repetition, one after the other."""
    name, wanted = part.value("as", ITEM), part.value("repeat")
    values: list[JSON] = wanted if isinstance(wanted, list) else list(range(1, wanted + 1))
    if name in context.scope.fixed:
        context.mistakes.add(
            part.value_at("as" if "as" in part else "repeat"),
            f"'{name}' is a value of `let`, `matrix` or another `repeat` already",
            "`as: NAME` with another name",
        )  # fmt: skip
        return ()
    head = context.common(part)
    steps: list[Step] = []
    for value in values:
        steps += steps_of(part.node("steps"), context.repeating(name, value))
    return after(tuple(steps), head["after"])


def _together(part: Part, context: Context) -> Together:
    head = context.common(part)
    entity_sets = part.value("entity_sets", 1)
    node = part.node("together")
    items = node.content if node is not None and isinstance(node.content, tuple) else ()
    lanes = []
    saved: dict[str, str] = {}
    for item in items:
        lane = context.inside("together")
        lanes.append(_lane(item, lane))
        saved |= lane.scope.saved
    if entity_sets == 1:
        context.scope.saved |= saved
    return Together(**head, lanes=tuple(lanes), entity_sets=entity_sets)


def _lane(node: YamlNode, context: Context) -> tuple[Step, ...]:
    if not isinstance(node.content, tuple):
        return step_of(node, context)
    if not node.content:
        expected = "a list of steps, `- send: …`"
        context.mistakes.add(node.place, "these steps are an empty list", expected)
    return steps_of(node, context)


def _shuffle(part: Part, context: Context) -> Shuffle:
    head = context.common(part)
    steps = steps_of(part.node("shuffle"), context.inside("shuffle"))
    for step in walk(steps):
        if isinstance(step, Send) and step.deliver.late:
            message = "`late` within `shuffle`: it makes the order already"
            context.mistakes.add(step.place, message, "`late` or `shuffle`")
    return Shuffle(**head, steps=sends(steps), orders=part.value("orders", 5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Await(Step):
    """Waits until the stream server has seen `condition`, such as `ready`, `within` seconds."""

    condition: str
    argument: str = ""
    """What a `message` is called, for example."""
    within: float = 60.0

    @property
    def what(self) -> str:
        """What it does, in a few words."""
        return f"await stream.{self.condition} {self.argument}".rstrip()

    @property
    def own_name(self) -> str:
        """What it waits for."""
        return f"await {self.condition} {self.argument}".rstrip()


def _await(part: Part, context: Context) -> Await:
    stem, _, argument = part.text("await").partition(" ")
    return Await(
        **context.common(part),
        condition=stem.removeprefix("stream."),
        argument=argument.strip(),
        within=part.seconds("within", AWAIT_S),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFault(Step):
    """Has the stream server do something, such as `drop-signaling`, with `options`."""

    action: str
    options: Mapping[str, JSON] = field(default_factory=dict)

    @property
    def what(self) -> str:
        """What it does, in a few words."""
        return f"stream: {self.action}"

    @property
    def own_name(self) -> str:
        """What the stream server does."""
        return self.action


def _stream(part: Part, context: Context) -> StreamFault:
    own = part.value("stream")
    action, options = next(iter(own.items()), ("", {})) if isinstance(own, dict) else (own, {})
    return StreamFault(**context.common(part), action=action, options=options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotate(Step):
    """From here on deliveries are signed with the next secret."""

    rotates: ClassVar[bool] = True

    @property
    def what(self) -> str:
        """What it does, in a few words."""
        return "sign with the next secret"

    @property
    def own_name(self) -> str:
        """What it changes."""
        return "rotate secret"


def _rotate(part: Part, context: Context) -> Rotate:
    return Rotate(**context.common(part))


def _alone(build: Callable[[Part, Context], Step]) -> Builder:
    return lambda part, context: (build(part, context),)


def _streamed(kind: str, build: Callable[[Part, Context], Step]) -> Builder:
    """Return what builds a step that needs the stream server."""

    def made(part: Part, context: Context) -> Iterator[Step]:
        if context.has_stream:
            yield build(part, context)
        else:
            context.mistakes.add(
                part.key_at(kind), f"`{kind}` needs the stream server, and none is run",
                "`stream: {media: [audio]}` at the top of the scenario",
            )  # fmt: skip

    return lambda part, context: tuple(made(part, context))


def after(steps: tuple[Step, ...], seconds: float) -> tuple[Step, ...]:
    """Return `steps` with so many more seconds before the first."""
    if not steps or not seconds:
        return steps
    return replace(steps[0], after=steps[0].after + seconds), *steps[1:]


Builder = Callable[[Part, Context], tuple[Step, ...]]
BUILDERS: dict[str, Builder] = {
    "send": _alone(send_of),
    "challenge": _alone(challenge_of),
    "wait": _alone(_wait),
    "probe": _alone(_probe),
    "call": _alone(call_of),
    "play": lambda part, context: context.play(part, context),
    "repeat": _repeat,
    "together": _alone(_together),
    "shuffle": _alone(_shuffle),
    "await": _streamed("await", _await),
    "stream": _streamed("stream", _stream),
    "rotate": _alone(_rotate),
}
"""What makes the steps of each kind, by the key that tells it."""
