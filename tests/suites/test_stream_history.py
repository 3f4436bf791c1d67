"""Findings of streams, as a reader gets them."""

from __future__ import annotations

from mockzoom.engine.findings import Findings
from mockzoom.report.text import finding
from mockzoom.suites.stream_history import violation
from mockzoom.zoom.rtms import StreamCase, Timing


def test_what_is_wrong_with_several_streams_is_said_once() -> None:
    found = Findings()
    for stream in ("a" * 32, "b" * 32, "c" * 32):
        case = StreamCase(stream, "meeting", "meeting.rtms_started", Timing(), (), 1.0)
        found.add(violation("MZ608", case, "signaling-1 was lost", "no rejoin", "", ""))
    text = " ".join(line for _, line in finding(found.all()[0], width=200))
    assert text.count("signaling-1 was lost") == 1
    assert all(letter * 32 in text for letter in "abc")
    assert "MZ608 no-rejoin, 3 times" in text
