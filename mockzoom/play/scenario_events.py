"""The events of one scenario run, about entities of its own, and the values saved in it.

Every step of a run speaks of the same meeting, session, stream, host and account, unless it names
another entity set. Two runs of one scenario tell the same story about different entities, so that
what they leave behind in a receiver can be compared.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING

from msgspec import structs

from mockzoom.engine.case import CHALLENGE, CaseMaker, CaseName, TestCase
from mockzoom.foreign_json import ForeignJSONError, read_json
from mockzoom.model import JSON, Event, Exchange, Response
from mockzoom.probe_source import ProbeSource, filled_url, placeholders
from mockzoom.scenario import fill
from mockzoom.scenario.filling import filled_expect, filled_size, filled_source
from mockzoom.scenario.model import Expect, Send, Step, StepError, sends, span, walk
from mockzoom.schema import pointer as pointers
from mockzoom.state.roles import SentEvent
from mockzoom.suites.authenticity import forged
from mockzoom.suites.cases import parse_case
from mockzoom.suites.malformed import MUTANT, with_malformed_body
from mockzoom.synth import EntitySet, override, synthesise, with_ascii, with_emoji
from mockzoom.zoom.moments import HELD, PLANNED

if TYPE_CHECKING:
    from mockzoom.play.streams import Streams

ENTITY_SETS = 4096
"""Entity sets that one run may use; the next run's begin after them."""
ROOM_S = 3600.0
"""Seconds before now in which the scenario runs come one after the other."""
_SPARE_MS = 60_000
_APART_MS = 7
"""Where that is full, each run begins so much after the one before it, until the spare is used."""

MOST_SAVED = 256 * 1024
"""Characters of one saved value, as JSON."""
MOST_FILLED = 4 * 1024 * 1024
"""Characters that saved values may add to one value that they are filled into."""
_TELLING = 6
"""Characters from which on a value tells which entity it belongs to."""
_TURNS = 64
_FURTHER = 2**52 + 1
"""Of so many entity sets, whose numbers are so far apart, one has no id with a slash.

Every fourth one has ids of the same form; in the form without a slash of its own, chance puts one
into three of ten.
"""
LANE_ENTITIES: ContextVar[int] = ContextVar("lane_entities", default=0)
"""The entity set that the lane now playing is in: each entity set keeps its own saved values."""


class StartTimes:
    """Gives each scenario run its own time, so that a later event also happened later.

    A receiver that compares the times of different entities would otherwise find the second play
    of a scenario older than the first. Where the last hour is full, runs end shortly before now,
    no two in the same millisecond: a receiver that takes events of one type and time for duplicates
    would drop in one run what it has seen in another.
    """

    def __init__(self, at_ms: int) -> None:
        self._free_ms = at_ms - round(ROOM_S * 1000)
        self._spare_ms = _SPARE_MS

    def start_ms(self, latest_ms: int, length_s: float) -> int:
        """Return the start (epoch ms), `latest_ms` at the latest, of what takes `length_s`."""
        self._spare_ms = max(0, self._spare_ms - _APART_MS)
        start = min(latest_ms - self._spare_ms, self._free_ms)
        self._free_ms = max(self._free_ms, start + round(length_s * 1000) + 1000)
        return start


class ScenarioEvents:
    """Makes the events of one play; `start_ms` is its beginning on the payload clock (epoch ms)."""

    def __init__(
        self, cases: CaseMaker, number: int, start_ms: int, streams: Streams | None = None,
        name: str = "", steps: Sequence[Step] = (), *, is_ascii: bool = False,
        read_at: str = "",
    ) -> None:  # fmt: skip
        """`name` is the scenario's: its runs have texts of the same lengths and scripts.

        What its `steps` plan is planned for when they hold it. Where each entity is `read_at` a URL
        of its own, no id in it has a slash: many routers take none, not even as `%2F`.
        """
        self.cases = cases
        self.number = number
        self.start_ms = start_ms
        self._saved: dict[int, dict[str, JSON]] = {}
        self._streams = streams
        self.sent: list[SentEvent] = []
        self._entity_sets: dict[int, EntitySet] = {}
        self._manner = zlib.crc32(name.encode())
        self._is_ascii = is_ascii
        self._planned_s = _held(steps)
        self._read_at = read_at
        self._events = frozenset(step.like or step.event for step in sends(walk(steps)))

    def author(self, step: Send, offset_s: float, entities: int) -> TestCase:
        """Make the event of `step`, which happens `offset_s` after the run's start."""
        if step.body is not None:
            return self._recorded(step, step.body, entities)
        at_ms = self.start_ms + round(offset_s * 1000)
        event = self._changed(step, self._addressed(self._event(step, at_ms, entities), entities))
        self.sent.append(SentEvent(step.name, entities, event.body))
        of_event = tuple(each for each in step.saves if not each[1].startswith("answer."))
        self.save(step.name, of_event, event.body)
        case = self._malformed(step, self.cases.by_hand(event))
        return forged(case, step.deliver.forge)

    def preview(self, step: Send, offset_s: float, entities: int) -> JSON:
        """Return the body that `author` would make, and keep nothing; raise `StepError` as it does.

        Where the step breaks it so that it is no JSON, it is the body before that.
        """
        if step.body is not None:
            return json_of(step.body.encode())
        at_ms = self.start_ms + round(offset_s * 1000)
        known = {number: each.copy() for number, each in self._entity_sets.items()}
        event = self._event(step, at_ms, entities)
        if self._streams is not None:
            event = self._streams.addressed_later(event, entities)
        event = self._changed(step, event)
        self._entity_sets = known
        case = self._malformed(step, self.cases.by_hand(event))
        try:
            return json.loads(case.body)
        except (ValueError, RecursionError):
            return event.body

    def challenge(self, number: int) -> TestCase:
        """Make a validation of the URL; the token differs from one to the next."""
        index = self.number * ENTITY_SETS + number
        return self.cases.prepare(CHALLENGE, CaseName("challenge", index))

    def save(
        self, step: str, saves: tuple[tuple[str, str], ...], values: JSON, *, stand_in: bool = False
    ) -> None:
        """Keep values for later steps; raise `StepError` where there is nothing at a path.

        With `stand_in` a value's name stands for one that is missing: in a rehearsal nothing is
        answered.
        """
        for name, path in saves:
            found = pointers.get(values, pointers.steps(path))
            if found is pointers.MISSING:
                if not stand_in:
                    raise StepError(f"{step}: save {name}: there is nothing at {path!r}")
                found = f"<{name}>"
            size = len(json.dumps(found, ensure_ascii=False))
            if size > MOST_SAVED:
                raise StepError(
                    f"{step}: save {name}: {size:,} characters at {path!r}; expected at most"
                    f" {MOST_SAVED:,}: a path to the part that later steps need"
                )
            self._saved.setdefault(LANE_ENTITIES.get(), {})[name] = found

    @property
    def saved(self) -> dict[str, JSON]:
        """What the steps of this lane's entity set can name, and those outside of any lane."""
        return {**self._saved.get(0, {}), **self._saved.get(LANE_ENTITIES.get(), {})}

    def fill(self, value: JSON) -> JSON:
        """Return `value` with every `${name}` replaced by what was saved under that name."""
        saved = self.saved
        try:
            size = filled_size(value, saved)
            if size > MOST_FILLED:
                raise StepError(
                    f"{size:,} characters once saved values are filled in; expected at most"
                    f" {MOST_FILLED:,}"
                )
            return fill(value, saved)
        except KeyError as error:
            raise StepError(
                f"${{{error.args[0]}}} was saved by no step that has been played"
                f" (saved so far: {', '.join(saved) or 'nothing'})"
            ) from None
        except ValueError as error:
            raise StepError(str(error)) from None

    def expected(self, expect: Expect | None) -> Expect | None:
        """Return what is expected with saved values filled in; raise `StepError` where none fit."""
        if expect is None:
            return None
        try:
            return filled_expect(expect, self.fill)
        except ValueError as error:
            raise StepError(str(error)) from None

    def source(self, source: ProbeSource) -> ProbeSource:
        """Return where a state is read, with saved values filled in."""
        try:
            return filled_source(source, self.fill)
        except ValueError as error:
            raise StepError(str(error)) from None

    def role(self, value: JSON) -> str:
        """Return what a value is in the play, such as `payload.object.id of session starts`.

        That is where it was first told, or what it was saved as; empty for one that says nothing.
        """
        text = str(value) if isinstance(value, int) else value
        if not isinstance(text, str) or isinstance(value, bool) or len(text) < _TELLING:
            return ""
        for event in self.sent:
            path = _path_to(event.body, value)
            if path:
                return f"{path} of {event.step}"
        saved = (name for name, known in self.saved.items() if known == value)
        return next((f"saved as {name}" for name in saved), "")

    # -- within --------------------------------------------------------------------------------

    def _recorded(self, step: Send, body: str, entities: int) -> TestCase:
        """Return the body of a step as what it is by the contract."""
        data = body.encode()
        read = json_of(data)
        self.sent.append(SentEvent(step.name, entities, read))
        of_event = tuple(each for each in step.saves if not each[1].startswith("answer."))
        self.save(step.name, of_event, read)
        return forged(self.cases.of_bytes(step.event, data), step.deliver.forge)

    def _addressed(self, event: Event, entities: int) -> Event:
        """Put the URLs of the run's own stream server into an event, where there is one."""
        return event if self._streams is None else self._streams.addressed(event, entities)

    def _event(self, step: Send, at_ms: int, entities: int) -> Event:
        spec = self.cases.contract.get(step.like or step.event)
        own = self._entity_sets.get(entities)
        if own is None:
            own = self._entity_sets[entities] = self._entity_set(at_ms, entities)
        made = synthesise(spec, seed=self.cases.seed, index=step.shape, at_ms=at_ms, entities=own)
        pinned = self.cases.pins.values()
        made = with_ascii(spec, made) if self._is_ascii else with_emoji(spec, made, pinned)
        if step.like:
            return structs.replace(made, name=step.event, body={**made.body, "event": step.event})
        return made

    def _entity_set(self, at_ms: int, entities: int) -> EntitySet:
        """Return a new entity set, which can be read one by one where the probe does so."""
        number = self.number * ENTITY_SETS + entities
        for turn in range(_TURNS):
            found = EntitySet(
                self.cases.seed, at_ms, number + turn * _FURTHER, manner=self._manner + entities,
                known_times=self._known(), pins=self.cases.pins,
            )  # fmt: skip
            if not self._has_slash(found, at_ms):
                break
        return found

    def _has_slash(self, entity_set: EntitySet, at_ms: int) -> bool:
        """Tell whether an id that stands in the URL of the probe has a slash."""
        if not placeholders(self._read_at):
            return False
        known = self.cases.contract.known
        for spec in (known[name] for name in self._events if name in known):
            body = synthesise(spec, at_ms=at_ms, entities=entity_set.copy()).body
            filled = filled_url(self._read_at, body)
            if filled is not None and any("/" in value for value in filled[0]):
                return True
        return False

    def _known(self) -> dict[str, int]:
        """Return the times that are known before the first event: when it is planned, at most."""
        if self._planned_s is None:
            return {}
        return {PLANNED: round(self.start_ms / 1000 + self._planned_s)}

    def _changed(self, step: Send, event: Event) -> Event:
        spec = self.cases.contract.known.get(step.like or step.event)
        for path, value in step.changes:
            event = override(event, path, self.fill(value), spec)
        for path in step.without:
            event = structs.replace(event, body=_without(event.body, path))
        return event

    def _malformed(self, step: Send, case: TestCase) -> TestCase:
        how = step.deliver.malform
        if not how:
            return case
        if ":" in how:
            return self.cases.prepare(step.event, parse_case(how)).judged_as(MUTANT)
        return with_malformed_body(case, how)


def _held(steps: Sequence[Step]) -> float | None:
    """Return after how many seconds `steps` hold what was planned; None where they do not."""
    for number, step in enumerate(steps):
        if isinstance(step, Send) and HELD.fullmatch(step.event):
            return span(steps[: number + 1])
    return None


def _path_to(body: JSON, value: JSON, path: str = "") -> str:
    """Return the dotted path to the first place of a body that has `value`, or nothing."""
    if isinstance(body, dict):
        pairs: list[tuple[str | int, JSON]] = list(body.items())
    elif isinstance(body, list):
        pairs = list(enumerate(body))
    else:
        return path if type(body) is type(value) and body == value else ""
    found = (_path_to(inner, value, f"{path}.{key}".lstrip(".")) for key, inner in pairs)
    return next(filter(None, found), "")


def answered(exchange: Exchange) -> Response | None:
    """Return the first answer that came to an attempt of a delivery."""
    outcomes = (attempt.outcome for attempt in exchange.attempts)
    return next((outcome for outcome in outcomes if isinstance(outcome, Response)), None)


def answer_values(outcome: Response | None) -> JSON:
    """Return what `save` can name of an answer: its status, headers and body."""
    if outcome is None:
        return {}
    answer = {
        "status": outcome.status,
        "headers": {name.lower(): value for name, value in outcome.headers},
        "body": json_of(outcome.body),
    }
    return {"answer": answer}


def json_of(data: bytes) -> JSON:
    """Return the JSON that `data` is, and its text where it is none."""
    try:
        return read_json(data)
    except ForeignJSONError:
        return data.decode("utf-8", "replace")


def _without(body: JSON, path: str) -> JSON:
    tokens = pointers.steps(path)
    there = pointers.get(body, tokens) is not pointers.MISSING
    return pointers.put(body, tokens, pointers.MISSING) if there else body
