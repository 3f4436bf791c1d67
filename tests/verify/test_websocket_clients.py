"""`verify --websocket` and clients in two stacks: correct ones pass, one defect breaks one rule."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mockzoom.client.websocket import listening, verify_client
from mockzoom.errors import UsageError
from mockzoom.model import RunResult
from mockzoom.play.over_websocket import NO_RETRIES
from mockzoom.play.player import NO_PROBE
from mockzoom.probe_source import ProbeSource
from mockzoom.settings import Settings

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
SCALE = 0.05
PYTHON = [sys.executable, str(HERE / "websocket_client.py")]
NODE = ["node", "--no-warnings", "--experimental-websocket", str(HERE / "websocket_client.mjs")]
DEFECTS = {
    "": [], "slow-loop": [], "no-heartbeat": ["MZ651"], "one-heartbeat": ["MZ651"],
    "says-ping": ["MZ651"], "no-reconnect": ["MZ652"], "gives-up": ["MZ652"],
    "crashes": ["MZ652"], "keeps-token": ["MZ653"], "storms": ["MZ654"],
}  # fmt: skip
"""The rules that each defect of the Python client breaks."""
OF_NODE = ("", "no-heartbeat", "no-reconnect", "keeps-token", "storms")
LEFT_BEHIND = {
    "": [], "takes-copies": ["MZ501", "MZ504"], "last-wins": ["MZ502"], "races": ["MZ504"],
}  # fmt: skip
"""The rules that each defect of both clients breaks by what it leaves in the state."""


def examined(command: list[str], *events: str, **settings: object) -> RunResult:
    """Return what came of examining the client that a command starts."""
    sock, _ = listening(0)
    line = f"SCALE={SCALE} exec {shlex.join(command)}"
    chosen = {"events": events or ("session.*",), **settings}
    made = Settings(websocket=True, websocket_client=line, stream_scale=SCALE, **chosen)  # type: ignore[arg-type]
    return verify_client(sock, made)


def all_of(command: list[str], defects: list[str]) -> dict[str, RunResult]:
    """Examine clients with these defects; they mostly wait, so several at once."""
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda defect: examined([*command, defect]), defects)
        return dict(zip(defects, found, strict=True))


def probed(command: list[str], defect: str, *events: str) -> RunResult:
    """Examine a client that shows its state, and is played scenarios about `events`."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    probe = ProbeSource(f"http://127.0.0.1:{port}/state")
    return examined(["env", f"STATE_PORT={port}", *command, defect], *events, probe=probe)


def rules(results: dict[str, RunResult]) -> dict[str, list[str]]:
    return {defect: [item.rule for item in result.violations] for defect, result in results.items()}


def test_each_defect_breaks_its_rule_alone_and_a_correct_or_slow_client_none() -> None:
    results = all_of(PYTHON, list(DEFECTS))
    assert rules(results) == DEFECTS
    assert {result.breakages for result in results.values()} == {()}
    correct = results[""]
    assert correct.deliveries == 44
    assert correct.coverage.events == (42, 42)
    assert {item.rule: item.why for item in correct.not_judged} == {
        "MZ501": NO_PROBE, "MZ502": NO_PROBE, "MZ503": NO_RETRIES, "MZ504": NO_PROBE,
        "MZ505": NO_PROBE,
    }  # fmt: skip
    (crashed,) = results["crashes"].violations
    assert "after session.ended" in crashed.message
    assert [item.rule for item in results["crashes"].not_judged if item.why != NO_PROBE] == [
        "MZ503", "MZ651", "MZ653", "MZ654",
    ]  # fmt: skip
    (gave_up,) = results["gives-up"].violations
    assert gave_up.severity == "warning"
    (pinged,) = results["says-ping"].violations
    assert "it sent 'ping'" in pinged.actual


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_each_defect_of_a_client_in_node_breaks_its_rule_alone() -> None:
    assert rules(all_of(NODE, list(OF_NODE))) == {defect: DEFECTS[defect] for defect in OF_NODE}


def test_a_client_that_never_connects_is_an_incomplete_run_with_the_reason() -> None:
    nobody = examined(["sh", "-c", "echo the door is locked; exit 7"])
    (why,) = nobody.breakages
    assert why.endswith("nobody tried to; the command ended with 7: the door is locked")
    assert {"MZ651", "MZ652", "MZ653", "MZ654"} < {item.rule for item in nobody.not_judged}
    admitted = examined(PYTHON, client_id="its-id", client_secret="its-secret")
    assert not admitted.breakages  # it is told the credentials


def test_a_client_that_takes_copies_is_found_by_its_state_and_one_that_does_not_is_correct() -> (
    None
):
    correct = probed(PYTHON, "", "meeting.rtms_*")
    assert (correct.violations, correct.breakages, correct.notices) == ((), (), ())
    assert [item.rule for item in correct.not_judged] == ["MZ503"]
    judged = {rule for rule, _ in correct.cases}
    assert {"MZ501", "MZ502", "MZ504", "MZ505", "MZ651"} <= judged
    assert "MZ101" not in judged  # nobody answers
    told = [item for item in correct.timeline if item.where == "webhook"]
    assert 0 < len(told) < correct.deliveries  # none of those that scenarios make
    takes = probed(PYTHON, "takes-copies", "meeting.rtms_*")
    assert [item.rule for item in takes.violations] == LEFT_BEHIND["takes-copies"]
    copied, _ = takes.violations
    assert "started (meeting.rtms_started), the same delivery twice: " in copied.message
    assert "--seed 1 --events 'meeting.rtms_*' --probe http://127.0.0.1:" in copied.reproduce


@pytest.mark.thorough
@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
@pytest.mark.parametrize("command", [PYTHON, NODE], ids=["python", "node"])
def test_each_defect_that_a_state_shows_breaks_its_rules_alone(command: list[str]) -> None:
    results = {defect: probed(command, defect, "meeting.rtms_*") for defect in LEFT_BEHIND}
    assert rules(results) == LEFT_BEHIND
    assert {result.breakages for result in results.values()} == {()}
    several = probed(command, "", "session.*")
    assert (several.violations, several.breakages, several.notices) == ((), (), ())


@pytest.mark.thorough
def test_a_correct_client_that_works_on_events_for_a_while_is_no_defect() -> None:
    slow = probed(PYTHON, "slow-worker", "meeting.rtms_*")
    assert (slow.violations, slow.breakages) == ((), ())


def test_a_client_that_goes_away_leaves_the_rules_of_its_state_unjudged() -> None:
    crashed = probed(PYTHON, "crashes", "session.ended", "session.user_joined")
    assert [item.rule for item in crashed.violations] == ["MZ652"]
    assert {item.rule for item in crashed.not_judged} >= {"MZ504", "MZ505"}


def test_a_probe_is_a_url_of_its_own_since_there_is_no_receiver() -> None:
    with pytest.raises(UsageError, match=r"--probe '/state': expected a URL of the client's app"):
        examined(["true"], probe=ProbeSource("/state"))


def test_the_command_line_tells_a_client_what_to_know_and_reports_as_elsewhere(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-m", "mockzoom", "verify", "--websocket", "--websocket-port", "0",
               "--stream-scale", str(SCALE), "--events", "session.started",
               "--report", "json=-", "--report", f"junit={tmp_path}/found.xml"]  # fmt: skip
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True) as run:
        assert run.stderr is not None
        assert run.stderr.readline() == "mockzoom: waiting for a client that connects with\n"
        told = dict(run.stderr.readline().strip().split("=", 1) for _ in range(6))
        environment = {**os.environ, **told, "SCALE": str(SCALE)}
        with subprocess.Popen([*PYTHON, "no-heartbeat"], env=environment) as client:
            out, _ = run.communicate(timeout=120)
            client.kill()
    assert run.returncode == 1
    report = json.loads(out)
    (found,) = report["violations"]
    assert (found["rule"], found["slug"]) == ("MZ651", "heartbeat-missing")
    assert found["reproduce"] == f"mockzoom verify --websocket --stream-scale {SCALE}"
    assert "MZ651" in (tmp_path / "found.xml").read_text()
