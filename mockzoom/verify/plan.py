"""The whole-contract plan: in which order a receiver is examined, and what depends on what."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TypeAlias

from mockzoom.delivery.dial import unreachable
from mockzoom.engine.acknowledged import NONE_ACKNOWLEDGED, Acknowledged, check_alive
from mockzoom.engine.case import CHALLENGE, CaseName
from mockzoom.engine.runner import ReceiverGone, Runner
from mockzoom.engine.suite import Examination, Suite
from mockzoom.errors import MockzoomError, UsageError
from mockzoom.model import EventSpec, RunResult
from mockzoom.settings import Settings
from mockzoom.suites import ACK_FIRST, SUITES, events, streams
from mockzoom.suites.malformed import SUITE as MALFORMED
from mockzoom.synth import SynthesisError

Specs: TypeAlias = "tuple[EventSpec, ...]"


async def verify(runner: Runner, specs: Specs, settings: Settings) -> RunResult:
    """Examine a receiver for `specs` and return the outcome; one that goes away ends it early."""
    runner.start(_expected(specs, settings), "verify")
    run = Examination(runner, _makeable(runner, specs), settings, Acknowledged())
    try:
        await _play(run)
    except ReceiverGone as gone:
        runner.run_error(str(gone))
        why = "the receiver went away" if runner.deliveries else "it could not be reached"
        _skip_rest(run, why)
    except asyncio.CancelledError:
        runner.run_error("interrupted; what follows was not judged")
        _skip_rest(run, "interrupted")
    except UsageError:
        raise
    except MockzoomError as error:
        runner.run_error(str(error))
        _skip_rest(run, "the run broke off")
    return runner.finish(spec.name for spec in run.specs)


def _makeable(runner: Runner, specs: Specs) -> Specs:
    """Leave out the URL validation, and (with a notice) events that cannot be made."""
    kept = []
    for spec in specs:
        if spec.name == CHALLENGE:
            continue
        try:
            runner.cases.prepare(spec.name, CaseName("valid"))
        except SynthesisError as error:
            runner.notice(f"left out: {error}")
        else:
            kept.append(spec)
    return tuple(kept)


async def _play(run: Examination) -> None:
    runner, settings = run.runner, run.settings
    await _reach(runner, settings.wait)
    if settings.ack_first:
        runner.skip_rules("acknowledged before it is verified (--ack-first)", *ACK_FIRST)
    # The warm-up, which is not judged.
    await runner.send(runner.cases.prepare(CHALLENGE, CaseName("challenge")))
    for suite in _wanted(settings):
        if suite is streams.SUITE:
            from mockzoom.verify.streams import play

            await play(run)
        elif suite.play is not None:
            await suite.play(run)
        if suite is events.SUITE and not run.acknowledged:
            _skip_rest(run, NONE_ACKNOWLEDGED)
            _hint(runner)
            return
    runner.step("alive", "the event that passed first, once more")
    await check_alive(runner, run.acknowledged, "all of this")


def _wanted(settings: Settings) -> Iterator[Suite]:
    """Yield the suites that these settings ask for, but those whose answers would say nothing."""
    for suite in SUITES:
        if suite.wanted(suite, settings) and not (settings.ack_first and suite.by_status):
            yield suite


async def _reach(runner: Runner, wait: float) -> None:
    """Open a connection, waiting for a receiver that starts."""
    runner.step("reach", "opening a connection")
    ends = runner.courier.clock.monotonic() + wait
    while True:
        failure = await runner.courier.transport.reach()
        if failure is None:
            return
        if runner.courier.clock.monotonic() >= ends:
            raise ReceiverGone(unreachable(failure, waited=wait))
        await asyncio.sleep(0.2)


def _hint(runner: Runner) -> None:
    """Say what is likely where everything is refused in the same way."""
    likely = {
        "401": "is --secret the secret that the receiver verifies with?",
        "403": "is --secret the secret that the receiver verifies with?",
        "404": "is the path of the URL the receiver's?",
        "405": "is the path of the URL the receiver's?",
    }
    for cause, question in likely.items():
        if runner.findings.has(events.NOT_ACKNOWLEDGED.id, cause):
            runner.notice(f"no event was acknowledged, and {cause} answered: {question}")


def _skip_rest(run: Examination, why: str) -> None:
    """List every rule of the run as not judged that nothing has been judged by yet."""
    judged = {rule for rule, _ in run.runner.judged}
    wanted = (suite for suite in SUITES if suite.wanted(suite, run.settings))
    rules = dict.fromkeys(rule for suite in wanted for rule in suite.judged)
    rest = [rule for rule in rules if rule not in judged and not run.runner.findings.has(rule)]
    run.runner.skip_rules(why, *rest)


def _expected(specs: Specs, settings: Settings) -> int:
    """Estimate the deliveries of a run, for its progress bar (figures of the bundled contract)."""
    an_event = 24 + (168 if MALFORMED.wanted(MALFORMED, settings) else 0)
    return an_event * len(specs) + 60 + settings.fuzz
