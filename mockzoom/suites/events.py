"""Valid events: every event type in all its shapes must be acknowledged (MZ101 to MZ105)."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mockzoom.engine.acknowledged import Acknowledged
from mockzoom.engine.case import CaseMaker, CaseName, Kind, TestCase, replace
from mockzoom.engine.evidence import Evidence, describe
from mockzoom.engine.runner import PURSUED, Judged, Runner
from mockzoom.engine.silence import SilenceLimit
from mockzoom.engine.suite import Examination, Suite
from mockzoom.model import EventSpec, Failure, Violation
from mockzoom.rules import Rule
from mockzoom.suites.authenticity import NON_ASCII
from mockzoom.suites.evolution import VARIANT
from mockzoom.synth import shapes
from mockzoom.synth.pointer import differences

NOT_ACKNOWLEDGED = Rule("MZ101", "not-acknowledged", "error", by_status=True)
SLOW_ACKNOWLEDGEMENT = Rule("MZ102", "slow-acknowledgement", "error")
NO_RESPONSE = Rule("MZ103", "no-response", "error")
REDIRECTED = Rule("MZ104", "redirected", "error")
UNUSUAL_SUCCESS = Rule("MZ105", "unusual-success", "warning")

ENOUGH_BODIES = 32
"""Different bodies that a run needs: liveness checks and controls take them in turn."""
FIRST_OTHER_ENTITIES = 10
"""Entity sets before this one are for repetitions."""

_EXPECTED = "200 or 204 within 3 s"
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
        yield evidence.violation(NOT_ACKNOWLEDGED, message, _EXPECTED)
    else:
        message = f"{event}: acknowledged with {outcome.status}"
        yield evidence.violation(UNUSUAL_SUCCESS, message, "200 or 204")


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
        self._refused: dict[str, int] = {}
        self._delivered: set[bytes] = set()

    async def play(self) -> None:
        """Deliver one after the other."""
        self._runner.step("events", "every event of the contract, valid")
        plain = {spec.name: self._plain_index(spec) for spec in self._specs}
        for spec in self._specs:
            await self._shape(spec, plain[spec.name])
        for spec in self._specs:
            if spec.name in self._refused and spec.name not in self._acknowledged:
                await self._about_other_entities(spec, plain[spec.name])
                if not self._acknowledged:
                    break  # everything is refused
        if self._acknowledged:
            for spec in self._specs:
                for index in range(shapes(spec)):
                    if index != plain[spec.name]:
                        await self._shape(spec, index)
            await self._more_bodies()
        self._limit.close("events")

    async def _about_other_entities(self, spec: EventSpec, index: int) -> None:
        """Deliver a refused event about other entities: is it refused because of its ids?"""
        name = CaseName("valid", index)
        refused = self._runner.cases.prepare(spec.name, name)
        for entities in range(FIRST_OTHER_ENTITIES, FIRST_OTHER_ENTITIES + PURSUED):
            other = self._runner.cases.prepare(spec.name, replace(name, entities=entities))
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

    async def _more_bodies(self) -> None:
        """Deliver events about other entities, where the contract's part gives few bodies.

        Everything odd is followed by a genuine event, and the same bytes are never signed twice
        for one second: with few of them, a run would wait for the clock.
        """
        for entities in range(FIRST_OTHER_ENTITIES, FIRST_OTHER_ENTITIES + ENOUGH_BODIES):
            for base in tuple(self._acknowledged):
                if self._acknowledged.passed >= ENOUGH_BODIES:
                    return
                case = self._runner.cases.prepare(base.event, replace(base.name, entities=entities))
                if case.body in self._delivered:
                    continue
                self._delivered.add(case.body)
                await self._examine(case)

    def _plain_index(self, spec: EventSpec) -> int:
        """Return the first shape that carries no documented variant."""
        if not spec.variants:
            return 0
        for index in range(shapes(spec)):
            if not self._runner.cases.prepare(spec.name, CaseName("valid", index)).variant:
                return index
        return 0

    async def _shape(self, spec: EventSpec, index: int) -> None:
        if self._refused.get(spec.name, 0) >= PURSUED and spec.name not in self._acknowledged:
            return
        name = CaseName("valid", index, entities=self._acknowledged.entities(spec.name))
        case = self._runner.cases.prepare(spec.name, name)
        if case.variant and spec.name not in self._acknowledged:
            return
        if case.body in self._delivered:  # two shapes of an event without options are one
            return
        self._delivered.add(case.body)
        judged = await self._examine(case)
        if judged is not None:
            self._runner.cover(spec.name)

    async def _examine(self, case: TestCase) -> Judged | None:
        if case.variant:
            return await self._runner.examine(
                case.judged_as(VARIANT, case.variant).compared_with(None), self._limit.send
            )
        judged = await self._runner.examine(case, self._limit.send)
        if judged is None:
            return None
        if judged.exchange.last.acknowledged:
            self._acknowledged.keep(case)
        elif judged.exchange.last.status != 429:
            self._refused[case.event] = self._refused.get(case.event, 0) + 1
            if judged.control is not None and judged.control.last.acknowledged:
                assert judged.control_case is not None
                self._acknowledged.keep(judged.control_case)
            await self._runner.stays_reachable(judged.exchange)
        return judged


async def play(run: Examination) -> None:
    """Deliver every event, valid; what is acknowledged is what others are compared with."""
    await ValidEvents(run.runner, run.specs, run.acknowledged).play()


SUITE = Suite(
    "events",
    "events",
    (NOT_ACKNOWLEDGED, SLOW_ACKNOWLEDGEMENT, NO_RESPONSE, REDIRECTED, UNUSUAL_SUCCESS),
    (VALID,),
    play,
    wanted=lambda suite, settings: True,  # others need its outcome
)
