"""One clock for a subscription's life, however fast it goes; signatures have real time."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from mockzoom.web import create_app
from mockzoom.web.views import moment
from tests.dispatch.receiver import SECRET, receiving, running

SCALE = 100_000.0
"""A day and more in each second."""


def test_a_subscription_has_one_clock_and_its_challenge_the_time_of_its_signature(
    tmp_path: Path,
) -> None:
    with receiving() as receiver, running(tmp_path / "j.db", SCALE) as service:
        for _ in range(2):  # the second is registered days later by the schedule's clock
            before = service.schedule.now()
            made = service.subscriptions.create(receiver.url, SECRET)
            item, _ = service.subscriptions.validate(made.id)
            assert item.validated_at is not None
            assert before <= item.created_at <= item.validated_at <= service.schedule.now()
            challenge = receiver.challenges()[-1]
            at = json.loads(challenge.body)["event_ts"] / 1000
            assert abs(at - int(challenge.headers["x-zm-request-timestamp"])) < 5
            assert abs(at - time.time()) < 60


@pytest.mark.parametrize("scale", [1.0, SCALE])
def test_the_clock_is_named_in_the_page_and_the_api(tmp_path: Path, scale: float) -> None:
    with running(tmp_path / "j.db", scale) as service:
        client = create_app(service).test_client()
        clock = client.get("/healthz").get_json()["clock"]
        assert clock["scale"] == scale
        assert (moment(time.time() + 60) or "") < clock["now"] or scale == 1
        page = client.get("/subscriptions").get_data(as_text=True)
        assert ("makes 100000 seconds of each one" in page) == (scale != 1)
        assert "Times are UTC" in page
