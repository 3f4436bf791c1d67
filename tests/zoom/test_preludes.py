"""Preludes: what comes before an event is in the contract, and about the same entities."""

from __future__ import annotations

import json

from mockzoom.contract import load
from mockzoom.engine.case import CaseName
from mockzoom.suites.cases import TestCases
from mockzoom.synth import DEFAULT_AT_MS
from mockzoom.zoom.preludes import BEFORE, prelude

OWNERS = ("meeting_uuid", "webinar_uuid", "session_id", "engagement_id", "rtms_stream_id")


def test_what_comes_before_an_event_is_in_the_contract_too() -> None:
    assert {*BEFORE, *BEFORE.values()} <= load().events.keys()


def test_the_first_event_of_a_prelude_has_none_itself() -> None:
    for event in load().events:
        before = prelude(event)
        assert event not in before
        assert not before or before[0] not in BEFORE
    assert prelude("session.recording_resumed") == (
        "session.started", "session.recording_started", "session.recording_paused",
    )  # fmt: skip
    assert prelude("meeting.rtms_started") == ()


def test_a_prelude_is_about_the_entities_of_its_case_and_happened_before() -> None:
    cases = TestCases(load(), 1, DEFAULT_AT_MS)
    for event in BEFORE:
        case = cases.prepare(event, CaseName("valid", entities=3))
        before = cases.prelude(case)
        assert [each.event for each in before] == list(prelude(event)), event
        told = [json.loads(each.body) for each in (*before, case)]
        assert sorted(body["event_ts"] for body in told) == [body["event_ts"] for body in told]
        assert len({body["event_ts"] for body in told}) == len(told), event
        payload, *_ = (body["payload"] for body in told[-1:])
        shared = 0
        for earlier in told[:-1]:
            for owner in OWNERS:
                for one, other in zip(
                    _values(earlier, owner), _values(payload, owner), strict=False
                ):
                    assert one == other, (event, owner)
                    shared += 1
        assert shared, event


def test_a_prelude_is_made_again_from_the_name_of_its_case() -> None:
    name = CaseName("valid", entities=2)
    made = [TestCases(load(), 1, DEFAULT_AT_MS).prelude(
        TestCases(load(), 1, DEFAULT_AT_MS).prepare("session.user_left", name)
    ) for _ in range(2)]  # fmt: skip
    assert [each.body for each in made[0]] == [each.body for each in made[1]]


def _values(value: object, name: str) -> list[object]:
    if isinstance(value, dict):
        inner = [found for each in value.values() for found in _values(each, name)]
        return ([value[name]] if name in value else []) + inner
    if isinstance(value, list):
        return [found for each in value for found in _values(each, name)]
    return []
