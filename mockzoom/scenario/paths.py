"""Checks the paths of `with`, `without` and `save` against the event that they speak of."""

from __future__ import annotations

from itertools import islice

from mockzoom.errors import UsageError
from mockzoom.model import JSON, Event, EventSpec
from mockzoom.scenario.mistakes import Mistakes
from mockzoom.scenario.model import Place
from mockzoom.schema.pointer import MISSING, get, put, steps
from mockzoom.schema.schemas import Schemas
from mockzoom.schema.validators import errors
from mockzoom.synth import DEFAULT_AT_MS, SynthesisError, all_mutants, override, synthesise

ANSWER = ("status", "headers", "body")
"""What can be saved of an answer, after `answer.`."""


class Sample:
    """An event of the shape that a step sends, on which the step's paths are tried."""

    def __init__(self, spec: EventSpec, shape: int, mistakes: Mistakes) -> None:
        self._spec = spec
        self._mistakes = mistakes
        self._event: Event | None
        try:
            self._event = synthesise(spec, index=shape)
        except SynthesisError:
            self._event = None

    def set(self, path: str, value: JSON, place: Place) -> None:
        """Try `with`: the path leads to a value that the event has, or may have."""
        if self._is_envelope(path, place) or self._event is None:
            return
        try:
            self._event = override(self._event, path, value, self._spec)
        except UsageError as error:
            self._note(error, place)

    def remove(self, path: str, place: Place) -> None:
        """Try `without`: the path leads to a field that the contract leaves optional."""
        if self._is_envelope(path, place) or self._event is None:
            return
        tokens = steps(path)
        if get(self._event.body, tokens) is MISSING:
            if not Schemas(self._spec.schema).names(tokens):
                self._absent(path, place)
            return
        body = put(self._event.body, tokens, MISSING)
        before = errors(self._spec, self._event.body)
        if any(e.keyword == "required" for e in errors(self._spec, body) if e not in before):
            self._mistakes.add(
                place,
                f"{self._spec.name} requires {path}",
                "an optional field: a receiver may refuse an event without a required one",
                "`deliver: {malform: mutant:0}` and on send events that break the contract",
            )
        self._event = Event(self._event.name, body)

    def read(self, path: str, place: Place) -> None:
        """Try `save`: the path leads to a value of the event, or of its answer."""
        first, *rest = steps(path)
        if first == "answer":
            part = rest[0] if rest else ""
            if part not in ANSWER:
                self._mistakes.unknown(place, "an answer has no", part, ANSWER)
            return
        if self._event is not None and get(self._event.body, steps(path)) is MISSING:
            self._absent(path, place)

    def _absent(self, path: str, place: Place) -> None:
        if self._event is None:
            return
        try:
            override(self._event, path, None)
        except UsageError as error:
            self._note(error, place)

    def _is_envelope(self, path: str, place: Place) -> bool:
        """Note a path to the name of the event, or to all of it."""
        if steps(path) not in ([], [""], ["event"], ["payload"]):
            return False
        self._mistakes.add(
            place, f"{path or 'this path'} can't be changed", "a path to one value, such as "
            "payload.stop_reason", "`send` names the event; `like` is for unknown ones",
        )  # fmt: skip
        return True

    def _note(self, error: UsageError, place: Place) -> None:
        message, _, hint = str(error).partition("; ")
        self._mistakes.add(place, message, "a path into the event's body", hint)


def check_mutant(spec: EventSpec, case: str, place: Place, mistakes: Mistakes) -> None:
    """Note a mutant's number that the event does not have."""
    number = int(case.removeprefix("mutant:"))
    if next(islice(all_mutants(spec, 1, DEFAULT_AT_MS), number, None), None) is None:
        count = sum(1 for _ in all_mutants(spec, 1, DEFAULT_AT_MS))
        mistakes.add(
            place, f"{spec.name} has no {case}", f"mutant:0 to mutant:{count - 1}" if count else ""
        )


def is_path(path: str) -> bool:
    """Return whether `path` leads anywhere: no step of it is empty."""
    return bool(path) and all(steps(path))
