"""Steps with a `body` of their own: delivered as they are, judged by it, and never compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockzoom.model import Exchange, ExchangeFinished, RunEvent
from tests.play.fakes import Fake, perform, right, rules, wrong

pytestmark = pytest.mark.usefixtures("quick_looks")
BODY = '{"event":"session.ended","event_ts":1,"payload":{}}'
STEPS = f"""\
  - send: session.started
  - send: session.ended
    body: '{BODY}'
    request_id: abc-1
  - send: session.ended
    after: 5m
    body: '{BODY}'
    request_id: abc-1
    deliver: {{times: 2}}
"""


def test_a_recorded_body_goes_out_as_it_is_under_its_request_id(tmp_path: Path) -> None:
    found: list[Exchange] = []

    def listener(event: RunEvent) -> None:
        if isinstance(event, ExchangeFinished):
            found.append(event.exchange)

    perform(tmp_path, Fake(right), STEPS, listener=listener)
    _, *recorded = found
    assert [item.delivery.body.decode() for item in recorded] == [BODY] * 3
    assert {item.delivery.request_id for item in recorded} == {"abc-1"}
    first, retried, _ = [dict(item.last.request.headers)["x-zm-signature"] for item in recorded]
    assert retried != first


def test_a_scenario_of_recorded_bodies_is_not_compared_and_says_so(tmp_path: Path) -> None:
    fake = Fake(wrong)  # counts copies, so that a comparison would show them
    result = perform(tmp_path, fake, STEPS, reader=fake.read)
    assert len(fake.events) == 4
    assert not {"MZ501", "MZ503"} & rules(result)
    (notice,) = [text for text in result.notices if "not compared" in text]
    assert "the same entities each time" in notice
    assert "MZ501" in {item.rule for item in result.not_judged}


def test_what_breaks_the_contract_or_is_no_json_is_judged_as_such(tmp_path: Path) -> None:
    def crashes(fake: Fake, event: dict[str, object], request_id: str) -> int:
        return 200 if event["payload"] else 500

    steps = "  - send: session.ended\n  - {send: session.ended, body: '%s'}\n"
    assert rules(perform(tmp_path, Fake(crashes), steps % BODY)) == {"MZ401"}
    assert rules(perform(tmp_path, Fake(right), steps % "[]")) in ({"MZ404"}, {"MZ405"})
