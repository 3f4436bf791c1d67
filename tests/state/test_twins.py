"""Twins: older values that a state still shows, and plays that differ in their texts and times."""

from __future__ import annotations

from typing import Any

from mockzoom import contract
from mockzoom.play.scenario_events import ScenarioEvents
from mockzoom.scenario.model import Place, Scenario, Send
from mockzoom.state.plays import PlayRecord
from mockzoom.state.roles import Roles, SentEvent
from mockzoom.state.scripts import apart, in_ascii, leaders, natural_order, simultaneous
from mockzoom.state.twins import is_unlike_its_twin, older_values
from mockzoom.suites.cases import TestCases
from mockzoom.synth import DEFAULT_AT_MS

PLACE = Place("x.yaml", 1, 1)
URLS = "wss://one.example:443", "wss://two.example:443", "wss://three.example:443"
STARTED = "meeting.rtms_started"


def start(name: str, url: str, entity_set: int = 0) -> Send:
    changes = (("payload.server_urls", url),)
    return Send(place=PLACE, name=name, event=STARTED, changes=changes, entities=entity_set)


def record(steps: tuple[Send, ...], ids: tuple[str, ...] = ("stream-1",) * 3) -> PlayRecord:
    bodies: list[Any] = [
        {"event": STARTED, "payload": {"rtms_stream_id": each, "server_urls": step.changes[0][1]}}
        for step, each in zip(steps, ids, strict=False)
    ]
    sent = (
        SentEvent(step.name, step.entities, body) for step, body in zip(steps, bodies, strict=True)
    )
    return PlayRecord(tuple(sent), acknowledged=steps)


def shown(steps: tuple[Send, ...], tree: Any, played: PlayRecord | None = None) -> list[str]:
    scenario = Scenario("x", "x.yaml", steps)
    return [each.step.name for each in older_values(scenario, played or record(steps), tree)]


def test_an_older_value_is_shown_where_the_newest_is_nowhere() -> None:
    steps = tuple(start(name, url) for name, url in zip("abc", URLS, strict=True))
    assert shown(steps, {"stream": "<a/payload/server_urls>"}) == ["c"]
    assert shown(steps, {"stream": "<b/payload/server_urls>"}) == ["c"]
    assert shown(steps, {"stream": "<c/payload/server_urls>"}) == []
    assert shown(steps, {"all": [f"<{name}/payload/server_urls>" for name in "abc"]}) == []
    assert shown(steps, {"streams": {"by": 1}}) == []


def test_what_was_not_acknowledged_need_not_be_shown() -> None:
    steps = tuple(start(name, url) for name, url in zip("abc", URLS, strict=True))
    played = record(steps)
    refused = PlayRecord(played.sent, acknowledged=steps[:1])
    assert shown(steps, {"stream": "<a/payload/server_urls>"}, refused) == []


def test_of_two_entity_sets_the_ids_of_both_are_shown() -> None:
    steps = start("a", URLS[0]), start("b", URLS[0], 1)
    played = record(steps, ("stream-1-x", "stream-2-x"))
    first, second = "<a/payload/rtms_stream_id>", "<b 1/payload/rtms_stream_id>"
    assert shown(steps, {first: "started"}, played) == ["b"]
    assert shown(steps, {first: "started", second: "started"}, played) == []
    assert shown(steps, {second: "started"}, played) == []


def test_an_event_about_somebody_else_replaces_no_value() -> None:
    people = ("a", "3f9a81c2", "somebody"), ("b", "77d0b1e4", "somebody else")
    steps = tuple(
        Send(place=PLACE, name=name, event=STARTED,
             changes=(("payload.id", each), ("payload.of", of)))
        for name, each, of in people
    )  # fmt: skip
    sent = tuple(
        SentEvent(step.name, 0, {"event": STARTED, "payload": {"id": each, "of": of}})
        for step, (_, each), (_, of) in ((step, *step.changes) for step in steps)
    )
    played = PlayRecord(sent, acknowledged=steps)
    assert shown(steps, {"of": "<a/payload/of>"}, played) == []


def test_in_a_pass_a_value_is_found_with_the_number_of_its_scenario() -> None:
    steps = start("a", URLS[0]), start("b", URLS[1])
    tree = {"stream": "<#7 a/payload/server_urls>"}
    scenario = Scenario("x", "x.yaml", steps)
    assert [each.step.name for each in older_values(scenario, record(steps), tree, 7)] == ["b"]
    assert older_values(scenario, record(steps), tree, 8) == []


def test_events_of_one_millisecond_are_paired_and_their_twins_lie_apart() -> None:
    host = Send(place=PLACE, name="host", event="session.user_left")
    guest = Send(place=PLACE, name="guest", event="session.user_left", follows_s=0.0)
    scenario = Scenario("x", "x.yaml", (host, guest, host))
    assert list(simultaneous(scenario)) == [(host, guest)]
    assert not list(simultaneous(apart(scenario)))
    assert is_unlike_its_twin(scenario, PlayRecord(()))
    assert not is_unlike_its_twin(apart(scenario), PlayRecord(()))


def test_texts_have_emoji_and_their_twins_are_in_ascii() -> None:
    step = Send(place=PLACE, name="joins", event="session.user_joined")
    scenario = Scenario("x", "x.yaml", (step,))
    names = []
    for script in (scenario, in_ascii(scenario)):
        cases = TestCases(contract.load(), 1, DEFAULT_AT_MS)
        events = ScenarioEvents(cases, 3, DEFAULT_AT_MS, name="x", is_ascii=script.is_ascii)
        events.author(step, 1.0, 0)
        about: Any = events.sent[0].body["payload"]["object"]
        names.append((about["session_name"], about["user"]["name"]))
    texts, twins = names
    assert all(max(text) > "\U00010000" for text in texts)
    assert all(text.isascii() for text in twins)
    assert list(map(len, texts)) == list(map(len, twins))


def test_the_time_of_the_last_event_has_one_name_in_a_plain_play_and_in_its_twin() -> None:
    host = Send(place=PLACE, name="host", event="session.user_left")
    guest = Send(place=PLACE, name="guest", event="session.user_left", follows_s=0.0)
    last = Send(place=PLACE, name="last", event="session.user_left", follows_s=0.0)
    scenario = Scenario("x", "x.yaml", (host, guest, last))
    assert leaders(scenario) == {"guest": "host", "last": "host"}
    assert leaders(apart(scenario)) == {}

    def named(*times: int) -> Any:
        sent = [
            SentEvent(step.name, 0, {"event_ts": at, "payload": {"at": at, "reason": f"by {at}"}})
            for step, at in zip(scenario.steps, times, strict=True)
        ]
        own = Roles(sent, natural_order(scenario), leaders=leaders(scenario))
        return own.rename({"last_left_at": times[-1], "why": f"by {times[-1]}"})

    at = 1_770_000_000_000
    assert named(at, at, at)["last_left_at"] == "<host/event_ts>"
    assert named(at, at + 1, at + 2) == {
        "last_left_at": "<host/event_ts>",
        "why": "<last/payload/reason>",
    }
