"""`--fuzz`: no alarm for correct receivers; a defect is found, shrunk, and can be reproduced."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mockzoom.client.settings import load_contract
from mockzoom.client.verifying import verify
from mockzoom.engine.evidence import judge
from mockzoom.errors import UsageError
from mockzoom.model import RunResult, Violation
from mockzoom.report import as_text
from mockzoom.settings import Settings
from mockzoom.suites import fuzz
from tests.each import thorough
from tests.receivers.launch import SECRET as LAUNCHED
from tests.receivers.launch import running
from tests.suites.evidence import FAILURES, TIMEOUT, evidence, failure, response
from tests.verify.apps import SECRET, Receiver

pytestmark = pytest.mark.slow

AT = 1_790_000_000_000
"""The payload clock of tests that compare bodies."""
ROOT = Path(__file__).resolve().parents[2]


def fuzzed(receiver: Any, count: int, *events: str, **settings: Any) -> RunResult:
    """Verify with random bodies and, before them, only what they need."""
    chosen = {"secret": SECRET, "suites": (), "events": events, "fuzz": count, **settings}
    return verify(receiver, Settings(**chosen))


def drawn(result: RunResult) -> int:
    [text] = [text for text in result.notices if "drawn at random" in text]
    found = re.fullmatch(r"fuzz: (\d+) malformed and (\d+) valid bodies drawn at random", text)
    assert found is not None
    return int(found[1]) + int(found[2])


def body_of(violation: Violation) -> str:
    words = shlex.split(violation.reproduce)
    return words[words.index("--body") + 1]


# -- correct receivers -------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, *thorough(2)])
@pytest.mark.parametrize(
    "name", ["aiohttp", *thorough("contract", "flask", "stdlib", "fastapi", "django")]
)
def test_a_correct_receiver_raises_no_alarm(name: str, seed: int) -> None:
    """The second seed is played on a quarter of the events, with four times as many bodies each."""
    strict = name == "contract"
    events = () if seed == 1 else ("meeting.rtms_*", "rtms.*", "session.user_*")
    with running(f"{name}_receiver") as url:
        result = fuzzed(url, 200, *events, secret=LAUNCHED, seed=seed, strict=strict)
    assert result.violations == (), as_text(result)
    assert result.breakages == ()
    assert drawn(result) == 200
    assert {rule for rule, _ in result.cases} >= {"MZ401", "MZ402", "MZ101"}
    assert ("MZ403" in {rule for rule, _ in result.cases}) == strict


def refuses_unlikely_values(event: Any) -> int:
    """Refuse what Zoom would never send: fair, since the schema says `string` and no more."""
    try:
        return 200 if len(event["payload"]["meeting_uuid"]) == 24 else 422
    except (KeyError, TypeError):
        return 400


def test_a_receiver_that_knows_more_of_the_values_than_the_schema_may_refuse() -> None:
    result = fuzzed(Receiver(refuses_unlikely_values), 40, "meeting.rtms_stopped")
    assert result.violations == ()


# -- defective receivers -----------------------------------------------------------------------

DEFECTS = [
    ("django_receiver", "stores-in-sqlite", "MZ401", "meeting.rtms_stopped"),
    ("fastapi_receiver", "null-crash", "MZ401", "session.user_joined"),
    ("stdlib_receiver", "drops-wrong-type", "MZ402", "session.started"),
]


@pytest.mark.parametrize(("receiver", "defect", "rule", "event"), DEFECTS)
def test_a_defect_is_found_shrunk_and_reproduced_by_the_printed_line(
    receiver: str, defect: str, rule: str, event: str
) -> None:
    with running(receiver, defect) as url:
        result = fuzzed(url, 80, event, secret=LAUNCHED)
        assert [item.rule for item in result.violations] == [rule], as_text(result)
        [found] = result.violations
        assert found.event == event
        assert f"{event}, random body, /" in found.message
        assert len(body_of(found)) < 180
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-c", found.reproduce],
            env={**os.environ, "PATH": path, "MOCKZOOM_SECRET": LAUNCHED},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"error {rule} {found.slug}" in done.stdout
    assert body_of(found) in done.stdout


def crashes_on_no_text(event: Any) -> int:
    """Crash where the UUID is no text, as `uuid.strip()` would."""
    payload = event.get("payload")
    if isinstance(payload, dict) and not isinstance(payload.get("meeting_uuid", ""), str):
        return 500
    return 200


def test_an_application_in_this_process_gets_the_smallest_body_that_fails() -> None:
    receiver = Receiver(crashes_on_no_text)
    result = fuzzed(receiver, 40, "meeting.rtms_stopped", at=AT)
    [found] = result.violations
    body = json.loads(body_of(found))
    assert body["event"] == "meeting.rtms_stopped"
    assert body["payload"].pop("meeting_uuid") in (0, None, False, [], {})
    assert body["payload"].pop("stop_reason", 1) == 1
    assert body["payload"].pop("rtms_stream_id", "") == ""
    assert not body["payload"]
    assert "random body, /payload/meeting_uuid: " in found.message
    assert "is not of type 'string'" in found.message
    assert body_of(found).encode() in receiver.bodies


def test_a_valid_body_that_crashes_the_receiver_is_not_called_malformed() -> None:
    def crashes_on_an_empty_id(event: Any) -> int:
        payload = event.get("payload")
        ours = isinstance(payload, dict) and payload.get("rtms_stream_id") == ""
        return 500 if ours and isinstance(payload.get("meeting_uuid"), str) else 200

    result = fuzzed(Receiver(crashes_on_an_empty_id), 80, "meeting.rtms_stopped")
    valid = [item for item in result.violations if item.rule == "MZ101"]
    assert [item.event for item in valid] == ["meeting.rtms_stopped"]
    assert "random values that the schema allows: 500" in valid[0].message
    assert json.loads(body_of(valid[0]))["payload"]["rtms_stream_id"] == ""


def test_one_cause_is_pursued_for_three_events_and_counted_for_the_others() -> None:
    known = set(load_contract(Settings()).events)

    def crashes_without_payload(event: Any) -> int:
        return 200 if event["event"] not in known or isinstance(event.get("payload"), dict) else 500

    result = fuzzed(Receiver(crashes_without_payload), 100, "session.r*")
    assert [item.rule for item in result.violations] == ["MZ401"] * 3
    assert len({item.event for item in result.violations}) == 3
    assert any("more bodies broke MZ401 (500): skipped, same cause" in n for n in result.notices)


def test_with_strict_an_accepted_malformed_body_is_found() -> None:
    result = fuzzed(Receiver(), 40, "meeting.rtms_stopped", strict=True)
    assert [(item.rule, item.cause.partition(",")[0]) for item in result.violations] == [
        ("MZ403", "accepted")
    ]
    assert fuzzed(Receiver(), 40, "meeting.rtms_stopped").violations == ()


def test_a_failure_that_does_not_come_again_is_not_reported() -> None:
    seen: set[str] = set()

    def fails_once(event: Any) -> int:
        if isinstance(event.get("payload"), dict) or seen:
            return 200
        seen.add("failed")
        return 500

    result = fuzzed(Receiver(fails_once), 60, "meeting.rtms_stopped")
    assert seen
    assert result.violations == ()
    assert any("did not when repeated: not reported" in text for text in result.notices)


def test_a_receiver_that_hangs_costs_a_bounded_time() -> None:
    started = time.monotonic()
    with running("aiohttp_receiver", "wrong-type-hang") as url:
        result = fuzzed(url, 300, "session.*", secret=LAUNCHED, timeout=0.7)
    assert {item.rule for item in result.violations} == {"MZ402"}
    assert any("fuzz: ended after" in text for text in result.notices)
    silent = next(text for text in result.notices if "ended after" in text)
    assert int(re.findall(r"\d+", silent)[0]) <= 10
    assert time.monotonic() - started < 200  # 300 times the deadline would be 210


def test_the_canary_proves_life_after_each_event() -> None:
    """What refuses everything for a while after a malformed event is MZ406, and no MZ401."""
    ill = Counter[str]()

    def sickens(event: Any) -> int:
        if ill["for"] > 0:
            ill["for"] -= 1
            return 503
        if not isinstance(event.get("payload"), dict):
            ill["for"] = 20
        return 200

    result = fuzzed(Receiver(sickens), 100, "meeting.rtms_stopped")
    [died] = result.violations
    assert died.rule == "MZ406"
    assert "payload" in json.loads(body_of(died)) or "'payload' is a required" in died.message


# -- what is drawn -----------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "events"), [(1, 1), (3, 3), (24, 4), (25, 4)])
def test_the_bodies_are_spread_over_the_events(count: int, events: int) -> None:
    receiver = Receiver()
    names = ("meeting.rtms_interrupted", "meeting.rtms_started", "meeting.rtms_stopped",
             "session.rtms_stopped")  # fmt: skip
    # The first body that this seed draws for each event is malformed still when it was settled.
    result = fuzzed(receiver, count, *names, seed=2)
    assert drawn(result) == count
    judged = {event for (rule, event) in result.cases if rule == "MZ401"}
    assert len(judged) == events
    each = Counter({event: n for (rule, event), n in result.cases.items() if rule == "MZ402"})
    assert max(each.values()) <= -(-count // len(names))


def sequence(seed: int) -> str:
    receiver = Receiver()
    fuzzed(receiver, 30, "meeting.rtms_*", "session.user_joined", at=AT, seed=seed)
    return hashlib.sha256(b"\n".join(receiver.bodies)).hexdigest()


def test_the_same_seed_draws_the_same_bodies_and_another_seed_others() -> None:
    assert sequence(1) == sequence(1)
    assert sequence(1) != sequence(2)


def test_the_same_seed_draws_the_same_bodies_in_another_process() -> None:
    """Hypothesis may use constants of the modules that are loaded; here they must not matter."""
    script = "from tests.verify.test_fuzz import sequence; print(sequence(1))"
    assert run_python(script).stdout.strip() == sequence(1)


def test_a_contract_with_references_and_odd_names_is_drawn_from(tmp_path: Path) -> None:
    properties = {"id": {"type": "integer"}, "next": {"$ref": "#/$defs/node"}}
    node = {"type": "object", "required": ["id"], "properties": properties}
    schema = {
        "type": "object",
        "required": ["event", "payload"],
        "properties": {"event": {"type": "string"}, "payload": {"$ref": "#/$defs/node"}},
        "$defs": {"node": node},
    }
    content = {"application/json": {"schema": schema}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "odd", "version": "1"},
        "webhooks": {"odd.{name}/with ~ signs": {"post": {"requestBody": {"content": content}}}},
    }
    path = tmp_path / "odd.json"
    path.write_text(json.dumps(document))
    receiver = Receiver(lambda event: 200 if isinstance(event.get("payload"), dict) else 500)
    result = fuzzed(receiver, 60, spec=[path])
    assert drawn(result) == 60
    assert [item.rule for item in result.violations] == ["MZ401"]


# -- manners -----------------------------------------------------------------------------------


def run_python(script: str, **options: Any) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "MOCKZOOM_SECRET": LAUNCHED}
    return subprocess.run(
        [sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False,
        **{"cwd": ROOT, **options},
    )  # fmt: skip


def command(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    call = f"from mockzoom.cli import main; main(*{list(words)!r})"
    return run_python(call, **options)


def test_the_command_prints_its_report_and_nothing_of_hypothesis(tmp_path: Path) -> None:
    with running("fastapi_receiver", "null-crash") as url:
        done = command("verify", url, "--fuzz", "60", "--events", "session.started", cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stderr == ""
    assert "random body, /" in done.stdout
    assert "--body '{" in done.stdout
    for noise in ("Traceback", "Falsifying", "hypothesis", "Hypothesis", "schemathesis"):
        assert noise not in done.stdout
    assert list(tmp_path.iterdir()) == [], "no folder is left behind"


def test_schemathesis_is_imported_only_for_fuzzing() -> None:
    script = """
import sys
from mockzoom.client.verifying import verify
from mockzoom.settings import Settings
from tests.verify.apps import SECRET, Receiver
heavy = {"schemathesis", "hypothesis"}
def play(**more):
    verify(Receiver(), Settings(SECRET, events=["meeting.rtms_stopped"], suites=(), **more))
play()
assert not heavy & set(sys.modules), heavy & set(sys.modules)
play(fuzz=2)
assert heavy <= set(sys.modules)
"""
    done = run_python(script)
    assert done.returncode == 0, done.stderr


def test_an_interrupt_ends_the_search_at_once_and_the_report_is_whole() -> None:
    script = """
import os, signal
from mockzoom.report.junit import as_junit
from mockzoom.client.verifying import verify
from mockzoom.settings import Settings
from tests.verify.apps import SECRET, Receiver
def handle(event):
    if len(receiver.bodies) == 60:
        os.kill(os.getpid(), signal.SIGINT)
    return 200
receiver = Receiver(handle)
chosen = {"events": ["meeting.rtms_stopped"], "suites": (), "fuzz": 50_000}
result = verify(receiver, Settings(SECRET, **chosen))
assert len(receiver.bodies) < 200, len(receiver.bodies)
print(*result.breakages)
print(as_junit(result))
"""
    done = run_python(script, timeout=60)
    assert done.stderr == ""
    assert done.stdout.startswith("interrupted; what follows was not checked")
    assert 'errors="1"' in done.stdout


def test_a_receiver_that_acknowledges_first_gets_no_random_bodies() -> None:
    receiver = Receiver()
    result = fuzzed(receiver, 5, "meeting.rtms_stopped", ack_first=True)
    assert any("--ack-first" in text for text in result.notices)
    assert not any(rule.startswith("MZ4") for rule, _ in result.cases)


def test_without_the_extra_one_line_says_what_to_install() -> None:
    words = ["verify", "http://127.0.0.1:9/", "--fuzz", "5"]
    done = run_python(
        "import sys; sys.modules['schemathesis'] = None\n"
        f"from mockzoom.cli import main; main(*{words!r})"
    )
    assert done.returncode == 2
    assert done.stderr == "mockzoom: --fuzz needs the extra: pip install 'mockzoom[fuzz]'\n"
    assert done.stdout == ""


@pytest.mark.parametrize("count", [-1, fuzz.MOST + 1])
def test_an_impossible_number_of_bodies_is_refused(count: int) -> None:
    with pytest.raises(UsageError, match=f"--fuzz {count}: expected a number of bodies from 1 to"):
        fuzzed(Receiver(), count)


# -- how a valid random body is judged ---------------------------------------------------------


@pytest.mark.parametrize("status", [200, 202, 204, 302, 400, 401, 404, 422, 429, 499])
def test_any_answer_below_500_to_random_values_is_fair(status: int) -> None:
    assert judge(evidence("random-valid", response(status))) == ()


@pytest.mark.parametrize("status", [500, 501, 503])
def test_a_crash_on_random_values_is_a_finding(status: int) -> None:
    [found] = judge(evidence("random-valid", response(status)))
    assert (found.rule, found.cause) == ("MZ101", str(status))
    assert found.message.startswith(f"a.b, a detail: {status}")


def test_silence_on_random_values_is_a_finding() -> None:
    assert [item.rule for item in judge(evidence("random-valid", TIMEOUT))] == ["MZ102"]
    for kind in FAILURES:
        assert [item.rule for item in judge(evidence("random-valid", failure(kind)))] == ["MZ103"]


# -- send --body -------------------------------------------------------------------------------

BODY = '{ "event": "meeting.rtms_stopped", "payload": {"meeting_uuid": "é\\u00e9"} }'


def send(*words: str) -> subprocess.CompletedProcess[str]:
    return command("send", "meeting.rtms_stopped", *words)


def test_a_body_is_sent_byte_for_byte_and_judged_by_the_schema() -> None:
    with running("flask_receiver") as url:
        done = send("--to", url, "--body", BODY)
        assert done.returncode == 0, done.stdout + done.stderr
        assert BODY in done.stdout
        assert "acknowledged: no violation" in done.stdout
        curl = send("--to", url, "--body", BODY, "--print-curl")
        assert BODY in curl.stdout or BODY.replace("'", "'\\''") in curl.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--body", "{"], "--body:1:2: broken JSON: "),
        (["--body", '{"a": NaN}'], "NaN is no JSON number"),
        (["--body", "[1]"], "--body: expected one JSON object, found [1]"),
        (["--body", "{}", "--case", "valid:0"], "it excludes --case and --set"),
        (["--body", "{}", "--set", "event_ts=1"], "it excludes --case and --set"),
        (["--case", "random-valid:3"], "such bodies have no name; deliver one with --body"),
    ],
)
def test_a_body_that_cannot_be_sent_is_refused_with_the_reason(
    words: list[str], message: str
) -> None:
    done = send("--to", "http://127.0.0.1:9/", *words)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
