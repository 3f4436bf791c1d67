"""The whole-contract plan: in which order a receiver is examined, and what depends on what."""

from __future__ import annotations

import asyncio
from typing import TypeAlias

from mockzoom.delivery.dial import unreachable
from mockzoom.engine.acknowledged import NONE_ACKNOWLEDGED, Acknowledged, check_alive
from mockzoom.engine.case import CHALLENGE, CaseName
from mockzoom.engine.runner import ReceiverGone, Runner
from mockzoom.errors import MockzoomError, UsageError
from mockzoom.model import EventSpec, RunResult
from mockzoom.settings import Settings
from mockzoom.suites import (
    ACK_FIRST,
    SUITES,
    authenticity,
    challenge,
    events,
    evolution,
    faults,
    fuzz,
    malformed,
    streams,
)
from mockzoom.suites.authenticity import Authenticity
from mockzoom.suites.challenge import challenges
from mockzoom.suites.events import NOT_ACKNOWLEDGED, ValidEvents
from mockzoom.suites.evolution import Evolution
from mockzoom.suites.faults import SlowSenders
from mockzoom.suites.fuzz import Fuzz
from mockzoom.suites.malformed import Malformed
from mockzoom.synth import SynthesisError

Specs: TypeAlias = "tuple[EventSpec, ...]"


async def verify(runner: Runner, specs: Specs, settings: Settings) -> RunResult:
    """Examine a receiver for `specs` and return the outcome; one that goes away ends it early."""
    runner.start(_expected(specs, settings))
    specs = _makeable(runner, specs)
    try:
        await _play(runner, specs, settings)
    except ReceiverGone as gone:
        runner.run_error(str(gone))
        why = "the receiver went away" if runner.deliveries else "it could not be reached"
        _skip_rest(runner, settings, why)
    except asyncio.CancelledError:
        runner.run_error("interrupted; what follows was not judged")
        _skip_rest(runner, settings, "interrupted")
    except UsageError:
        raise
    except MockzoomError as error:
        runner.run_error(str(error))
        _skip_rest(runner, settings, "the run broke off")
    return runner.finish(len(specs))


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


async def _play(runner: Runner, specs: Specs, settings: Settings) -> None:
    await _reach(runner, settings.wait)
    if settings.ack_first:
        runner.skip_rules("acknowledged before it is verified (--ack-first)", *ACK_FIRST)
    # The warm-up, which is not judged.
    await runner.send(runner.cases.prepare(CHALLENGE, CaseName("challenge")))
    if challenge.SUITE.name in settings.suites:
        await challenges(runner)
    acknowledged = Acknowledged()
    await ValidEvents(runner, specs, acknowledged).play()
    if not acknowledged:
        _skip_rest(runner, settings, NONE_ACKNOWLEDGED)
        _hint(runner)
        return
    if evolution.SUITE.name in settings.suites and not settings.ack_first:
        await Evolution(runner, acknowledged).play()
        await check_alive(runner, acknowledged, "evolved events")
    if authenticity.SUITE.name in settings.suites and not settings.ack_first:
        await Authenticity(runner, acknowledged, endpoint_auth=bool(settings.auth)).play()
    if malformed.SUITE.name in settings.suites:
        await Malformed(runner, specs, acknowledged).play()
    if settings.fuzz:
        await _fuzz(runner, specs, settings, acknowledged)
    if faults.SUITE.name in settings.suites:
        await SlowSenders(runner, acknowledged).play()
    if settings.streams:
        from mockzoom.verify.streams import StreamSuite

        await StreamSuite(runner, specs, acknowledged, settings).play()
    runner.step("alive", "the event that passed first, once more")
    await check_alive(runner, acknowledged, "all of this")


async def _fuzz(
    runner: Runner, specs: Specs, settings: Settings, acknowledged: Acknowledged
) -> None:
    if settings.ack_first:
        runner.notice("fuzz: nothing was drawn, since no answer would say anything (--ack-first)")
        return
    await Fuzz(runner, specs, acknowledged, settings.fuzz).play()


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


def _rules(settings: Settings) -> tuple[str, ...]:
    """Return every rule that a run with these settings judges."""
    names = {events.SUITE.name, *settings.suites}
    names |= {streams.SUITE.name} if settings.streams else set()
    rules = [rule.id for suite in SUITES if suite.name in names for rule in suite.rules]
    if settings.fuzz:
        rules += [rule for kind in fuzz.KINDS for rule in (*kind.rules, *kind.strict_rules)]
    return tuple(dict.fromkeys(rules))


def _hint(runner: Runner) -> None:
    """Say what is likely where everything is refused in the same way."""
    likely = {
        "401": "is --secret the secret that the receiver verifies with?",
        "403": "is --secret the secret that the receiver verifies with?",
        "404": "is the path of the URL the receiver's?",
        "405": "is the path of the URL the receiver's?",
    }
    for cause, question in likely.items():
        if runner.findings.has(NOT_ACKNOWLEDGED.id, cause):
            runner.notice(f"no event was acknowledged, and {cause} answered: {question}")


def _skip_rest(runner: Runner, settings: Settings, why: str) -> None:
    """List every rule of the run as not judged that nothing has been judged by yet."""
    judged = {rule for rule, _ in runner.judged}
    rest = [r for r in _rules(settings) if r not in judged and not runner.findings.has(r)]
    runner.skip_rules(why, *rest)


def _expected(specs: Specs, settings: Settings) -> int:
    """Estimate the deliveries of a run, for its progress bar (figures of the bundled contract)."""
    an_event = 12 + (72 if malformed.SUITE.name in settings.suites else 0)
    return an_event * len(specs) + 60 + settings.fuzz
