"""Deliveries of the same bytes: copies go out at once, others one a second, as the play says."""

from __future__ import annotations

import time
from typing import Any

import pytest

from mockzoom.client.playing import play, rehearse
from mockzoom.model import RunResult, StepStarted
from mockzoom.play import PlayPlan
from mockzoom.scenario.model import Deliver, Place, Scenario, Send
from mockzoom.settings import Settings

SETTINGS = Settings(secret="s3cret-of-tests")


class Receiver:
    """Acknowledges everything, and keeps the timestamps and when they came."""

    def __init__(self) -> None:
        self.stamps: list[int] = []
        self.late: list[float] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        stamp = int(environ["HTTP_X_ZM_REQUEST_TIMESTAMP"])
        self.stamps.append(stamp)
        self.late.append(time.time() - stamp)
        start_response("200 OK", [])
        return [b""]


def planned(**how: Any) -> PlayPlan:
    step = Send(place=Place("x.yaml", 1, 1), name="ended", event="session.ended",
                deliver=Deliver(**how))  # fmt: skip
    return PlayPlan((Scenario("x", "x.yaml", (step,)),))


def played(app: Receiver, told: list[str], **how: Any) -> RunResult:
    def listen(event: Any) -> None:
        if isinstance(event, StepStarted):
            told.append(event.about)

    return play(app, SETTINGS, planned(**how), listen)


def test_hundreds_of_copies_at_once_do_not_wait_for_the_clock() -> None:
    app, told = Receiver(), list[str]()
    result = played(app, told, times=400, gap=0.0)
    assert len(app.stamps) == 400
    assert len(set(app.stamps)) < 100
    assert result.notices == ()
    assert not any("one a second" in about for about in told)


def test_deliveries_with_request_ids_of_their_own_go_out_one_a_second_which_is_said() -> None:
    app, told = Receiver(), list[str]()
    result = played(app, told, times=3, same_id=False)
    assert len(set(app.stamps)) == 3
    assert app.stamps == sorted(app.stamps)
    assert max(app.late) < 10
    assert any("3 deliveries of the same bytes" in text for text in result.notices)
    assert any("one a second" in about for about in told)


def test_a_copy_has_a_signature_of_its_own_and_waits_for_no_second() -> None:
    app, told = Receiver(), list[str]()
    played(app, told, times=2)
    first, copy = app.stamps
    assert first < copy  # both go out in one second, most of the time: the first is signed before
    assert app.late[0] >= 1
    assert app.late[1] < 10


@pytest.mark.slow
def test_a_plan_waits_for_nothing() -> None:
    result = rehearse(SETTINGS, planned(times=5000, same_id=False), lambda event: None)
    assert result.deliveries == 5000
