"""The streams that a run has told a receiver of, and that nobody can join.

A consumer tries to join whatever it is told of. Each event type is delivered in many shapes, so it
waits for more than a hundred servers that do not exist. Zoom ends such a stream after a minute; so
does `verify` before it plays streams of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from mockzoom.foreign_json import ForeignJSONError, read_json
from mockzoom.model import ExchangeFinished, RunEvent
from mockzoom.play.streams import webhook_step
from mockzoom.scenario.model import Send
from mockzoom.zoom.rtms import STREAM_ID, StopReason, told_by
from mockzoom.zoom.rtms.protocol import told_reason


class StartedStreams:
    """A listener that keeps each stream of an acknowledged start until its stop is acknowledged.

    It listens until the stops are taken.
    """

    def __init__(self) -> None:
        self._over = False
        self._stops: dict[str, Send] = {}

    def __call__(self, event: RunEvent) -> None:
        """Take one run event."""
        if (
            self._over
            or not isinstance(event, ExchangeFinished)
            or not event.exchange.last.acknowledged
        ):
            return
        delivery = event.exchange.delivery
        name = delivery.event or ""
        told = told_by(name)
        if told is None:
            return
        kind, word, owner = told
        stream, owner_id = _ids(delivery.body, owner)
        if not stream:
            return
        if word == "stopped":
            self._stops.pop(stream, None)
        elif word == "started":
            reason = told_reason(StopReason.MEETING_ENDED, kind)
            ids = {owner: owner_id, STREAM_ID: stream, "stop_reason": reason}
            self._stops[stream] = webhook_step(f"{name.removesuffix(word)}stopped", ids)

    def stops(self) -> tuple[Send, ...]:
        """Return the stops that are due, as steps; listen no more."""
        self._over = True
        return tuple(self._stops.values())


def _ids(body: bytes, owner: str) -> tuple[str, str]:
    """Return the ids of stream and owner that an event names; empty where it names none."""
    try:
        said = read_json(body)
    except ForeignJSONError:
        return "", ""
    payload = said.get("payload") if isinstance(said, Mapping) else None
    found = payload if isinstance(payload, Mapping) else {}
    ids = found.get(STREAM_ID), found.get(owner)
    return (ids[0], ids[1]) if isinstance(ids[0], str) and isinstance(ids[1], str) else ("", "")
