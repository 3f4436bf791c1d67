"""What is delivered by hand is judged beside controls, each of which has its row in the journal."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockzoom.dispatch.endpoint import JUDGED_AT_ONCE
from mockzoom.errors import UsageError
from mockzoom.journal import DeliveryRow
from mockzoom.service import Service
from mockzoom.zoom.preludes import prelude
from tests.dispatch.receiver import SECRET, Got, Receiver, receiving, running, until

pytestmark = pytest.mark.slow
EVENT = "session.rtms_started"
BEFORE = prelude(EVENT)
"""What is delivered before each such event."""
GENUINE = (EVENT, *BEFORE)
TEXT = "session.started"
"""An event whose values go beyond ASCII."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def service(tmp_path: Path, receiver: Receiver) -> Iterator[Service]:
    with running(tmp_path / "j.db", timeout=1.0) as made:
        subscribe(made, receiver)
        yield made


def subscribe(service: Service, receiver: Receiver) -> str:
    item, _ = service.subscriptions.validate(
        service.subscriptions.create(receiver.url, SECRET, policy="none").id
    )
    assert item.state == "validated"
    return item.id


def send(service: Service, case: str = "valid:0", event: str = EVENT) -> DeliveryRow:
    (row,) = service.deliveries.send(service.events.sample(event, case))
    return row


def judged(service: Service, row: DeliveryRow) -> DeliveryRow:
    """Wait until a delivery has been judged beside its controls; return its row."""

    def look() -> bool:
        return any(
            told.kind == "judged" and json.loads(told.data)["delivery"] == row.id
            for told in service.feed(None, 0, 100_000)
        )

    until(look)
    return service.deliveries.get(row.id)


def rules(service: Service, row: DeliveryRow) -> list[str]:
    found = service.deliveries.violations({"delivery": row.id})
    return [item.violation.rule for item in found]


def test_an_oddity_is_repeated_beside_controls_and_each_has_its_row(
    service: Service, receiver: Receiver
) -> None:
    receiver.answer = lambda got: 200 if got.event in GENUINE else 501
    row = judged(service, send(service, "unknown:0"))
    assert rules(service, row) == ["MZ107"]
    assert row.status == 501
    made = service.deliveries.controls(row)
    assert {item.kind for item in made} == {"control"}
    told = [(item.delivery.case.partition(":")[0], item.state) for item in reversed(made)
            if item.delivery.event not in BEFORE]  # fmt: skip
    genuine, again = ("valid", "delivered"), ("by-hand", "failed")
    assert told == [genuine, again, genuine, again, genuine]
    assert not any(rules(service, item) for item in made)
    ids = [got.headers["x-zm-request-id"] for got in receiver.events()]
    assert ids == [item.delivery.request_id for item in (row, *reversed(made))]
    (found,) = service.deliveries.violations({"delivery": row.id})
    assert f"mockzoom send {EVENT} " in found.violation.reproduce


def test_an_acknowledged_oddity_needs_no_control(service: Service, receiver: Receiver) -> None:
    row = judged(service, send(service, "unknown:0"))
    assert rules(service, row) == []
    assert service.deliveries.controls(row) == []
    assert len(receiver.events()) == 1


def test_what_is_refused_rightly_is_followed_by_one_url_validation(
    service: Service, receiver: Receiver
) -> None:
    receiver.answer = lambda got: 200 if got.event else 400
    row = judged(service, send(service, "cut-short:0"))
    assert rules(service, row) == []
    (control,) = service.deliveries.controls(row)
    assert control.delivery.event == "endpoint.url_validation"
    (subscription,) = service.subscriptions.all()
    assert (subscription.state, subscription.failures) == ("validated", 0)


def test_a_receiver_that_refuses_everything_is_told_from_one_that_refuses_an_oddity(
    service: Service, receiver: Receiver
) -> None:
    receiver.answer = lambda got: 404
    row = judged(service, send(service, "unknown:0"))
    assert rules(service, row) == []
    assert f"the receiver does not acknowledge a genuine {EVENT} either" in row.reason
    violated = [rules(service, item) for item in service.deliveries.controls(row)]
    assert ["MZ101"] in violated


def test_a_forgery_that_is_accepted_is_a_violation_and_one_that_is_refused_is_none(
    service: Service, receiver: Receiver
) -> None:
    def forged(forge: str) -> DeliveryRow:
        (row,) = service.deliveries.send(service.events.sample(EVENT), forge=forge)
        return judged(service, row)

    assert rules(service, forged("wrong-secret")) == []
    receiver.verifies = False
    row = forged("wrong-secret")
    assert rules(service, row) == ["MZ201"]
    (found,) = service.deliveries.violations({"delivery": row.id})
    assert "--forge wrong-secret" in found.violation.reproduce
    assert any(not control.delivery.forge for control in service.deliveries.controls(row))
    with pytest.raises(UsageError, match=r"credentials that the endpoint .* has none of"):
        forged("no-endpoint-auth")


def test_a_2xx_to_a_forgery_without_tokens_for_its_challenge_is_a_hidden_refusal(
    service: Service, receiver: Receiver
) -> None:
    def reply(got: Got) -> tuple[int, bytes]:
        status, body = strict(got)
        return (200, b"") if status == 401 else (status, body)

    strict, receiver.reply = receiver.reply, reply  # type: ignore[method-assign]
    (row,) = service.deliveries.send(service.events.sample(EVENT), forge="unsigned")
    row = judged(service, row)
    assert (row.status, rules(service, row)) == (200, [])
    assert "refusals are hidden behind 2xx" in row.reason


@pytest.mark.parametrize("case", ["cut-short:0", "utf-16:0", "deep-nesting:0", "mutant:0:0"])
def test_a_crash_on_a_broken_body_is_a_violation(
    service: Service, receiver: Receiver, case: str
) -> None:
    good: list[str] = []

    def answer(got: Got) -> int:
        if got.event in BEFORE:
            return 200
        good.append(got.headers["x-zm-request-id"])
        return 500 if len(good) % 2 else 200  # controls come between

    receiver.answer = answer
    row = judged(service, send(service, case))
    (found,) = service.deliveries.violations({"delivery": row.id})
    rule = "MZ401" if case.startswith("mutant") else "MZ404"
    assert found.violation.rule == rule
    if rule == "MZ404":
        assert f"--case {case}" in found.violation.reproduce


def test_a_body_written_by_hand_is_judged_as_what_it_is(
    service: Service, receiver: Receiver
) -> None:
    sample = json.loads(service.events.sample(TEXT).body)
    receiver.answer = lambda got: 500 if b'"odd"' in got.body else 200
    mutant = {**sample, "payload": {**sample["payload"], "object": ["odd"]}}
    new_field = {**sample, "odd": "odd"}
    for body, rule in ((mutant, "MZ401"), (new_field, "MZ108")):
        (row,) = service.deliveries.send(service.events.written(TEXT, body))
        assert rules(service, judged(service, row)) == [rule]


def test_text_beyond_ascii_is_told_from_the_event(service: Service, receiver: Receiver) -> None:
    receiver.answer = lambda got: 200 if got.body.isascii() else 400
    for case in ("valid:0", "non-ascii:0"):
        row = judged(service, send(service, case, event=TEXT))
        assert rules(service, row) == ["MZ208"]
        assert 200 in {control.status for control in service.deliveries.controls(row)}
    for case in ("spaced:0", "field:0"):  # odd, and not in ASCII: the text is the cause
        row = judged(service, send(service, case, event=TEXT))
        assert rules(service, row) == []
        violated = [rules(service, item) for item in service.deliveries.controls(row)]
        assert ["MZ208"] in violated


def test_a_timeout_without_a_retry_is_repeated_before_it_is_reported(
    service: Service, receiver: Receiver
) -> None:
    slow = threading.Event()

    def once(got: Got) -> int:
        if not slow.is_set():
            slow.set()
            time.sleep(1.5)
        return 200

    receiver.answer = once
    row = judged(service, send(service))
    assert rules(service, row) == []
    assert "its repetition had one" in row.reason

    def always(got: Got) -> int:
        time.sleep(1.5)
        return 200

    receiver.answer = always
    row = judged(service, send(service))
    assert rules(service, row) == ["MZ102"]


def test_more_than_are_made_at_once_are_judged_without_a_deadlock(
    service: Service, receiver: Receiver
) -> None:
    receiver.answer = lambda got: 200 if got.event in GENUINE else 501
    sent = [send(service, "unknown:0") for _ in range(5 * JUDGED_AT_ONCE)]
    for row in sent:
        assert rules(service, judged(service, row)) == ["MZ107"]


def test_a_disabled_subscription_gets_no_control(service: Service, receiver: Receiver) -> None:
    (subscription,) = service.subscriptions.all()

    def refuse(got: Got) -> int:
        receiver.valid = False
        for _ in range(6):
            service.subscriptions.validate(subscription.id)
        return 501

    receiver.answer = refuse
    row = judged(service, send(service, "unknown:0"))
    assert service.subscriptions.get(subscription.id).state == "disabled"
    assert "the subscription was disabled" in row.reason
    assert rules(service, row) == []
    assert len(receiver.events()) == 1


def test_neither_the_end_nor_the_next_start_waits_for_a_control(
    tmp_path: Path, receiver: Receiver
) -> None:
    with running(tmp_path / "j.db") as service:
        name = subscribe(service, receiver)
        receiver.answer = lambda got: 501
        held = threading.Event()

        def answer(got: Got) -> int:
            if got.event == EVENT:
                held.wait(10)
            else:
                service.subscriptions.update(name, {"url": receiver.url + "/other"})
            return 501

        receiver.answer = answer
        row = send(service, "unknown:0")
        until(lambda: service.deliveries.controls(row))
        began = time.monotonic()
    assert time.monotonic() - began < 5
    held.set()
    with running(tmp_path / "j.db") as service:
        (control,) = service.deliveries.controls(row)
        assert (control.state, control.attempts) == ("cancelled", 0)
        assert "has ended" in control.reason
        assert rules(service, row) == []
