"""The whole-contract plan: in which order a receiver is examined, and what depends on what."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from msgspec import structs

from mockzoom.engine.acknowledged import NONE_ACKNOWLEDGED, Acknowledged, check_alive
from mockzoom.engine.case import CHALLENGE, CaseName
from mockzoom.engine.runner import Runner
from mockzoom.engine.sending import ReceiverGone, Throttled
from mockzoom.engine.suite import Examination, Suite
from mockzoom.errors import MockzoomError, UsageError
from mockzoom.model import EventSpec, RunResult
from mockzoom.settings import Settings
from mockzoom.state.settling import Settling
from mockzoom.suites import ACK_FIRST, RULES, SUITES, authenticity, events, streams
from mockzoom.suites.authenticity import ACCEPTED_RULE
from mockzoom.suites.malformed import SUITE as MALFORMED
from mockzoom.synth import SynthesisError
from mockzoom.transport.dial import WANTS_HTTPS, unreachable
from mockzoom.verify import traces
from mockzoom.verify.diagnosis import Diagnosis

if TYPE_CHECKING:
    from mockzoom.verify.streams import StreamSuite

Specs: TypeAlias = "tuple[EventSpec, ...]"
INTERRUPTED = "interrupted; what follows was not checked"
"""The run error of a run that Ctrl-C or SIGTERM has ended."""


async def verify(
    runner: Runner, specs: Specs, settings: Settings, settling: Settling | None = None
) -> RunResult:
    """Examine a receiver for `specs` and return the outcome; one that goes away ends it early.

    `settling` reads what forged events leave in its state, where a probe shows that.
    """
    runner.start(_expected(specs, settings), "verify")
    run = Examination(runner, _makeable(runner, specs), settings, Acknowledged())
    runner.end_when_throttled()
    try:
        await _play(run, settling)
    except Throttled as throttled:
        _cut_short(run, str(throttled))
    except ReceiverGone as gone:
        runner.run_error(str(gone))
        why = "the receiver went away" if runner.judged else "it could not be reached"
        _skip_rest(run, why)
    except asyncio.CancelledError:
        runner.run_error(INTERRUPTED)
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


async def _play(run: Examination, settling: Settling | None) -> None:
    runner, settings = run.runner, run.settings
    await _reach(runner, settings.wait)
    if settling is not None:
        await settling.read()  # a probe that shows nothing is refused before anything is sent
    _skip_unasked(run, is_probed=settling is not None)
    stream_suite = _stream_suite(run)
    # The warm-up, which is not judged.
    first = await runner.send(runner.cases.prepare(CHALLENGE, CaseName("challenge")))
    if await runner.wants_https(first):
        raise ReceiverGone(WANTS_HTTPS)
    for suite in _wanted(settings):
        if suite is authenticity.SUITE and settling is not None:
            run = structs.replace(run, traced=await traces.play(run, settling))
        if settings.ack_first and suite.by_status:
            continue
        if suite is streams.SUITE and stream_suite is not None:
            await stream_suite.play()
        elif suite.play is not None:
            await suite.play(run)
        if suite is events.SUITE:
            await Diagnosis(run).play()
            if not run.acknowledged:
                _skip_rest(run, NONE_ACKNOWLEDGED)
                return
    runner.step("alive", "the event that passed first, once more")
    await check_alive(runner, run.acknowledged, "all of this")


def _stream_suite(run: Examination) -> StreamSuite | None:
    """Return what plays streams, where they are asked for: it listens from the first event on."""
    if not run.settings.streams:
        return None
    from mockzoom.verify.streams import StreamSuite

    return StreamSuite(run.runner, run.specs, run.acknowledged, run.settings)


def _skip_unasked(run: Examination, *, is_probed: bool) -> None:
    """List the rules that these settings keep from being judged."""
    runner, settings = run.runner, run.settings
    for suite in _wanted(settings):
        for rule, why in suite.unasked(settings).items():
            runner.skip_rules(why, rule)
    if settings.ack_first:
        why = "acknowledged before it is verified (--ack-first)"
        traced = {rule.id for rule in ACCEPTED_RULE.values()} if is_probed else set()
        runner.skip_rules(why, *(rule for rule in ACK_FIRST if rule not in traced))
        if not is_probed:
            runner.not_observable(f"signature of events not checked: {why}; give --probe")


def _wanted(settings: Settings) -> Iterator[Suite]:
    """Yield the suites that these settings ask for."""
    return (suite for suite in SUITES if suite.wanted(suite, settings))


async def _reach(runner: Runner, wait: float) -> None:
    """Open a connection, waiting for a receiver that starts."""
    runner.step("reach", "opening a connection")
    ends = runner.sender.clock.monotonic() + wait
    while True:
        failure = await runner.sender.transport.reach()
        if failure is None:
            return
        if runner.sender.clock.monotonic() >= ends:
            raise ReceiverGone(unreachable(failure, waited=wait))
        await asyncio.sleep(0.2)


def _cut_short(run: Examination, why: str) -> None:
    """End a run that a rate limiter cuts short.

    It is complete if every error rule and every event type was judged.
    """
    text = f"{why}; the rest was not sent. Raise the receiver's limit for this test, or use --rate"
    rest = _skip_rest(run, "the receiver answered 429")
    unsent = any(not run.runner.is_covered(spec.name) for spec in run.specs)
    if unsent or any(RULES[rule].severity == "error" for rule in rest):
        run.runner.run_error(text)
    else:
        run.runner.notice(text)


def _skip_rest(run: Examination, why: str) -> list[str]:
    """List every rule of the run as not judged that nothing has been judged by yet; return them."""
    judged = {rule for rule, _ in run.runner.judged}
    rules = dict.fromkeys(rule for suite in _wanted(run.settings) for rule in suite.judged)
    done = judged | run.runner.skipped
    rest = [rule for rule in rules if rule not in done and not run.runner.findings.has(rule)]
    run.runner.skip_rules(why, *rest)
    return rest


def _expected(specs: Specs, settings: Settings) -> int:
    """Estimate the deliveries of a run, for its progress bar (figures of the bundled contract)."""
    an_event = 24 + (168 if MALFORMED.wanted(MALFORMED, settings) else 0)
    return an_event * len(specs) + 60 + settings.fuzz
