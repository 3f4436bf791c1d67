"""Streams beside webhooks, in scenarios and in `verify --streams`; in process, short times."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mockzoom.client.playing import play
from mockzoom.client.scenarios import load_scenarios
from mockzoom.client.settings import load_contract
from mockzoom.client.verifying import verify
from mockzoom.contract import bundled as bundled_folder
from mockzoom.errors import UsageError
from mockzoom.model import Observed, RunEvent, RunResult
from mockzoom.play import PlayPlan
from mockzoom.report import as_text
from mockzoom.report.json_report import as_json
from mockzoom.scenario import Scenario
from mockzoom.settings import Settings
from mockzoom.suites import streams
from mockzoom.zoom.rtms import FAULTS, MEETING_ACTIONS
from tests.zoom.rtms.consumer import Style
from tests.zoom.rtms.receiver import StreamReceiver

pytestmark = pytest.mark.slow

SECRET, CLIENT, CLIENT_SECRET = "s3cret-of-tests", "client-of-tests", "client-secret-of-tests"
SCALE = 0.1
"""A tenth of the protocol's times: a minute to join becomes 6 s."""
SETTINGS = Settings(
    secret=SECRET, client_id=CLIENT, client_secret=CLIENT_SECRET, suites=("events",),
    events=("meeting.rtms_*", "webinar.rtms_*"), stream_scale=SCALE,
)  # fmt: skip
STREAM_RULES = set(streams.RULES)
LOST = """
name: lost
about: The signaling socket breaks.
stream: {media: [transcript], webhooks: WEBHOOKS}
steps:
  - send: meeting.rtms_started
  - await: stream.ready
  - await: stream.message CLIENT_READY_ACK
  - stream: drop-signaling
  - await: stream.rejoined
  - stream: {terminate: {reason: 6}}
  - await: stream.closed
    within: 20s
"""


def receiver(style: Style | None = None, *defects: str) -> StreamReceiver:
    return StreamReceiver(SECRET, CLIENT, CLIENT_SECRET, style, frozenset(defects))


def scenarios(source: str | Path) -> tuple[Scenario, ...]:
    return load_scenarios([source], load_contract(SETTINGS))


def played(
    app: StreamReceiver, source: str | Path, listener: Any = lambda event: None
) -> RunResult:
    return play(app, SETTINGS, PlayPlan(scenarios(source), stream_scale=SCALE), listener)


def rules(result: RunResult) -> set[str]:
    return {item.rule for item in result.violations}


def written(folder: Path, webhooks: str) -> Path:
    path = folder / "lost.yaml"
    path.write_text(LOST.replace("WEBHOOKS", webhooks))
    return path


def test_the_bundled_streamed_scenario_finds_nothing_wrong_with_a_correct_consumer() -> None:
    app = receiver()
    result = played(app, "rtms-streamed")
    assert (rules(result), result.breakages) == (set(), ())
    assert app.events == [
        "meeting.rtms_started", "meeting.rtms_interrupted", *["meeting.rtms_stopped"] * 2,
    ]  # fmt: skip


def test_scripted_webhooks_come_from_the_scenario_alone(tmp_path: Path) -> None:
    app = receiver()
    assert rules(played(app, written(tmp_path, "scripted"))) == set()
    assert app.events == ["meeting.rtms_started"]


def test_automatic_webhooks_tell_what_became_of_the_stream(tmp_path: Path) -> None:
    app = receiver(Style(rejoin="when told"))
    result = played(app, written(tmp_path, "auto"))
    assert (rules(result), result.breakages) == (set(), ())
    assert app.events == [
        "meeting.rtms_started", "meeting.rtms_interrupted", "meeting.rtms_stopped",
    ]  # fmt: skip
    assert result.coverage.events == (3, 3)


def test_who_handles_webhooks_only_gets_one_finding() -> None:
    result = played(receiver(None, "webhooks-only"), "rtms-streamed")
    assert rules(result) == {"MZ601"}
    assert any("stopped at await ready" in notice for notice in result.notices)


def test_the_timeline_stands_in_every_report_between_the_webhooks() -> None:
    seen: list[RunEvent] = []
    result = played(receiver(), "rtms-streamed", seen.append)
    assert any(isinstance(event, Observed) for event in seen)
    places = [moment.where for moment in result.timeline]
    assert places.index("webhook") < places.index("signaling-1") < places.index("signaling-2")
    assert "consumer: CLIENT_READY_ACK" in as_text(result)
    assert '"what": "consumer: SIGNALING_HAND_SHAKE_REQ"' in as_json(result)
    assert not any("KEEP_ALIVE" in moment.what for moment in result.timeline)


def test_a_stream_needs_the_credentials_of_its_handshakes() -> None:
    bare = Settings(secret=SECRET)
    with pytest.raises(UsageError, match="--client-id and --client-secret"):
        play(receiver(), bare, PlayPlan(scenarios("rtms-streamed")))
    with pytest.raises(UsageError, match="--client-id and --client-secret"):
        verify(receiver(), Settings(secret=SECRET, streams=True))


def test_a_stream_cannot_be_played_on_a_virtual_clock() -> None:
    with pytest.raises(UsageError, match="--virtual"):
        play(receiver(), SETTINGS, PlayPlan(scenarios("rtms-streamed"), clock="virtual"))


def test_scenarios_know_the_stream_server_s_actions_and_check_their_options(
    tmp_path: Path,
) -> None:
    schema = json.loads((bundled_folder("scenarios") / "schema.json").read_text("utf-8"))
    offered = schema["$defs"]["stream"]["properties"]["stream"]["anyOf"][0]["enum"]
    assert set(offered) == {item.name for item in (*FAULTS, *MEETING_ACTIONS)}
    path = tmp_path / "options.yaml"
    path.write_text(
        "name: options\nstream: {media: [transcript]}\nsteps:\n  - send: meeting.rtms_started\n"
        "  - stream: {terminate: {reasn: 6}}\n"
    )
    app = receiver()
    with pytest.raises(UsageError, match=r"options.yaml:5.*reasn.*did you mean reason"):
        played(app, path)
    assert app.events == []


def test_what_is_awaited_in_vain_without_a_rule_is_an_expectation(tmp_path: Path) -> None:
    path = tmp_path / "vain.yaml"
    path.write_text(
        "name: vain\nstream: {media: [transcript]}\nsteps:\n  - send: meeting.rtms_started\n"
        "  - await: stream.message STREAM_CLOSE_REQ\n    within: 3s\n"
    )
    result = played(receiver(), path)
    assert rules(result) == {"MZ510"}
    assert "vain.yaml:5" in result.violations[0].expected


@pytest.mark.parametrize(
    ("style", "defects", "expected"),
    [
        (Style(), (), set()),
        (Style(binary=True, one_media_socket=True, rejoin="when told"), (), set()),
        (Style(), ("only-meetings",), set()),
        (Style(moves_late=True), (), set()),
        (Style(), ("webhooks-only",), {"MZ601"}),
        (Style(ignores_failover=True), (), {"MZ607"}),
        (Style(rejoin="never"), (), {"MZ608"}),
        (Style(closes=False), (), {"MZ609"}),
        (Style(rejoin="never", closes=False), ("only-meetings",), {"MZ608", "MZ609"}),
        (Style(rejoin="never"), ("one-at-a-time",), {"MZ608"}),
        (Style(rejoin="when told", tries_again=False), (), {"MZ608"}),
        (Style(backs_off=False), ("only-meetings",), {"MZ612"}),
        (Style(rejoin_media=False), (), {"MZ611"}),
        (Style(answers_signaling=False), (), {"MZ605"}),
        (Style(answers_first_only=True), ("only-meetings",), {"MZ605"}),
        (Style(), ("follows-forgeries",), {"MZ613"}),
    ],
    ids=lambda value: " ".join(sorted(value)) if isinstance(value, set) else "",
)
def test_verify_streams_finds_exactly_what_is_wrong(
    style: Style, defects: tuple[str, ...], expected: set[str]
) -> None:
    result = verify(receiver(style, *defects), replace(SETTINGS, streams=True))
    assert result.breakages == ()
    assert rules(result) == expected
    judged = {rule for rule, _ in result.cases if rule in STREAM_RULES}
    if expected & {"MZ601"}:
        assert {item.rule for item in result.not_judged} >= {"MZ604", "MZ608", "MZ613"}
    else:
        assert STREAM_RULES - judged <= {item.rule for item in result.not_judged}
        assert {"MZ601", "MZ607", "MZ609", "MZ611", "MZ613"} <= judged
    for item in result.violations:
        assert item.reproduce.startswith("mockzoom verify http://receiver.test/webhook ")
        assert " --streams " in item.reproduce


class Queueing(StreamReceiver):
    """Takes one stream after the other, and waits for whatever it is told of until it has ended."""

    def __init__(self) -> None:
        super().__init__(SECRET, CLIENT, CLIENT_SECRET)
        self.waiting: dict[str, tuple[str, dict[str, Any]]] = {}
        self.current = ""

    def told(self, name: str, payload: dict[str, Any]) -> None:
        stream, word = str(payload.get("rtms_stream_id")), name.rpartition("rtms_")[2]
        if word == "started" and self.current != stream:
            self.waiting.setdefault(stream, (name, payload))
        else:
            super().told(name, payload)
        if word == "stopped":
            self.waiting.pop(stream, None)
            self.current = "" if self.current == stream else self.current
        if not self.current and self.waiting:
            self.current = next(iter(self.waiting))
            super().told(*self.waiting.pop(self.current))


def test_a_consumer_that_takes_one_stream_after_the_other_is_told_of_each_end() -> None:
    """Else it would wait for servers that the events before have named, and that do not exist."""
    app = Queueing()
    result = verify(app, replace(SETTINGS, streams=True))
    assert (result.breakages, rules(result)) == ((), set()), as_text(result)
    assert {"MZ601", "MZ605", "MZ607", "MZ608", "MZ610", "MZ611"} <= {
        rule for rule, _ in result.cases
    }
    assert app.waiting == {}


def test_a_consumer_that_drops_what_it_has_no_time_for_is_judged_by_one_stream_at_a_time() -> None:
    """Also where it has left the one that it took before the others were waited for."""
    result = verify(receiver(None, "one-at-a-time"), replace(SETTINGS, streams=True))
    assert (result.breakages, rules(result)) == ((), set()), as_text(result)
    assert any("the consumer joins no stream beside another" in text for text in result.notices)


def test_who_gives_up_in_an_outage_is_warned() -> None:
    app = receiver(Style(rejoin="when told", tries_again=False))
    result = verify(app, replace(SETTINGS, streams=True, events=("meeting.rtms_*",)))
    (found,) = result.violations
    assert (found.rule, found.severity) == ("MZ608", "warning")
    assert "it gave up after 1 try in an outage" in found.message


@pytest.mark.parametrize(
    ("number", "more", "words"),
    [(1, {"protocol_version": 2}, "signaling: protocol_version 2: mockzoom speaks version 1"),
     (3, {"media_params": {"audio": {"content_type": 1}}},
      "media: audio content_type: mockzoom sends raw media only (2)")],
)  # fmt: skip
def test_what_zoom_can_and_mockzoom_cannot_is_a_run_error_and_no_violation(
    number: int, more: dict[str, Any], words: str
) -> None:
    def mend(message: dict[str, Any]) -> dict[str, Any]:
        return {**message, **more} if message["msg_type"] == number else message

    app = receiver(Style(mend=mend, one_media_socket=True, backoff=0.5))
    result = verify(app, replace(SETTINGS, streams=True, events=("meeting.rtms_*",)))
    assert result.violations == ()
    (error,) = result.breakages
    assert words in error


class OneKind(StreamReceiver):
    """Joins and asks for one kind of media alone; `defects` holds its name."""

    def told(self, name: str, payload: dict[str, Any]) -> None:
        (kind,) = self.defects
        self.style.only = kind
        super().told(name, payload)


@pytest.mark.parametrize("kind", ["video", "deskshare", "chat"])
def test_a_consumer_of_one_kind_of_media_is_right_whichever_it_is(kind: str) -> None:
    app = OneKind(SECRET, CLIENT, CLIENT_SECRET, Style(), frozenset({kind}))
    chosen = replace(SETTINGS, streams=True, events=("meeting.rtms_*",))
    assert rules(verify(app, chosen)) == set()


def test_a_refused_kind_of_media_is_named_as_the_cause() -> None:
    app = OneKind(SECRET, CLIENT, CLIENT_SECRET, Style(), frozenset({"video"}))
    chosen = replace(SETTINGS, streams=True, events=("meeting.rtms_*",), media="audio, transcript")
    (found,) = verify(app, chosen).violations
    assert found.rule == "MZ510"
    assert "was refused with status 10 (media: the app has no scope for video)" in found.message
    assert "--media 'audio, transcript'" in found.reproduce
    with pytest.raises(UsageError, match="no media is called 'vidoe'; did you mean video"):
        verify(app, replace(chosen, media="vidoe"))


def test_a_scenario_names_files_for_its_media(tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_text("One line of ours.\n")
    path = tmp_path / "ours.yaml"
    path.write_text(
        "name: ours\nstream: {media: [transcript], files: {transcript: lines.txt}}\nsteps:\n"
        "  - send: meeting.rtms_started\n  - await: stream.ready\n  - wait: 2s\n"
        "  - stream: terminate\n  - await: stream.closed\n"
    )
    app = receiver()
    assert rules(played(app, path)) == set()
    (consumer,) = app.consumers.values()
    assert {message["content"]["data"] for message in consumer.of_type(17)} == {"One line of ours."}
    path.write_text(path.read_text().replace("lines.txt", "none.txt"))
    with pytest.raises(UsageError, match=r"ours.yaml:2:\d+: .*none.txt: cannot be read"):
        played(receiver(), path)


@pytest.mark.thorough
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("style", [
    Style(backoff=0.1), Style(moves_late=True, backoff=0.1),
    Style(only="deskshare", sequence=None, backoff=0.1),
    Style(one_media_socket=True, rejoin="when told", binary=True, timestamp_only=True, backoff=0.1),
], ids=["sockets", "late", "share", "told"])  # fmt: skip
def test_correct_consumers_are_found_correct_with_every_kind_and_seed(
    style: Style, seed: int
) -> None:
    chosen = replace(SETTINGS, streams=True, seed=seed, stream_scale=0.2, events=("*rtms_*",))
    result = verify(receiver(style), chosen)
    assert (rules(result), result.breakages) == (set(), ())
    judged = {rule for rule, _ in result.cases}
    assert judged >= STREAM_RULES
    starts = {event for rule, event in result.cases if rule == "MZ601"}
    assert starts == {
        "meeting.rtms_started", "webinar.rtms_started", "session.rtms_started",
        "contact_center.voice_rtms_started",
    }  # fmt: skip
