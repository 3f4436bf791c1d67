"""`mockzoom send`: one delivery by hand, and the curl line that sends the same."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mockzoom.zoom.signing import encrypted_token
from tests.cli.conftest import SECRET, Call
from tests.transport.conftest import Authority
from tests.transport.servers import NO_CONTENT, Received, answering, http, serving

pytestmark = pytest.mark.slow

STARTED = "meeting.rtms_started"


def signature(received: Received, key: str = SECRET) -> str:
    timestamp = received.header("x-zm-request-timestamp") or ""
    message = b"v0:" + timestamp.encode() + b":" + received.body
    return "v0=" + hmac.new(key.encode(), message, hashlib.sha256).hexdigest()


def test_request_answer_timings_and_verdict_are_shown(call: Call) -> None:
    answer = http(200, b'{"ok":"\xc3\xa4"}', "x-from: receiver")
    with serving(answering(answer)) as server:
        ended = call("send", STARTED, "--to", server.url, "--secret", SECRET)
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0] == f"POST {server.url}   ({STARTED}, valid:0)"
    (received,) = server.received
    shown = [tuple(line.strip().split(": ", 1)) for line in lines[1 : lines.index("")]]
    assert shown == received.headers
    assert f"  {received.body.decode()}" in lines
    phases = (
        r"200 X   \(connected [\d.]+ ms, sent [\d.]+ ms, first byte [\d.]+ ms, complete [\d.]+ ms\)"
    )
    assert re.search(rf"^{phases}$", ended.out, re.MULTILINE)
    assert "  x-from: receiver" in lines
    assert '  {"ok":"ä"}' in lines
    assert lines[-2] == "acknowledged: no violation"


def test_what_goes_out_is_signed_with_the_secret(call: Call) -> None:
    with serving(answering(NO_CONTENT)) as server:
        call("send", STARTED, "--to", server.url, "--secret", SECRET)
    (received,) = server.received
    assert received.header("x-zm-signature") == signature(received)


@pytest.mark.parametrize(
    ("answer", "said", "code"),
    [
        (http(500, b"oops"), "error MZ101 not-acknowledged", 1),
        (http(202), "warning MZ105 unusual-success", 0),
        (http(301, b"", "location: /x"), "error MZ104 redirected", 1),
        (b"nonsense", "error MZ103 no-response", 1),
        (http(429, b"", "retry-after: 99"), "not acknowledged: no violation", 0),
    ],
)
def test_an_answer_that_breaks_a_rule_says_which_and_how_to_fix_it(
    call: Call, answer: bytes, said: str, code: int
) -> None:
    with serving(answering(answer)) as server:
        ended = call("send", STARTED, "--to", server.url, "--secret", SECRET)
    assert ended.code == code
    assert f"\n{said}\n" in ended.out
    assert ("  to fix: " in ended.out) is ("no violation" not in said)


def test_a_receiver_that_closes_without_an_answer_broke_a_rule_and_is_not_unreachable(
    call: Call,
) -> None:
    with serving(lambda peer: peer.read() and None) as server:  # type: ignore[func-returns-value]
        ended = call("send", STARTED, "--to", server.url, "--secret", SECRET)
    assert ended.code == 1
    assert "no answer: the connection was closed without an answer (Zoom's code -7)" in ended.out
    assert "error MZ103 no-response" in ended.out


def test_forge_sends_the_forgery_and_judges_it(call: Call, receiver: str) -> None:
    with serving(answering(NO_CONTENT)) as server:
        ended = call("send", STARTED, "--to", server.url, "--secret", SECRET, "--forge", "stale")
    received, control, *_ = server.received  # a genuine event shows that not only forgeries pass
    assert control.header("x-zm-signature") == signature(control)
    assert ended.code == 0  # MZ205 is a warning
    assert ended.out.startswith(f"POST {server.url}   ({STARTED}, valid:0), forged: stale\n")
    assert "warning MZ205 stale-timestamp-accepted" in ended.out
    assert received.header("x-zm-signature") == signature(received)
    refused = call("send", STARTED, "--to", receiver, "--secret", SECRET, "--forge", "wrong-secret")
    assert refused.code == 0
    assert "\n401 UNAUTHORIZED" in refused.out
    assert "not acknowledged: no violation" in refused.out


def test_times_sends_duplicates_at_once_with_one_request_id_and_timestamps_of_now(
    call: Call,
) -> None:
    with serving(answering(NO_CONTENT)) as server:
        call("send", STARTED, "--to", server.url, "--secret", SECRET, "--times", "15")
    assert len(server.received) == 15
    assert len({received.body for received in server.received}) == 1
    assert len({received.header("x-zm-request-id") for received in server.received}) == 1
    for received in server.received:
        assert abs(received.at - int(received.header("x-zm-request-timestamp") or 0)) < 5
    assert all(item.header("x-zm-signature") == signature(item) for item in server.received)


def test_set_and_case_and_at_choose_the_body(call: Call) -> None:
    with serving(answering(NO_CONTENT)) as server:
        words = ("send", "meeting.rtms_stopped", "--to", server.url, "--secret", SECRET)
        at = ("--at", "1790000000000")
        call(*words, *at, "--set", "payload.stop_reason=6")
        call(*words, *at, "--case", "valid:0.1")
        call(*words, *at, "--case", "spaced:0")
        call(*words, *at)
    changed, other, spaced, plain = (received.body for received in server.received)
    assert b'"stop_reason":6' in changed
    assert other != plain
    assert spaced != plain
    assert call("events", "synth", "meeting.rtms_stopped", *at).out.encode() == plain + b"\n"


# -- bodies and values by hand -----------------------------------------------------------------

CAPTURED = (
    b'{"payload":{"account_id":"AcctSynthetic0001XXXXXX","object":{"uuid":"c3Bpa2V1dWlkMDAwMDAx==",'
    b'"participant":{"leave_time":"2026-07-30T00:01:25Z","public_ip":"203.0.113.1",'
    b'"user_id":"16788480","user_name":"Guest One","id":"","leave_reason":"left the meeting",'
    b'"email":"","participant_uuid":"00000000-0000-4000-8000-000000000000"},"id":"80000000001",'
    b'"type":2,"topic":"TOPIC","host_id":"UserSynthetic0001XXXXXXX","duration":30,'
    b'"start_time":"2026-07-29T23:55:56Z","timezone":""}},"event_ts":1785369686564,'
    b'"event":"meeting.participant_left"}'
)
WAVED = CAPTURED.replace(b"participant_left", b"participant_waved")
"""The same of a type that no document has."""


class RefusesEvents:
    """Passes the URL validation, and answers 400 to events for which `refused(event)` holds."""

    def __init__(self, refused: Callable[[str], bool]) -> None:
        self._refused = refused

    def __call__(self, received: Received) -> bytes:
        event = json.loads(received.body)
        if event["event"] == "endpoint.url_validation":
            token = event["payload"]["plainToken"]
            said = {"plainToken": token, "encryptedToken": encrypted_token(SECRET, token)}
            return http(200, json.dumps(said).encode())
        return http(400, b"unknown field") if self._refused(event["event"]) else NO_CONTENT


def test_a_body_is_read_from_a_file_and_delivered_byte_for_byte(call: Call, tmp_path: Path) -> None:
    (tmp_path / "captured.json").write_bytes(CAPTURED + b"\n")
    with serving(answering(NO_CONTENT)) as server:
        words = ("send", "meeting.participant_left", "--to", server.url, "--secret", SECRET)
        ended = call(*words, "--body", "@captured.json")
    assert (ended.code, ended.err) == (0, "")
    assert server.received[0].body == CAPTURED + b"\n"
    assert server.received[0].header("x-zm-signature") == signature(server.received[0])


def test_a_body_is_read_from_standard_input(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(CAPTURED)))
    with serving(answering(NO_CONTENT)) as server:
        words = ("send", "meeting.participant_left", "--to", server.url, "--secret", SECRET)
        assert call(*words, "--body", "@-").code == 0
    assert server.received[0].body == CAPTURED


def test_a_captured_body_that_the_contract_has_is_judged_as_valid(
    call: Call, tmp_path: Path
) -> None:
    (tmp_path / "captured.json").write_bytes(CAPTURED)
    with serving(answering(RefusesEvents(lambda name: True))) as server:
        words = ("send", "meeting.participant_left", "--to", server.url, "--secret", SECRET)
        ended = call(*words, "--body", "@captured.json")
    assert ended.code == 1
    assert "error MZ101 not-acknowledged" in ended.out
    assert "meeting.participant_left: valid, but answered 400" in ended.out


@pytest.mark.parametrize("event", [STARTED, "meeting.participant_waved"])
def test_a_captured_body_that_is_refused_as_every_genuine_event_is_breaks_the_rule_of_events(
    call: Call, tmp_path: Path, event: str
) -> None:
    (tmp_path / "captured.json").write_bytes(WAVED)
    with serving(answering(RefusesEvents(lambda name: True))) as server:
        words = ("send", event, "--to", server.url, "--secret", SECRET)
        ended = call(*words, "--body", "@captured.json")
    assert ended.code == 1
    assert "error MZ101 not-acknowledged" in ended.out
    assert "does not acknowledge a genuine" in ended.out


def test_a_captured_body_that_alone_is_refused_breaks_the_rule_of_unknown_events(
    call: Call, tmp_path: Path
) -> None:
    (tmp_path / "captured.json").write_bytes(WAVED)
    alone = RefusesEvents(lambda name: name == "meeting.participant_waved")
    with serving(answering(alone)) as server:
        words = ("send", "meeting.participant_waved", "--to", server.url, "--secret", SECRET)
        ended = call(*words, "--body", "@captured.json")
    assert ended.code == 1
    assert "error MZ107 unknown-event-refused" in ended.out


def test_a_valid_body_of_a_known_event_that_is_refused_breaks_the_rule_of_events(
    call: Call,
) -> None:
    body = call("events", "synth", STARTED).out.strip()
    with serving(answering(RefusesEvents(lambda name: True))) as server:
        words = ("send", STARTED, "--to", server.url, "--secret", SECRET)
        ended = call(*words, "--body", body)
    assert ended.code == 1
    assert f"error MZ101 not-acknowledged\n  {STARTED}: valid, but answered 400" in ended.out


def test_a_stop_reason_that_was_observed_is_judged_alike_by_set_and_by_body(
    call: Call, tmp_path: Path
) -> None:
    stopped = "meeting.rtms_stopped"

    def answer(received: Received) -> bytes:
        event = json.loads(received.body)
        return http(500, b"") if event["payload"].get("stop_reason") in (5, 6) else NO_CONTENT

    with serving(answering(answer)) as server:
        words = ("send", stopped, "--to", server.url, "--secret", SECRET)
        for reason, said, code in (
            (6, f"error MZ101 not-acknowledged\n  {stopped}: valid, but answered 500", 1),
            (5, "warning MZ109 documented-variant-refused", 0),
        ):
            change = ("--set", f"payload.stop_reason={reason}")
            body = tmp_path / "captured.json"
            body.write_text(call("events", "synth", stopped, *change).out)
            for ended in (call(*words, *change), call(*words, "--body", f"@{body}")):
                assert (ended.code, said in ended.out) == (code, True), ended.out


def test_broken_json_is_refused_with_its_place_unless_it_is_raw(call: Call, tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_bytes(b'{"event":\n  "a" "b"}')
    (tmp_path / "latin.json").write_bytes(b'{"event":"\xe9"}')
    (tmp_path / "list.json").write_bytes(b"[1]")
    raw = "; pass --raw to deliver it as it is\n"
    with serving(answering(NO_CONTENT)) as server:
        words = ("send", STARTED, "--to", server.url, "--secret", SECRET)
        for body, said in {
            "@broken.json": "broken.json:2:7: broken JSON: Expecting ',' delimiter; expected one"
            f" JSON object{raw}",
            "@latin.json": f"latin.json: no text in UTF-8 from byte 11 on{raw}",
            "@list.json": f"list.json: expected one JSON object, found [1]{raw}",
            '{"a":': f"--body:1:6: broken JSON: Expecting value; expected one JSON object{raw}",
            "@nowhere.json": "--body @nowhere.json: cannot be read: No such file or directory;"
            " expected a file with a JSON object\n",
        }.items():
            ended = call(*words, "--body", body)
            assert (ended.code, ended.out, ended.err) == (2, "", f"mockzoom: {said}")
        ended = call(*words, "--set", 'payload={"a":1')
        assert (ended.code, ended.out) == (2, "")
        assert 'payload={"a":1: the value is broken JSON at character 7' in ended.err
        assert ended.err.endswith(", or pass --raw\n")
        assert call(*words, "--raw").code == 2
        assert server.received == []
        assert call(*words, "--set", 'payload={"a":1', "--raw").code == 0
        assert call(*words, "--body", "@latin.json", "--raw").code == 0
    changed, latin = (received.body for received in server.received)
    assert json.loads(changed)["payload"] == '{"a":1'
    assert latin == b'{"event":"\xe9"}'


def test_a_raw_body_is_judged_as_a_malformed_one(call: Call) -> None:
    for answer, said, code in (
        (http(500), "error MZ404 error-on-malformed-body", 1),
        (b"nonsense", "error MZ405 hang-on-malformed-body", 1),
        (http(400), "not acknowledged: no violation", 0),
    ):

        def answered(received: Received, answer: bytes = answer) -> bytes:
            return (
                answer if received.body == b'{"a":' else RefusesEvents(lambda name: False)(received)
            )

        with serving(answering(answered)) as server:
            words = ("send", STARTED, "--to", server.url, "--secret", SECRET)
            ended = call(*words, "--body", '{"a":', "--raw")
        assert f"\n{said}\n" in ended.out
        assert ended.code == code


def test_a_body_without_end_is_refused(call: Call) -> None:
    words = ("send", STARTED, "--to", "http://127.0.0.1:9/", "--secret", SECRET)
    ended = call(*words, "--body", "@/dev/zero", "--raw")
    assert ended.code == 2
    assert ended.err == "mockzoom: /dev/zero: it has more than 16777216 bytes; expected an event\n"


def test_an_event_that_neither_contract_nor_body_names_is_refused(call: Call) -> None:
    words = ("send", "meeting.participant_lft", "--to", "http://127.0.0.1:9/", "--secret", SECRET)
    ended = call(*words, "--body", CAPTURED.decode())
    assert ended.code == 2
    assert "meeting.participant_lft" in ended.err


def test_a_receiver_that_throttles_for_ever_is_left(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mockzoom.transport.throttle.THROTTLE_BUDGET_S", 0.5)
    with serving(answering(http(429, b"", "retry-after: 0"))) as server:
        ended = call("send", STARTED, "--to", server.url, "--secret", SECRET, "--times", "3")
    assert ended.code == 0
    assert 3 < len(server.received) < 20


def test_the_challenge_is_sent_and_judged(call: Call, receiver: str, defective: str) -> None:
    words = ("send", "endpoint.url_validation", "--secret", SECRET, "--to")
    ended = call(*words, receiver)
    assert ended.code == 0
    assert '"encryptedToken":' in ended.out
    assert "acknowledged: no violation" in ended.out
    forged = call(*words, defective, "--forge", "unsigned")
    assert "warning MZ305 challenge-unsigned-answered" in forged.out


@pytest.mark.parametrize(
    ("auth", "header", "value", "hidden"),
    [
        ("basic:me:hunter2", "authorization",
         "Basic " + base64.b64encode(b"me:hunter2").decode(), "hunter2"),
        ("bearer:hunter2", "authorization", "Bearer hunter2", "hunter2"),
        ("header:x-key:hunter2", "x-key", "hunter2", "hunter2"),
    ],
)  # fmt: skip
def test_credentials_are_sent_and_not_shown_unless_asked_for(
    call: Call, auth: str, header: str, value: str, hidden: str
) -> None:
    with serving(answering(NO_CONTENT)) as server:
        words = ("send", STARTED, "--to", server.url, "--secret", SECRET, "--auth", auth)
        quiet = call(*words)
        curl = call(*words, "--print-curl")
        loud = call(*words, "--show-secrets")
        loud_curl = call(*words, "--show-secrets", "--print-curl")
    assert [received.header(header) for received in server.received] == [value, value]
    for ended in (quiet, curl):
        for secret in (SECRET, hidden, value):
            assert secret not in ended.out + ended.err
    assert f"  {header}: (not shown)" in quiet.out
    assert f'"{header}: $MOCKZOOM_CREDENTIAL"' in curl.out
    assert value in loud.out
    assert value in loud_curl.out


# -- curl --------------------------------------------------------------------------------------

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


def shell(line: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a printed line as a person would: through the shell."""
    import os

    return subprocess.run(
        ["/bin/sh", "-c", line], capture_output=True, text=True, timeout=20,
        env={"PATH": os.environ["PATH"], "http_proxy": "http://127.0.0.1:9", **variables},
    )  # fmt: skip


@needs_curl
@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--forge", "unsigned-bare"),
        ("--forge", "signature-empty"),
        ("--forge", "timestamp-empty"),
        ("--forge", "tampered-text"),
        ("--case", "escaped:0"),
        ("--case", "spaced:0"),
        ("--set", 'payload.object.user.name=O\'Brien "$HOME" `x` \\n é 😀'),
        ("--client-id", "it's $HOME"),
    ],
    ids=" ".join,
)
def test_the_printed_curl_line_sends_the_same_bytes_and_headers(
    call: Call, options: tuple[str, ...]
) -> None:
    event = "session.user_joined" if "--set" in options else STARTED
    with serving(answering(NO_CONTENT)) as server:
        words = ("send", event, "--to", server.url + "?a={b}&c=[1-3]", "--secret", SECRET,
                 "--at", "1790000000000", *options)  # fmt: skip
        printed = call(*words, "--print-curl")
        assert server.received == []
        done = shell(printed.out)
        call(*words)
    assert (printed.code, printed.err) == (0, "")
    if "spaced:0" not in options:  # line feeds are part of that body
        assert printed.out.count("\n") == 1
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("HTTP/1.1 204 No Content")
    by_curl, by_send, *controls = server.received
    assert bool(controls) == ("--forge" in options)
    assert by_curl.line == by_send.line
    assert by_curl.body == by_send.body
    volatile = {"x-zm-request-timestamp", "x-zm-signature", "x-zm-request-id", "x-zm-trackingid",
                "traceparent"}  # fmt: skip
    stable = {name: value for name, value in by_send.headers if name not in volatile}
    sent = {name.lower(): value for name, value in by_curl.headers}
    assert {name: sent.get(name) for name in stable} == stable
    assert set(sent) == {name for name, _ in by_send.headers}
    forge = options[1] if "--forge" in options else ""
    if not forge:
        assert by_curl.header("x-zm-signature") == signature(by_curl)
    elif forge.endswith("-empty"):
        name = "x-zm-signature" if forge.startswith("signature") else "x-zm-request-timestamp"
        assert by_curl.header(name) == ""


@needs_curl
def test_the_curl_line_carries_how_to_connect(call: Call, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with serving(answering(NO_CONTENT), authority.server()) as server:
        words = ("send", STARTED, "--to", server.url, "--secret", SECRET, "--print-curl")
        trusted = shell(call(*words, "--cafile", authority.cafile).out)
        insecure = shell(call(*words, "--insecure").out)
        refused = shell(call(*words).out)
    assert trusted.stdout.startswith("HTTP/1.1 204")
    assert insecure.stdout.startswith("HTTP/1.1 204")
    assert (refused.stdout, refused.returncode) == ("", 60)
    with serving(answering(NO_CONTENT)) as proxy:
        url = f"http://me:hunter2@127.0.0.1:{proxy.port}"
        words = ("send", STARTED, "--to", "http://receiver.test/x", "--secret", SECRET)
        line = call(*words, "--print-curl", "--proxy", url).out
        assert "hunter2" not in line
        assert shell(line, MOCKZOOM_PROXY=url).stdout.startswith("HTTP/1.1 204")
    assert proxy.received[0].line == "POST http://receiver.test/x HTTP/1.1"


@needs_curl
def test_the_curl_line_takes_credentials_from_the_shell(call: Call) -> None:
    with serving(answering(NO_CONTENT)) as server:
        words = ("send", STARTED, "--to", server.url, "--secret", SECRET)
        line = call(*words, "--auth", "bearer:hunter2", "--print-curl").out
        shell(line, MOCKZOOM_CREDENTIAL="Bearer hunter2")
    assert server.received[0].header("authorization") == "Bearer hunter2"


def test_a_public_target_is_warned_of_in_one_line(call: Call) -> None:
    line = "mockzoom: hooks.example.com is a public host; forged and signed events go out to it\n"
    words = ("send", STARTED, "--secret", SECRET, "--print-curl", "--to")
    assert call(*words, "https://hooks.example.com/zoom").err == line
    assert call(*words, "http://127.0.0.1:5000/zoom").err == ""


def test_a_delivery_of_a_run_goes_out_again_with_its_bytes_signed_anew(
    call: Call, receiver: str
) -> None:
    call("verify", receiver, "--secret", SECRET, "--events", STARTED, "--journal", "j.db")
    exported = call("runs", "export", "1", "--journal", "j.db", "--as", "ndjson").out
    deliveries = [
        item["exchange"]["delivery"]
        for item in map(json.loads, exported.splitlines())
        if "exchange" in item
    ]
    genuine = next(item for item in deliveries if item["event"] == STARTED and not item["forge"])
    stale = next(item for item in deliveries if item["forge"] == "stale")
    to = ("--secret", SECRET, "--journal", "j.db", "--from-run")
    with serving(answering(NO_CONTENT)) as server:
        first = call("send", "--to", server.url, *to, f"1:{genuine['id']}")
        second = call("send", "--to", server.url, *to, f"1:{stale['id']}")
    assert first.code == 0, first.err
    assert "error MZ205" not in first.out
    assert "forged: stale" in second.out
    sent, *_ = server.received
    shown = call("runs", "show", "1", "--journal", "j.db", "--delivery", genuine["id"]).out
    assert f"> {sent.body.decode()}" in shown
    assert sent.header("x-zm-signature") == signature(sent)
    assert sent.header("x-zm-request-id") != genuine["request_id"]


def test_a_delivery_that_a_run_does_not_have_is_refused(call: Call, receiver: str) -> None:
    call("verify", receiver, "--secret", SECRET, "--events", STARTED, "--journal", "j.db")
    to, kept = ("--to", receiver, "--secret", SECRET), ("--journal", "j.db")
    for words, said in (
        ((*kept, "--from-run", "7:d-1"), "has no run 7"),
        ((*kept, "--from-run", "1:d-99999"), "run 1 has no delivery 'd-99999'; its last one is d-"),
        ((*kept, "--from-run", "x"), "--from-run 'x': expected RUN:DELIVERY, such as 3:d-17"),
        ((*kept, "--from-run", "9" * 30 + ":d-1"), "expected RUN:DELIVERY"),
        (("--from-run", "1:d-1"), "pass --journal FILE"),
        ((*kept, "--from-run", "1:d-1", STARTED), "--from-run names the whole delivery"),
        ((*kept, "--from-run", "1:d-1", "--raw"), "--from-run names the whole delivery"),
        ((), "no event: pass EVENT"),
    ):
        ended = call("send", *to, *words)
        assert (ended.code, ended.out) == (2, ""), words
        assert said in ended.err


def test_a_body_of_another_event_is_said_to_be_one(call: Call, receiver: str) -> None:
    body = '{"event":"meeting.rtms_stopped","payload":{},"event_ts":1}'
    ended = call("send", STARTED, "--to", receiver, "--secret", SECRET, "--body", body)
    assert f"the body is one of meeting.rtms_stopped, not of {STARTED}" in ended.err


def test_a_forgery_of_missing_credentials_needs_some(call: Call) -> None:
    forge = ("send", STARTED, "--secret", SECRET, "--forge", "no-endpoint-auth", "--to")
    with serving(answering(NO_CONTENT)) as server:
        ended = call(*forge, server.url)
        assert ended.code == 2
        assert "--forge no-endpoint-auth needs credentials to leave away" in ended.err
        ended = call(*forge, server.url, "--auth", "bearer:t0ken")
    assert ended.code == 1
    assert "MZ211" in ended.out
