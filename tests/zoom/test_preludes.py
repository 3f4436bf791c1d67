"""Preludes: what comes before an event is in the contract, and about the same entities."""

from __future__ import annotations

import json

import pytest

from mockzoom.contract import bundled_events, load
from mockzoom.engine.case import CaseName
from mockzoom.schema.pointer import leaves
from mockzoom.suites.cases import TestCases
from mockzoom.synth import DEFAULT_AT_MS
from mockzoom.zoom.preludes import AFTER, BEFORE, prelude
from tests.whole_contract import whole_contract

OWNERS = ("meeting_uuid", "webinar_uuid", "session_id", "engagement_id", "rtms_stream_id")


BEGINS = ("_started", ".started", "_joined", ".created", "_created", "_ringing", "_added",
          "_create", "_requested", "_published", "checked_in")  # fmt: skip
ENDS = ("_ended", ".ended", "_left", ".deleted", "_deleted", "_stopped", ".stopped", ".updated",
        "_updated", "_removed", "_delete", "_update", "_unpublished", "checked_out")  # fmt: skip
"""How an event's name ends whose order among those of one thing is plain."""


def test_every_event_that_is_named_is_in_the_contract() -> None:
    assert {*BEFORE, *AFTER} <= bundled_events().keys()


def test_no_event_follows_two_others() -> None:
    following = [event for events in AFTER.values() for event in events]
    assert sorted(following) == sorted({*following}) == sorted(BEFORE)


def test_no_chain_is_circular_and_each_is_short() -> None:
    for event in BEFORE:
        chain, before = [event], BEFORE.get(event)
        while before is not None:
            assert before not in chain, f"{event}: {before} comes before itself"
            chain.append(before)
            before = BEFORE.get(before)
        assert [*prelude(event), event] == chain[::-1]
        assert len(chain) <= 7, event


def test_a_chain_stays_within_a_product() -> None:
    products = bundled_events()
    leaving = {event for event, before in BEFORE.items() if products[event] != products[before]}
    assert leaving == {"session.rtms_started"}


def test_what_ends_has_a_beginning_where_the_contract_has_one() -> None:
    """An event `x_ended` follows something where there is an `x_started` of the same name."""
    known = bundled_events().keys()
    begun = {
        event: begins & known
        for event in known - BEFORE.keys()
        for end in ENDS
        if event.endswith(end)
        and (begins := {event.removesuffix(end) + begin for begin in BEGINS}) & known
    }
    assert begun == {}


def test_the_first_event_of_a_prelude_has_none_itself() -> None:
    for event in bundled_events():
        before = prelude(event)
        assert event not in before
        assert not before or before[0] not in BEFORE
    assert prelude("session.recording_resumed") == (
        "session.started", "session.recording_started", "session.recording_paused",
    )  # fmt: skip
    assert prelude("recording.transcript_completed") == (
        "meeting.started", "recording.started", "recording.stopped", "recording.completed",
    )  # fmt: skip
    assert prelude("meeting.rtms_started") == ()


def test_what_happens_by_itself_has_no_prelude() -> None:
    for event in ("meeting.started", "webinar.started", "phone.callee_ringing", "user.created",
                  "app_deauthorized", "rtms.concurrency_limited", "bot_notification"):  # fmt: skip
        assert prelude(event) == ()


@pytest.mark.slow
def test_a_prelude_of_any_product_happened_before_its_case() -> None:
    cases = TestCases(whole_contract(), 1, DEFAULT_AT_MS)
    for event in BEFORE:
        case = cases.prepare(event, CaseName("valid", entities=2))
        before = cases.prelude(case)
        assert [each.event for each in before] == list(prelude(event)), event
        stamps = [json.loads(each.body)["event_ts"] for each in (*before, case)]
        assert sorted({*stamps}) == stamps, event


def test_a_prelude_is_about_the_entities_of_its_case_and_happened_before() -> None:
    cases = TestCases(load(), 1, DEFAULT_AT_MS)
    for event in BEFORE.keys() & load().events.keys():
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


NOT_LINKED = {
    "chat_channel.created": ("updated", "deleted", "member_joined"),
    "meeting.participant_joined": ("chat_message_file_sent",),
    "node.zone_added": ("zone_deleted",),
    "phone.voicemail_received": ("voicemail_deleted",),
    "recording.batch_trashed": ("batch_recovered", "batch_deleted"),
    "task.created": ("updated", "comment_updated", "completed"),
    "team_chat.channel_message_posted": ("channel_reaction_added",),
    "team_chat.file_uploaded": ("file_downloaded",),
    "webinar.participant_joined": ("chat_message_file_sent",),
}
"""Events that share no id with the one before them: their ids have other names, or come from an
example. To receivers they are about something unknown; whoever makes them agree takes them out."""
OF_ALL = ("account_id", "operator_id", "operator_member_id", "host_id")


@pytest.mark.slow
def test_an_event_shares_an_id_with_the_one_before_it() -> None:
    cases = TestCases(whole_contract(), 1, DEFAULT_AT_MS)
    apart = set()
    for event, before in BEFORE.items():
        case = cases.prepare(event, CaseName("valid", entities=4))
        last = cases.prelude(case)[-1]
        if not _ids(json.loads(case.body)) & _ids(json.loads(last.body)):
            apart.add((before, event.rpartition(".")[2]))
    assert apart <= {(before, each) for before, told in NOT_LINKED.items() for each in told}


def _ids(body: object) -> set[str]:
    """Return the ids in a body that are not those of everything in the account."""
    named = ((place.rpartition("/")[2], str(value)) for place, value in leaves(body))
    return {
        value
        for name, value in named
        if name.endswith(("id", "ID")) and name not in OF_ALL and len(value) >= 8
    }


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
