"""A recorded run, exported as a scenario and played, sends the same bytes again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mockzoom.client.exporting import export
from mockzoom.client.playing import play
from mockzoom.client.scenarios import load_scenarios
from mockzoom.client.settings import load_contract
from mockzoom.journal import Archive
from mockzoom.model import Headers, RunResult
from mockzoom.play import PlayPlan
from mockzoom.settings import Settings
from tests.receivers.launch import SECRET, running
from tests.record.recorded import exchanges, recording

pytestmark = pytest.mark.slow
TRAFFIC = """\
name: traffic
steps:
  - challenge: {}
  - send: session.started
    deliver: {lose_response: 1}
  - wait: 10m
  - send: session.user_joined
    with: {payload.object.user.name: "Zoë 'o' \\u2028 \\x07 😀"}
    deliver: {times: 2}
  - send: session.user_left
    deliver: {forge: wrong-secret}
  - send: session.exploded
    like: session.ended
  - send: session.ended
    deliver: {malform: cut-short}
  - send: session.ended
"""
NEW = ("x-zm-request-timestamp", "x-zm-signature", "x-zm-trackingid", "traceparent")
"""What each attempt has of its own: the time, the signature, and Zoom's names of the attempt."""


def played(file: Path, url: str) -> RunResult:
    """Play a scenario against a receiver."""
    settings = Settings(SECRET)
    return play(url, settings, PlayPlan(load_scenarios([file], load_contract(settings))))


def exported(journal: Path, run: int, *, scrub: bool = False) -> str:
    """Return the scenario of a run."""
    archive = Archive(journal)
    try:
        made = export(archive, run, "scenario", scrub=scrub)
    finally:
        archive.close()
    assert made.notices == ()
    return made.text


def sent(journal: Path, run: int) -> list[tuple[str, str, Headers, bytes]]:
    """Return the requests of a recording, without what is new for each attempt."""
    requests = [item.last.request for item in exchanges(journal, run)]
    return [
        (
            item.method,
            item.url,
            tuple((name, "" if name in NEW else value) for name, value in item.headers
                  if name != "host"),
            item.body,
        )
        for item in requests
    ]  # fmt: skip


def stamped(journal: Path, run: int) -> str:
    """Return the signature of the first request of a recording."""
    return dict(exchanges(journal, run)[0].last.request.headers)["x-zm-signature"]


@pytest.mark.parametrize("receiver", ["flask_receiver", "stdlib_receiver", "node/correct"])
def test_a_recorded_run_replays_to_the_same_bytes_but_for_time_and_signature(
    receiver: str, tmp_path: Path
) -> None:
    if receiver.startswith("node/") and shutil.which("node") is None:
        pytest.skip("node is not installed")
    journal, replay = tmp_path / "traffic.db", tmp_path / "replay.yaml"
    (tmp_path / "traffic.yaml").write_text(TRAFFIC, encoding="utf-8")
    with running(receiver, secret=SECRET) as url:
        with recording(url, journal, SECRET) as address:
            played(tmp_path / "traffic.yaml", address)
        replay.write_text(exported(journal, 1), encoding="utf-8")
        with recording(url, journal, SECRET) as address:
            result = played(replay, address)
    first = sent(journal, 1)
    assert len(first) == 9  # a retry and a copy among them
    assert sent(journal, 2) == first
    assert len({stamped(journal, run) for run in (1, 2)}) == 2
    assert result.breakages == ()
