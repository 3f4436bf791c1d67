"""Play records: what became of the deliveries of one performance, for its comparison with another.

`mockzoom.state` plays nothing itself, and knows a play by its record alone.
"""

from __future__ import annotations

from mockzoom.play.performance import Performance
from mockzoom.state.plays import PlayRecord


def record_of(performance: Performance) -> PlayRecord:
    """Return what became of the deliveries of a performance, for its comparison."""
    delivered = performance.delivered
    steps = {each.step.name: each.step for each in delivered}
    acknowledged = {each.step.name for each in delivered if each.sending.attempts[-1].acknowledged}
    scene = performance.scene
    return PlayRecord(
        tuple(scene.sent),
        tuple(scene.cases.pins.values()),
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
        is_altered=performance.steering.altered,
    )
