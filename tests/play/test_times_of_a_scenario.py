"""Times of one scenario run: each event tells what the others told, whatever they are."""

from __future__ import annotations

from typing import Any

from mockzoom import contract
from mockzoom.play.scenario_events import ScenarioEvents, StartTimes
from mockzoom.scenario.model import Place, Send
from mockzoom.suites.cases import TestCases
from mockzoom.synth import DEFAULT_AT_MS
from mockzoom.synth.entity_set import stamp

ALL = contract.load()


def told(*steps: tuple[str, float], number: int = 3, name: str = "made-up") -> dict[str, Any]:
    """Return the bodies of a run's events, by name; each happens so many seconds after start."""
    events = ScenarioEvents(TestCases(ALL, 1, DEFAULT_AT_MS), number, DEFAULT_AT_MS, name=name)
    found = {}
    for event, offset_s in steps:
        step = Send(name=event, place=Place("made-up.yaml", 1, 1), event=event)
        events.preview(step, offset_s + 1, 0)
        events.author(step, offset_s, 0)
        found[event] = events.sent[-1].body
    return found


def at(body: dict[str, Any]) -> str:
    return stamp(body["event_ts"] // 1000)


def about(body: dict[str, Any]) -> Any:
    return body["payload"]["object"]


def test_times_of_a_meeting_are_those_of_the_events_that_told_them() -> None:
    made = told(
        ("meeting.started", 0), ("meeting.participant_joined", 40), ("recording.started", 60),
        ("recording.stopped", 1260), ("meeting.participant_left", 1300), ("meeting.ended", 1330),
        ("recording.completed", 1500), ("recording.transcript_completed", 1600),
    )  # fmt: skip
    started = at(made["meeting.started"])
    for body in made.values():
        assert about(body).get("start_time", started) == started
    joined = about(made["meeting.participant_joined"])["participant"]
    assert joined["join_time"] == at(made["meeting.participant_joined"])
    left = about(made["meeting.participant_left"])["participant"]
    assert left["leave_time"] == at(made["meeting.participant_left"])
    assert left["leave_reason"].startswith(joined["user_name"])
    ended = about(made["meeting.ended"])
    assert (ended["end_time"], ended["duration"]) == (at(made["meeting.ended"]), 1330 // 60)
    for event in ("recording.completed", "recording.transcript_completed"):
        for file in about(made[event])["recording_files"]:
            assert file["recording_start"] == at(made["recording.started"])
            assert file["recording_end"] == at(made["recording.stopped"])
    assert about(made["recording.completed"])["duration"] == 20


def test_a_session_starts_when_it_was_told_to_start() -> None:
    made = told(("session.started", 0), ("session.user_joined", 5), ("session.ended", 65))
    starts = {about(body)["start_time"] for body in made.values() if "start_time" in about(body)}
    assert starts == {at(made["session.started"])}
    assert about(made["session.ended"])["end_time"] == at(made["session.ended"])


def test_what_no_event_told_lies_between_what_they_did() -> None:
    made = told(("meeting.started", 0), ("meeting.ended", 600), ("recording.completed", 900))
    for file in about(made["recording.completed"])["recording_files"]:
        times = [at(made["meeting.started"]), file["recording_start"], file["recording_end"],
                 at(made["meeting.ended"])]  # fmt: skip
        assert times == sorted(times)
        assert file["recording_start"] < file["recording_end"]


def test_a_scene_that_begins_late_still_has_a_start_that_stays() -> None:
    made = told(("meeting.participant_left", 0), ("meeting.ended", 30))
    first, last = (about(body)["start_time"] for body in made.values())
    assert first == last < at(made["meeting.participant_left"])


def test_a_participant_who_comes_again_joined_at_the_second_time() -> None:
    events = ScenarioEvents(TestCases(ALL, 1, DEFAULT_AT_MS), 3, DEFAULT_AT_MS)
    times = []
    for offset_s in (10, 300):
        event = "meeting.participant_joined"
        events.author(Send(name=event, place=Place("made-up.yaml", 1, 1), event=event), offset_s, 0)
        body = events.sent[-1].body
        times.append((about(body)["participant"]["join_time"], at(body)))
    assert all(join == now for join, now in times)
    assert times[0] != times[1]


def test_a_call_rings_before_it_is_answered_and_ends_last() -> None:
    made = told(
        ("phone.callee_ringing", 0), ("phone.callee_answered", 12), ("phone.callee_ended", 90),
        ("phone.callee_call_log_completed", 95),
    )  # fmt: skip
    ended = about(made["phone.callee_ended"])
    assert ended["ringing_start_time"] == at(made["phone.callee_ringing"])
    assert ended["answer_start_time"] == at(made["phone.callee_answered"])
    assert ended["call_end_time"] == at(made["phone.callee_ended"])
    for log in about(made["phone.callee_call_log_completed"])["call_logs"]:
        assert log["call_end_time"] == ended["call_end_time"]
        assert log["duration"] == 78


def test_what_is_planned_stays_planned_for_the_same_time() -> None:
    made = told(
        ("meeting.created", 0), ("meeting.registration_created", 60), ("meeting.deleted", 90)
    )
    planned = {about(body)["start_time"] for body in made.values()}
    assert len(planned) == 1
    assert min(planned) > at(made["meeting.deleted"])


def test_two_scenes_of_a_scenario_have_texts_of_the_same_length_and_other_words() -> None:
    one, other = (
        about(told(("meeting.started", 0), number=number)["meeting.started"])["topic"]
        for number in (3, 4)
    )
    assert one != other
    assert len(one) == len(other)
    third = told(("meeting.started", 0), number=3, name="another-scenario")["meeting.started"]
    assert about(third)["topic"] != one


def test_each_scene_has_an_account_of_its_own() -> None:
    accounts = {
        told(("user.created", 0), number=number)["user.created"]["payload"]["account_id"]
        for number in range(20)
    }
    assert len(accounts) == 20


def test_runs_begin_one_after_the_other_and_no_two_in_one_millisecond() -> None:
    starts = StartTimes(DEFAULT_AT_MS)
    latest_ms, length_s = DEFAULT_AT_MS - 1_800_000, 1_800.0
    found = [starts.start_ms(latest_ms, length_s) for _ in range(500)]
    assert found == sorted(set(found))
    assert found[-1] <= latest_ms
