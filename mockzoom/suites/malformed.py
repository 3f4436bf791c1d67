"""Malformed on purpose: mutants and malformed bodies must not crash it (MZ401 to MZ406)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mockzoom.engine.acknowledged import Acknowledged
from mockzoom.engine.batch import Batch
from mockzoom.engine.case import CaseMaker, CaseName, Kind, Maker, TestCase, replace
from mockzoom.engine.entities import EntitySets
from mockzoom.engine.evidence import Evidence, summary
from mockzoom.engine.liveness import Liveness, TooManyDeaths
from mockzoom.engine.runner import Runner
from mockzoom.engine.silence import SilenceLimit
from mockzoom.engine.suite import Examination, Suite
from mockzoom.model import Event, EventSpec, Failure, Violation
from mockzoom.rules import Rule
from mockzoom.settings import Settings
from mockzoom.synth import (
    MALFORMED_BODIES,
    MalformedBody,
    constraint_of,
    constraints,
    encode,
    malformed_body,
    mutants_from,
)
from mockzoom.wording import counted

ERROR_ON_MUTANT = Rule("MZ401", "error-on-malformed-event", "error", by_refusal=True)
HANG_ON_MUTANT = Rule("MZ402", "hang-on-malformed-event", "error", by_refusal=True)
MUTANT_ACCEPTED = Rule("MZ403", "malformed-event-accepted", "error")
ERROR_ON_BODY = Rule("MZ404", "error-on-malformed-body", "error", by_refusal=True)
HANG_ON_BODY = Rule("MZ405", "hang-on-malformed-body", "error", by_refusal=True)
DIED = Rule("MZ406", "died", "error", by_refusal=True)

_EXPECTED = "any 4xx, or a 2xx; never a 5xx, never silence"
_LARGE = 256 * 1024
"""Bytes from which a closed connection may be a fair refusal that cut off our sending."""


# -- checks ----------------------------------------------------------------------------------------


def survives_mutant(evidence: Evidence) -> Iterator[Violation]:
    """MZ401 to MZ403: the event breaks its schema in one place."""
    if evidence.throttled:
        return
    outcome = evidence.attempt.outcome
    message = f"{evidence.event}, {evidence.case.detail}: {summary(evidence.attempt)}"
    if isinstance(outcome, Failure):
        yield evidence.violation(HANG_ON_MUTANT, message, _EXPECTED)
    elif outcome.status >= 500:
        yield evidence.violation(ERROR_ON_MUTANT, message, _EXPECTED)
    elif evidence.strict and evidence.attempt.acknowledged:
        yield evidence.violation(MUTANT_ACCEPTED, message, "400 or 422 (--strict)", "accepted")


def survives_body(evidence: Evidence) -> Iterator[Violation]:
    """MZ404 and MZ405: the bytes are no JSON object as Zoom sends it; the framing is complete."""
    if evidence.throttled:
        return
    outcome = evidence.attempt.outcome
    message = f"{evidence.case.detail}: {summary(evidence.attempt)}"
    if isinstance(outcome, Failure):
        cut_off = outcome.kind != "timeout" and len(evidence.exchange.delivery.body) > _LARGE
        if not cut_off:
            yield evidence.violation(HANG_ON_BODY, message, _EXPECTED)
    elif outcome.status >= 500:
        found = evidence.violation(ERROR_ON_BODY, message, _EXPECTED)
        if evidence.case.oversize:
            cause = f"{found.cause}, oversize"
            found = replace(found, severity="warning", cause=cause)
        yield found


def died(evidence: Evidence) -> Iterator[Violation]:
    """MZ406: the control, a genuine event that passed before, failed after this delivery."""
    check = evidence.control
    if check is None:
        return
    yield evidence.violation(
        DIED,
        f"{check.delivery.event} was acknowledged before and is not after {evidence.case.detail}:"
        f" {summary(check.last)}",
        "genuine events are acknowledged whatever came before them",
        "died",
    )


# -- test cases ------------------------------------------------------------------------------------


def _mutants(cases: CaseMaker, spec: EventSpec, name: CaseName) -> Iterator[TestCase]:
    made = mutants_from(
        spec, name.part or 0, seed=cases.seed, at_ms=cases.at_ms_of(name.entities),
        entities=name.entities, ascii_only=name.ascii_only, pins=cases.pins,
    )  # fmt: skip
    for part, event in made:
        yield TestCase(
            replace(name, part=part), MUTANT, spec.name, encode(event.body), mutation_detail(event),
            constraint=constraint_of(spec, part),
        )  # fmt: skip


def mutation_detail(event: Event) -> str:
    """Say what was done to an event, such as `/payload/stop_reason: null (type)`."""
    mutation = event.mutation
    if mutation is None:
        return ""
    return f"{mutation.pointer or '/'}: {mutation.operator} ({mutation.keyword})"


def _broken(item: MalformedBody) -> Maker:
    def make(cases: CaseMaker, spec: EventSpec, name: CaseName) -> Iterator[TestCase]:
        genuine = TestCase(name, MUTANT, spec.name, encode(cases.event(spec, name).body))
        yield with_malformed_body(genuine, item.name)

    return make


def with_malformed_body(case: TestCase, how: str) -> TestCase:
    """Return a case with its body broken, as the malformation named `how` does.

    Raises `UsageError` where there is none of that name.
    """
    odd = malformed_body(how)
    return replace(
        case, name=replace(case.name, kind=how), kind=BODIES[how], body=odd.apply(case.body),
        detail=odd.about, content_type=odd.content_type, headers=odd.headers,
        oversize=odd.oversize, control=None,
    )  # fmt: skip


MUTANT = Kind(
    "mutant",
    ("MZ401", "MZ402"),
    survives_mutant,
    _mutants,
    strict_rules=("MZ403",),
    control="genuine",
    refusable=True,
)
BODIES = {
    item.name: Kind(
        item.name, ("MZ404", "MZ405"), survives_body, _broken(item), control="genuine",
        refusable=True,
    )
    for item in MALFORMED_BODIES
}  # fmt: skip
RAW_BODY = Kind("raw-body", (ERROR_ON_BODY.id, HANG_ON_BODY.id), survives_body, has_entities=False)
"""A body that was written by hand and is no JSON object: a malformed body without a name."""
DEATH = Kind("death", ("MZ406",), died)


def raw_body(event: str, body: bytes) -> TestCase:
    """Return the case of a body that was written by hand and is no JSON object."""
    about = "a body that is no JSON object"
    return TestCase(CaseName("by-hand"), RAW_BODY, event, body, about, oversize=len(body) > _LARGE)


# -- the run ---------------------------------------------------------------------------------------

BUDGET_S = 90.0
"""Seconds after which a field is broken in a way only if no field of that name was in any event.

A receiver that takes 0.1 s for each request, one after the other, would be examined for 20 minutes.
"""


class Malformed:
    """Delivers every mutant of every acknowledged event, then every malformed body."""

    def __init__(
        self, runner: Runner, specs: tuple[EventSpec, ...], acknowledged: Acknowledged
    ) -> None:
        self._runner = runner
        self._specs = specs
        self._acknowledged = acknowledged
        self._liveness = Liveness(runner, acknowledged, DEATH)

    async def play(self) -> None:
        """Deliver; a receiver that dies three times gets no more of them."""
        try:
            await self._events()
            await self._bodies()
        except TooManyDeaths:
            self._runner.notice("malformed: the receiver died three times, the rest was skipped")

    async def _events(self) -> None:
        self._runner.step("malformed", "events that break their schema in one place each")
        broken: set[tuple[str, str]] = set()
        try:
            await self._mutants(broken)
        finally:
            total = sum(constraints(spec) for spec in self._specs)
            self._runner.cover_constraints(len(broken), total)

    async def _mutants(self, broken: set[tuple[str, str]]) -> None:
        limit = SilenceLimit(self._runner, persistent=True, similar=_similarity)
        batch = Batch(self._runner, lambda last: last.status is not None and last.status < 500)
        sparing = _Sparing(self._runner)
        for base in self._acknowledged:
            name = CaseName(MUTANT.name, ascii_only=base.name.ascii_only)
            sets = EntitySets(self._runner, base.name.entities)
            async for case, answered in batch.send(sparing.chosen(sets, base.event, name)):
                exchange = answered
                if exchange is None:
                    alone = self._runner.anew(case.compared_with(base))
                    exchange = await self._liveness.examine(alone, limit)
                else:
                    self._liveness.take(case, exchange)
                    sets.take_back(case, exchange)
                if exchange is not None:
                    broken.add((base.event, case.constraint))
            await self._liveness.check()
            self._runner.count_rules(base.event, DIED.id)
        limit.close("malformed events")
        sparing.close()

    async def _bodies(self) -> None:
        self._runner.step("bodies", "bodies that are no proper JSON object")
        limit = SilenceLimit(self._runner, persistent=True, similar=_similarity)
        for base in self._acknowledged.one_per_namespace():
            for kind in BODIES:
                name = replace(base.name, kind=kind, part=None)
                case = self._runner.cases.prepare(base.event, name).compared_with(base)
                await self._liveness.examine(self._runner.anew(case), limit)
            await self._liveness.check()
        limit.close("malformed bodies")


class _Sparing:
    """Leaves out mutants much like others once a slow receiver has taken its time for them."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._ends = runner.sender.clock.monotonic() + BUDGET_S
        self._met: set[str] = set()
        self._left_out = 0

    def chosen(self, sets: EntitySets, event: str, name: CaseName) -> Iterator[TestCase]:
        """Yield the mutants of an event that are to be delivered."""
        for case in sets.parts(event, name):
            kind = _similarity(case)
            if kind in self._met and self._runner.sender.clock.monotonic() > self._ends:
                self._left_out += 1
                sets.give_back(case)
            else:
                self._met.add(kind)
                yield case

    def close(self) -> None:
        """Say how many were left out."""
        if self._left_out:
            self._runner.notice(
                f"the receiver is slow: after {BUDGET_S:g} s"
                f" {counted(self._left_out, 'malformed event')} left out, each broken as another"
                " event was at a field of that name; examine fewer events at a time (--events) to"
                " send them all"
            )


def _similarity(case: TestCase) -> str:
    """Return what deliveries that hang for the same cause have in common.

    For mutants, what was done to the field of this name, in whichever event; for bodies, how they
    are malformed.
    """
    if case.kind is not MUTANT:
        return case.kind.name
    place, _, operation = case.detail.partition(": ")
    return f"{place.rpartition('/')[2]}: {operation}"


async def play(run: Examination) -> None:
    """Deliver mutants and malformed bodies."""
    await Malformed(run.runner, run.specs, run.acknowledged).play()


def not_strict(settings: Settings) -> Mapping[str, str]:
    """Return what is judged only where mutants have to be refused."""
    return {} if settings.strict else {MUTANT_ACCEPTED.id: "only with --strict"}


SUITE = Suite(
    "malformed",
    "malformed deliveries",
    (ERROR_ON_MUTANT, HANG_ON_MUTANT, MUTANT_ACCEPTED, ERROR_ON_BODY, HANG_ON_BODY, DIED),
    (MUTANT, *BODIES.values(), DEATH),
    play,
    unasked=not_strict,
)
