"""`mockzoom verify`: reports, exit codes, secrets, and lines that show a finding again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar
from xml.etree import ElementTree as ET

import pytest

from mockzoom.model import ExchangeFinished, Observed, RunEvent, StepStarted, ViolationFound
from mockzoom.report import FORMATS, FailOn, Format, Reporter
from mockzoom.report.json_report import JsonReporter
from mockzoom.schema.pointer import leaves
from tests.cli.conftest import SECRET, Call
from tests.receivers.launch import SECRET as STATEFUL_SECRET
from tests.receivers.launch import running
from tests.transport.servers import Received, answering, http, serving

pytestmark = pytest.mark.slow

MEETING = ("--events", "meeting.rtms_*")


def test_a_correct_receiver_is_exit_code_0_and_a_quiet_report(call: Call, receiver: str) -> None:
    ended = call("verify", receiver, "--secret", SECRET, *MEETING)
    assert (ended.code, ended.err) == (0, "")
    assert "PASS: no violations" in ended.out.splitlines()
    assert "3 of 3 events" in ended.out
    assert "\x1b" not in ended.out


def test_reports_are_written_and_say_the_same(call: Call, defective: str, tmp_path: Path) -> None:
    options = [word for name in ("json", "junit", "text") for word in
               ("--report", f"{name}=report.{name}")]  # fmt: skip
    ended = call("verify", defective, "--secret", SECRET, *MEETING, *options)
    assert ended.code == 1
    assert (tmp_path / "report.text").read_text() == ended.out
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["verdict"] == "fail"
    assert {item["rule"] for item in report["violations"]} == {
        "MZ107", "MZ205", "MZ305", "MZ306", "MZ401",
    }  # fmt: skip
    severities = [item["severity"] for item in report["violations"]]
    assert severities == sorted(severities)  # error before warning
    assert report["coverage"]["events"] == [3, 3]
    failures = ET.parse(tmp_path / "report.junit").getroot().findall(".//failure")
    assert {item.get("type") for item in failures} == {"MZ107", "MZ306", "MZ401"}  # no warnings


def test_a_report_to_standard_output_sends_the_text_to_the_other(call: Call, receiver: str) -> None:
    ended = call("verify", receiver, "--secret", SECRET, *MEETING, "--report", "json=-")
    assert json.loads(ended.out)["verdict"] == "pass"
    assert "PASS: no violations" in ended.err


@pytest.mark.parametrize(("fail_on", "code"), [("error", 1), ("warning", 1), ("never", 0)])
def test_fail_on_decides_what_errors_cost(
    call: Call, defective: str, fail_on: str, code: int
) -> None:
    options = ("--events", "meeting.rtms_started", "--fail-on", fail_on)
    assert call("verify", defective, "--secret", SECRET, *options).code == code


def test_fail_on_decides_what_warnings_cost(call: Call) -> None:
    with serving(answering(checking(lambda received: http(202)))) as server:
        words = ("verify", server.url, "--secret", SECRET, "--events", "meeting.rtms_started")
        lenient = call(*words)
        strict = call(*words, "--fail-on", "warning")
    assert "PASS: 1 warning" in lenient.out
    assert "FAIL: 1 warning" in strict.out
    assert (lenient.code, strict.code) == (0, 1)


def checking(answer: Callable[[Received], bytes]) -> Callable[[Received], bytes]:
    """A correct receiver, but for what it answers to an authentic event."""

    def respond(received: Received) -> bytes:
        timestamp = received.header("x-zm-request-timestamp") or ""
        message = b"v0:" + timestamp.encode() + b":" + received.body
        right = "v0=" + hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()
        if received.header("x-zm-signature") != right:
            return http(401)
        if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > 300:
            return http(401)
        try:
            event = json.loads(received.body)
        except (ValueError, RecursionError):
            return http(400)
        if isinstance(event, dict) and event.get("event") == "endpoint.url_validation":
            token = str(event["payload"]["plainToken"])
            digest = hmac.new(SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
            return http(200, json.dumps({"plainToken": token, "encryptedToken": digest}).encode())
        return answer(received)

    return respond


def test_no_credential_is_printed_or_written(call: Call, tmp_path: Path) -> None:
    """The receiver even echoes them: what it says itself is not ours to hide, but nothing else."""
    auth = "Basic " + base64.b64encode(b"me:hunter2").decode()
    with serving(answering(http(200))) as server:
        ended = call(
            "verify", server.url, "--secret", SECRET, "--auth", "basic:me:hunter2",
            "--events", "meeting.rtms_started", "--report", "json=r.json",
            "--report", "junit=r.xml", "--report", "text=r.txt",
        )  # fmt: skip
    assert ended.code == 1
    assert server.received[0].header("authorization") == auth
    written = [(tmp_path / name).read_text() for name in ("r.json", "r.xml", "r.txt")]
    for text in (ended.out, ended.err, *written):
        for secret in (SECRET, "hunter2", auth.split()[1]):
            assert secret not in text
    assert '--auth "$MOCKZOOM_AUTH" --secret "$MOCKZOOM_SECRET"' in ended.out


def test_credentials_in_the_url_are_refused_and_not_repeated(call: Call) -> None:
    with serving(answering(http(200))) as server:
        url = server.url.replace("http://", "http://url-user:url-password@")
        ended = call("verify", url, "--secret", SECRET)
    assert ended.code == 2
    assert "the URL carries credentials, which Zoom takes none of there" in ended.err
    assert "url-password" not in ended.err
    assert server.received == []


class DumpReporter(Reporter):
    """Writes down everything that a reporter is given."""

    takes: ClassVar = dict.fromkeys((ExchangeFinished, StepStarted, Observed, ViolationFound), 999)

    def __init__(self) -> None:
        super().__init__()
        self.events: list[RunEvent] = []

    def take(self, event: RunEvent) -> None:
        super().take(event)
        self.events.append(event)

    def text(self, fail_on: FailOn) -> str:
        return "\n".join(map(repr, self.events))


def test_a_reporter_is_given_requests_without_credentials(
    call: Call, defective: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dump = Format("what came", "text/plain", __name__, "DumpReporter")
    monkeypatch.setitem(FORMATS, "dump", dump)  # type: ignore[arg-type]
    ended = call(
        "verify", defective, "--secret", SECRET, "--auth", "header:X-Api-Key:hunter-2222",
        "--events", "meeting.rtms_started", "--report", "dump=d",
    )  # fmt: skip
    written = (tmp_path / "d").read_text()
    assert ended.code == 1
    assert written.startswith(f"RunStarted(target='{defective}', seed=1, ")
    for kind in ("StepStarted(", "ExchangeFinished(", "ViolationFound(", "RunFinished("):
        assert kind in written
    assert "('x-api-key', '…redacted…')" in written.lower()
    for secret in (SECRET, "hunter-2222"):
        assert secret not in written


@pytest.mark.parametrize("method", ["take", "text"])
def test_a_reporter_that_fails_costs_its_own_report_and_exit_code_3(
    call: Call, receiver: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def fail(self: Reporter, given: object) -> str:
        raise ValueError("no idea")

    monkeypatch.setattr(JsonReporter, method, fail)
    (tmp_path / "r.json").write_text("old")
    ended = call(
        "verify", receiver, "--secret", SECRET, "--events", "meeting.rtms_started",
        "--report", "json=r.json", "--report", "text=r.txt",
    )  # fmt: skip
    assert ended.code == 3
    assert (tmp_path / "r.txt").read_text() == ended.out
    assert "PASS: no violations" in ended.out
    assert (tmp_path / "r.json").read_text() == "old"
    place = r"\(test_verify_command\.py:\d+\)"
    assert re.fullmatch(
        "mockzoom: --report json=r.json: the reporter failed and nothing was written: ValueError:"
        rf" no idea {place}\n", ended.err,
    )  # fmt: skip


def test_show_secrets_writes_them_into_the_reproduce_lines(call: Call, defective: str) -> None:
    ended = call("verify", defective, "--secret", "it's " + SECRET, "--show-secrets", *MEETING)
    assert "--secret 'it'\"'\"'s s3cret-of-the-tests'" in ended.out


def test_a_throttling_receiver_is_obeyed_and_no_violation(call: Call) -> None:
    seen = 0

    def answer(received: Received) -> bytes:
        nonlocal seen
        seen += 1
        return http(429, b"", "retry-after: 0") if seen % 3 == 0 else http(204)

    with serving(answering(checking(answer))) as server:
        ended = call("verify", server.url, "--secret", SECRET, "--events", "meeting.rtms_started")
    assert "PASS: no violations" in ended.out
    assert ended.code == 0


def test_settings_reach_the_run(call: Call) -> None:
    with serving(answering(checking(lambda received: http(204)))) as server:
        call("verify", server.url, "--secret", SECRET, "--events", "meeting.rtms_started",
             "--client-id", "the-app", "--at", "1790000000000", "--seed", "9")  # fmt: skip
    assert {received.header("clientid") for received in server.received} == {"the-app"}
    stamps = [int(stamp) for received in server.received
              for stamp in re.findall(rb'"event_ts":([0-9]{13})', received.body)]  # fmt: skip
    near = [stamp for stamp in stamps if abs(stamp - 1790000000000) < 10_000_000]
    assert len(near) > 0.9 * len(stamps) > 20  # the rest are boundaries of integers


# -- reproduce ---------------------------------------------------------------------------------


def test_each_reproduce_line_delivers_the_same_case_again_freshly_signed(
    call: Call, tmp_path: Path
) -> None:
    """Every line of a real run is put through the shell, against a receiver that takes all."""
    with serving(answering(http(200))) as server:
        options = ("--strict", "--report", "json=r.json")
        assert call("verify", server.url, "--secret", SECRET, *MEETING, *options).code == 1
        found = json.loads((tmp_path / "r.json").read_text())["violations"]
        assert {"MZ201", "MZ202", "MZ203", "MZ204", "MZ205", "MZ206", "MZ403"} <= {
            item["rule"] for item in found
        }
        before = list(server.received)
        time.sleep(1.1)
        for item in found:
            count = len(server.received)
            ended = call(*words_of(item["reproduce"], tmp_path))
            if item["rule"] != "MZ403":  # what `send` cannot be strict about
                assert f"\n{item['severity']} {item['rule']} {item['slug']}\n" in ended.out
            # Events of its prelude come before it, and after it genuine ones to compare it with.
            judged = re.search(r"x-zm-request-id: (\S+)", ended.out)
            assert judged is not None
            (again,) = (received for received in server.received[count:]
                        if received.header("x-zm-request-id") == judged[1])  # fmt: skip
            check(item, again, before)


def words_of(line: str, folder: Path) -> list[str]:
    """Return the words that a shell hands to `mockzoom` for this line."""
    shim = folder / "mockzoom"
    shim.write_text("#!/bin/sh\nprintf '%s\\0' \"$@\"\n")
    shim.chmod(0o755)
    environment = {"PATH": f"{folder}:/usr/bin:/bin", "MOCKZOOM_SECRET": SECRET}
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, env=environment, timeout=60)
    assert done.stderr == b""
    return done.stdout.decode().split("\0")[:-1]


def test_a_reproduce_line_runs_as_it_is_printed(call: Call, defective: str, tmp_path: Path) -> None:
    call("verify", defective, "--secret", SECRET, *MEETING, "--report", "json=r.json")
    item = json.loads((tmp_path / "r.json").read_text())["violations"][0]
    folder = Path(sys.executable).parent
    done = subprocess.run(
        ["/bin/sh", "-c", item["reproduce"]], capture_output=True, text=True, timeout=30,
        env={"PATH": f"{folder}:{os.environ['PATH']}", "MOCKZOOM_SECRET": SECRET},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")
    assert f"\nerror {item['rule']} {item['slug']}\n" in done.stdout


def places(body: bytes) -> tuple[str, list[str]]:
    """Return the name of an event and which fields it has: its ids are new each time."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return "", [str(len(body))]
    if not isinstance(value, dict):
        return "", [str(type(value))]
    return value.get("event", ""), sorted(place for place, _ in leaves(value))


def check(item: dict[str, Any], again: Received, before: list[Received]) -> None:
    same = [received for received in before if places(received.body) == places(again.body)]
    assert same, f"{item['rule']}: no such event was delivered in the run"
    forge = re.search(r"--forge ([a-z-]+)", item["reproduce"])
    timestamp = again.header("x-zm-request-timestamp") or ""
    message = b"v0:" + timestamp.encode() + b":" + again.body
    right = "v0=" + hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()
    signature = again.header("x-zm-signature")
    if forge is None or forge[1] == "stale":
        assert signature == right
        age = time.time() - int(timestamp)
        assert abs(age - (86400 if forge else 0)) < 20
    else:
        assert signature != right, item["reproduce"]
    if re.fullmatch("v0=[0-9a-f]{64}", signature or ""):
        signatures = {received.header("x-zm-signature") for received in before}
        assert signature not in signatures, "the signature is not a fresh one"


# -- interrupted -------------------------------------------------------------------------------


def interrupted(
    words: list[str], started: threading.Event, number: signal.Signals = signal.SIGINT
) -> subprocess.CompletedProcess[str]:
    """Run a command, and send a signal once the receiver has what it waits for."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mockzoom", *words], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env={**os.environ, "MOCKZOOM_SECRET": SECRET},
    )  # fmt: skip
    try:
        assert started.wait(20)
        process.send_signal(number)
        out, err = process.communicate(timeout=15)
    finally:
        process.kill()
    return subprocess.CompletedProcess(words, process.returncode, out, err)


@pytest.mark.parametrize(
    ("status", "code", "number"),
    [(200, 3, signal.SIGINT), (500, 1, signal.SIGINT), (200, 3, signal.SIGTERM)],
)
def test_ctrl_c_and_sigterm_end_a_run_with_a_report_of_what_was_judged(
    tmp_path: Path, status: int, code: int, number: signal.Signals
) -> None:
    started = threading.Event()
    count = 0

    def answer(received: Received) -> bytes:
        nonlocal count
        count += 1
        if count == 10:
            started.set()
            time.sleep(2)
        return http(status)

    with serving(answering(checking(answer))) as server:
        words = ["verify", server.url, "--report", f"json={tmp_path / 'r.json'}"]
        done = interrupted(words, started, number)
    assert "Traceback" not in done.stderr
    assert done.returncode == code, done.stdout + done.stderr
    assert "interrupted; what follows was not checked" in done.stdout
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["breakages"] == ["interrupted; what follows was not checked"]
    assert report["verdict"] == ("broken" if code == 3 else "fail")
    assert 0 < report["deliveries"] < 30


def test_ctrl_c_while_sending_says_interrupted() -> None:
    started = threading.Event()

    def answer(received: Received) -> bytes:
        started.set()
        time.sleep(1)
        return http(200)

    with serving(answering(answer)) as server:
        done = interrupted(["send", "meeting.rtms_started", "--to", server.url], started)
    assert (done.returncode, done.stderr) == (3, "mockzoom: interrupted\n")


def test_a_probe_shows_what_forged_events_leave(call: Call, tmp_path: Path) -> None:
    options = ("--secret", STATEFUL_SECRET, "--events", "session.started", "--ack-first",
               "--probe", "/state", "--probe-within", "2s")  # fmt: skip
    report = tmp_path / "report.json"
    with running("stateful_flask") as url:
        ended = call("verify", url, *options, "--report", f"json={report}")
    assert ended.code == 0, ended.out
    told = json.loads(report.read_text())
    assert "MZ101" in {item["rule"] for item in told["not_judged"]}
    assert not {"MZ201", "MZ202", "MZ206"} & {item["rule"] for item in told["not_judged"]}
    assert told["not_observable"] == []


def test_without_a_probe_it_is_said_that_signatures_are_not_checked(
    call: Call, receiver: str
) -> None:
    ended = call("verify", receiver, "--secret", SECRET, *MEETING, "--ack-first")
    assert ended.code == 0, ended.out
    assert "signature of events not checked: acknowledged before it is verified" in ended.out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--probe-within", "5s"), 2, "--probe-within says how to read a probe"),
        (("--probe", "/a", "--probe-command", "b"), 2, "exclude each other; pass one of them"),
        (("--probe", "/nowhere"), 3, "/nowhere: answered 404; expected 200 with JSON"),
    ],
)
def test_a_probe_that_cannot_be_is_refused_before_anything_is_sent(
    call: Call, receiver: str, words: tuple[str, ...], code: int, said: str
) -> None:
    ended = call("verify", receiver, "--secret", SECRET, *words)
    assert ended.code == code
    assert said in " ".join((ended.out + ended.err).split())


def test_a_closed_pipe_is_no_traceback() -> None:
    line = f"{sys.executable} -m mockzoom events list | head -n 1"
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, timeout=20)
    assert done.stdout.count("\n") == 1
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr
