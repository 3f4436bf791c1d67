"""What a run has told a consumer of streams, before it plays its own."""

from __future__ import annotations

import json
from typing import Any

from mockzoom.model import (
    Attempt,
    Delivery,
    Exchange,
    ExchangeFinished,
    Request,
    Response,
    Timings,
)
from mockzoom.verify.started_streams import StartedStreams


def finished(event: str, body: Any, status: int = 200) -> ExchangeFinished:
    made = body if isinstance(body, bytes) else json.dumps(body).encode()
    delivery = Delivery("d-1", "valid", event, made, "r-1")
    request = Request("POST", "http://receiver.test", (), made)
    answer = Attempt(request, Response(status, "", (), b""), Timings(), 1.0)
    return ExchangeFinished(Exchange(delivery, (answer,)))


def told(owner: str, stream: Any) -> dict[str, Any]:
    return {"payload": {owner: "o-1", "rtms_stream_id": stream}}


def test_each_acknowledged_start_without_a_stop_gets_one() -> None:
    started = StartedStreams()
    for event in (
        finished("meeting.rtms_started", told("meeting_uuid", "s-1")),
        finished("meeting.rtms_started", told("meeting_uuid", "s-2")),
        finished("meeting.rtms_started", told("meeting_uuid", "s-3"), 401),
        finished("meeting.rtms_stopped", told("meeting_uuid", "s-2")),
        finished("contact_center.voice_rtms_started", told("engagement_id", "s-4")),
        finished("meeting.rtms_started", told("meeting_uuid", 5)),
        finished("meeting.rtms_started", b"[" * 100_000),
        finished("meeting.rtms_started", []),
        finished("meeting.started", told("meeting_uuid", "s-6")),
    ):
        started(event)
    stops = started.stops()
    assert [(step.event, dict(step.changes)) for step in stops] == [
        ("meeting.rtms_stopped",
         {"payload.meeting_uuid": "o-1", "payload.rtms_stream_id": "s-1",
          "payload.stop_reason": 6}),
        ("contact_center.voice_rtms_stopped",
         {"payload.engagement_id": "o-1", "payload.rtms_stream_id": "s-4",
          "payload.stop_reason": 1}),
    ]  # fmt: skip
    started(finished("meeting.rtms_started", told("meeting_uuid", "s-7")))
    assert started.stops() == stops
