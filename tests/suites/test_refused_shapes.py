"""What tells refused shapes of an event from acknowledged ones."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockzoom import Mockzoom
from mockzoom.suites.refused_shapes import ShapeOutcomes, without
from tests.receivers.field import Answer, Right
from tests.receivers.launch import SECRET


def outcomes(acknowledged: list[Any], *refused: list[Any]) -> ShapeOutcomes:
    found = ShapeOutcomes()
    for event in acknowledged:
        found.acknowledged(json.dumps(event).encode())
    for number, events in enumerate(refused):
        for event in events:
            found.refused(str(number), json.dumps(event).encode())
    return found


def test_a_field_is_absent_where_only_acknowledged_events_have_it() -> None:
    assert outcomes([{"a": 1, "b": 2}, {"a": 1}], [{"b": 2}]).absent() == ["/a"]
    assert outcomes([{"a": {"b": 1}, "c": 1}], [{}]).absent() == ["/a", "/c"]
    assert outcomes([{"a": {"b": 1}}, {}], [{"a": {}}]).absent() == ["/a/b"]
    assert outcomes([{"a": 1}, {}], [{"a": 2}, {}]).absent() == []


def test_a_value_is_named_where_it_alone_is_in_each_event_of_a_refused_shape() -> None:
    taken = [{"a": 1, "id": 1}, {"a": 2, "id": 2}]
    assert outcomes(taken, [{"a": 6, "id": 3}, {"a": 6, "id": 4}]).values() == "/a = 6"
    five, six = [{"a": 5, "id": 5}, {"a": 5, "id": 6}], [{"a": 6, "id": 3}, {"a": 6, "id": 4}]
    assert outcomes(taken, five, six).values() == "/a = 5 or 6"
    assert outcomes(taken, [{"a": 6, "id": 3}]).values() == ""  # the id may be the cause as well
    assert outcomes(taken, [{"a": 1, "id": 3}, {"a": 1, "id": 4}]).values() == ""
    many = [[{"a": number, "id": -1}, {"a": number, "id": -2}] for number in range(10, 15)]
    assert outcomes(taken, *many).values() == "/a = 10 or 11 or 12 and 2 more"


def test_a_member_is_taken_out_wherever_it_is() -> None:
    body = json.dumps({"a": [{"b/c": 1, "d": 2}]}).encode()
    assert without(body, "/a/0/b~1c") == {"a": [{"d": 2}]}


class NeedsKey(Right):
    """Fails without a field that is optional, and on one value."""

    def take(self, event: dict[str, Any]) -> Answer:
        payload = event["payload"]
        if event["event"] == "meeting.rtms_stopped" and payload.get("stop_reason") == 6:
            return 500, None
        user = payload.get("object", {}).get("user") if event["event"] == "session.user_left" else 0
        return (500 if isinstance(user, dict) and "user_key" not in user else 200), None


@pytest.mark.slow
def test_the_report_names_the_field_and_the_value_that_are_refused() -> None:
    with Mockzoom(NeedsKey(), SECRET) as zoom:
        result = zoom.verify(
            events=["session.user_left", "meeting.rtms_stopped"], suites=["events"]
        ).result
    (found,) = [item for item in result.violations if item.rule == "MZ101"]
    assert "valid, but answered 500 without /payload/object/user/user_key" in found.message
    assert "valid, but answered 500 with /payload/stop_reason = 6" in found.message
