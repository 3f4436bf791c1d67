"""Reads the steps that deliver: an event of the contract, an unknown one, a challenge."""

from __future__ import annotations

from mockzoom.errors import nearest
from mockzoom.scenario.context import Context
from mockzoom.scenario.fields import Fields
from mockzoom.scenario.heading import at, common, read_saves
from mockzoom.scenario.model import Challenge, Deliver, Send
from mockzoom.scenario.parts import read_deliver, read_expect
from mockzoom.scenario.paths import Sample, check_mutant, is_path

MOST_WORLDS = 10_000
MOST_SHAPES = 100_000


def read_send(fields: Fields, context: Context) -> Send:
    """Return a `send` step, its paths checked against the event."""
    head = common(fields, context)
    shape = fields.count("shape", 0, 0, MOST_SHAPES)
    deliver = read_deliver(
        fields.raw("deliver"), context.scope, context.names, Deliver(retry=context.retry)
    )
    event, like = _event(fields, context)
    changes = fields.pairs("with")
    without = fields.texts("without")
    saves = read_saves(fields, context)
    changes = [change for change in changes if _leads(change[0], "with", fields)]
    without = tuple(path for path in without if _leads(path, "without", fields))
    spec = context.names.events.get(like or event)
    if spec is not None:
        sample = Sample(spec, shape, context.notebook)
        for path, value, place in changes:
            sample.set(path, value.plain(), place)
        for path in without:
            sample.remove(path, fields.place_of("without"))
        for _, path, place in saves:
            sample.read(path, place)
        if deliver.malform.startswith("mutant:"):
            place = fields.place_of("deliver")
            check_mutant(spec, deliver.malform, place, context.notebook)
    if deliver.malform.startswith("mutant:") and (changes or without or like):
        context.notebook.add(
            fields.place_of("deliver"), "a mutant is made from the contract, not from this event",
            "`malform: mutant:N` without `with`, `without` and `like`",
        )  # fmt: skip
    return Send(
        **head,
        event=event,
        like=like,
        changes=tuple((path, value.plain()) for path, value, _ in changes),
        without=without,
        world=fields.count("world", 0, 0, MOST_WORLDS),
        shape=shape,
        deliver=deliver,
        expect=read_expect(fields.raw("expect"), context.scope),
        saves=tuple((context.save(name), path) for name, path, _ in saves),
    )


def _event(fields: Fields, context: Context) -> tuple[str, str]:
    """Return the event's name and, of one that the contract does not know, what it is like."""
    event, like = fields.text("send"), fields.text("like")
    notebook, known = context.notebook, context.names.events
    if like and like not in known:
        notebook.unknown(at(fields, "like"), "no event is called", like, known)
    if event and event not in known and "like" not in fields:
        notebook.add(
            at(fields, "send"),
            f"no event is called '{event}'",
            "an event of the contract (`mockzoom events list`); with `like: EVENT` beside it any "
            "name, for an event that Zoom may add",
            nearest(event, known).removeprefix("; "),
        )
    if event in known and like:
        notebook.add(at(fields, "like"), f"{event} is an event of the contract",
                     "`like` only beside an event that the contract does not have")  # fmt: skip
    return event, like


def _leads(path: str, key: str, fields: Fields) -> bool:
    """Tell whether `path` can lead anywhere; note a mistake where it can't."""
    if is_path(path):
        return True
    expected = "a dotted path such as payload.stop_reason, or a pointer such as /payload/a.b"
    fields.notebook.add(fields.place_of(key), f"no path: {path!r}", expected)
    return False


def read_challenge(fields: Fields, context: Context) -> Challenge:
    """Return a `challenge` step."""
    node = fields.node("challenge")
    enable = False
    if node is not None and isinstance(node.content, dict):
        enable = Fields(node, context.scope, "`challenge`", ("enable",)).flag("enable", False)
    elif node is not None and node.content is not True:
        context.notebook.add(node.place, f"`challenge` is {node.kind}", "true, or {enable: true}")
    deliver = read_deliver(
        fields.raw("deliver"), context.scope, context.names, Deliver(retry="none")
    )
    if deliver.malform.startswith("mutant:"):
        message = "a challenge has no mutants: the contract does not describe it"
        context.notebook.add(fields.place_of("deliver"), message, "another malformation")
    return Challenge(
        **common(fields, context),
        enable=enable,
        deliver=deliver,
        expect=read_expect(fields.raw("expect"), context.scope),
    )
