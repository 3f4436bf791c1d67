"""The timeline of streams: what a reader needs of it is kept, whatever else happens."""

from __future__ import annotations

import pytest

from mockzoom.engine.record import MOST_MOMENTS, StreamTimeline
from mockzoom.model import (
    Attempt,
    Delivery,
    Exchange,
    ExchangeFinished,
    Observation,
    Observed,
    Request,
    Response,
    Timings,
)


def seen(stream: str, at: float, what: str = "joined") -> Observed:
    return Observed(Observation("note", at, at, stream, "signaling-1", "", what))


def delivered(body: bytes, at: float) -> ExchangeFinished:
    request = Request("POST", "http://receiver.test", (), body)
    delivery = Delivery("d-1", "valid", "meeting.rtms_started", body, "r-1")
    return ExchangeFinished(
        Exchange(delivery, (Attempt(request, Response(200, "", (), b""), Timings(), at),))
    )


@pytest.fixture
def timeline() -> StreamTimeline:
    made = StreamTimeline(lambda: 0.0)
    for number in range(24):
        made.take(seen(f"stream-{number:02}", 0.01 * number, "registered"))
    return made


def test_the_stream_that_broke_a_rule_is_shown_whatever_others_do(timeline: StreamTimeline) -> None:
    timeline.take(seen("stream-07", 1.0, "lost"))
    for number in range(5 * MOST_MOMENTS):
        timeline.take(seen(f"stream-{number % 6:02}", 2.0 + number))
    timeline.take(delivered(b'{"payload":{"rtms_stream_id":"stream-07"}}', 9.0))
    timeline.take(delivered(b'{"payload":{}}', 9.0))
    timeline.point_to("stream-07")
    assert [moment.what.split(":")[0] for moment in timeline.all] == [
        "registered", "lost", "meeting.rtms_started",
    ]  # fmt: skip
    assert {moment.stream for moment in timeline.all} == {"stream-07"}


def test_where_nothing_is_broken_the_streams_are_shown_that_most_was_seen_of(
    timeline: StreamTimeline,
) -> None:
    for number in range(8):
        timeline.take(seen("stream-05", 1.0 + number))
    timeline.take(delivered(b"{}", 9.0))
    shown = {moment.stream for moment in timeline.all}
    assert {"", "stream-05"} <= shown
    assert len(shown) == 5


def test_a_long_timeline_says_what_it_leaves_out(timeline: StreamTimeline) -> None:
    for number in range(2 * MOST_MOMENTS):
        timeline.take(seen("stream-01", 1.0 + number))
    timeline.point_to("stream-01")
    whats = [moment.what for moment in timeline.all]
    assert any(what.startswith("… ") and what.endswith(" more …") for what in whats)
    assert len(whats) <= MOST_MOMENTS + 1
    times = [moment.at for moment in timeline.all]
    assert times == sorted(times)


def test_what_follows_the_streams_is_left_out(timeline: StreamTimeline) -> None:
    before = timeline.all
    timeline.end()
    timeline.take(delivered(b"{}", 9.0))
    assert timeline.all == before
