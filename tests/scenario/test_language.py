"""Scenarios read: what each key becomes, values filled in, other scenarios played."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from readers import NAMES, one, steps

from mockzoom.probe_source import ProbeSource
from mockzoom.scenario import fill, read, read_text, references
from mockzoom.scenario.durations import seconds, spell
from mockzoom.scenario.model import (
    NOTHING,
    Deliver,
    Expect,
    Place,
    Send,
    Shuffle,
    StreamPlan,
    Together,
    span,
)
from mockzoom.scenario.sending import Challenge
from mockzoom.scenario.steps import Await, Probe, Rotate, StreamFault, Wait

Project = Callable[..., Path]


def test_the_top_of_a_scenario_says_what_it_is() -> None:
    scenario = one(
        "name: a-b-1\nabout: What.\nbecause: Why.\nrevalidate: 72h\n"
        "probe: {get: /stats, ignore: [at, rooms.*.at], unordered: rooms,"
        " reset: /reset, within: 5s}\n"
        "stream: {media: [audio, chat], webhooks: auto, files: {chat: c.txt}}\n"
        "steps: [{send: session.started}, {send: session.ended}, {send: session.started}]\n"
    )
    assert (scenario.name, scenario.about, scenario.because) == ("a-b-1", "What.", "Why.")
    assert scenario.title == "a-b-1"
    assert scenario.revalidate == 72 * 3600
    assert scenario.probe == ProbeSource(
        get="/stats", ignore=("at", "rooms.*.at"), unordered=("rooms",), reset="/reset", within=5.0
    )
    assert scenario.stream is not None
    assert (scenario.stream.media, scenario.stream.webhooks) == (("audio", "chat"), "auto")
    ((kind, path, _),) = scenario.stream.files
    assert (kind, Path(path).name) == ("chat", "c.txt")
    assert scenario.events == ("session.started", "session.ended")
    assert not scenario.rotates


def test_a_folded_text_is_one_line_without_marks_of_the_reader() -> None:
    folded = ">\n  Two lines\n  of text.\n\n  And more.\n"
    scenario = one(
        f"name: a\nabout: {folded}steps:\n- send: session.started\n"
        "  with:\n    payload.object.session_name: >-\n      One\n      name\n"
        '- send: session.ended\n  with: {payload.object.session_name: "bell \\a"}\n'
    )
    assert scenario.about == "Two lines of text.\nAnd more."
    first, second = scenario.steps
    assert isinstance(first, Send)
    assert isinstance(second, Send)
    assert first.changes == (("payload.object.session_name", "One name"),)
    assert second.changes == (("payload.object.session_name", "bell \a"),)


def test_a_step_has_its_place_and_time_and_a_name_if_only_after_what_it_does() -> None:
    found = steps(
        "  - {send: session.started, name: first, about: It starts., after: 1h30m}\n"
        "  - send: session.started\n"
        "  - send: session.started\n"
        "  - wait: 90s\n"
        "  - challenge: {enable: true}\n"
        "  - rotate: secret\n"
    )
    assert [step.name for step in found] == [
        *("first", "session.started", "session.started 2", "wait 1m30s", "enable", "rotate secret")
    ]
    assert (found[0].about, found[0].after) == ("It starts.", 5400.0)
    assert found[1].place == Place("mine.yaml", 5, 5)


def test_an_event_happens_a_second_after_the_one_before_it_or_in_the_same_millisecond() -> None:
    first, second = steps(
        "  - send: session.started\n  - {send: session.ended, same_millisecond: true}\n"
    )
    assert isinstance(first, Send)
    assert isinstance(second, Send)
    assert (first.follows_s, second.follows_s) == (1.0, 0.0)
    assert (span((first, second)), span((first, second), 0.0)) == (1.0, 0.0)


def test_a_send_step_carries_everything_that_it_says() -> None:
    [step] = steps(
        "  - send: session.user_joined\n"
        "    with: {payload.object.user.name: Zoë, /payload/object/user/id: '7'}\n"
        "    without: [payload.object.user.phone_number]\n"
        "    entities: 3\n"
        "    shape: 0\n"
        "    deliver: {times: 3, gap: 0s, same_id: false, late: 90s, lose_response: true,"
        " forge: stale, retry: zoom-blog}\n"
        "    expect: {status: [204, 2xx, 300-302], within: 300ms, headers: {X-A: b.*},"
        " body: {a: null}, schema: {type: object}}\n"
        "    save: {user: payload.object.user.id, code: answer.status}\n"
    )
    assert isinstance(step, Send)
    assert step.event == "session.user_joined"
    assert step.changes == (("payload.object.user.name", "Zoë"), ("/payload/object/user/id", "7"))
    assert step.without == ("payload.object.user.phone_number",)
    assert (step.entities, step.shape) == (3, 0)
    assert step.deliver == Deliver(3, 0.0, False, 90.0, 1, "stale", "", "", "zoom-blog")
    assert step.expect == Expect(
        Place("mine.yaml", 10, 13),
        ((204, 204), (200, 299), (300, 302)),
        0.3,
        (("x-a", "b.*"),),
        {"a": None},
        {"type": "object"},
    )
    assert step.saves == (("user", "payload.object.user.id"), ("code", "answer.status"))


def test_what_is_not_expected_is_not_looked_at() -> None:
    [step] = steps("  - {send: session.started, expect: {status: 200}}")
    assert step.expect.body is NOTHING
    assert step.expect.schema is NOTHING
    assert step.expect.within is None
    assert steps("  - send: session.started")[0].expect is None


def test_every_other_kind_of_step_is_read() -> None:
    found = steps(
        "  - {challenge: true, deliver: {lose_response: 1}, expect: {status: 200}}\n"
        "  - wait: 0s\n"
        "  - {probe: true, expect: {body: {n: 1}, within: 2s}, save: {n: n}}\n"
        "  - probe: {run: [cat, state.json]}\n"
        "  - await: stream.ready\n"
        "  - {await: stream.message CLIENT_READY_ACK, within: 5s}\n"
        "  - stream: drop-signaling\n"
        "  - stream: {drop-media: {close: false}}\n"
        "  - rotate: secret\n",
        "stream: {media: [audio]}",
    )
    challenge, wait, probe, command, ready, message, drop, media, rotate = found
    assert isinstance(challenge, Challenge)
    assert challenge.deliver == Deliver(lose_response=1, retry="none")
    assert isinstance(wait, Wait)
    assert wait.seconds == 0.0
    assert isinstance(probe, Probe)
    assert probe.source is None
    assert (probe.expect.body, probe.expect.within) == ({"n": 1}, 2.0)
    assert probe.saves == (("n", "n"),)
    assert command.source == ProbeSource(run=("cat", "state.json"))
    assert isinstance(ready, Await)
    assert (ready.condition, ready.argument, ready.within) == ("ready", "", 60.0)
    assert (message.condition, message.argument) == ("message", "CLIENT_READY_ACK")
    assert isinstance(drop, StreamFault)
    assert (drop.action, drop.options) == ("drop-signaling", {})
    assert (media.action, media.options) == ("drop-media", {"close": False})
    assert isinstance(rotate, Rotate)


def test_lanes_are_steps_or_lists_of_steps() -> None:
    together, shuffle = steps(
        "  - together:\n"
        "      - send: session.started\n"
        "      - - wait: 1s\n"
        "        - send: session.ended\n"
        "    entity_sets: 20\n"
        "  - shuffle: [{send: session.started}, {send: session.ended}]\n"
        "    orders: 3\n"
    )
    assert isinstance(together, Together)
    assert [len(lane) for lane in together.lanes] == [1, 2]
    assert together.entity_sets == 20
    assert isinstance(shuffle, Shuffle)
    assert [step.event for step in shuffle.steps] == ["session.started", "session.ended"]
    assert shuffle.orders == 3


def test_the_scenarios_policy_holds_where_a_delivery_names_none() -> None:
    found = steps(
        "  - send: session.started\n"
        "  - {send: session.started, deliver: {retry: none}}\n"
        "  - {send: session.started, deliver: {times: 2}}\n"
        "  - {send: session.started, deliver: {forge: stale}}\n"
        "  - {send: session.started, deliver: {malform: 'mutant:0', retry: zoom}}\n"
        "  - challenge: true\n",
        "retry: zoom-blog",
    )
    policies = [step.deliver.retry for step in found]
    assert policies == ["zoom-blog", "none", "zoom-blog", "none", "zoom", "none"]


def test_an_event_that_no_document_has_is_like_one_that_does() -> None:
    [step] = steps("  - {send: meeting.rtms_annotated, like: meeting.rtms_started,"
                   " with: {payload.server_urls: x}}")  # fmt: skip
    assert (step.event, step.like) == ("meeting.rtms_annotated", "meeting.rtms_started")


# -- values --------------------------------------------------------------------------------------


def test_a_text_that_is_one_reference_takes_the_value_with_its_type() -> None:
    scenario = one(
        "name: mine\n"
        "let: {reason: 6, twice: '${reason}', host: a, url: 'wss://${host}:${reason}', on: true}\n"
        "steps:\n"
        "  - send: meeting.rtms_stopped\n"
        "    with: {payload.stop_reason: '${twice}', payload.rtms_stream_id: '${url}'}\n"
        "    deliver: {times: '${reason}', same_id: '${on}'}\n"
    )
    [step] = scenario.steps
    assert step.changes == (
        ("payload.stop_reason", 6), ("payload.rtms_stream_id", "wss://a:6")
    )  # fmt: skip
    assert step.deliver.times == 6


def test_a_let_can_be_an_object_that_stands_for_a_whole_key() -> None:
    scenario = one(
        "name: mine\n"
        "let: {lost: {lose_response: 2}, fine: {status: 2xx}}\n"
        "steps:\n"
        "  - {send: session.started, deliver: '${lost}', expect: '${fine}'}\n"
    )
    [step] = scenario.steps
    assert step.deliver.lose_response == 2
    assert step.expect.statuses == ((200, 299),)


def test_a_matrix_makes_a_scenario_of_every_combination() -> None:
    found = read_text(
        "name: mine\nmatrix: {kind: [meeting, webinar], reason: [1, 2], single: [x]}\nsteps:\n"
        "  - send: ${kind}.rtms_stopped\n    with: {payload.stop_reason: '${reason}'}\n",
        "mine.yaml",
        NAMES,
    )
    assert [scenario.title for scenario in found] == [
        "mine (kind=meeting, reason=1)", "mine (kind=meeting, reason=2)",
        "mine (kind=webinar, reason=1)", "mine (kind=webinar, reason=2)",
    ]  # fmt: skip
    assert [scenario.events for scenario in found][1:3] == [
        ("meeting.rtms_stopped",), ("webinar.rtms_stopped",)
    ]  # fmt: skip


def test_overrides_set_lets_and_choose_from_the_matrix() -> None:
    text = (
        "name: mine\nlet: {reason: 6}\nmatrix: {kind: [meeting, webinar]}\nsteps:\n"
        "  - send: ${kind}.rtms_stopped\n    with: {payload.stop_reason: '${reason}'}\n"
    )
    scenario = one(text, kind="webinar", reason=2)
    assert scenario.title == "mine"
    assert scenario.events == ("webinar.rtms_stopped",)
    assert scenario.steps[0].changes == (("payload.stop_reason", 2),)


def test_saved_values_are_left_for_the_play() -> None:
    _, second, third = steps(
        "  - {send: meeting.rtms_started, save: {stream: payload.rtms_stream_id}}\n"
        "  - {send: meeting.rtms_stopped, with: {payload.rtms_stream_id: '${stream}'}}\n"
        "  - {probe: {get: '/streams/${stream}'}, expect: {body: {id: '${ stream }'}}}\n"
    )
    assert second.changes == (("payload.rtms_stream_id", "${stream}"),)
    assert third.source.get == "/streams/${stream}"
    assert third.expect.body == {"id": "${stream}"}


def test_what_a_lane_saves_is_known_afterwards() -> None:
    found = steps(
        "  - together:\n"
        "      - {send: meeting.rtms_started, save: {a: payload.rtms_stream_id}}\n"
        "      - {send: webinar.rtms_started, save: {b: payload.rtms_stream_id}}\n"
        "  - {send: meeting.rtms_stopped, with: {payload.rtms_stream_id: '${a}-${b}'}}\n"
    )
    assert found[-1].changes == (("payload.rtms_stream_id", "${a}-${b}"),)


def test_lanes_that_save_under_one_name_keep_their_own_values() -> None:
    lane = (
        "      - - {send: meeting.rtms_started, save: {s: payload.rtms_stream_id}}\n"
        "        - {send: meeting.rtms_stopped, with: {payload.rtms_stream_id: '${s}'}}\n"
    )
    [together] = steps(f"  - together:\n{lane}{lane}")
    first, second = together.lanes
    assert [first[0].saves, second[0].saves] == [
        (("s", "payload.rtms_stream_id"),), (("s 2", "payload.rtms_stream_id"),)
    ]  # fmt: skip
    assert first[1].changes == (("payload.rtms_stream_id", "${s}"),)
    assert second[1].changes == (("payload.rtms_stream_id", "${s 2}"),)


def test_the_player_fills_saved_values_in_with_their_types() -> None:
    saved = {"n": 7, "list": [1], "first.stream": "ab"}
    value = {"a": "${n}", "b": ["x${n}y", "${list}"], "c": "${first.stream}", "d": 1, "e": "$n"}
    assert fill(value, saved) == {"a": 7, "b": ["x7y", [1]], "c": "ab", "d": 1, "e": "$n"}
    assert references("${n} and ${first.stream}") == ("n", "first.stream")
    with pytest.raises(KeyError, match="absent"):
        fill("${absent}", saved)
    with pytest.raises(ValueError, match="a list can't stand within a text"):
        fill("x${list}", saved)


# -- play ----------------------------------------------------------------------------------------


def test_a_played_scenario_is_inlined_under_the_name_of_its_step(project: Project) -> None:
    folder = project(
        inner="name: inner\nlet: {reason: 6}\nretry: none\nrevalidate: 72h\nsteps:\n"
        "  - {name: start, send: meeting.rtms_started, save: {stream: payload.rtms_stream_id}}\n"
        "  - send: meeting.rtms_stopped\n"
        "    with: {payload.stop_reason: '${reason}', payload.rtms_stream_id: '${stream}'}\n",
        outer="name: outer\nlet: {r: 2}\nsteps:\n"
        "  - {play: inner, after: 1h}\n"
        "  - {name: again, play: ./inner.yaml, let: {reason: '${r}'}}\n"
        "  - {play: inner}\n"
        "  - {send: meeting.rtms_stopped, with: {payload.rtms_stream_id: '${again.stream}'}}\n",
    )
    [scenario] = read(folder / "outer.yaml", NAMES)
    assert [step.name for step in scenario.steps] == [
        "inner/start", "inner/meeting.rtms_stopped",
        "again/start", "again/meeting.rtms_stopped",
        "inner 2/start", "inner 2/meeting.rtms_stopped",
        "meeting.rtms_stopped",
    ]  # fmt: skip
    first, _, start, stop, *_, last = scenario.steps
    assert first.after == 3600.0
    assert isinstance(start, Send)
    assert isinstance(stop, Send)
    assert isinstance(last, Send)
    assert start.saves == (("again.stream", "payload.rtms_stream_id"),)
    assert stop.changes == (
        ("payload.stop_reason", 2), ("payload.rtms_stream_id", "${again.stream}")
    )  # fmt: skip
    assert last.changes == (("payload.rtms_stream_id", "${again.stream}"),)
    assert [start.deliver.retry, last.deliver.retry] == ["none", "zoom"]
    assert scenario.revalidate == 72 * 3600
    assert start.place.file.endswith("inner.yaml")


def test_a_saved_value_can_be_handed_to_a_played_scenario(project: Project) -> None:
    folder = project(
        inner="name: inner\nlet: {stream: x}\nsteps:\n"
        "  - {send: meeting.rtms_stopped, with: {payload.rtms_stream_id: '${stream}'}}\n",
        outer="name: outer\nsteps:\n"
        "  - {send: meeting.rtms_started, save: {mine: payload.rtms_stream_id}}\n"
        "  - {play: inner, let: {stream: '${mine}'}}\n",
    )
    [scenario] = read(folder / "outer.yaml", NAMES)
    stop = scenario.steps[-1]
    assert isinstance(stop, Send)
    assert stop.changes == (("payload.rtms_stream_id", "${mine}"),)


def test_a_matrix_is_played_with_the_values_chosen_and_a_stream_is_inherited(
    project: Project,
) -> None:
    folder = project(
        inner="name: inner\nmatrix: {kind: [meeting, webinar]}\nstream: {media: [chat]}\nsteps:\n"
        "  - send: ${kind}.rtms_started\n  - await: stream.ready\n",
        outer="name: outer\nsteps:\n  - {play: inner, let: {kind: webinar}}\n",
    )
    [scenario] = read(folder / "outer.yaml", NAMES)
    assert scenario.events == ("webinar.rtms_started",)
    assert scenario.stream == StreamPlan(("chat",))


def test_a_bundled_scenario_is_played_by_its_name_from_any_text() -> None:
    text = "name: mine\nsteps:\n  - {play: rtms-start-stop, let: {kind: session}}\n"
    [scenario] = read_text(text, "upload", NAMES)
    assert scenario.events == ("session.rtms_started", "session.rtms_stopped")


# -- durations -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [("300ms", 0.3), ("3s", 3), ("5m", 300), ("72h", 259_200), ("2d", 172_800),
     ("1h30m", 5400), ("1.5s", 1.5), ("0s", 0)],
)  # fmt: skip
def test_durations_are_numbers_with_units(text: str, expected: float) -> None:
    assert seconds(text) == pytest.approx(expected)
    assert seconds(spell(seconds(text))) == pytest.approx(expected)
