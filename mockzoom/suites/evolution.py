"""Forward-compatible events: of a newer contract, or of its other reading (MZ107 to MZ109)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from mockzoom.engine.acknowledged import Acknowledged, check_alive
from mockzoom.engine.batch import Batch
from mockzoom.engine.case import CaseMaker, CaseName, Check, Kind, TestCase, replace
from mockzoom.engine.entities import EntitySets
from mockzoom.engine.evidence import Evidence, summary
from mockzoom.engine.runner import Runner
from mockzoom.engine.silence import SilenceLimit
from mockzoom.engine.suite import Examination, Suite
from mockzoom.model import Event, EventSpec, Variant, Violation
from mockzoom.rules import Rule
from mockzoom.schema import pointer
from mockzoom.synth import encode, new_fields, unknown_event, variants

UNKNOWN_EVENT_REFUSED = Rule(
    "MZ107", "unknown-event-refused", "error", by_status=True, by_refusal=True
)
NEW_FIELD_REFUSED = Rule("MZ108", "new-field-refused", "error", by_status=True, by_refusal=True)
VARIANT_REFUSED = Rule(
    "MZ109", "documented-variant-refused", "warning", by_status=True, by_refusal=True
)


T = TypeVar("T")


# -- checks ----------------------------------------------------------------------------------------


def _refused(rule: Rule, what: str, cause: Callable[[TestCase], str]) -> Check:
    def check(evidence: Evidence) -> Iterator[Violation]:
        """Judge an evolved event; its control is the genuine event that it was made from."""
        if evidence.throttled or not evidence.controlled or evidence.attempt.acknowledged:
            return
        case = evidence.case
        yield evidence.violation(
            rule,
            f"{evidence.event}: {what} ({case.detail}) is refused: {summary(evidence.attempt)}",
            "200 or 204, as for the genuine event that it was made from",
            cause(case),
        )

    return check


# -- test cases ------------------------------------------------------------------------------------


def _unknown(cases: CaseMaker, spec: EventSpec, name: CaseName) -> Iterator[TestCase]:
    known = cases.contract.known
    odd = unknown_event(cases.event(spec, name), invented=name.kind == "invented", known=known)
    kind = INVENTED if name.kind == "invented" else UNKNOWN
    yield TestCase(name, kind, spec.name, encode(odd.body), odd.name)


def _fields(cases: CaseMaker, spec: EventSpec, name: CaseName) -> Iterator[TestCase]:
    event = cases.event(spec, name)
    for part, odd in _from(name, new_fields(event)):
        detail = ", ".join(pointer.added_fields(event.body, odd.body))
        yield TestCase(part, FIELD, spec.name, encode(odd.body), detail)


def _variants(cases: CaseMaker, spec: EventSpec, name: CaseName) -> Iterator[TestCase]:
    for part, (variant, odd) in _from(name, variants(spec, cases.event(spec, name))):
        yield TestCase(part, VARIANT, spec.name, encode(odd.body), variant_detail(variant))


def _from(name: CaseName, made: Iterable[T]) -> Iterator[tuple[CaseName, T]]:
    """Yield what is made from the part that `name` has on, each with its own name."""
    first = name.part or 0
    for part, one in enumerate(islice(made, first, None), start=first):
        yield replace(name, part=part), one


def variant_detail(variant: Variant) -> str:
    """Say which documented value of which place this is."""
    return f"{variant.pointer} = {variant.value!r}"


def carried_variant(spec: EventSpec, event: Event) -> str:
    """Return the detail of the first other documented value that `event` carries, or nothing."""
    for variant in spec.variants:
        value = pointer.get(event.body, pointer.split(variant.pointer))
        if type(value) is type(variant.value) and value == variant.value:
            return variant_detail(variant)
    return ""


def _one_cause(case: TestCase) -> str:
    """Group new names and fields by the outcome alone."""
    return ""


def _a_cause_each(case: TestCase) -> str:
    """Keep each contradiction of the documents a cause of its own."""
    return case.detail


_UNKNOWN_CHECK = _refused(UNKNOWN_EVENT_REFUSED, "an event of an unknown type", _one_cause)
UNKNOWN = Kind("unknown", ("MZ107",), _UNKNOWN_CHECK, _unknown, control="genuine")
INVENTED = Kind("invented", ("MZ107",), _UNKNOWN_CHECK, _unknown, control="genuine")
FIELD = Kind(
    "field", ("MZ108",), _refused(NEW_FIELD_REFUSED, "a new field", _one_cause), _fields,
    control="genuine",
)  # fmt: skip
VARIANT = Kind(
    "variant", ("MZ109",), _refused(VARIANT_REFUSED, "the other documented value", _a_cause_each),
    _variants, control="genuine",
)  # fmt: skip


# -- the run ---------------------------------------------------------------------------------------


class Evolution:
    """Delivers evolved events, each made from an event that was acknowledged."""

    def __init__(self, runner: Runner, acknowledged: Acknowledged) -> None:
        self._runner = runner
        self._acknowledged = acknowledged

    async def play(self) -> None:
        """Deliver unknown events, then new fields, then documented variants."""
        about = "unknown events, new fields, the other documented values"
        self._runner.step("evolution", about)
        await self._unknown()
        await self._parts(FIELD)
        if not await self._parts(VARIANT):
            why = "no acknowledged event has another documented value"
            self._runner.skip_rules(why, *VARIANT.rules)

    async def _unknown(self) -> None:
        limit = SilenceLimit(self._runner)
        for base in self._acknowledged.one_per_namespace():
            await self._runner.examine(self._odd(base, UNKNOWN), limit.send)
        await self._runner.examine(self._odd(self._acknowledged.first, INVENTED), limit.send)
        limit.close("unknown events")

    def _odd(self, base: TestCase, kind: Kind) -> TestCase:
        name = replace(base.name, kind=kind.name)
        return self._runner.anew(self._runner.cases.prepare(base.event, name).compared_with(base))

    async def _parts(self, kind: Kind) -> int:
        limit = SilenceLimit(self._runner)
        sent = 0
        batch = Batch(self._runner, lambda last: last.acknowledged)
        for base in self._acknowledged:
            name = replace(base.name, kind=kind.name)
            sets = EntitySets(self._runner, base.name.entities)
            async for case, exchange in batch.send(sets.parts(base.event, name)):
                if exchange is None:
                    alone = self._runner.anew(case.compared_with(base))
                    await self._runner.examine(alone, limit.send)
                else:
                    self._runner.judge(case, exchange)
                sent += 1
        limit.close(f"{kind.name}s")
        return sent


async def play(run: Examination) -> None:
    """Deliver forward-compatible events, then check that the receiver is still there."""
    await Evolution(run.runner, run.acknowledged).play()
    await check_alive(run.runner, run.acknowledged, "evolved events")


SUITE = Suite(
    "evolution",
    "events",
    (UNKNOWN_EVENT_REFUSED, NEW_FIELD_REFUSED, VARIANT_REFUSED),
    (UNKNOWN, INVENTED, FIELD, VARIANT),
    play,
)
