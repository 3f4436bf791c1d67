"""The timeline of a run with streams: what the stream server saw, and the webhooks between.

Answered keep-alives and media frames are left out: a timeline is read by people.
"""

from __future__ import annotations

from collections.abc import Callable

from mockzoom.engine.evidence import describe
from mockzoom.model import ExchangeFinished, Moment, Observed, RunEvent

MOST_MOMENTS = 400
"""Moments that are kept: the first half, and the last."""
_ARROWS = {"in": "consumer: ", "out": "server: ", "note": ""}


class StreamMoments:
    """Takes run events, and keeps what belongs to the timeline."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._began = now()
        self._first: list[Moment] = []
        self._last: list[Moment] = []
        self._dropped = 0

    def take(self, event: RunEvent) -> None:
        """Take one run event."""
        if isinstance(event, Observed):
            seen = event.observation
            if seen.routine:
                return
            what = f"{_ARROWS[seen.direction]}{seen.recognised}"
            if seen.code:
                what += f" {seen.code}"
            if seen.direction == "note" and seen.message:
                what += f": {seen.message}"
            self._keep(Moment(seen.at - self._began, seen.socket or "stream", what))
        elif isinstance(event, ExchangeFinished):
            exchange = event.exchange
            what = f"{exchange.delivery.event}: {describe(exchange.last)}"
            if exchange.delivery.forge:
                what = f"forged ({exchange.delivery.forge}) {what}"
            self._keep(Moment(exchange.last.started_at - self._began, "webhook", what))

    @property
    def all(self) -> tuple[Moment, ...]:
        """What was kept, in the order of time."""
        kept = [*self._first, *self._last]
        if self._dropped:
            gap = Moment(self._last[0].at, "", f"… {self._dropped} more …")
            kept.insert(len(self._first), gap)
        return tuple(sorted(kept, key=lambda moment: moment.at))

    def _keep(self, moment: Moment) -> None:
        if len(self._first) < MOST_MOMENTS // 2:
            self._first.append(moment)
            return
        self._last.append(moment)
        if len(self._last) > MOST_MOMENTS // 2:
            self._last.pop(0)
            self._dropped += 1
