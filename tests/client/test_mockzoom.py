"""What a test can do with `Mockzoom`, and how each thing it sends is judged."""

from __future__ import annotations

import io
import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from mockzoom import ContractFailure, Mockzoom
from mockzoom.errors import MockzoomError, UsageError
from mockzoom.model import Event
from mockzoom.synth import encode
from mockzoom.zoom.sample_receiver import create_app

pytestmark = pytest.mark.slow

SECRET = "s3cret"


class Receiver:
    """The sample receiver, with a look at what comes in and a say in what goes out."""

    def __init__(self, secret: str = SECRET) -> None:
        self.app = create_app(secret)
        self.seen: list[bytes] = []
        self.answer: Callable[[dict[str, Any]], int | None] = lambda event: None
        """The status for what is authentic; None leaves it to the sample receiver."""

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        self.seen.append(body)
        environ["wsgi.input"] = io.BytesIO(body)

        def noted(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            wanted = None
            if status != "401 UNAUTHORIZED":
                wanted = self.answer(json.loads(body))
            return start_response(f"{wanted} Asked" if wanted else status, headers)

        return self.app(environ, noted)

    @property
    def events(self) -> list[str]:
        return [json.loads(body).get("event") for body in self.seen]


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def zoom(receiver: Receiver) -> Iterator[Mockzoom]:
    with Mockzoom(receiver, SECRET) as stand_in:
        yield stand_in


def rules(sent: Any) -> list[str]:
    return [item.rule for item in sent.violations]


# -- making events ----------------------------------------------------------------------------


def test_an_event_has_its_overrides_by_path_and_by_keyword(zoom: Mockzoom) -> None:
    event = zoom.event("meeting.rtms_stopped", {"payload.stop_reason": 6}, event_ts=5)
    assert event.payload["stop_reason"] == 6
    assert event.body["event_ts"] == 5
    event = zoom.event("session.started", payload__object__session_name="Zoë")
    assert event.payload["object"]["session_name"] == "Zoë"


def test_events_of_one_stand_in_are_of_one_entity_set(zoom: Mockzoom) -> None:
    started, stopped = zoom.event("meeting.rtms_started"), zoom.event("meeting.rtms_stopped")
    assert started.payload["meeting_uuid"] == stopped.payload["meeting_uuid"]
    other = zoom.event("meeting.rtms_started", entities=1)
    assert other.payload["meeting_uuid"] != started.payload["meeting_uuid"]
    assert stopped.body["event_ts"] >= started.body["event_ts"]


def test_the_same_seed_and_instant_give_the_same_bytes() -> None:
    def made(seed: int) -> bytes:
        return encode(Mockzoom(seed=seed, at=1_700_000_000_000).event("session.started").body)

    assert made(3) == made(3)
    assert made(3) != made(4)


def test_malformed_events_say_what_is_wrong_with_them(zoom: Mockzoom) -> None:
    mutants = zoom.malformed("meeting.rtms_started")
    assert all(event.mutation is not None for event in mutants)
    broken = {(item.mutation.keyword, item.mutation.pointer) for item in mutants if item.mutation}
    assert {("type", "/payload/meeting_uuid"), ("required", "/payload")} <= broken


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes"])
def test_a_value_that_is_no_json_is_refused_by_its_path(zoom: Mockzoom, value: object) -> None:
    with pytest.raises(UsageError, match=r"payload\.stop_reason: .* cannot be written as JSON"):
        zoom.send("meeting.rtms_stopped", payload__stop_reason=value)


# -- what is sent, and how it is judged -------------------------------------------------------


def test_what_was_made_is_what_is_delivered(zoom: Mockzoom, receiver: Receiver) -> None:
    event = zoom.event("meeting.rtms_started")
    sent = zoom.send(event).assert_ok("warning")
    assert receiver.seen == [encode(event.body)] == [sent.request.body]
    assert sent.response is not None
    assert sent.response.status == sent.status == 200
    assert sent.result.deliveries == 1
    changed = zoom.send(event, payload__is_original_host=False)
    assert json.loads(changed.request.body)["payload"]["is_original_host"] is False


@pytest.mark.parametrize(
    ("status", "rule"), [(500, "MZ101"), (302, "MZ104"), (201, "MZ105"), (204, None)]
)
def test_a_valid_event_is_judged_as_one(
    zoom: Mockzoom, receiver: Receiver, status: int, rule: str | None
) -> None:
    receiver.answer = lambda event: status
    assert rules(zoom.send("meeting.rtms_started")) == ([rule] if rule else [])


def test_a_failure_carries_the_result_and_the_body(zoom: Mockzoom, receiver: Receiver) -> None:
    receiver.answer = lambda event: 500
    sent = zoom.send("meeting.rtms_started")
    with pytest.raises(ContractFailure, match=r"delivered: .*meeting\.rtms_started") as caught:
        sent.assert_ok()
    assert caught.value.result is sent.result
    assert str(caught.value).startswith("MZ101 not-acknowledged\n")
    assert isinstance(caught.value, AssertionError)
    assert repr(sent) == "<Delivered meeting.rtms_started: 500 Asked>"
    sent.assert_ok("never")


def test_an_unknown_type_is_judged_beside_a_known_one(zoom: Mockzoom, receiver: Receiver) -> None:
    receiver.answer = lambda event: 400 if event["event"] == "meeting.new" else None
    assert rules(zoom.send("meeting.rtms_started", event="meeting.new")) == ["MZ107"]
    assert receiver.events[0] == "meeting.new"
    assert receiver.events[1].startswith("meeting.rtms_")
    assert rules(zoom.send(Event("meeting.new", {"event": "meeting.new"}))) == ["MZ107"]


def test_the_other_documented_value_is_judged_as_such(zoom: Mockzoom, receiver: Receiver) -> None:
    receiver.answer = lambda event: 400 if event["payload"].get("stop_reason") in (5, 6) else None
    assert rules(zoom.send("meeting.rtms_stopped", payload__stop_reason=5)) == ["MZ109"]
    assert rules(zoom.send("meeting.rtms_stopped", payload__stop_reason=6)) == ["MZ101"]  # observed
    other = zoom.event("session.recording_started", payload__object__session_id=1234567890)
    receiver.answer = lambda event: (
        400 if event["payload"].get("object", {}).get("session_id") == 1234567890 else None
    )
    assert rules(zoom.send(other)) == ["MZ109"]


@pytest.mark.parametrize(
    ("status", "strict", "expected"),
    [(500, False, ["MZ401"]), (400, False, []), (200, False, []), (200, True, ["MZ403"])],
)
def test_a_malformed_event_may_be_refused_but_not_crash(
    receiver: Receiver, status: int, strict: bool, expected: list[str]
) -> None:
    receiver.answer = lambda event: (
        status if not isinstance(event["payload"].get("meeting_uuid", ""), str) else None
    )
    with Mockzoom(receiver, SECRET, strict=strict) as zoom:
        by_hand = zoom.send("meeting.rtms_started", payload__meeting_uuid=7)
        assert rules(by_hand) == expected
        made = next(
            event
            for event in zoom.malformed("meeting.rtms_started")
            if event.mutation and event.mutation.pointer == "/payload/meeting_uuid"
        )
        assert rules(zoom.send(made)) == expected
        assert made.mutation is not None
        if expected:
            assert made.mutation.operator in zoom.send(made).text


def test_the_challenge_is_judged_by_its_rules(zoom: Mockzoom, receiver: Receiver) -> None:
    sent = zoom.send("endpoint.url_validation").assert_ok("warning")
    assert sent.response is not None
    assert json.loads(sent.response.body)["plainToken"]
    zoom.send("endpoint.url_validation", payload__plainToken="another").assert_ok("warning")
    zoom.send("endpoint.url_validation", forge="unsigned").assert_ok("warning")
    receiver.answer = lambda event: 404
    assert rules(zoom.send("endpoint.url_validation")) == ["MZ301"]
    with Mockzoom(create_app(SECRET, defective=True), SECRET) as naive:
        assert rules(naive.send("endpoint.url_validation", forge="unsigned")) == ["MZ305"]
        oracle = naive.send(
            "endpoint.url_validation", forge="unsigned", payload__plainToken="v0:1:{}"
        )
        assert rules(oracle) == ["MZ306"]


def test_forgeries_are_judged_by_theirs(zoom: Mockzoom) -> None:
    for forge in ("wrong-secret", "unsigned", "tampered-text", "stale", "empty-secret"):
        assert zoom.send("meeting.rtms_started", forge=forge).assert_ok("warning").status == 401
    with Mockzoom(create_app(SECRET, defective=True), SECRET) as naive:
        assert rules(naive.send("meeting.rtms_started", forge="stale")) == ["MZ205"]
        with pytest.raises(UsageError, match="no forgery is called 'stael'; did you mean stale"):
            naive.send("meeting.rtms_started", forge="stael")
        with pytest.raises(UsageError, match="needs credentials that can be left away"):
            naive.send("meeting.rtms_started", forge="no-endpoint-auth")


def test_a_receiver_that_acknowledges_first_is_not_judged_by_its_status() -> None:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [])
        return []

    with Mockzoom(app, SECRET, ack_first=True) as zoom:
        assert zoom.send("meeting.rtms_started", forge="unsigned").violations == ()
    with Mockzoom(app, SECRET) as zoom:
        assert rules(zoom.send("meeting.rtms_started", forge="unsigned")) == ["MZ202"]


# -- comparing --------------------------------------------------------------------------------


def test_a_refusal_is_trusted_after_one_challenge_at_most(
    zoom: Mockzoom, receiver: Receiver
) -> None:
    for _ in range(3):
        zoom.send("meeting.rtms_started", forge="wrong-secret").assert_ok()
    assert receiver.events.count("endpoint.url_validation") == 1
    assert len(receiver.seen) == 4


def test_after_a_genuine_event_nothing_else_goes_out(zoom: Mockzoom, receiver: Receiver) -> None:
    zoom.send("meeting.rtms_started").assert_ok()
    zoom.send("meeting.rtms_started", forge="wrong-secret").assert_ok()
    assert receiver.events == ["meeting.rtms_started"] * 2


@pytest.mark.parametrize("odd", ["forged", "malformed", "unknown"])
def test_a_receiver_with_another_secret_is_told_from_one_that_refuses_rightly(odd: str) -> None:
    with Mockzoom(Receiver("another"), SECRET) as zoom:
        if odd == "forged":
            sent = zoom.send("meeting.rtms_started", forge="unsigned")
        elif odd == "malformed":
            sent = zoom.send(zoom.malformed("meeting.rtms_started")[0])
        else:
            sent = zoom.send("meeting.rtms_started", event="meeting.new")
        assert rules(sent) == ["MZ101"]
        assert "is not checked: the receiver does not acknowledge a genuine meeting." in str(
            sent.result.notices
        )


def test_text_beyond_ascii_is_blamed_where_it_is_to_blame(
    zoom: Mockzoom, receiver: Receiver
) -> None:
    event = zoom.event("session.started", payload__object__session_name="Zoë")
    receiver.answer = lambda event: None if str(event).isascii() else 400
    assert rules(zoom.send(event)) == ["MZ208"]
    assert rules(zoom.replay("session.started", "non-ascii:0")) == ["MZ208"]
    receiver.answer = lambda event: 400
    assert rules(zoom.send(event)) == ["MZ101"]
    assert rules(zoom.replay("session.started", "non-ascii:0")) == ["MZ101"]


def test_one_slow_answer_is_repeated_before_it_is_reported(receiver: Receiver) -> None:
    slow = threading.Event()

    def once(event: dict[str, Any]) -> None:
        if not slow.is_set():
            slow.set()
            time.sleep(0.6)

    receiver.answer = once
    with Mockzoom(receiver, SECRET, timeout=0.3) as zoom:
        sent = zoom.send("session.ended").assert_ok("warning")
        (notice,) = sent.result.notices  # the first request of a receiver that starts cold
        assert re.match(r"the first request took 0\.\d s, later ones less", notice)
        receiver.answer = lambda event: time.sleep(0.6)
        sent = zoom.send("session.ended")
        assert rules(sent) == ["MZ102"]
        assert sent.status is None
        assert sent.response is None
        assert not sent.acknowledged
        assert repr(sent).startswith("<Delivered session.ended: no ")


# -- runs -------------------------------------------------------------------------------------


def test_a_line_of_the_report_delivers_the_case_again() -> None:
    with Mockzoom(create_app(SECRET, defective=True), SECRET) as mockzoom:
        found = mockzoom.verify(events="session.ended")
        assert {"MZ107", "MZ205", "MZ305", "MZ306", "MZ401"} == set(rules(found))
        for violation in found.violations:
            assert violation.reproduce.startswith("mockzoom.replay(")
            again = eval(violation.reproduce, {"mockzoom": mockzoom})
            assert rules(again) == [violation.rule]


def test_a_run_takes_settings_of_its_own(zoom: Mockzoom, receiver: Receiver) -> None:
    run = zoom.verify(events=["meeting.rtms_started"], suites="events", seed=9).assert_ok()
    assert run.result.seed == 9
    assert set(receiver.events) == {"meeting.rtms_started", "endpoint.url_validation"}
    assert repr(run) == "<Verified: no violations>"
    assert "PASS: no violations" in run.text
    with pytest.raises(UsageError, match="no setting is called 'sed'; did you mean seed"):
        zoom.verify(sed=9)
    with pytest.raises(UsageError, match="no suite is called 'event'"):
        zoom.verify(suites="event")
    with pytest.raises(UsageError, match=r"no event matches 'metting\.\*'"):
        zoom.verify(events="metting.*")


def test_the_stand_in_can_be_used_again_after_it_was_closed(receiver: Receiver) -> None:
    before = set(threading.enumerate())
    zoom = Mockzoom(receiver, SECRET)
    zoom.close()
    for _ in range(2):
        zoom.send("session.ended").assert_ok()
        zoom.close()
    left = set(threading.enumerate()) - before
    assert not [thread for thread in left if thread.name == "mockzoom"]


def test_neither_secret_nor_signature_is_in_any_representation(zoom: Mockzoom) -> None:
    sent = zoom.send("session.ended")
    for shown in (repr(zoom), repr(sent), repr(zoom.verify(suites="events")), sent.text):
        assert SECRET not in shown
        assert "v0=" not in shown


def test_errors_of_the_engine_come_without_its_frames(receiver: Receiver) -> None:
    with Mockzoom((receiver, "https://host name/"), SECRET) as zoom:
        with pytest.raises(UsageError, match="white space") as caught:
            zoom.send("session.ended")
        files = {entry.path.name for entry in caught.traceback}  # type: ignore[union-attr]
        assert files == {"test_mockzoom.py", "mockzoom.py", "background.py"}


def test_an_application_that_does_not_start_is_told_with_its_reason() -> None:
    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    with Mockzoom(app, SECRET) as zoom, pytest.raises(MockzoomError, match="no database"):
        zoom.send("session.ended")


# -- pinned entities ----------------------------------------------------------------------------


def test_a_line_that_shows_a_finding_again_pins_the_same(receiver: Receiver) -> None:
    receiver.answer = lambda event: 404 if event["event"] == "session.started" else None
    pinned = {"account_id": "ours"}
    with Mockzoom(receiver, SECRET) as mockzoom:
        found = mockzoom.verify(events="session.started", suites="events", entities=pinned)
        lines = [each.reproduce or "" for each in found.violations]
        assert lines
        for line in lines:
            assert "entities={'account_id': 'ours'}" in line
            receiver.seen.clear()
            eval(line, {"mockzoom": mockzoom})
            assert {json.loads(body)["payload"]["account_id"] for body in receiver.seen} == {"ours"}
        plain = mockzoom.verify(events="session.started", suites="events")
        assert not any("entities" in (each.reproduce or "") for each in plain.violations)


def test_an_event_has_what_is_pinned_and_an_unknown_name_is_refused(receiver: Receiver) -> None:
    with Mockzoom(
        receiver, SECRET, entities={"account_id": "ours", "meeting_id": 85012345678}
    ) as it:
        assert it.event("session.ended", entities=2).payload["account_id"] == "ours"
        assert it.event("meeting.started").payload["object"]["id"] == "85012345678"
    with pytest.raises(
        UsageError, match="no entity is called 'acount_id'; did you mean account_id"
    ):
        Mockzoom(receiver, SECRET, entities={"acount_id": "ours"})
