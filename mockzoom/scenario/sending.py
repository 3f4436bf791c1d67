"""The steps that send: an event of the contract, an unknown one, a challenge, a call.

What the schema cannot say is checked here: the names of events, and the paths into them.
"""

from __future__ import annotations

from dataclasses import dataclass

from mockzoom.foreign_json import ForeignJSONError, read_json
from mockzoom.model import JSON, EventSpec
from mockzoom.scenario.context import Context
from mockzoom.scenario.document import YamlNode
from mockzoom.scenario.model import NOTHING, STEP_S, Deliver, Expect, Nothing, Place, Send, Step
from mockzoom.scenario.part import Part
from mockzoom.scenario.paths import ANSWER, Sample, check_mutant, is_path
from mockzoom.scenario.step_parts import deliver_of, expect_of
from mockzoom.schema.pointer import steps as tokens

ATTEMPTS = 4
"""The attempts of a delivery that is retried: one, and three more (facts: retry)."""
_OWN_HEADERS = ("connection", "content-length", "host", "transfer-encoding")
_ONCE = Deliver(retry="none")
_Change = tuple[str, YamlNode, Place]
_Path = tuple[str, Place]


def send_of(part: Part, context: Context) -> Send:
    """Return a `send` step, its paths checked against the event."""
    mistakes = context.mistakes
    head = context.common(part)
    deliver = deliver_of(part.part("deliver"), Deliver(retry=context.retry), mistakes)
    event, like = _event(part, context)
    body: str | None = part.value("body", None)
    changes = [each for each in part.pairs("with") if _leads(each[0], each[2], context)]
    without = [each for each in part.placed("without") if _leads(*each, context)]
    saves = [(str(node.content), node.place) for _, node, _ in part.pairs("save")]
    spec = context.names.events.get(like or event)
    if body is not None:
        _check_body(part, event, body, context)
    elif spec is not None:
        sample = Sample(spec, part.value("shape", 0), mistakes)
        _try(sample, changes, without, [each for each in saves if is_path(each[0])])
    if deliver.malform.startswith("mutant:"):
        _check_mutant(part, deliver.malform, spec, context, is_own=not (changes or without or like))
    if deliver.lose_response >= (1 if deliver.retry == "none" else ATTEMPTS):
        _refuse_lost(saves, context)
    return Send(
        **head,
        event=event,
        like=like,
        body=body,
        request_id=part.text("request_id"),
        changes=tuple((path, value.plain()) for path, value, _ in changes),
        without=tuple(path for path, _ in without),
        entities=part.value("entities", 0),
        shape=part.value("shape", 0),
        follows_s=0.0 if part.value("same_millisecond", False) else STEP_S,
        deliver=deliver,
        expect=expect_of(part.part("expect"), mistakes),
        saves=context.saved(part),
    )


def _try(sample: Sample, changes: list[_Change], without: list[_Path], saves: list[_Path]) -> None:
    for path, value, place in changes:
        sample.set(path, value.plain(), place)
    for path, place in without:
        sample.remove(path, place)
    for path, place in saves:
        sample.read(path, place)


def _refuse_lost(saves: list[_Path], context: Context) -> None:
    """Note that an answer is saved although the answers of all attempts are lost."""
    for path, place in saves:
        if tokens(path)[:1] == ["answer"]:
            context.mistakes.add(
                place, f"{path}: the answers of all attempts are lost, so nothing can be saved",
                "`lose_response` of fewer attempts than there are",
            )  # fmt: skip


def _check_body(part: Part, event: str, body: str, context: Context) -> None:
    """Note where a body names another event than its step, or is no text."""
    try:
        read = read_json(body.encode())
    except UnicodeEncodeError:
        place = part.value_at("body")
        context.mistakes.add(place, "half of a surrogate pair, which no body has", "a whole one")
        return
    except ForeignJSONError:
        return  # delivered as a malformed body
    named = read.get("event") if isinstance(read, dict) else None
    if isinstance(named, str) and named.strip() and named != event:
        context.mistakes.add(
            part.value_at("send"), f"the step sends {event}, and its body is one of {named[:80]}",
            "`send` with the name of the event in `body`",
        )  # fmt: skip


def _check_mutant(
    part: Part, case: str, spec: EventSpec | None, context: Context, *, is_own: bool
) -> None:
    place = part.key_at("deliver")
    if spec is not None:
        check_mutant(spec, case, place, context.mistakes)
    if not is_own:
        context.mistakes.add(
            place, "a mutant is made from the contract, not from this event",
            "`malform: mutant:N` without `with`, `without` and `like`",
        )  # fmt: skip


def _event(part: Part, context: Context) -> tuple[str, str]:
    """Return the event's name and, of one that the contract does not know, what it is like."""
    event, like = part.text("send"), part.text("like")
    mistakes, known = context.mistakes, context.names.events
    if like and like not in known:
        mistakes.unknown(part.value_at("like"), "no event is called", like, known)
    if event not in known and "like" not in part and "body" not in part:
        expected = (
            "an event of the contract (`mockzoom events list`); with `like: EVENT` beside it any "
            "name, for an event that Zoom may add"
        )
        mistakes.unknown(part.value_at("send"), "no event is called", event, known, expected)
    if event in known and like:
        mistakes.add(part.value_at("like"), f"{event} is an event of the contract",
                     "`like` only beside an event that the contract does not have")  # fmt: skip
    return event, like


def _leads(path: str, place: Place, context: Context) -> bool:
    """Return whether `path` can lead anywhere; note a mistake where it can't."""
    if is_path(path):
        return True
    expected = "a dotted path such as payload.stop_reason, or a pointer such as /payload/a.b"
    context.mistakes.add(place, f"no path: {path!r}", expected)
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge(Step):
    """Validates the URL; `enable` first enables a subscription that was disabled."""

    enable: bool = False
    deliver: Deliver = _ONCE
    expect: Expect | None = None

    @property
    def what(self) -> str:
        """What it does, in a few words."""
        return "validate the URL"

    @property
    def own_name(self) -> str:
        """What it validates for."""
        return "enable" if self.enable else "challenge"


def challenge_of(part: Part, context: Context) -> Challenge:
    """Return a `challenge` step."""
    own = part.part("challenge")
    deliver = deliver_of(part.part("deliver"), _ONCE, context.mistakes)
    if deliver.malform.startswith("mutant:"):
        message = "a challenge has no mutants: the contract does not describe it"
        expected = "the name of a malformed body"
        context.mistakes.add(part.key_at("deliver"), message, expected)
    return Challenge(
        **context.common(part),
        enable=own is not None and own.value("enable", False),
        deliver=deliver,
        expect=expect_of(part.part("expect"), context.mistakes),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointCall(Step):
    """Sends a request to another endpoint of the receiver; `path` begins at its host.

    `body` is sent as JSON. `headers` are names and values.
    """

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: JSON | Nothing = NOTHING
    expect: Expect | None = None
    saves: tuple[tuple[str, str], ...] = ()

    @property
    def what(self) -> str:
        """What it does, in a few words."""
        return f"call {self.method} {self.path}"

    @property
    def own_name(self) -> str:
        """The first word of its path, where that is written."""
        first = self.path.partition("?")[0].split("/")[1]
        return "call" if "${" in first else f"call {first}".rstrip()


def call_of(part: Part, context: Context) -> EndpointCall:
    """Return a `call` step."""
    for _, node, _ in part.pairs("save"):
        saved = tokens(str(node.content))
        if saved[:1] != ["answer"]:
            context.mistakes.add(
                node.place, f"a call has no '{node.content}'",
                "answer.status, answer.headers.NAME or answer.body.PATH",
            )  # fmt: skip
        elif (first := "".join(saved[1:2])) not in ANSWER:
            context.mistakes.unknown(node.place, "an answer has no", first, ANSWER)
    for name, _, place in part.pairs("headers"):
        if name.lower() in _OWN_HEADERS:
            context.mistakes.add(place, f"the header {name} is what the request makes of itself",
                                 "another header")  # fmt: skip
    method, _, path = part.text("call").partition(" ")
    return EndpointCall(
        **context.common(part),
        method=method,
        path=path,
        headers=tuple((name, str(node.content)) for name, node, _ in part.pairs("headers")),
        body=part.value("body", NOTHING),
        expect=expect_of(part.part("expect"), context.mistakes),
        saves=context.saved(part),
    )
