"""A burst at a rate limiter: what is answered 429 is lost, as it would be with Zoom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockzoom.cli.sample import serving
from mockzoom.client import Settings, load_catalog, load_scenarios, play
from mockzoom.play import PlayPlan
from tests.receivers.field import Answer, Right
from tests.receivers.launch import SECRET

pytestmark = pytest.mark.slow
BURST = """
name: burst
steps:
  - name: at once
    worlds: 60
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


def played(tmp_path: Path, receiver: Right, text: str = BURST) -> Any:
    path = tmp_path / "burst.yaml"
    path.write_text(text)
    settings = Settings(secret=SECRET)
    scenarios = load_scenarios([path], load_catalog(settings))
    with serving(receiver) as url:
        return play(url, settings, PlayPlan(tuple(scenarios)))


def test_what_a_burst_loses_is_one_violation_that_names_the_rate(tmp_path: Path) -> None:
    result = played(tmp_path, Limited(50, once=False))
    (found,) = result.violations
    assert (found.rule, found.count) == ("MZ101", 70)
    assert "answered 429 in a burst of about " in found.message
    assert " deliveries a second; Zoom retries no 4xx" in found.message
    assert "limit" in found.fix


def test_outside_of_a_burst_a_pause_is_made(tmp_path: Path) -> None:
    few = BURST.replace("worlds: 60", "worlds: 5")
    receiver = Limited(3, once=True)
    receiver.retry_after = "1"
    assert played(tmp_path, receiver, few).violations == ()
