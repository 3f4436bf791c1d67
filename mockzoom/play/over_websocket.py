"""Scenarios as they can be played to a client of delivery over WebSocket.

Nobody answers there: no answer is lost, and nothing is retried. What would be is delivered twice;
all else is played as it is: copies, late events and other orders.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from mockzoom.play.streams import streamed
from mockzoom.scenario.model import Scenario, Send, Shuffle, Step, Together, walk
from mockzoom.scenario.steps import Wait
from mockzoom.state.extrapolation import entity_sets_of
from mockzoom.state.scripts import irregular_steps
from mockzoom.suites.state import EVENT_DROPPED, RETRY_PROCESSED, SUITE, rule_of

NO_RETRIES = "over WebSocket nobody answers, so that no answer is lost and nothing is retried"
NO_SUCH_STEP = "no bundled scenario about these events has such a step"


def over_websocket(scenarios: Iterable[Scenario], events: Collection[str]) -> tuple[Scenario, ...]:
    """Return those of `scenarios` in which a client over WebSocket is judged.

    Each has a copy, a late event or another order in it, and sends no other event than `events`.
    """
    made = (
        replace(each, steps=_unanswered(each.steps))
        for each in scenarios
        if _is_playable(each) and set(each.events) <= set(events)
    )
    return tuple(each for each in made if irregular_steps(each, ()))


def unjudged_over_websocket(scenarios: Iterable[Scenario]) -> dict[str, str]:
    """Return the rules about state that these do not judge, and why."""
    judged = {rule_of(how) for each in scenarios for _, how in irregular_steps(each, ())}
    judged |= {EVENT_DROPPED} if judged else set()
    left = {rule.id: NO_SUCH_STEP for rule in SUITE.rules if rule not in judged}
    return {**left, RETRY_PROCESSED.id: NO_RETRIES}


def _is_playable(scenario: Scenario) -> bool:
    if streamed(scenario) or scenario.revalidate is not None or entity_sets_of(scenario):
        return False
    steps = tuple(walk(scenario.steps))
    return all(isinstance(step, Send | Wait | Together | Shuffle) for step in steps) and all(
        _is_a_message(step) for step in steps if isinstance(step, Send)
    )


def _is_a_message(step: Send) -> bool:
    """Return whether the deliveries of a step can be messages; copies have no id to differ by."""
    how = step.deliver
    wrong = how.forge or how.malform or how.fault or (how.times > 1 and not how.same_id)
    return not wrong and not any(path.startswith("answer.") for _, path in step.saves)


def _unanswered(steps: Iterable[Step]) -> tuple[Step, ...]:
    return tuple(_without_answer(step) for step in steps)


def _without_answer(step: Step) -> Step:
    if isinstance(step, Together):
        return replace(step, lanes=tuple(_unanswered(lane) for lane in step.lanes))
    if isinstance(step, Shuffle):
        return replace(step, steps=tuple(_message(each) for each in step.steps))
    return _message(step) if isinstance(step, Send) else step


def _message(step: Send) -> Send:
    """Return a step that expects no answer; what would be retried after a lost one comes twice."""
    how = step.deliver
    if how.lose_response:
        how = replace(how, times=2, gap=None, lose_response=0)
    return replace(step, expect=None, deliver=replace(how, retry="none"))
