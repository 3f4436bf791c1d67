"""Reads steps: which kind each is, the keys that its kind has, and what they say."""

from __future__ import annotations

from collections.abc import Callable

from mockzoom.errors import nearest
from mockzoom.scenario.context import Context
from mockzoom.scenario.document import YamlNode
from mockzoom.scenario.fields import Fields
from mockzoom.scenario.heading import at, common, read_saves
from mockzoom.scenario.model import (
    AnyStep,
    Await,
    Probe,
    Rotate,
    Send,
    Shuffle,
    StreamFault,
    Together,
    Wait,
    sends,
    walk,
)
from mockzoom.scenario.parts import SOURCE, read_expect, read_source
from mockzoom.scenario.sending import MOST_WORLDS, read_challenge, read_send

COMMON = ("name", "about", "after")
KEYS: dict[str, tuple[str, ...]] = {
    "send": ("like", "with", "without", "world", "shape", "deliver", "expect", "save"),
    "challenge": ("deliver", "expect"),
    "wait": (),
    "probe": ("expect", "save"),
    "play": ("let",),
    "together": ("worlds",),
    "shuffle": ("orders",),
    "await": ("within",),
    "stream": (),
    "rotate": (),
}
"""The kinds of step, and the keys that each has beside its own and the common ones."""
MOST_ORDERS = 1_000
AWAIT_S = 60.0
"""Seconds that an `await` lasts where it names none: the first connection's window (facts)."""


def read_steps(node: YamlNode | None, context: Context) -> tuple[AnyStep, ...]:
    """Return the steps of a list, those of played scenarios in their places."""
    if node is None or node.bad:
        return ()
    if not isinstance(node.content, tuple) or not node.content:
        kind = "an empty list" if isinstance(node.content, tuple) else node.kind
        context.notebook.add(node.place, f"these steps are {kind}", "a list of steps, `- send: …`")
        return ()
    return tuple(step for item in node.content for step in read_step(item, context))


def read_step(node: YamlNode, context: Context) -> tuple[AnyStep, ...]:
    """Return one step, or those of the scenario that it plays; none after a mistake."""
    context.budget.spend(node.place)
    kind = _kind(node, context)
    if not kind:
        return ()
    fields = Fields(node, context.scope, f"a `{kind}` step", (*COMMON, kind, *KEYS[kind]))
    if not _fits(kind, fields, context):
        return ()
    if kind == "play":
        return context.play(fields, context)
    step = _READERS[kind](fields, context)
    return () if step is None else (step,)


def _kind(node: YamlNode, context: Context) -> str:
    kinds = f"one of {', '.join(KEYS)}"
    if not isinstance(node.content, dict):
        if not node.bad:
            context.notebook.add(node.place, f"this step is {node.kind}", f"an object with {kinds}")
        return ""
    found = [key for key in node.content if key in KEYS]
    if len(found) == 1:
        return found[0]
    if found:
        place = node.content[found[1]].place
        message = f"a step does one thing, and this has `{'` and `'.join(found)}`"
        context.notebook.add(place, message, kinds, "write two steps")
        return ""
    known = (*COMMON, *(key for keys in KEYS.values() for key in keys))
    odd = [key for key in node.content if key not in known]
    place = node.content[odd[0]].place if odd else node.place
    what = f"no kind of step is called '{odd[0]}'" if odd else "this step does nothing"
    hint = nearest(odd[0], KEYS).removeprefix("; ") if odd else ""
    context.notebook.add(place, what, kinds, hint)
    return ""


_UNFIT = {
    "shuffle": (
        {key for key in KEYS if key != "send"},
        "only events that are sent can be shuffled",
        "`send` steps",
    ),
    "together": (
        {"together", "shuffle", "rotate"},
        "within `together` this can't be told apart from what goes on beside it",
        "`send`, `challenge`, `wait`, `probe`, `play`, `await` or `stream`",
    ),
}


def _fits(kind: str, fields: Fields, context: Context) -> bool:
    """Tell whether a step of this kind may stand where it does."""
    kinds, message, expected = _UNFIT.get(context.within, (set(), "", ""))
    if kind in kinds:
        context.notebook.add(fields.place_of(kind), f"`{kind}`: {message}", expected)
        return False
    if kind in ("await", "stream") and not context.has_stream:
        context.notebook.add(
            fields.place_of(kind), f"`{kind}` needs the stream server, and none is run",
            "`stream: {media: [audio]}` at the top of the scenario",
        )  # fmt: skip
        return False
    return True


def _wait(fields: Fields, context: Context) -> Wait:
    return Wait(**common(fields, context), seconds=fields.duration("wait") or 0.0)


def _probe(fields: Fields, context: Context) -> Probe:
    head = common(fields, context)
    raw = fields.raw("probe")
    source = None
    if raw is not None and raw.content is not True and not raw.bad:
        if not isinstance(raw.content, dict | str):
            expected = f"true, or an object with {', '.join(SOURCE)}"
            context.notebook.add(raw.place, f"`probe` is {raw.kind}", expected)
        else:
            source = read_source(raw, context.scope, trusted=context.trusted)
    expect = read_expect(fields.raw("expect"), context.scope, state=True)
    saves = read_saves(fields, context)
    return Probe(
        **head,
        source=source,
        expect=expect,
        saves=tuple((context.save(name), path) for name, path, _ in saves),
    )


def _together(fields: Fields, context: Context) -> Together | None:
    head = common(fields, context)
    worlds = fields.count("worlds", 1, 1, MOST_WORLDS)
    node = fields.raw("together")
    if node is None or node.bad:
        return None
    if not isinstance(node.content, tuple) or not node.content:
        context.notebook.add(node.place, f"`together` is {node.kind}",
                             "a list of lanes, each a step or a list of steps")  # fmt: skip
        return None
    if worlds == 1 and len(node.content) == 1:
        context.notebook.add(node.place, "one lane alone is played together with nothing",
                             "two lanes or more, or `worlds: 2` or more")  # fmt: skip
    lanes = []
    saved: dict[str, str] = {}
    for item in node.content:
        lane = context.inside("together")
        is_list = isinstance(item.content, tuple)
        lanes.append(read_steps(item, lane) if is_list else read_step(item, lane))
        saved |= lane.scope.saved
    if worlds == 1:
        context.scope.saved |= saved
    return Together(**head, lanes=tuple(lanes), worlds=worlds)


def _shuffle(fields: Fields, context: Context) -> Shuffle:
    head = common(fields, context)
    node = fields.raw("shuffle")
    if node is not None and isinstance(node.content, tuple) and len(node.content) == 1:
        context.notebook.add(node.place, "one event has one order", "two `send` steps or more")
    steps = read_steps(node, context.inside("shuffle"))
    for step in walk(steps):
        if isinstance(step, Send) and step.deliver.late:
            context.notebook.add(step.place, "`late` within `shuffle`: it makes the order already",
                                 "`late` or `shuffle`")  # fmt: skip
    return Shuffle(**head, steps=sends(steps), orders=fields.count("orders", 5, 1, MOST_ORDERS))


def _await(fields: Fields, context: Context) -> Await:
    text = fields.text("await")
    stem, _, argument = text.partition(" ")
    known = [f"stream.{name}" for name in context.names.conditions]
    condition = stem.removeprefix("stream.")
    if text and stem not in known:
        context.notebook.unknown(at(fields, "await"), "nothing to await is called", stem, known)
    elif (condition == "message") != bool(argument.strip()) and text:
        what = "`stream.message` names no message" if not argument else f"{stem} stands alone"
        context.notebook.add(at(fields, "await"), what, "such as stream.message CLIENT_READY_ACK")
    within = fields.duration("within")
    return Await(
        **common(fields, context),
        condition=condition,
        argument=argument.strip(),
        within=AWAIT_S if within is None else within,
    )


def _stream(fields: Fields, context: Context) -> StreamFault:
    head = common(fields, context)
    node = fields.node("stream")
    action, options = "", {}
    if node is not None and isinstance(node.content, dict):
        if len(node.content) == 1:
            [(action, entry)] = node.content.items()
            options = entry.node.plain()
            if not isinstance(options, dict):
                context.notebook.add(
                    entry.node.place,
                    f"the options of `{action}` are {entry.node.kind}",
                    "an object",
                )
                options = {}
        else:
            context.notebook.add(node.place, "`stream` does one thing", "one action, its options")
    elif node is not None:
        action = fields.as_text(node, "`stream`")
    known = context.names.stream_actions
    if action and action not in known:
        context.notebook.unknown(at(fields, "stream"), "the stream server can't", action, known)
    return StreamFault(**head, action=action, options=options)


def _rotate(fields: Fields, context: Context) -> Rotate:
    node = fields.node("rotate")
    if node is not None and node.content != "secret":
        context.notebook.add(node.place, f"`rotate` is {node.kind}", "`rotate: secret`")
    return Rotate(**common(fields, context))


_READERS: dict[str, Callable[[Fields, Context], AnyStep | None]] = {
    "send": read_send,
    "challenge": read_challenge,
    "wait": _wait,
    "probe": _probe,
    "together": _together,
    "shuffle": _shuffle,
    "await": _await,
    "stream": _stream,
    "rotate": _rotate,
}
