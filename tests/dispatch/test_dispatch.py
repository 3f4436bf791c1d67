"""Subscriptions are validated before they get events, and deliveries are retried as Zoom does."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from mockzoom.dispatch import Conflict
from mockzoom.dispatch.dispatcher import DispatchClock
from mockzoom.errors import UsageError
from mockzoom.journal import DeliveryRow, JournalError
from mockzoom.service import Forbidden, NotFound, Service
from mockzoom.zoom.subscription_auth import SubscriptionAuth
from mockzoom.zoom.url_validation import REVALIDATE_S
from tests.dispatch.clocks import FastClock
from tests.dispatch.receiver import SECRET, Receiver, receiving, running, until

MINUTES = 60.0
EVENT = "session.rtms_started"
"""Its values are ASCII: a refusal is judged without a control."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def validated(service: Service, receiver: Receiver, **settings: object) -> str:
    made = service.subscriptions.create(receiver.url, SECRET, **settings)  # type: ignore[arg-type]
    item, settled = service.subscriptions.validate(made.id)
    assert item.state == "validated", settled
    return item.id


def send(service: Service, event: str = EVENT, policy: str = "") -> DeliveryRow:
    (row,) = service.deliveries.send(service.events.sample(event), None, policy)
    return row


def settled(service: Service, row: DeliveryRow) -> DeliveryRow:
    def look() -> DeliveryRow | None:
        found = service.deliveries.get(row.id)
        return found if found.state not in ("pending", "sending") else None

    found: DeliveryRow = until(look)
    return found


# -- validation --------------------------------------------------------------------------------


def test_a_subscription_gets_no_event_before_it_is_validated(
    tmp_path: Path, receiver: Receiver
) -> None:
    with running(tmp_path / "j.db") as service:
        made = service.subscriptions.create(receiver.url, SECRET)
        assert made.state == "pending"
        sample = service.events.sample(EVENT)
        assert service.deliveries.send(sample) == []
        with pytest.raises(Conflict, match="is pending; validate its URL first"):
            service.deliveries.send(sample, made)
        service.subscriptions.validate(made.id)
        settled(service, send(service))
    assert [got.event for got in receiver.got] == ["endpoint.url_validation", EVENT]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"valid": False}, "answered 500 in place of 200"),
        ({"secret": "another-secret-token"}, "answered 401 in place of 200"),
    ],
)
def test_a_challenge_that_fails_leaves_it_pending_with_the_reason(
    tmp_path: Path, receiver: Receiver, change: dict[str, object], reason: str
) -> None:
    for name, value in change.items():
        setattr(receiver, name, value)
    with running(tmp_path / "j.db") as service:
        made = service.subscriptions.create(receiver.url, SECRET)
        item, outcome = service.subscriptions.validate(made.id)
        assert item.state == "pending"
        assert reason in item.reason
        assert reason in outcome.reason
        assert service.notices() == []


@pytest.mark.slow
def test_a_url_is_validated_again_after_72_hours_told_twice_and_disabled_after_six_failures(
    tmp_path: Path, receiver: Receiver
) -> None:
    with running(tmp_path / "j.db", scale=2 * REVALIDATE_S) as service:  # 72 h: half a second
        name = validated(service, receiver)
        until(lambda: len(receiver.challenges()) >= 3)
        assert service.subscriptions.get(name).failures == 0
        receiver.valid = False
        until(lambda: service.subscriptions.get(name).state == "disabled")
        texts = [str(notice["text"]) for notice in reversed(service.notices())]
        assert [text.partition(" failed ")[2][:14] for text in texts] == [
            "2 times in a r", "4 times in a r", "6 times in a r",
        ]  # fmt: skip
        assert "is disabled and gets no more events" in texts[-1]
        assert service.deliveries.send(service.events.sample(EVENT)) == []
        challenged = len(receiver.challenges())
        time.sleep(1.2)
        assert len(receiver.challenges()) == challenged
        receiver.valid = True
        item, _ = service.subscriptions.validate(name)
        assert (item.state, item.failures) == ("validated", 0)


def test_disabling_cancels_what_waits_for_a_retry(tmp_path: Path, receiver: Receiver) -> None:
    receiver.answer = lambda got: 500
    with running(tmp_path / "j.db") as service:
        name = validated(service, receiver)
        row = send(service)
        until(lambda: service.deliveries.get(row.id).status == 500)
        receiver.valid = False
        for _ in range(6):
            service.subscriptions.validate(name)
        found = service.deliveries.get(row.id)
        assert (found.state, found.reason) == ("cancelled", "the subscription was disabled")


def test_another_url_has_to_be_validated_first(tmp_path: Path, receiver: Receiver) -> None:
    with running(tmp_path / "j.db") as service:
        name = validated(service, receiver)
        item = service.subscriptions.update(name, {"url": receiver.url + "/new"})
        assert (item.state, item.reason) == ("pending", "the URL was changed")
        item, _ = service.subscriptions.validate(name)
        assert item.state == "validated"
    assert receiver.got[-1].path == "/zoom/new"


def test_a_new_secret_signs_at_once_and_the_url_is_validated_with_it(
    tmp_path: Path, receiver: Receiver
) -> None:
    with running(tmp_path / "j.db") as service:
        name = validated(service, receiver)
        receiver.secret = "the-next-secret-token"
        service.subscriptions.rotate(name, receiver.secret)
        until(lambda: len(receiver.challenges()) == 2)
        assert settled(service, send(service)).state == "delivered"
        assert service.subscriptions.get(name).failures == 0


def test_there_are_twenty_subscriptions_at_most(tmp_path: Path, receiver: Receiver) -> None:
    with running(tmp_path / "j.db") as service:
        for _ in range(20):
            service.subscriptions.create(receiver.url, SECRET)
        with pytest.raises(Conflict, match="there are 20 subscriptions, as many as an app may"):
            service.subscriptions.create(receiver.url, SECRET)


def test_events_go_to_every_subscription_that_wants_them(
    tmp_path: Path, receiver: Receiver
) -> None:
    with running(tmp_path / "j.db") as service:
        first = validated(service, receiver, events=["session.*"])
        second = validated(service, receiver, events=[EVENT, "meeting.rtms_started"])
        validated(service, receiver, events=["meeting.*"])
        rows = service.deliveries.send(service.events.sample(EVENT))
        assert {row.subscription for row in rows} == {first, second}
        with pytest.raises(Conflict, match=r"does not subscribe to webinar\.rtms_started"):
            service.deliveries.send(
                service.events.sample("webinar.rtms_started"), service.subscriptions.get(first)
            )


# -- delivery and retries ----------------------------------------------------------------------


@pytest.mark.slow
def test_a_delivery_is_retried_after_5_20_and_60_minutes_with_one_id_signed_anew(
    tmp_path: Path, receiver: Receiver
) -> None:
    receiver.answer = lambda got: 503
    scale = 3000.0  # 85 minutes: 1.7 s
    with running(tmp_path / "j.db", scale) as service:
        validated(service, receiver)
        row = settled(service, send(service))
        assert (row.state, row.attempts) == ("failed", 4)
        assert row.reason == "given up after 4 attempts"
    got = receiver.events()
    assert len({item.headers["x-zm-request-id"] for item in got}) == 1
    assert len({item.body for item in got}) == 1
    assert len({item.headers["x-zm-trackingid"] for item in got}) == 4
    stamps = [item.headers["x-zm-request-timestamp"] for item in got]
    assert stamps == sorted(stamps)
    assert len({item.headers["x-zm-signature"] for item in got}) == len(set(stamps)) == 4
    waits = [(b.at - a.at) * scale / MINUTES for a, b in pairwise(got)]
    for wait, expected in zip(waits, (5, 20, 60), strict=True):
        # A loaded machine is late, never early; a signature of its own may take a second: 50 min.
        assert expected <= wait < expected + 90


@pytest.mark.parametrize(
    ("status", "policy", "attempts", "state"),
    [
        (200, "zoom", 1, "delivered"), (204, "zoom", 1, "delivered"), (201, "zoom", 1, "delivered"),
        (302, "zoom", 1, "failed"), (404, "zoom", 1, "failed"), (500, "zoom", 4, "failed"),
        (404, "zoom-blog", 4, "failed"), (500, "none", 1, "failed"),
    ],
)  # fmt: skip
def test_what_is_retried_is_the_policys(
    tmp_path: Path, receiver: Receiver, status: int, policy: str, attempts: int, state: str
) -> None:
    receiver.answer = lambda got: status
    with running(tmp_path / "j.db", 50_000) as service:
        validated(service, receiver)
        row = settled(service, send(service, policy=policy))
        assert (row.attempts, row.state) == (attempts, state)
    assert len(receiver.events()) == attempts  # a redirect is not followed


def test_pending_retries_are_taken_up_by_the_next_process(
    tmp_path: Path, receiver: Receiver
) -> None:
    receiver.answer = lambda got: 500
    with running(tmp_path / "j.db") as service:
        validated(service, receiver)
        row = send(service)
        until(lambda: service.deliveries.get(row.id).status == 500)
    receiver.answer = lambda got: 200
    with running(tmp_path / "j.db", scale=3000) as service:
        assert service.unknown == 0
        row = settled(service, row)
        assert (row.state, row.attempts) == ("delivered", 2)
    assert len({item.headers["x-zm-request-id"] for item in receiver.events()}) == 1


def test_a_schedule_goes_on_from_where_it_stood() -> None:
    clock = FastClock(1.0)
    assert DispatchClock(clock, clock.now() + 5000).now() == pytest.approx(
        clock.now() + 5000, abs=1
    )
    assert DispatchClock(clock, clock.now() - 5000).now() == pytest.approx(clock.now(), abs=1)


def test_a_replay_is_a_delivery_of_its_own_unless_it_is_a_duplicate(
    tmp_path: Path, receiver: Receiver
) -> None:
    with running(tmp_path / "j.db") as service:
        validated(service, receiver)
        row = settled(service, send(service))
        settled(service, service.deliveries.replay(row.id))
        settled(service, service.deliveries.replay(row.id, same_request_id=True))
    first, second, third = receiver.events()
    assert first.body == second.body == third.body
    ids = [got.headers["x-zm-request-id"] for got in (first, second, third)]
    assert ids[0] != ids[1]
    assert ids[0] == ids[2]


def test_an_unacknowledged_event_is_a_violation_and_an_acknowledged_one_is_none(
    tmp_path: Path, receiver: Receiver
) -> None:
    with running(tmp_path / "j.db") as service:
        validated(service, receiver)
        good = settled(service, send(service))
        receiver.answer = lambda got: 404
        bad = settled(service, send(service))
        malformed = settled(service, service.deliveries.send(
            service.events.sample(EVENT, "mutant:0:0"))[0])  # fmt: skip
        assert service.deliveries.violations({"delivery": good.id}) == []
        assert service.deliveries.violations({"delivery": malformed.id}) == []
        (found,) = service.deliveries.violations({"delivery": bad.id})
        assert found.violation.rule == "MZ101"
        assert "$MOCKZOOM_SECRET" in found.violation.reproduce


# -- endpoint authentication -------------------------------------------------------------------

CLIENT = base64.b64encode(b"client:client-secret").decode()


@pytest.mark.parametrize(
    ("auth", "name", "value"),
    [
        (SubscriptionAuth("basic", {"username": "u", "password": "p-a-s-s"}), "authorization",
         "Basic " + base64.b64encode(b"u:p-a-s-s").decode()),
        (SubscriptionAuth("header", {"name": "X-Key", "value": "v-a-l-u-e"}), "x-key", "v-a-l-u-e"),
    ],
)  # fmt: skip
def test_the_endpoint_gets_its_credentials_and_the_journal_does_not(
    tmp_path: Path, receiver: Receiver, auth: SubscriptionAuth, name: str, value: str
) -> None:
    with running(tmp_path / "j.db") as service:
        validated(service, receiver, auth=auth)
        row = settled(service, send(service))
        (attempt,) = service.deliveries.attempts(row)
        assert dict(attempt.request.headers)[name] == "…redacted…"
    assert receiver.events()[0].headers[name] == value


def test_a_token_is_fetched_first_and_without_one_the_delivery_has_code_14(
    tmp_path: Path, receiver: Receiver
) -> None:
    auth = SubscriptionAuth("token", {"client_id": "client", "client_secret": "client-secret",
                          "token_url": receiver.url.replace("/zoom", "/oauth/token")})  # fmt: skip
    with running(tmp_path / "j.db") as service:
        validated(service, receiver, auth=auth)
        settled(service, send(service))
        assert receiver.events()[-1].headers["authorization"] == "Bearer t0ken-t0ken"
        asked = next(got for got in receiver.got if got.path.startswith("/oauth"))
        assert asked.headers["authorization"] == f"Basic {CLIENT}"
        assert "grant_type=client_credentials" in asked.path
    receiver.tokens = False
    with running(tmp_path / "j.db") as service:
        before = len(receiver.events())
        row = send(service)
        until(lambda: service.deliveries.get(row.id).attempts == 1
              and service.deliveries.get(row.id).state == "pending")  # fmt: skip
        (attempt,) = service.deliveries.attempts(service.deliveries.get(row.id))
        assert attempt.attempt is not None
        assert attempt.attempt.delivery_code == -14
        assert len(receiver.events()) == before


BAD_TOKENS = {
    "deep": b'{"access_token":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "long number": b'{"access_token":"t","expires_in":' + b"9" * 5000 + b"}",
    "list": b"[]",
    "null": b'{"access_token":null}',
    "control characters": b'{"access_token":"a\\nb"}',
    "no text": b"\xff\xfe\x00",
    "empty": b"",
}


def test_whatever_a_token_endpoint_answers_is_code_14_and_waits_for_a_retry(
    tmp_path: Path, receiver: Receiver
) -> None:
    auth = SubscriptionAuth("token", {"client_id": "client", "client_secret": "client-secret",
                          "token_url": receiver.url.replace("/zoom", "/oauth/token")})  # fmt: skip
    with running(tmp_path / "j.db") as service:
        name = validated(service, receiver)
        service.subscriptions.update(name, {"auth": auth})
        for told, answer in BAD_TOKENS.items():
            receiver.token_answer = answer
            row = send(service)
            until(lambda row=row: service.deliveries.get(row.id).attempts)
            until(lambda row=row: service.deliveries.get(row.id).state == "pending")
            found = service.deliveries.get(row.id)
            (attempt,) = service.deliveries.attempts(found)
            assert attempt.attempt is not None, told
            assert attempt.attempt.delivery_code == -14, told
            assert found.due_at is not None
            assert found.due_at - found.created_at >= 300, told
            assert "no access token from" in found.reason, told
        assert service.trouble == ""


def test_a_delivery_that_a_defect_keeps_from_being_made_is_put_off_and_says_so(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RecursionError("of a defect")

    with running(tmp_path / "j.db") as service:
        validated(service, receiver)
        monkeypatch.setattr("mockzoom.dispatch.endpoint.Endpoint.send", fail)
        row = send(service)
        until(lambda: "mockzoom could not make it" in service.deliveries.get(row.id).reason)
        found = service.deliveries.get(row.id)
        assert found.state == "pending"
        assert found.due_at is not None
        assert found.due_at - found.created_at >= 300
        assert [item.state for item in service.deliveries.attempts(found)] == ["unknown"]
        monkeypatch.undo()
        settled(service, send(service))  # others are made


# -- bad input, each with its reason -----------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"url": "ftp://127.0.0.1/x"}, "has the scheme 'ftp'"),
        ({"url": "http://u:p@127.0.0.1/x"}, "the URL carries credentials"),
        ({"secret": "  "}, "the secret is empty"),
        ({"events": []}, "expected at least one event's name or pattern"),
        ({"policy": "often"}, "no retry policy is called 'often'"),
        ({"auth": SubscriptionAuth("digest")}, "authentication 'digest' is unknown"),
        (
            {"auth": SubscriptionAuth("basic", {"username": "u"})},
            "authentication basic needs password",
        ),
        (
            {"auth": SubscriptionAuth("basic", {"username": "a:b", "password": "p"})},
            "must not hold a colon",
        ),
        (
            {"auth": SubscriptionAuth("header", {"name": "X-Zm-Signature", "value": "v"})},
            "Zoom's own",
        ),
        (
            {"auth": SubscriptionAuth("header", {"name": "X-Key", "value": "a\nb"})},
            "cannot stand in a header",
        ),
        ({"auth": SubscriptionAuth("none", {"username": "u"})}, "has no field 'username'"),
        ({"name": "\ud800"}, "is no text in UTF-8"),
    ],
)
def test_a_subscription_that_cannot_be_is_refused(
    tmp_path: Path, changes: dict[str, object], reason: str
) -> None:
    given: dict[str, object] = {"url": "http://127.0.0.1:9/x", "secret": SECRET, **changes}
    with running(tmp_path / "j.db") as service, pytest.raises(UsageError, match=reason):
        service.subscriptions.create(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest", "http://[fe80::1]/x", "http://0.0.0.0:1/x",
            "http://93.184.215.14/x", "http://[::ffff:169.254.169.254]/x", "http://[fd00:ec2::254]/"],
)  # fmt: skip
def test_a_target_outside_is_refused_at_once(tmp_path: Path, url: str) -> None:
    with running(tmp_path / "j.db") as service, pytest.raises(Forbidden):
        service.subscriptions.create(url, SECRET)


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    with running(tmp_path / "j.db") as service:
        for act in (
            lambda: service.subscriptions.get("x"), lambda: service.subscriptions.delete("x"),
            lambda: service.subscriptions.validate("x"), lambda: service.deliveries.get(9),
            lambda: service.deliveries.replay(9), lambda: service.runs.get(9),
            lambda: service.runs.stop(9), lambda: service.events.get("no.such"),
        ):  # fmt: skip
            with pytest.raises(NotFound):
                act()


@pytest.mark.slow
def test_a_full_disk_refuses_new_deliveries_and_loses_none(
    tmp_path: Path, receiver: Receiver
) -> None:
    with running(tmp_path / "j.db") as service:
        validated(service, receiver)
        writer = service._writer
        pages = writer.submit(lambda c: c.execute("PRAGMA page_count").fetchone()[0]).result()
        writer.submit(lambda c: c.execute(
            f"PRAGMA max_page_count = {pages + 20}").fetchone()).result()  # fmt: skip
        accepted: list[int] = []

        def send_many() -> None:
            while len(accepted) < 2000:
                accepted.append(send(service).id)

        with pytest.raises(JournalError, match="the disk is full"):
            send_many()

        def has_room() -> bool:
            """Make room; what is committed together with what still fails fails as well."""
            enlarge = "PRAGMA max_page_count = 1000000"
            done = writer.submit(lambda c: c.execute(enlarge).fetchone())
            return not isinstance(done.exception(), JournalError)

        until(has_room)
        until(lambda: all(service.deliveries.get(n).state == "delivered" for n in accepted))
        assert service.trouble == ""
    assert len({got.headers["x-zm-request-id"] for got in receiver.events()}) == len(accepted)
