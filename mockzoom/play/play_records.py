"""Play records: what became of the deliveries of one scenario run, for its comparison with another.

`mockzoom.state` plays nothing itself, and knows a play by its record alone.
"""

from __future__ import annotations

from mockzoom.play.scenario_run import ScenarioRun
from mockzoom.state.plays import PlayRecord


def record_of(scenario_run: ScenarioRun) -> PlayRecord:
    """Return what became of the deliveries of a scenario run, for its comparison."""
    delivered = scenario_run.delivered
    steps = {each.step.name: each.step for each in delivered}
    acknowledged = {each.step.name for each in delivered if each.sending.attempts[-1].acknowledged}
    events = scenario_run.events
    return PlayRecord(
        tuple(events.sent),
        tuple(events.cases.pins.values()),
        acknowledged=tuple(step for name, step in steps.items() if name in acknowledged),
        unacknowledged=frozenset(
            each.step.name
            for each in delivered
            if each.sending.answered and not each.sending.attempts[-1].acknowledged
        ),
        failing=frozenset(
            each.step.name
            for each in delivered
            if not each.sending.lost
            and not each.sending.attempts[0].acknowledged
            and each.sending.attempts[0].status != 429
        ),
        retried=frozenset(each.step.name for each in delivered if len(each.sending.attempts) > 1),
        is_rate_limited=any(each.sending.attempts[-1].status == 429 for each in delivered),
        is_altered=scenario_run.run_controls.altered,
    )
