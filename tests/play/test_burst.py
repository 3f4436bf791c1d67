"""A burst at a rate limiter: what is answered 429 is lost, as it would be with Zoom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockzoom.client.playing import play
from mockzoom.client.scenarios import load_scenarios
from mockzoom.client.settings import load_contract
from mockzoom.play import PlayPlan
from mockzoom.report.verdict import exit_code
from mockzoom.settings import Settings
from mockzoom.zoom.sample_receiver import serving
from tests.receivers.field import Answer, Right
from tests.receivers.launch import SECRET

pytestmark = pytest.mark.slow
BURST = """
name: burst
steps:
  - name: at once
    entity_sets: 60
    together:
      - - send: session.started
        - send: session.ended
"""


class Limited(Right):
    """Takes so many requests; asks for a pause after them, once or for ever."""

    def __init__(self, most: int, *, once: bool) -> None:
        self.left = most
        self.once = once

    def answer(self, environ: dict[str, Any], raw: bytes) -> Answer:
        self.left -= 1
        if self.left < 0 and not (self.once and self.left < -1):
            return 429, None
        return super().answer(environ, raw)


def played(tmp_path: Path, receiver: Right, text: str = BURST, **plan: Any) -> Any:
    path = tmp_path / "burst.yaml"
    path.write_text(text)
    settings = Settings(secret=SECRET)
    scenarios = load_scenarios([path], load_contract(settings))
    with serving(receiver) as url:
        return play(url, settings, PlayPlan(tuple(scenarios), **plan))


def test_what_a_burst_loses_is_one_violation_that_names_the_rate(tmp_path: Path) -> None:
    result = played(tmp_path, Limited(50, once=False))
    (found,) = result.violations
    assert (found.rule, found.count) == ("MZ101", 70)
    assert "answered 429 in a burst of about " in found.message
    assert " deliveries a second; Zoom retries no 4xx" in found.message
    assert "limit" in found.fix


def test_a_burst_that_was_answered_429_is_not_compared(tmp_path: Path) -> None:
    limited = Limited(50, once=False)
    result = played(tmp_path, limited, reader=lambda: {"left": limited.left})
    assert [found.rule for found in result.violations] == ["MZ101"]
    assert "burst: not compared with a second play: it answers 429; see --rate" in result.notices


def test_outside_of_a_burst_a_pause_is_made(tmp_path: Path) -> None:
    few = BURST.replace("entity_sets: 60", "entity_sets: 5")
    receiver = Limited(3, once=True)
    receiver.retry_after = "1"
    assert played(tmp_path, receiver, few).violations == ()


def test_a_scenario_that_gets_nothing_but_429_makes_a_run_incomplete(tmp_path: Path) -> None:
    result = played(
        tmp_path, Limited(0, once=False), BURST.replace("entity_sets: 60", "entity_sets: 5")
    )
    assert result.violations == ()
    assert exit_code(result) == 3
    (why,) = result.breakages
    assert why.startswith("burst: 10 deliveries answered 429 and nothing else")


def test_what_passes_at_a_retry_is_one_notice_with_counts(tmp_path: Path) -> None:
    class Fails(Right):
        number = 0

        def take(self, event: dict[str, Any]) -> Answer:
            self.number += 1
            return (503 if self.number in (1, 3) else 200), None

    text = """
name: twice
steps:
  - send: session.started
  - send: session.ended
"""
    result = played(tmp_path, Fails(), text)
    assert result.violations == ()
    (notice,) = [item for item in result.notices if "retry" in item]
    assert notice.startswith("1 of 2 genuine deliveries acknowledged only at a retry (503 -)")
