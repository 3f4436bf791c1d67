"""Reads the steps that deliver: an event of the contract, an unknown one, a challenge."""

from __future__ import annotations

from mockzoom.errors import nearest
from mockzoom.model import EventSpec
from mockzoom.scenario.context import Context
from mockzoom.scenario.document import YamlNode
from mockzoom.scenario.fields import Fields
from mockzoom.scenario.heading import at, common, read_saves
from mockzoom.scenario.model import Challenge, Deliver, Place, Send
from mockzoom.scenario.parts import read_deliver, read_expect
from mockzoom.scenario.paths import Sample, check_mutant, is_path

MOST_WORLDS = 10_000
MOST_SHAPES = 100_000


_Change = tuple[str, YamlNode, Place]
_Path = tuple[str, Place]


def read_send(fields: Fields, context: Context) -> Send:
    """Return a `send` step, its paths checked against the event."""
    head = common(fields, context)
    shape = fields.count("shape", 0, 0, MOST_SHAPES)
    deliver = read_deliver(
        fields.raw("deliver"), context.scope, context.names, Deliver(retry=context.retry)
    )
    event, like = _event(fields, context)
    changes = [
        (path, value, place)
        for path, value, place in fields.pairs("with")
        if _leads(path, place, fields)
    ]
    without = [
        (path, place) for path, place in fields.placed("without") if _leads(path, place, fields)
    ]
    saves = read_saves(fields, context)
    spec = context.names.events.get(like or event)
    if spec is not None:
        _try(Sample(spec, shape, context.notebook), changes, without, saves)
    if deliver.malform.startswith("mutant:"):
        _check_mutant(fields, deliver.malform, spec, is_own=not (changes or without or like))
    return Send(
        **head,
        event=event,
        like=like,
        changes=tuple((path, value.plain()) for path, value, _ in changes),
        without=tuple(path for path, _ in without),
        world=fields.count("world", 0, 0, MOST_WORLDS),
        shape=shape,
        deliver=deliver,
        expect=read_expect(fields.raw("expect"), context.scope),
        saves=tuple((context.save(name), path) for name, path, _ in saves),
    )


def _try(
    sample: Sample,
    changes: list[_Change],
    without: list[_Path],
    saves: list[tuple[str, str, Place]],
) -> None:
    for path, value, place in changes:
        sample.set(path, value.plain(), place)
    for path, place in without:
        sample.remove(path, place)
    for _, path, place in saves:
        sample.read(path, place)


def _check_mutant(fields: Fields, case: str, spec: EventSpec | None, *, is_own: bool) -> None:
    place = fields.place_of("deliver")
    if spec is not None:
        check_mutant(spec, case, place, fields.notebook)
    if not is_own:
        fields.notebook.add(
            place, "a mutant is made from the contract, not from this event",
            "`malform: mutant:N` without `with`, `without` and `like`",
        )  # fmt: skip


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


def _leads(path: str, place: Place, fields: Fields) -> bool:
    """Tell whether `path` can lead anywhere; note a mistake where it can't."""
    if is_path(path):
        return True
    expected = "a dotted path such as payload.stop_reason, or a pointer such as /payload/a.b"
    fields.notebook.add(place, f"no path: {path!r}", expected)
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
        context.notebook.add(fields.place_of("deliver"), message, "the name of a malformed body")
    return Challenge(
        **common(fields, context),
        enable=enable,
        deliver=deliver,
        expect=read_expect(fields.raw("expect"), context.scope),
    )
