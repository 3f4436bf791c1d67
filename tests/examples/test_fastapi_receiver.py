import pytest
from fastapi_app import SECRET, app, events

from mockzoom import mockzoom_events


@pytest.fixture
def mockzoom_receiver():
    return app, "/zoom"


@pytest.fixture
def mockzoom_secret():
    return SECRET


@mockzoom_events("session.*")
def test_every_session_event_is_kept(mockzoom, mockzoom_event):
    mockzoom.send(mockzoom_event).assert_ok()
    assert events[-1] == mockzoom_event


def test_forgeries_leave_no_trace(mockzoom):
    before = len(events)
    mockzoom.send("session.started", forge="wrong-secret").assert_ok()
    assert len(events) == before


def test_a_field_of_another_type_is_no_crash(mockzoom):
    for event in mockzoom.malformed("session.started"):
        mockzoom.send(event).assert_ok()
