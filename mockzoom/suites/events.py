"""Valid events: every event type in all its shapes must be acknowledged (MZ101 to MZ105)."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mockzoom.engine.acknowledged import Acknowledged
from mockzoom.engine.case import CaseMaker, CaseName, Kind, TestCase, replace
from mockzoom.engine.evidence import Evidence, describe
from mockzoom.engine.runner import REPEATED, Judged, Runner
from mockzoom.engine.silence import SilenceLimit
from mockzoom.engine.suite import Examination, Suite
from mockzoom.model import EventSpec, Failure, Violation
from mockzoom.rules import Rule
from mockzoom.schema.pointer import differences
from mockzoom.settings import Settings
from mockzoom.suites.authenticity import NON_ASCII
from mockzoom.suites.evolution import VARIANT
from mockzoom.suites.refused_shapes import ShapeOutcomes, without
from mockzoom.suites.statuses import advice
from mockzoom.synth import shapes
from mockzoom.zoom.encoding import encode

NOT_ACKNOWLEDGED = Rule("MZ101", "not-acknowledged", "error", by_status=True)
SLOW_ACKNOWLEDGEMENT = Rule("MZ102", "slow-acknowledgement", "error")
NO_RESPONSE = Rule("MZ103", "no-response", "error")
REDIRECTED = Rule("MZ104", "redirected", "error")
UNUSUAL_SUCCESS = Rule("MZ105", "unusual-success", "warning")

_OTHER_IDS = (1, 2, 3)
"""Entity sets whose ids have other peculiarities than those of set 0."""

_EXPECTED = "200 or 204 within 3 s"
_UNHEARD_OF = (
    "Answer 200 also about what you have not heard of yet: create it from this event, or keep the"
    " event until the earlier one comes."
)
_OLD = (
    "Against replays, compare the timestamp header with your clock, not event_ts: Zoom repeats an"
    " event more than an hour later, with a new header and the same event_ts."
)
_AN_HOUR_AGO = 3600 * 1000 - 4
"""The number of entity sets whose payload clock is nearly an hour back, far beyond those in use."""
_MOST_REPEATED = 3
"""Refused shapes of an event type that are repeated, to see what they have in common."""
_MOST_TRIED = 8
"""Fields that are left out one by one at most, to see which one a receiver needs."""
_NEVER_SILENT = "any status below 500; never a 5xx, never silence"


# -- checks ----------------------------------------------------------------------------------------


def acknowledgement(evidence: Evidence) -> Iterator[Violation]:
    """MZ101 to MZ105: judge the answer to a valid event; exactly one of them can hold."""
    outcome, event = evidence.attempt.outcome, evidence.event
    if isinstance(outcome, Failure):
        rule = SLOW_ACKNOWLEDGEMENT if outcome.kind == "timeout" else NO_RESPONSE
        yield evidence.violation(rule, f"{event}: {outcome.message}", _EXPECTED)
    elif outcome.status in (200, 204) or evidence.throttled:
        return
    elif 300 <= outcome.status < 400:
        where = outcome.header("location")
        to = f" to {where}" if where else ""
        message = f"{event}: redirected with {outcome.status}{to}"
        yield evidence.violation(REDIRECTED, message, _EXPECTED)
    elif not 200 <= outcome.status < 300:
        message = f"{event}: valid, but answered {outcome.status}"
        fix = advice(outcome.status)
        yield evidence.violation(NOT_ACKNOWLEDGED, message, _EXPECTED, fix=fix)
    else:
        message = f"{event}: acknowledged with {outcome.status}"
        yield evidence.violation(UNUSUAL_SUCCESS, message, "200 or 204")


def acknowledgement_alone(evidence: Evidence) -> Iterator[Violation]:
    """MZ101 to MZ105, for an event about entities that the receiver has never heard of.

    The same event was acknowledged after the events that the case's detail names.
    """
    for violation in acknowledgement(evidence):
        if violation.rule != NOT_ACKNOWLEDGED.id:
            yield violation
            continue
        status, before = evidence.attempt.status, evidence.case.detail
        yield replace(
            violation,
            message=f"{evidence.event}: valid, but the answer depends on what came before:"
            f" {status} about entities not seen before, acknowledged after {before}",
            expected=f"{_EXPECTED}, in whatever order events arrive: Zoom guarantees none",
            cause=f"{violation.cause}, depends on what came before",
            fix=_UNHEARD_OF,
        )


def acknowledgement_late(evidence: Evidence) -> Iterator[Violation]:
    """MZ101, for an event that happened an hour ago; a recent one like it was acknowledged."""
    for violation in acknowledgement(evidence):
        yield replace(
            violation,
            message=f"{evidence.event}: valid, but answered {evidence.attempt.status} where its"
            " event_ts is an hour old, acknowledged where it is recent",
            cause=f"{violation.cause}, an hour old",
            fix=_OLD,
        )


def lost_in_burst(evidence: Evidence) -> Iterator[Violation]:
    """MZ101: refused with 429 in a burst as Zoom makes them; the case's detail names its rate."""
    if evidence.throttled:
        yield evidence.violation(
            NOT_ACKNOWLEDGED,
            f"{evidence.event}: valid, but answered 429 in a burst of {evidence.case.detail}; Zoom"
            " retries no 4xx, so the event is lost",
            _EXPECTED,
            fix="Let the limit pass what comes in a burst, or exempt this path from it.",
        )


def survival(evidence: Evidence) -> Iterator[Violation]:
    """MZ101 to MZ103, for random values that the schema allows.

    Zoom would not send just these, so a receiver that knows more of them than the schema says may
    refuse them, and every status below 500 is fair; a crash or silence is not.
    """
    if evidence.throttled:
        return
    outcome = evidence.attempt.outcome
    message = f"{evidence.event}, {evidence.case.detail}: {describe(evidence.attempt)}"
    if isinstance(outcome, Failure):
        rule = SLOW_ACKNOWLEDGEMENT if outcome.kind == "timeout" else NO_RESPONSE
        yield evidence.violation(rule, message, _NEVER_SILENT)
    elif outcome.status >= 500:
        yield evidence.violation(NOT_ACKNOWLEDGED, message, _NEVER_SILENT)


# -- test cases ------------------------------------------------------------------------------------


def _valid(cases: CaseMaker, spec: EventSpec, name: CaseName) -> Iterator[TestCase]:
    yield cases.prepare(spec.name, replace(name, part=None))


VALID = Kind(
    "valid",
    ("MZ101", "MZ102", "MZ103", "MZ104", "MZ105"),
    acknowledgement,
    _valid,
    control="ascii",
    plain=True,
    explained=NON_ASCII,
)

ALONE = Kind(
    "alone",
    VALID.rules,
    acknowledgement_alone,
    control="ascii",
    plain=True,
    has_prelude=False,
    explained=NON_ASCII,
)
"""A valid event about entities that the receiver has never heard of."""


LATE = Kind("late", ("MZ101",), acknowledgement_late, plain=True, has_prelude=False)
"""A valid event that happened an hour ago, as one that is retried."""

LOST_IN_BURST = Kind("lost-in-burst", ("MZ101",), lost_in_burst, plain=True)
"""A valid event of a burst that was answered 429: not our speed causes it, but the scenario's."""


# -- the run ---------------------------------------------------------------------------------------


class ValidEvents:
    """Delivers one shape of every event first, then the other shapes of those that passed."""

    def __init__(
        self, runner: Runner, specs: tuple[EventSpec, ...], acknowledged: Acknowledged
    ) -> None:
        self._runner = runner
        self._specs = specs
        self._acknowledged = acknowledged
        self._limit = SilenceLimit(runner, persistent=True)
        self._takes_old: bool | None = None

    async def play(self) -> None:
        """Deliver each event type once, and where others come before it, also without these."""
        self._runner.step("events", "every event of the contract, valid")
        refused = []
        for spec in self._specs:
            index = self._plain_index(spec)
            if not await self._first(spec, index):
                refused.append((spec, index))
            elif self._takes_old is None and spec.name in self._acknowledged:
                self._takes_old = await self._is_taken_late(self._acknowledged[spec.name])
        for spec, index in refused:
            if spec.name not in self._acknowledged:
                await self._about_other_entities(spec, index)
                if not self._acknowledged:
                    break  # everything is refused
        self._limit.close("events")

    async def play_shapes(self) -> None:
        """Deliver the other shapes of the events that passed."""
        self._runner.step("shapes", "optional fields absent, every enum value, other branches")
        for spec in self._specs:
            if spec.name not in self._acknowledged:
                continue
            plain = self._plain_index(spec)
            delivered = {self._shape(spec, plain).body}
            refused: list[tuple[TestCase, str]] = []
            outcomes = ShapeOutcomes()
            outcomes.acknowledged(self._acknowledged[spec.name].body)
            for index in range(shapes(spec)):
                case = self._shape(spec, index)
                if index == plain or case.body in delivered:
                    continue  # two shapes of an event without options are one
                delivered.add(case.body)
                about = replace(case.name, entities=self._acknowledged[spec.name].name.entities)
                case = self._runner.anew(replace(case, name=about))
                judged = await self._examine(case)
                if judged is None or case.variant:
                    continue
                refusal = _refusal(judged)
                if refusal:
                    refused.append((case, refusal))
                    outcomes.refused(str(index), case.body)
                elif judged.exchange.last.acknowledged:
                    outcomes.acknowledged(case.body)
            if refused:
                await self._tell_apart(outcomes, refused)
        self._limit.close("shapes")

    async def _tell_apart(
        self, outcomes: ShapeOutcomes, refused: list[tuple[TestCase, str]]
    ) -> None:
        """Say which field is needed, or which value refused, where it is so each time."""
        (first, message), *others = refused
        if any(other != message for _, other in others):
            return
        for case, _ in refused[:_MOST_REPEATED]:
            for _ in range(REPEATED):
                again = self._runner.anew(case)
                if (await self._runner.send(again)).last.acknowledged:
                    return
                outcomes.refused(str(case.name.index), again.body)
        found = [f"without {pointer}" for pointer in await self._needed(outcomes, first.event)]
        difference = " or ".join(found) or (
            f"with {outcomes.values()}" if outcomes.values() else ""
        )
        if difference:
            exact = f"{message} {difference}"
            self._runner.findings.restate(NOT_ACKNOWLEDGED.id, message, exact)

    async def _needed(self, outcomes: ShapeOutcomes, event: str) -> list[str]:
        """Return the fields without which an acknowledged event is refused, each by itself."""
        absent = outcomes.absent()
        if len(absent) > _MOST_TRIED:
            return []
        needed = []
        for pointer in absent:
            case = self._runner.anew(self._acknowledged[event])
            case = replace(case, body=encode(without(case.body, pointer)))
            if not (await self._runner.send(case)).last.acknowledged:
                needed.append(pointer)
        return needed

    async def _first(self, spec: EventSpec, index: int) -> bool:
        """Deliver an event type for the first time; return whether it was refused for good."""
        case = self._runner.cases.about(self._shape(spec, index), 0)
        if case.prelude:
            case = self._runner.anew(case)
        judged = await self._examine(case)
        if judged is None:
            return True
        if judged.exchange.last.status != 429:
            self._runner.cover(spec.name)
        if not judged.exchange.last.acknowledged:
            return judged.exchange.last.status == 429
        if case.prelude:
            before = ", ".join(earlier.event for earlier in case.prelude)
            alone = self._runner.anew(case.judged_as(ALONE, before))
            judged = await self._runner.examine(alone, self._limit.send)
            if judged is not None and judged.violations:
                self._runner.depends_on_prelude(spec.name)
        return True

    async def _about_other_entities(self, spec: EventSpec, index: int) -> None:
        """Deliver a refused event about other entities: is it refused because of its ids?"""
        name = CaseName("valid", index)
        refused = self._runner.cases.prepare(spec.name, name)
        for peculiarity in _OTHER_IDS:
            like = replace(refused, name=replace(name, entities=peculiarity))
            other = self._runner.anew(like)
            exchange = await self._limit.send(other)
            if exchange is None or not exchange.last.acknowledged:
                continue
            self._acknowledged.keep(other)
            bodies = json.loads(refused.body), json.loads(other.body)
            places = ", ".join(sorted(differences(*bodies)))
            self._runner.notice(
                f"{spec.name} ({name}) is refused, and acknowledged with other values at {places}:"
                f" compare `--case {name}` with `--case {other.name}`"
            )
            return

    async def _is_taken_late(self, recent: TestCase) -> bool | None:
        """Deliver an acknowledged event as one of an hour ago; None where that proves nothing.

        Entity sets differ in their clocks, so where it is refused, only recent ones are used.
        """
        old = self._an_hour_ago(recent, 0)
        exchange = await self._limit.send(old)
        if exchange is None or exchange.last.status in (None, 429):
            return None
        if exchange.last.acknowledged:
            return True
        control = await self._runner.send(self._runner.anew(recent))
        again = await self._runner.send(self._an_hour_ago(recent, 1))
        if not control.last.acknowledged or again.last.status != exchange.last.status:
            return None
        self._runner.judge(
            replace(old, prelude=()), exchange
        )  # old ids reproduce it, not fresh ones
        self._runner.stay_recent()
        return False

    def _an_hour_ago(self, recent: TestCase, number: int) -> TestCase:
        entities = _AN_HOUR_AGO - 4 * number + recent.name.entities % 4
        return self._runner.cases.about(recent, entities).judged_as(LATE)

    def _shape(self, spec: EventSpec, index: int) -> TestCase:
        return self._runner.cases.prepare(spec.name, CaseName("valid", index))

    def _plain_index(self, spec: EventSpec) -> int:
        """Return the first shape that carries no documented variant.

        Where each carries one, it is the first: with nothing plain to compare it with, it is judged
        as the valid event that it is.
        """
        if not spec.variants:
            return 0
        return next(
            (index for index in range(shapes(spec)) if not self._shape(spec, index).variant), 0
        )

    async def _examine(self, case: TestCase) -> Judged | None:
        if case.variant and case.event in self._acknowledged:
            genuine = self._acknowledged[case.event]
            odd = case.judged_as(VARIANT, case.variant).compared_with(genuine)
            return await self._runner.examine(odd, self._limit.send)
        judged = await self._runner.examine(case, self._limit.send)
        if judged is None:
            return None
        if judged.exchange.last.acknowledged:
            self._acknowledged.keep(case)
        elif judged.exchange.last.status != 429:
            self._acknowledged.keep_refused(case, judged.exchange)
            if judged.control is not None and judged.control.last.acknowledged:
                assert judged.control_case is not None
                self._acknowledged.keep(judged.control_case)
            await self._runner.stays_reachable(judged.exchange)
        return judged


def _refusal(judged: Judged) -> str:
    """Return the message of MZ101; empty where the event was not refused for itself."""
    found = (item.message for item in judged.violations if item.rule == NOT_ACKNOWLEDGED.id)
    return next(found, "")


async def play(run: Examination) -> None:
    """Deliver every event type; what is acknowledged is what others are compared with."""
    await ValidEvents(run.runner, run.specs, run.acknowledged).play()


async def play_shapes(run: Examination) -> None:
    """Deliver the other shapes of the event types that were acknowledged."""
    await ValidEvents(run.runner, run.specs, run.acknowledged).play_shapes()


def _shapes_wanted(suite: Suite, settings: Settings) -> bool:
    chosen = settings.suites
    return chosen is None or SUITE.name in chosen or suite.name in chosen


SUITE = Suite(
    "events",
    "events",
    (NOT_ACKNOWLEDGED, SLOW_ACKNOWLEDGEMENT, NO_RESPONSE, REDIRECTED, UNUSUAL_SUCCESS),
    (VALID, ALONE, LATE, LOST_IN_BURST),
    play,
    wanted=lambda suite, settings: True,  # others need its outcome
)
SHAPES = Suite("shapes", "events", play=play_shapes, wanted=_shapes_wanted)
"""A part of a run of its own, since forgeries come between: what matters most comes first."""
