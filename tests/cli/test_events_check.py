"""`mockzoom events check`: captured events against the contract; texts, reports, exit codes."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from mockzoom.captures import capture_file
from mockzoom.client import checking
from mockzoom.report import FORMATS
from mockzoom.zoom.signing import sign
from tests.cli.conftest import SECRET as receiver_secret
from tests.cli.conftest import Call, Ended
from tests.cli.test_bad_input import refused

SECRET = "s3cret-of-the-tests"
AT = "1790000000"
STOPPED: dict[str, Any] = {
    "event": "meeting.rtms_stopped",
    "event_ts": 1790000000000,
    "payload": {"meeting_uuid": "a/b==", "rtms_stream_id": "s", "stop_reason": 6},
}


def stopped(**payload: Any) -> dict[str, Any]:
    return {**STOPPED, "payload": {**STOPPED["payload"], **payload}}


def body(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def signed(text: str, secret: str = SECRET) -> dict[str, Any]:
    headers = {"X-Zm-Signature": sign(secret, AT, text.encode()), "X-Zm-Request-Timestamp": AT}
    return {"headers": headers, "body": text}


def check(call: Call, content: str, *words: str, name: str = "captured.json") -> Ended:
    Path(name).write_text(content, encoding="utf-8")
    return call("events", "check", name, *words)


def rules(ended: Ended) -> list[tuple[str, str]]:
    """Severity and rule of each finding of the text."""
    return re.findall(r"^(ERROR|WARNING|INFO) (MZ\d+)", ended.out, re.MULTILINE)


# -- findings --------------------------------------------------------------------------------------


def test_an_event_that_keeps_the_contract_passes(call: Call) -> None:
    ended = check(call, body(STOPPED))
    assert (ended.code, rules(ended), ended.err) == (0, [], "")
    assert "PASS: no violations\n1 delivery in " in ended.out
    assert re.search(r", 1 of \d+ events, ", ended.out)


@pytest.mark.parametrize(
    ("value", "found", "message"),
    [
        (stopped(stop_reason=99), ("WARNING", "MZ805"),
         "meeting.rtms_stopped: /payload/stop_reason has the value 99, which the contract does not"
         " have, at captured.json:1"),
        (stopped(public_ip="203.0.113.1"), ("WARNING", "MZ802"),
         "meeting.rtms_stopped: /payload/public_ip is a field that the contract does not have, at"
         " captured.json:1"),
        (stopped(rtms_stream_id=5), ("ERROR", "MZ803"),
         "meeting.rtms_stopped: /payload/rtms_stream_id is of type integer, the contract says"
         " string, at captured.json:1"),
        ({"event": "meeting.rtms_stoped"}, ("WARNING", "MZ801"),
         "meeting.rtms_stoped: no event of the contract is called so, at captured.json:1"),
    ],
)  # fmt: skip
def test_each_deviation_has_its_rule_and_only_a_broken_schema_fails(
    call: Call, value: Any, found: tuple[str, str], message: str
) -> None:
    ended = check(call, body(value))
    assert rules(ended) == [found]
    assert message in " ".join(ended.out.split())
    assert ended.code == (1 if found[0] == "ERROR" else 0)
    assert check(call, body(value), "--fail-on", "warning").code == 1
    assert check(call, body(value), "--fail-on", "never").code == 0


def test_a_real_capture_passes_with_its_two_undocumented_fields(call: Call) -> None:
    """A delivery of July 2026, with other names and ids: two addresses that no document has."""
    participant = {
        "leave_time": "2026-07-30T00:01:25Z", "public_ip": "203.0.113.1", "user_id": "16788480",
        "user_name": "Guest One", "registrant_id": "", "participant_user_id": "", "id": "",
        "leave_reason": "left the meeting. Reason : left the meeting with Unknown Failover Reason",
        "email": "", "private_ip": "203.0.113.1",
        "participant_uuid": "00000000-0000-4000-8000-000000000000",
    }  # fmt: skip
    meeting = {
        "uuid": "c3Bpa2V1dWlkMDAwMDAx==", "participant": participant, "id": "80000000001",
        "type": 2, "topic": "TOPIC — x", "host_id": "UserSynthetic0001XXXXXXX", "duration": 30,
        "start_time": "2026-07-29T23:55:56Z", "timezone": "America/Santiago",
    }  # fmt: skip
    payload = {"account_id": "AcctSynthetic0001XXXXXX", "object": meeting}
    captured = {"payload": payload, "event_ts": 1785369686564, "event": "meeting.participant_left"}
    ended = check(call, body(captured), "--report", "json=-")
    found = json.loads(ended.out)["violations"]
    assert ended.code == 0
    assert [(item["rule"], item["pointer"]) for item in found] == [
        ("MZ802", "/payload/object/participant/private_ip"),
        ("MZ802", "/payload/object/participant/public_ip"),
    ]


def test_the_same_deviation_of_many_events_is_one_finding_with_its_places(call: Call) -> None:
    lines = [stopped(odd=1), STOPPED, stopped(odd=2), stopped(odd=3, stop_reason=99)]
    ended = check(call, "\n".join(map(body, lines)), name="captured.jsonl")
    assert "WARNING MZ802 undocumented-field, 3 deliveries\n" in ended.out
    assert "at captured.jsonl:1; also … captured.jsonl:3; … captured.jsonl:4" in " ".join(
        ended.out.split()
    )
    assert rules(ended) == [("WARNING", "MZ802"), ("WARNING", "MZ805")]


def test_accepted_findings_fail_no_check(call: Call) -> None:
    broken = body(stopped(rtms_stream_id=5))
    ended = check(call, broken, "--ignore", "MZ803:meeting.* since March")
    assert ended.code == 0
    assert "1 finding accepted" in ended.out
    assert check(call, broken, "--ignore", "MZ803:webinar.*").code == 1


def test_a_url_validation_is_no_undocumented_event(call: Call) -> None:
    challenge = {"event": "endpoint.url_validation", "event_ts": 1, "payload": {"plainToken": "q"}}
    ended = check(call, body(challenge) + "\n" + body(STOPPED))
    assert (ended.code, rules(ended)) == (0, [])
    assert "1 URL validation is left out: no event of the contract" in ended.out


def test_another_contract_is_taken_and_corrected(call: Call) -> None:
    spec = Path(__file__).resolve().parents[2] / "specs"
    words = ("--spec", str(spec / "rtms.json"))
    ended = check(call, body(stopped(stop_reason=18)), *words)
    assert rules(ended) == [("WARNING", "MZ805")]
    errata = spec / "errata" / "rtms.overlay.json"
    assert rules(check(call, body(stopped(stop_reason=18)), *words, "--errata", str(errata))) == []


def test_control_characters_of_a_capture_are_escaped(call: Call) -> None:
    ended = check(call, body({"event": "\x1b[31mred", "payload": {}}))
    assert "\x1b" not in ended.out
    assert "\\x1b[31mred" in ended.out


def test_what_utf_8_cannot_carry_is_escaped_in_every_report(call: Call) -> None:
    content = '{"event": "a\\ud83d", "payload": {}}\n' + body(STOPPED).replace(
        '"stop_reason"', '"\\ud83d\\u202e": 1, "stop_reason"'
    )
    ended = check(call, content, "--report", "json=-", "--report", "junit=report.xml")
    assert ended.code == 0
    event, field = json.loads(ended.out)["violations"]
    assert (event["rule"], event["event"]) == ("MZ801", "a\\ud83d")
    assert (field["rule"], field["pointer"]) == ("MZ802", "/payload/\\ud83d\\u202e")
    ET.parse("report.xml")


def test_a_file_name_that_is_no_text_is_escaped(call: Call) -> None:
    ended = check(call, body(STOPPED), name="c\udcff\x1b.json")
    assert ended.code == 0
    assert "c\\udcff\\x1b.json, mockzoom" in ended.out


# -- signatures ------------------------------------------------------------------------------------


def test_the_signature_of_a_request_is_checked_over_its_bytes(call: Call) -> None:
    text = body(stopped(meeting_uuid="Zoë"))
    lines = [signed(text), signed(text, "another secret")]
    changed = signed(text)
    changed["body"] = text.replace(":", ": ", 1)
    ended = check(call, "\n".join(map(body, [*lines, changed])), "--secret", SECRET)
    assert (ended.code, rules(ended)) == (1, [("ERROR", "MZ804")])
    assert (
        "its signature is not the one that the secret makes over it, at captured.json:2; also"
        in (" ".join(ended.out.split()))
    )
    assert "2 deliveries" in ended.out
    assert SECRET not in ended.out


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_the_headers_of_one_body_come_with_options(call: Call, end: str) -> None:
    text = body(STOPPED)
    headers = signed(text)["headers"]
    words = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    assert check(call, text + end, *words, "--secret", SECRET).code == 0
    ended = check(call, text + " " + end, *words, "--secret", SECRET)
    assert (ended.code, rules(ended)) == (1, [("ERROR", "MZ804")])


def test_what_zoom_has_signed_is_a_finding_and_no_bad_usage(call: Call) -> None:
    lines = [signed("{broken"), signed("[1]"), signed('{"payload": {}}'), signed('{"event": NaN}')]
    ended = check(call, "\n".join(map(body, lines)), "--secret", SECRET)
    assert ended.code == 1
    assert {rule for _, rule in rules(ended)} == {"MZ803"}
    text = " ".join(ended.out.split())
    assert "a body: broken JSON: Expecting property name" in text
    assert "(line 1, column 2 of the body), at captured.json:1" in text
    assert "a body: the body is of type array, at captured.json:2" in text
    assert "a body: /event is missing, at captured.json:3" in text
    assert "a body: NaN is no JSON value (line 1, column 11 of the body)" in text


@pytest.mark.parametrize(
    ("content", "secret", "why"),
    [
        (body(STOPPED), SECRET, "the capture has no signature headers (pass them with -H"),
        (body(signed(body(STOPPED))), "", "no secret is configured (--secret)"),
        (body({**signed("{}"), "body": STOPPED}), SECRET, "the capture holds the body as JSON"),
        (body({"log": {"entries": [{"request": {
            "method": "POST", "postData": {"text": body(STOPPED)},
            "headers": [{"name": "x-zm-signature", "value": "v0=00"},
                        {"name": "x-zm-request-timestamp", "value": AT}],
        }}]}}), SECRET, "a HAR may have encoded the body anew"),
    ],
)  # fmt: skip
def test_a_signature_that_cannot_be_checked_is_not_judged_with_the_reason(
    call: Call, content: str, secret: str, why: str
) -> None:
    ended = check(call, content, *(("--secret", secret) if secret else ()))
    assert ended.code == 0
    assert f"Not checked MZ804: {why}" in " ".join(ended.out.split())


def test_signatures_that_are_not_checked_beside_others_are_counted(call: Call) -> None:
    content = body(signed(body(STOPPED))) + "\n" + body(STOPPED)
    ended = check(call, content, "--secret", SECRET)
    assert "1 signature is not checked: the capture has no signature headers" in ended.out
    assert "Not checked" not in ended.out


# -- reports ---------------------------------------------------------------------------------------


def test_the_json_report_has_event_pointer_and_place_of_each_finding(call: Call) -> None:
    content = "\n".join(map(body, [stopped(odd=1), stopped(odd=1, rtms_stream_id=5)]))
    ended = check(call, content, "--report", "json=-")
    report = json.loads(ended.out)
    assert (ended.code, report["verdict"], report["deliveries"]) == (1, "fail", 2)
    assert report["target"] == "captured.json"
    assert report["coverage"]["events"][0] == 1
    broken, field = report["violations"]
    assert (broken["rule"], broken["severity"], broken["event"]) == (
        "MZ803", "error", "meeting.rtms_stopped",
    )  # fmt: skip
    assert (broken["pointer"], broken["deliveries"]) == (
        "/payload/rtms_stream_id", ["captured.json:2"],
    )  # fmt: skip
    assert (broken["expected"], broken["actual"]) == ("string", "5")
    assert (field["rule"], field["count"], field["pointer"]) == ("MZ802", 2, "/payload/odd")
    assert [item["rule"] for item in report["not_judged"]] == ["MZ804"]


def test_the_junit_report_has_a_case_for_each_rule_and_event(call: Call) -> None:
    content = body(stopped(odd=1, rtms_stream_id=5))
    assert check(call, content, "--report", "junit=report.xml").code == 1
    root = ET.parse("report.xml").getroot()
    (suite,) = [item for item in root if item.get("name") == "mockzoom MZ8xx captured events"]
    cases = {case.get("classname"): [part.tag for part in case] for case in suite.iter("testcase")}
    assert cases == {
        "mockzoom.MZ801-undocumented-event": [],
        "mockzoom.MZ802-undocumented-field": ["system-out"],
        "mockzoom.MZ803-contract-broken-by-sender": ["failure"],
        "mockzoom.MZ804-signature-mismatch": ["skipped"],
        "mockzoom.MZ805-undocumented-value": [],
    }


@pytest.mark.parametrize("name", ["svg", "har"])
def test_a_report_of_deliveries_is_refused(call: Call, name: str) -> None:
    ended = check(call, body(STOPPED), "--report", f"{name}=out")
    assert (ended.code, ended.out) == (2, "")
    assert f"--report {name}: shows deliveries, which a check has none of" in ended.err


def test_every_other_report_is_made_and_points_to_the_file(call: Call) -> None:
    names = [name for name in FORMATS if name not in ("svg", "har")]
    words = [word for name in names for word in ("--report", f"{name}=out.{name}")]
    ended = check(call, '{"event": "a.b", "payload": {}}', *words)
    assert ended.code == 0
    for name in names:
        assert "MZ801" in Path(f"out.{name}").read_text(), name
    [run] = json.loads(Path("out.sarif").read_text())["runs"]
    [found] = run["results"]
    place = found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert Path(place).is_file()


# -- bad input -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words", "message"),
    [
        ("{", (), "captured.json:1:2: broken JSON: Expecting property name"),
        ("", (), "captured.json: no event in it"),
        (body(STOPPED), ("-H", "x-zm-signature"), "-H 'x-zm-signature': no header; expected"),
        (body(STOPPED), ("-H", "x zm: 5"), "-H 'x zm: 5': no header; expected 'name: value'"),
        (body(STOPPED), ("-H", "x-zm-signature: v0=0"), "-H: x-zm-request-timestamp is missing"),
        (body(STOPPED), ("--secret", ""), "--secret is empty"),
        (body(STOPPED), ("--spec", "none.json"), "none.json: cannot be read"),
        (body(STOPPED), ("--ignore", "MZ899"), "--ignore: no rule is called 'MZ899'"),
    ],
)
def test_bad_input_is_one_clear_line(
    call: Call, content: str, words: tuple[str, ...], message: str
) -> None:
    ended = check(call, content, *words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"mockzoom: {message}")
    assert len(ended.err.splitlines()) == 1


def test_standard_input_is_checked(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(body(STOPPED).encode())))
    ended = call("events", "check", "-")
    assert (ended.code, rules(ended)) == (0, [])
    assert "standard input" in ended.out


def test_more_events_than_are_checked_make_the_check_incomplete(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture_file, "MOST_EVENTS", 2)
    ended = check(call, f"{body(STOPPED)}\n" * 3)
    assert ended.code == 3
    assert "captured.json:3: the events from here on are not checked" in ended.out
    assert "INCOMPLETE" in ended.out


def test_findings_without_end_are_counted(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "MOST_FINDINGS", 3)
    lines = "\n".join(body({"event": f"future.event_{number}"}) for number in range(10))
    ended = check(call, lines)
    assert rules(ended) == [("WARNING", "MZ801")] * 3
    assert "MZ801: 7 more after 3 different ones" in ended.out
    assert ended.code == 0
    assert "10 deliveries" in ended.out


def test_the_rules_are_explained(call: Call) -> None:
    for rule in ("MZ801", "MZ802", "MZ803", "MZ804", "MZ805"):
        ended = call("explain", rule)
        assert ended.code == 0
        assert ended.out.startswith(f"# {rule} ")


def test_several_files_are_one_check(call: Call, tmp_path: Path) -> None:
    good = call("events", "synth", "meeting.rtms_stopped").out
    (tmp_path / "good.json").write_text(good)
    (tmp_path / "bad.json").write_text(good.replace("meeting.rtms_stopped", "meeting.rtms_paused"))
    ended = call("events", "check", "good.json", "bad.json", "--report", "json=r.json")
    assert ended.code == 0
    assert "2 deliveries" in ended.out
    assert "good.json, bad.json" in ended.out
    (violation,) = json.loads((tmp_path / "r.json").read_text())["violations"]
    assert (violation["rule"], violation["location"]) == ("MZ801", "bad.json")


def test_headers_belong_to_one_body(call: Call, tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text("{}")
    headers = ("-H", "x-zm-signature: v0=0", "-H", "x-zm-request-timestamp: 1")
    text = refused(call, "events", "check", "a.json", "b.json", *headers)
    assert text == "-H: are the headers of one body, and several files are named; name one"


# -- kept in a journal -----------------------------------------------------------------------------


def test_captured_events_are_kept_shown_exported_and_sent_again(
    call: Call, receiver: str, tmp_path: Path
) -> None:
    signature = "-H 'x-zm-signature: v0=0' -H 'x-zm-request-timestamp: 1790000000'"
    curl = f"curl {signature} -d '{body(STOPPED)}' u"
    one = {"startedDateTime": "2026-09-21T14:13:30.250Z", "request": {
        "method": "POST", "headers": [], "postData": {"text": body(STOPPED)}}}  # fmt: skip
    (tmp_path / "a.sh").write_text(f"{curl}\n", "utf-8")
    (tmp_path / "b.har").write_text(json.dumps({"log": {"entries": [one]}}), "utf-8")
    (tmp_path / "c.jsonl").write_text(
        f"{body(STOPPED)}\n{body(stopped(stop_reason=99))}\n", "utf-8"
    )
    ended = call("events", "check", "a.sh", "b.har", "c.jsonl", "--journal", "j.db")
    assert (ended.code, rules(ended)) == (0, [("WARNING", "MZ805")])
    listed = call("runs", "list", "--journal", "j.db").out
    assert re.search(r"  check +pass +4 deliveries +a\.sh, b\.har, c\.jsonl\n", listed)
    again = call("runs", "report", "1", "--journal", "j.db")
    assert again.out == ended.out
    shown = call("runs", "show", "1", "--journal", "j.db", "--delivery", "c.jsonl:2").out
    assert f"> {body(stopped(stop_reason=99))}" in shown
    assert "no answer was captured" in shown
    sent = call("send", "--to", receiver, "--secret", receiver_secret, "--journal", "j.db",
                "--from-run", "1:b.har#/log/entries/0")  # fmt: skip
    assert sent.code == 0, sent.err
    assert body(STOPPED) in sent.out
    scenario = call("runs", "export", "1", "--journal", "j.db", "--as", "scenario").out
    assert "  - name: a.sh_1\n" in scenario or "  - name: delivery-1\n" in scenario
    (tmp_path / "again.yaml").write_text(scenario, "utf-8")
    assert "fine, 4 steps" in call("play", "./again.yaml", "--check").out


def test_a_corrupt_file_keeps_nothing(call: Call, tmp_path: Path) -> None:
    (tmp_path / "a.har").write_text('{"log": {"entries": [{"request": ', "utf-8")
    ended = call("events", "check", "a.har", "--journal", "j.db")
    assert (ended.code, ended.out) == (2, "")
    assert "a.har:1:" in ended.err
    assert call("runs", "list", "--journal", "j.db").out == ""


def test_what_utf_8_cannot_carry_is_kept_all_the_same(call: Call) -> None:
    ended = check(call, '{"event":"a\\ud800","payload":{"x":"\\udc00"}}', "--journal", "j.db")
    assert ended.code == 0, ended.err
    exported = call("runs", "export", "1", "--journal", "j.db").out
    assert "\\\\udc00" in exported


def test_events_of_other_products_are_left_out_where_a_product_is_asked_for(call: Call) -> None:
    ended = check(call, body(stopped(stop_reason=99)), "--product", "meetings")
    assert (ended.code, rules(ended)) == (0, [])
    assert "1 event is left out, as of another product than --product: rtms" in ended.out
