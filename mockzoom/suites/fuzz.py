"""Bodies drawn at random, beside the mutants: rules MZ401 to MZ403, MZ101 to MZ103 (`--fuzz`).

Half of an event's share is drawn against its schema, half by it. A body counts as malformed only if
it still is when it goes out, for a reason that is no evolution; one that turns out valid counts as
valid. A valid one has Zoom's structure but not Zoom's values: the schema says `string` where a
UUID stands. So it is judged by what no body may do to a receiver, a 5xx or silence; a refusal is
fair.

The first failure of each rule and event is shrunk, repeated, and reported with the body itself. A
cause is pursued for three events and counted for the others. Hypothesis works in a thread of its
own and asks the run's loop for every delivery, one after the other.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
from collections import Counter
from collections.abc import Callable, Coroutine
from concurrent import futures
from contextlib import suppress
from dataclasses import dataclass, field
from dataclasses import replace as replace_value
from hashlib import blake2b
from threading import Event as Flag
from typing import Any, TypeVar

from mockzoom.engine.acknowledged import Acknowledged
from mockzoom.engine.case import CaseName, Kind, TestCase, replace
from mockzoom.engine.liveness import Liveness, TooManyDeaths
from mockzoom.engine.runner import PURSUED, Runner
from mockzoom.engine.silence import STOPPED_AFTER
from mockzoom.engine.suite import Examination, Suite
from mockzoom.errors import UsageError
from mockzoom.model import JSON, EventSpec, Exchange, Violation
from mockzoom.suites.events import survival
from mockzoom.suites.malformed import DEATH, MUTANT, not_strict, survives_mutant
from mockzoom.synth import RandomBodies, breaks, reductions
from mockzoom.synth.schemathesis_bodies import Drawing, Stop

T = TypeVar("T")

RANDOM_MALFORMED = Kind(
    "random-malformed", MUTANT.rules, survives_mutant, strict_rules=MUTANT.strict_rules,
    has_entities=False, refusable=True,
)  # fmt: skip
RANDOM_VALID = Kind("random-valid", ("MZ101", "MZ102", "MZ103"), survival, has_entities=False)
KINDS = (RANDOM_MALFORMED, RANDOM_VALID)
"""How random bodies are judged: by rules of the suites `malformed` and `events`."""
MOST = 100_000
"""Random bodies of one run at most."""
SHRINK_DELIVERIES = 300
SHRINK_S = 10.0
SHRINK_SILENT = 2
"""What shrinking one failure may cost: deliveries, seconds, and deliveries without an answer."""
_RULES = tuple(rule for kind in KINDS for rule in (*kind.rules, *kind.strict_rules))


def check(count: int) -> None:
    """Raise `UsageError` where `count` random bodies cannot be drawn."""
    if not 0 < count <= MOST:
        raise UsageError(f"--fuzz {count}: expected a number of bodies from 1 to {MOST}")
    if importlib.util.find_spec("schemathesis") is None:
        raise UsageError("--fuzz needs the extra: pip install 'mockzoom[fuzz]'")


def random_case(spec: EventSpec, body: bytes) -> TestCase:
    """Return the case of a body (a JSON object) that was drawn at random."""
    # What is missing comes last: a shrunk body lacks whatever the failure does not need.
    broken = sorted(breaks(spec, json.loads(body)), key=lambda error: error.keyword == "required")
    if not broken:
        detail = "random values that the schema allows"
        return TestCase(CaseName(RANDOM_VALID.name), RANDOM_VALID, spec.name, body, detail)
    places = [f"{error.pointer or '/'}: {error.message}" for error in broken[:3]]
    more = f"; and {len(broken) - 3} more" if len(broken) > 3 else ""
    detail = f"random body, {'; '.join(places)}{more}"
    return TestCase(CaseName(RANDOM_MALFORMED.name), RANDOM_MALFORMED, spec.name, body, detail)


class Fuzz:
    """Delivers `count` random bodies, spread over the acknowledged events."""

    def __init__(
        self, runner: Runner, specs: tuple[EventSpec, ...], acknowledged: Acknowledged, count: int
    ) -> None:
        self._runner = runner
        self._specs = {spec.name: spec for spec in specs if spec.name in acknowledged}
        self._acknowledged = acknowledged
        self._count = count
        self._liveness = Liveness(runner, acknowledged, DEATH)
        self._loop = asyncio.get_running_loop()
        self._over = Flag()
        self._silent = 0
        self._sent = Counter[str]()
        self._pursued = Counter[tuple[str, str]]()
        self._similar = Counter[tuple[str, str]]()

    async def play(self) -> None:
        """Draw, deliver, judge, and shrink what fails."""
        self._runner.step("fuzz", "bodies drawn at random, by the schemas and against them")
        try:
            await asyncio.to_thread(self._play)
        except TooManyDeaths:
            self._runner.notice("fuzz: the receiver died three times, the rest was skipped")
        finally:
            self._over.set()
            self._close()

    def _play(self) -> None:
        drawing = Drawing(self._specs.values())
        with suppress(Stop):
            for base, share in self._shares():
                if self._silent >= STOPPED_AFTER:
                    return
                self._event(drawing, base, share)
                self.alive()

    def _shares(self) -> list[tuple[TestCase, int]]:
        """Return how many bodies each event gets; the seed chooses who gets one more, or any."""
        bases = list(self._acknowledged)
        each, more = divmod(self._count, len(bases))
        lucky = sorted(bases, key=lambda base: self._seed("share", base.event))[:more]
        shares = [(base, each + (base in lucky)) for base in bases]
        return [(base, share) for base, share in shares if share]

    def _seed(self, *words: object) -> int:
        text = "|".join(str(word) for word in (self._runner.cases.seed, *words))
        return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")

    def _event(self, drawing: Drawing, base: TestCase, share: int) -> None:
        spec = self._specs[base.event]
        ascii_only = base.name.ascii_only or self._runner.findings.has("MZ208")
        bodies = RandomBodies(spec, self._runner.cases.at_ms, ascii_only=ascii_only)
        found: set[str] = set()
        for malformed, left in ((True, share - share // 2), (False, share // 2)):
            for attempt in range(len(_RULES)):
                search = _Search(self, spec, bodies, malformed, left, found)
                why = drawing.search(
                    spec,
                    search.fails,
                    malformed=malformed,
                    seed=self._seed(spec.name, malformed, attempt),
                    examples=10 * left + 50,
                )
                if why:
                    self._runner.notice(f"fuzz: nothing can be drawn for {spec.name} ({why})")
                if search.error is not None:
                    raise search.error
                if search.failure is None:
                    break
                search.reduce()
                self._report(search.failure)
                left = search.left

    # -- on behalf of a search -----------------------------------------------------------------

    def deliver(self, case: TestCase) -> tuple[Violation, ...]:
        """Deliver one body, return what it shows; raise `Stop` where nothing more may go out."""
        if self._silent >= STOPPED_AFTER:
            raise Stop
        exchange = self.wait_for(lambda: self._liveness.deliver(case, self._runner.send))
        if exchange is None:
            return ()
        self._silent += exchange.last.timed_out
        self._runner.count(case)
        return self._runner.verdict(case, exchange)

    def chosen(self, violations: tuple[Violation, ...], found: set[str]) -> Violation | None:
        """Return the first violation to pursue; `found` are the rules that this event broke."""
        for violation in violations:
            if violation.rule in found:
                continue
            key = (violation.rule, violation.cause)
            if self._pursued[key] < PURSUED:
                self._pursued[key] += 1
                found.add(violation.rule)
                return violation
            self._similar[key] += 1
        return None

    def drawn(self, case: TestCase) -> TestCase:
        """Note a body that was drawn; return it with the number that names its case."""
        self._sent[case.kind.name] += 1
        return replace(case, name=replace(case.name, index=self._sent.total()))

    def alive(self) -> bool:
        """Return whether genuine events still pass: otherwise the last body is not to blame."""
        return self.wait_for(self._liveness.check)

    def now(self) -> float:
        """Return the seconds of a clock that only goes forward."""
        return self._runner.sender.clock.monotonic()

    def wait_for(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine on the run's loop, from the thread; raise `Stop` once the run is over."""
        if self._over.is_set():
            raise Stop
        future = asyncio.run_coroutine_threadsafe(work(), self._loop)
        while not futures.wait({future}, timeout=0.2).done:
            if self._over.is_set():
                future.cancel()
                raise Stop
        if future.cancelled():
            raise Stop
        return future.result()

    # -- telling -------------------------------------------------------------------------------

    def _report(self, failure: _Failure) -> None:
        """Repeat the smallest body; report it where it fails again."""
        smallest = failure.case
        if not self.alive():
            return
        exchange = self.wait_for(lambda: self._liveness.deliver(smallest, self._runner.send))
        if exchange is None:
            return
        self._silent += exchange.last.timed_out
        for violation in self._runner.verdict(smallest, exchange):
            if violation.rule == failure.rule:
                self._loop.call_soon_threadsafe(self._keep, violation, exchange)
                return
        self._runner.notice(
            f"{failure.delivery} ({smallest.event}, {smallest.name}) failed and did not when"
            " repeated: not reported"
        )

    def _keep(self, violation: Violation, exchange: Exchange) -> None:
        delivery = exchange.delivery
        cause = f"{violation.cause}, random {delivery.event}"
        self._runner.add(replace(violation, cause=cause), delivery)

    def _close(self) -> None:
        malformed, valid = (self._sent[kind.name] for kind in KINDS)
        self._runner.notice(f"fuzz: {malformed} malformed and {valid} valid bodies drawn at random")
        for (rule, cause), count in sorted(self._similar.items()):
            self._runner.notice(
                f"fuzz: {count} more bodies broke {rule} ({cause}): skipped, same cause"
            )
        if self._silent >= STOPPED_AFTER:
            self._runner.notice(f"fuzz: ended after {self._silent} deliveries without an answer")


@dataclass(frozen=True, slots=True)
class _Failure:
    """The smallest body so far that breaks `rule`, and the delivery that showed it."""

    rule: str
    case: TestCase
    delivery: str


@dataclass(slots=True)
class _Search:
    """One search for a failing body, and its shrinking.

    Each body is delivered once; asked again, the search answers as before, whatever the receiver
    would say by now.
    """

    fuzz: Fuzz
    spec: EventSpec
    bodies: RandomBodies
    malformed: bool
    left: int
    """How many drawn bodies may still be delivered."""
    found: set[str]
    failure: _Failure | None = None
    error: Exception | None = None
    _told: dict[bytes, bool] = field(default_factory=dict)
    _steps: int = SHRINK_DELIVERIES
    _silent: int = SHRINK_SILENT
    _ends: float = 0.0

    def fails(self, drawn: JSON) -> bool:
        """Return whether a drawn body breaks the rule that is pursued, or any at first."""
        try:
            return self._fails(drawn)
        except Exception as error:
            self.error = error
            raise Stop from None

    def reduce(self) -> None:
        """Take away from the body that failed whatever it fails without."""
        with suppress(Stop):
            while self.failure is not None:
                smallest = json.loads(self.failure.case.body)
                if not any(map(self._is_less, reductions(smallest))):
                    return

    def _is_less(self, body: JSON) -> bool:
        """Return whether `body`, settled, is smaller than the smallest and still fails."""
        data = self.bodies.settle(body, malformed=self.malformed)
        assert self.failure is not None
        return data is not None and len(data) < len(self.failure.case.body) and self._ask(data)

    def _fails(self, drawn: JSON) -> bool:
        data = self.bodies.settle(drawn, malformed=self.malformed)
        return data is not None and self._ask(data)

    def _ask(self, data: bytes) -> bool:
        key = blake2b(data, digest_size=12).digest()
        if key not in self._told:
            case = random_case(self.spec, data)
            self._told[key] = self._shrinks(case) if self.failure else self._breaks(case)
        return self._told[key]

    def _breaks(self, case: TestCase) -> bool:
        """Deliver a body that was drawn; the first failure is what is pursued from now on."""
        if not self.left:
            raise Stop
        self.left -= 1
        case = self.fuzz.drawn(case)
        violations = self.fuzz.deliver(case)
        if violations and not self.fuzz.alive():
            return False
        violation = self.fuzz.chosen(violations, self.found)
        if violation is None:
            return False
        self.failure = _Failure(violation.rule, case, violation.delivery or "")
        self._ends = self.fuzz.now() + SHRINK_S
        return True

    def _shrinks(self, case: TestCase) -> bool:
        """Deliver a smaller body, as long as shrinking may go on."""
        assert self.failure is not None
        if not self._steps or not self._silent or self.fuzz.now() > self._ends:
            raise Stop
        self._steps -= 1
        first = self.failure
        case = replace(case, name=replace(case.name, index=first.case.name.index))
        violations = self.fuzz.deliver(case)
        self._silent -= any(item.cause == "timeout" for item in violations)
        broken = any(item.rule == first.rule for item in violations)
        if broken and len(case.body) <= len(first.case.body):
            self.failure = replace_value(first, case=case)
        return broken


async def play(run: Examination) -> None:
    """Deliver random bodies, unless no answer says anything about them."""
    if run.settings.ack_first:
        run.runner.notice(
            "fuzz: nothing was drawn, since no answer would say anything (--ack-first)"
        )
        return
    await Fuzz(run.runner, run.specs, run.acknowledged, run.settings.fuzz).play()


SUITE = Suite(
    "fuzz",
    "malformed deliveries",
    kinds=KINDS,
    play=play,
    wanted=lambda suite, settings: bool(settings.fuzz),
    unasked=not_strict,
)
