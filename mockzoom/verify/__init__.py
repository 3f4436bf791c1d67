"""The whole-contract plan: in which order a receiver is examined, and what depends on what."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mockzoom.casebook import CHALLENGE, Case
from mockzoom.delivery.unreachable import unreachable
from mockzoom.errors import MockzoomError, UsageError
from mockzoom.model import EventSpec, RunResult, RunStarted
from mockzoom.run import ReceiverGone, Run
from mockzoom.synth import SynthesisError
from mockzoom.verify import authenticity, evolution, fuzz, malformed
from mockzoom.verify.authenticity import Authenticity
from mockzoom.verify.baseline import NO_BASELINE, Baseline, still_alive
from mockzoom.verify.challenges import challenges
from mockzoom.verify.events import ValidEvents
from mockzoom.verify.evolution import Evolution
from mockzoom.verify.fuzz import Fuzz
from mockzoom.verify.malformed import Malformed
from mockzoom.verify.slow import SlowSenders

if TYPE_CHECKING:
    from mockzoom.play import PlayPlan

SUITES = ("challenge", "events", "evolution", "authenticity", "malformed", "faults")
"""The groups of a run, in their order; `events` always runs, since others need its outcome."""

_ACK_FIRST = ("MZ101", *evolution.RULES, *authenticity.RULES, "MZ211")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run examines.

    `wait` is the number of seconds granted to a receiver that starts, `fuzz` the number of random
    bodies.
    """

    specs: tuple[EventSpec, ...]
    suites: Sequence[str] = SUITES
    ack_first: bool = False
    endpoint_auth: bool = False
    strict: bool = False
    fuzz: int = 0
    wait: float = 0.0
    streams: PlayPlan | None = None
    """With which credentials streams are played (`--streams`); None: not at all."""


async def verify(run: Run, plan: Plan) -> RunResult:
    """Play the plan and return its outcome; a receiver that goes away ends it early."""
    run.tell(RunStarted(run.courier.transport.target.url, run.casebook.seed, _expected(plan)))
    plan = replace(plan, specs=_sound(run, plan.specs))
    try:
        await _play(run, plan)
    except ReceiverGone as gone:
        run.breakages.append(str(gone))
        _skip_rest(
            run, plan, "the receiver went away" if run.deliveries else "it could not be reached"
        )
    except asyncio.CancelledError:
        run.breakages.append("interrupted; what follows was not judged")
        _skip_rest(run, plan, "interrupted")
    except UsageError:
        raise
    except MockzoomError as error:
        run.breakages.append(str(error))
        _skip_rest(run, plan, "the run broke off")
    return run.finish(len(plan.specs))


def _sound(run: Run, specs: tuple[EventSpec, ...]) -> tuple[EventSpec, ...]:
    """Leave out the URL validation, and (with a notice) events that cannot be made."""
    sound = []
    for spec in specs:
        if spec.name == CHALLENGE:
            continue
        try:
            run.casebook.prepare(spec.name, Case("valid"))
        except SynthesisError as error:
            run.notice(f"left out: {error}")
        else:
            sound.append(spec)
    return tuple(sound)


async def _play(run: Run, plan: Plan) -> None:
    run.strict = plan.strict
    await _reach(run, plan.wait)
    if plan.ack_first:
        run.muted = frozenset(_ACK_FIRST)
        run.skip_rules("acknowledged before it is verified (--ack-first)", *_ACK_FIRST)
    # The warm-up, which is not judged.
    await run.send(run.casebook.prepare(CHALLENGE, Case("challenge")))
    if "challenge" in plan.suites:
        await challenges(run)
    baseline = Baseline()
    await ValidEvents(run, plan.specs, baseline).play()
    if not baseline:
        _skip_rest(run, plan, NO_BASELINE)
        _hint(run)
        return
    if "evolution" in plan.suites and not plan.ack_first:
        await Evolution(run, baseline).play()
        await still_alive(run, baseline, "evolved events")
    if "authenticity" in plan.suites and not plan.ack_first:
        await Authenticity(run, baseline, endpoint_auth=plan.endpoint_auth).play()
    if "malformed" in plan.suites:
        await Malformed(run, plan.specs, baseline).play()
    if plan.fuzz:
        await _fuzz(run, plan, baseline)
    if "faults" in plan.suites:
        await SlowSenders(run, baseline).play()
    if plan.streams is not None:
        from mockzoom.verify.streams import StreamSuite

        await StreamSuite(run, plan.specs, baseline, plan.streams).play()
    run.step("alive", "the event that passed first, once more")
    await still_alive(run, baseline, "all of this")


async def _fuzz(run: Run, plan: Plan, baseline: Baseline) -> None:
    if plan.ack_first:
        run.notice("fuzz: nothing was drawn, since no answer would tell anything (--ack-first)")
        return
    await Fuzz(run, plan.specs, baseline, plan.fuzz).play()


async def _reach(run: Run, wait: float) -> None:
    """Open a connection, waiting for a receiver that starts."""
    run.step("reach", "opening a connection")
    ends = run.courier.clock.monotonic() + wait
    while True:
        failure = await run.courier.transport.reach()
        if failure is None:
            return
        if run.courier.clock.monotonic() >= ends:
            raise ReceiverGone(unreachable(failure, waited=wait))
        await asyncio.sleep(0.2)


def _rules(plan: Plan) -> tuple[str, ...]:
    rules: tuple[str, ...] = ()
    if "challenge" in plan.suites:
        rules += tuple(f"MZ{number}" for number in range(301, 307))
    rules += tuple(f"MZ{number}" for number in range(101, 106))
    if "evolution" in plan.suites:
        rules += evolution.RULES
    if "authenticity" in plan.suites:
        rules += (*authenticity.RULES, "MZ211")
    if "malformed" in plan.suites:
        rules += (*malformed.EVENT_RULES, *malformed.BODY_RULES, "MZ406")
    if plan.fuzz:
        rules += fuzz.MALFORMED_RULES
    if "faults" in plan.suites:
        rules += ("MZ407",)
    if plan.streams is not None:
        from mockzoom.play.streams import RULES
        from mockzoom.verify.streams import CANARY_RULE

        rules += (*RULES, CANARY_RULE)
    return tuple(dict.fromkeys(rules))


def _hint(run: Run) -> None:
    """Say what is likely where everything is refused in the same way."""
    likely = {
        "401": "is --secret the secret that the receiver verifies with?",
        "403": "is --secret the secret that the receiver verifies with?",
        "404": "is the path of the URL the receiver's?",
        "405": "is the path of the URL the receiver's?",
    }
    for cause, question in likely.items():
        if run.findings.has("MZ101", cause):
            run.notice(f"no event was acknowledged, and {cause} answered: {question}")


def _skip_rest(run: Run, plan: Plan, why: str) -> None:
    """List every rule of the plan as not judged that nothing has been judged by yet."""
    judged = {rule for rule, _ in run.judged}
    rest = [r for r in _rules(plan) if r not in judged and not run.findings.has(r)]
    run.skip_rules(why, *rest)


def _expected(plan: Plan) -> int:
    """Estimate the deliveries of a run, for its progress bar (figures of the bundled contract)."""
    an_event = 12 + (72 if "malformed" in plan.suites else 0)
    return an_event * len(plan.specs) + 60 + plan.fuzz
