"""Which losses of media break MZ611, and which MZ608 looks at, however late they are noted."""

from __future__ import annotations

from mockzoom.model import Observation
from mockzoom.suites.stream_checks import media_not_rejoined
from mockzoom.zoom.rtms.stream import StreamCase
from mockzoom.zoom.rtms.timeline import Note
from mockzoom.zoom.rtms.timing import Timing


def broken(*seen: tuple[float, Note, str], until: float = 400.0) -> list[str]:
    """Return the rules broken by a history of (second, note, socket); what is lost has a code."""
    observations = tuple(
        Observation("note", at, at, "a-stream", socket, "audio" * (socket == "audio"), note, 1)
        for at, note, socket in seen
    )
    case = StreamCase("a-stream", "meeting", "meeting.rtms_started", Timing(), observations, until)
    return [item.rule for item in media_not_rejoined(case)]


JOINED = [(1.0, Note.JOINED, "signaling"), (2.0, Note.MEDIA_JOINED, "audio")]


def test_media_that_is_lost_alone_has_to_come_back() -> None:
    lost = (10.0, Note.MEDIA_LOST, "audio")
    assert broken(*JOINED, lost) == ["MZ611"]
    assert broken(*JOINED, lost, (20.0, Note.MEDIA_JOINED, "audio")) == []


def test_media_that_goes_with_signaling_is_no_loss_of_its_own_also_on_a_busy_machine() -> None:
    for later in (0.0, 0.0005, 0.2):
        lost = [(10.0, Note.INTERRUPTED, "signaling"), (10.0 + later, Note.MEDIA_LOST, "audio")]
        assert broken(*JOINED, *lost) == [], later
        assert broken(*JOINED, *lost, (50.0, Note.JOINED, "signaling")) == ["MZ611"], later
        back = [(50.0, Note.JOINED, "signaling"), (110.0, Note.MEDIA_JOINED, "audio")]
        assert broken(*JOINED, *lost, *back) == [], later
