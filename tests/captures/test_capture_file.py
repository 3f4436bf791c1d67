"""Files of captured events: every form that people have them in, and what is none of these."""

from __future__ import annotations

import base64
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from mockzoom.captures import capture_file
from mockzoom.captures.capture import MOST_EVENT_BYTES, Capture
from mockzoom.captures.capture_file import MOST_BYTES, CaptureFile
from mockzoom.errors import UsageError
from mockzoom.zoom.headers import SIGNATURE, TIMESTAMP

BODY = '{"event":"room.opened","payload":{"name":"Zoë"}}'
EVENT = json.loads(BODY)
SIGNED = {"X-ZM-Signature": "v0=00", "x-zm-Request-Timestamp": "1790000000"}
LOWER = {SIGNATURE: "v0=00", TIMESTAMP: "1790000000"}


def read(folder: Path, content: str | bytes, name: str = "c.json") -> list[Capture]:
    """What is in a file; the folder's name is taken out of the places."""
    return list(CaptureFile(str(written(folder, content, name))))


def written(folder: Path, content: str | bytes, name: str = "c.json") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refused(folder: Path, content: str | bytes) -> str:
    with pytest.raises(UsageError) as caught:
        read(folder, content)
    return str(caught.value).removeprefix(f"{folder}/")


def places(captures: list[Capture], folder: Path) -> list[str]:
    return [capture.place.removeprefix(f"{folder}/") for capture in captures]


def dumped(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def entry(text: str | None, method: str = "POST", **data: Any) -> dict[str, Any]:
    request: dict[str, Any] = {"method": method, "headers": []}
    if text is not None:
        request["postData"] = {"mimeType": "application/json", "text": text, **data}
    return {"request": request, "response": {"content": {"text": "{}"}}}


def har(*entries: Any) -> str:
    return dumped({"log": {"version": "1.2", "entries": list(entries)}}, 2)


# -- the forms -------------------------------------------------------------------------------------


@pytest.mark.parametrize("around", ["{}", "{}\n", "\n\n {}\r\n", "\ufeff{}\n"])
def test_one_body_keeps_its_bytes_without_what_an_editor_adds(tmp_path: Path, around: str) -> None:
    (capture,) = read(tmp_path, around.replace("{}", BODY))
    assert (capture.body, capture.raw, capture.headers) == (EVENT, BODY.encode(), None)


def test_json_lines_are_told_by_their_lines_and_blank_ones_passed_over(tmp_path: Path) -> None:
    captures = read(tmp_path, f"{BODY}\n\n  \n{BODY}\r\n{BODY}")
    assert places(captures, tmp_path) == ["c.json:1", "c.json:4", "c.json:5"]
    assert {capture.raw for capture in captures} == {BODY.encode()}


def test_documents_that_follow_each_other_over_several_lines_are_told_by_their_lines(
    tmp_path: Path,
) -> None:
    pretty = dumped(EVENT, 2)
    captures = read(tmp_path, f"{pretty}\n{pretty}\n")
    assert places(captures, tmp_path) == ["c.json:1", "c.json:7"]
    assert captures[1].raw == pretty.encode()


@pytest.mark.parametrize("indent", [None, 2])
def test_the_events_of_an_array_are_told_by_pointers_and_have_no_bytes(
    tmp_path: Path, indent: int | None
) -> None:
    captures = read(tmp_path, dumped([EVENT, {"headers": SIGNED, "body": BODY}], indent))
    assert places(captures, tmp_path) == ["c.json:1#/0", "c.json:1#/1"]
    assert [capture.raw for capture in captures] == [None, BODY.encode()]


@pytest.mark.parametrize(
    "headers",
    [
        SIGNED,
        {name: [value] for name, value in SIGNED.items()},
        [list(pair) for pair in SIGNED.items()],
        [{"name": name, "value": value} for name, value in SIGNED.items()],
        {**SIGNED, "accept": ["a", "b"], "content-length": 5, "empty": None},
    ],
)
def test_headers_are_taken_in_every_usual_form(tmp_path: Path, headers: Any) -> None:
    (capture,) = read(tmp_path, dumped({"headers": headers, "body": BODY}))
    assert capture.headers == LOWER
    assert (capture.raw, capture.body) == (BODY.encode(), EVENT)


def test_the_body_of_a_request_may_be_base64_or_json(tmp_path: Path) -> None:
    encoded = base64.b64encode(BODY.encode()).decode()
    lines = [
        {"headers": SIGNED, "body": encoded, "isBase64Encoded": True, "path": "/", "more": {}},
        {"headers": SIGNED, "body": EVENT},
        {"headers": None, "body": BODY},
    ]
    captures = read(tmp_path, "\n".join(map(dumped, lines)))
    assert [capture.body for capture in captures] == [EVENT] * 3
    assert [capture.raw for capture in captures] == [BODY.encode(), None, BODY.encode()]


def test_the_events_of_a_har_are_found_and_the_other_entries_counted(tmp_path: Path) -> None:
    signed = entry("{")
    signed["request"]["headers"] = [{"name": k, "value": v} for k, v in SIGNED.items()]
    file = CaptureFile(str(written(tmp_path, har(
        entry(None, "GET"), entry(BODY), entry(None), entry("a=b"), entry('{"event":"page_view"}'),
        entry(base64.b64encode(BODY.encode()).decode(), encoding="base64"),
        entry("?", encoding="base64"), entry("x" * (2 * MOST_EVENT_BYTES + 1)), signed, 5, {},
    ))))  # fmt: skip
    captures = list(file)
    ends = [capture.place.rpartition("#")[2] for capture in captures]
    assert ends == ["/log/entries/1", "/log/entries/5"]
    assert all(capture.of_har and capture.body == EVENT for capture in captures)
    assert file.left_out == {
        "no POST": 3, "no body": 1, "no JSON": 2, "no event": 1,
        "a body of more than 1,048,576 bytes": 1, "no JSON, although Zoom signed it": 1,
    }  # fmt: skip


def test_a_key_twice_elsewhere_in_a_har_is_not_our_matter(tmp_path: Path) -> None:
    text = har(entry(BODY)).replace('"version": "1.2",', '"version": "1.2", "version": "1.3",')
    assert len(read(tmp_path, text)) == 1


def test_standard_input_is_read_like_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{BODY}\n{BODY}".encode())))
    captures = list(CaptureFile("-"))
    assert [capture.place for capture in captures] == ["standard input:1", "standard input:2"]


def test_a_signed_body_is_a_capture_whatever_it_is(tmp_path: Path) -> None:
    lines = [{"headers": SIGNED, "body": body} for body in ("{", "[1]", '{"a": 1}', "", [1], None)]
    captures = read(tmp_path, "\n".join(map(dumped, lines)))
    assert [capture.body for capture in captures] == [None, [1], {"a": 1}, None, [1], None]
    assert captures[0].broken.startswith("broken JSON: Expecting property name")
    assert captures[3].broken.startswith("it is empty")


def test_one_body_with_headers_is_the_whole_file(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeff[1, 2]\r\n")
    capture = CaptureFile(str(path)).single(LOWER)
    assert (capture.raw, capture.body, capture.broken) == (b"[1, 2]", [1, 2], "")
    broken = CaptureFile(str(written(tmp_path, b"\xff"))).single(LOWER)
    assert broken.broken == "no text in UTF-8 from byte 1 on"


# -- what is none ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "c.json: no event in it; expected a captured event as JSON, one a line"),
        (" \n\n", "c.json: no event in it"),
        ("[]", "c.json: no event in it"),
        ("hello", "c.json:1:1: broken JSON: Expecting value"),
        ("5", "c.json:1: no event: found integer"),
        ('"text"', "c.json:1: no event: found string"),
        ("{}", "c.json:1: no event: it has no `event`"),
        ('{"event": 5}', "c.json:1: no event: its `event` is no text"),
        ("[1]", "c.json:1#/0: no event: found integer"),
        ("[[]]", "c.json:1#/0: no event: found array"),
        (f"{BODY}\n{BODY}\n{{", "c.json:3:2: broken JSON"),
        (f"{BODY}\n[{{}}]", "c.json:2#/0: no event"),
        ('{"event": "a",\n "x": NaN}', "c.json:2:7: NaN is no JSON value"),
        (f'{BODY}\n{{"event": "a", "event": "b"}}', 'c.json:2:16: the key "event" stands here'),
        (f'[{BODY},\n {{"event": "a", "event": "b"}}]', 'c.json:2:17: the key "event" stands'),
        ("[" * 100_000, "c.json:1:101: nested too deeply: more than 100 levels"),
        (b'{"event":\n "\xe4"}', "c.json:2:3: not UTF-8 (byte 0xe4); save the file as UTF-8"),
        (BODY.encode("utf-16"), "c.json:1:1: not UTF-8 (byte 0xff)"),
        ('{"log": {"entries": 5}}', "c.json#/log/entries: no list"),
        (har(entry(None, "GET")), "c.json: no event in it (1 entry of a HAR: 1 × no POST)"),
        ('{"headers": 5, "body": "{}"}', "c.json:1#/headers: found integer; expected an object"),
        ('{"headers": [5], "body": "{}"}', "c.json:1#/headers: item 0 is no header"),
        ('{"body": "{"}', "c.json:1#/body: broken JSON: Expecting property name"),
        ('{"body": "{}"}', "c.json:1#/body: no event: it has no `event`"),
        ('[{"body": 5}]', "c.json:1#/0/body: no event: found integer"),
        ('{"body": "?", "isBase64Encoded": true}', "c.json:1#/body: isBase64Encoded is true, but"),
        ('{"body": "\\ud83d"}', "c.json:1#/body: half of a surrogate pair"),
    ],
)
def test_what_is_no_capture_is_refused_with_its_place(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    assert refused(tmp_path, content).startswith(message)


def test_no_folder_pipe_device_or_missing_file_is_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for name, message in (
        (str(tmp_path), "is a folder; expected a file of captured events"),
        (str(tmp_path / "fifo"), "is a pipe or a device; expected a file, or - to read"),
        ("/dev/zero", "is a pipe or a device"),
        (str(tmp_path / "none"), "cannot be read: No such file or directory"),
        ("a\0b", "cannot be read: embedded null byte"),
    ):
        with pytest.raises(UsageError) as caught:
            list(CaptureFile(name))
        assert message in str(caught.value)


# -- bounds ----------------------------------------------------------------------------------------


class Zeros(io.RawIOBase):
    """A stream without end or line."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        buffer[:] = bytes(len(buffer))
        return len(buffer)


def test_a_line_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Zeros())))
    with pytest.raises(UsageError, match="standard input:1: a JSON document of more than 20 MB"):
        list(CaptureFile("-"))


@pytest.mark.parametrize("start", ["[", "[\n", ""])
def test_a_large_document_is_refused_before_it_is_parsed(tmp_path: Path, start: str) -> None:
    content = start.encode() + b"x" * (MOST_BYTES + 10)
    assert refused(tmp_path, content).startswith("c.json:1: a JSON document of more than 20 MB")


def test_a_document_of_too_many_values_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    content = b"[" + b"{}," * 2_000_001 + b"{}]"
    assert "more than 2,000,000 objects and arrays" in refused(tmp_path, content)


def test_a_large_body_is_refused_with_its_size(tmp_path: Path) -> None:
    body = BODY.replace("Zoë", "x" * MOST_EVENT_BYTES)
    assert "c.json:1: a body of 1,048,6" in refused(tmp_path, body)
    assert "c.json:1#/body: a body of" in refused(tmp_path, dumped({"body": body}))


def test_lines_are_read_one_by_one_up_to_a_number_of_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture_file, "MOST_EVENTS", 3)
    file = CaptureFile(str(written(tmp_path, f"{BODY}\n" * 4 + "broken")))
    assert len(list(file)) == 3
    assert file.unread.endswith("c.json:4")
    whole = CaptureFile(str(written(tmp_path, f"{BODY}\n" * 3)))
    assert len(list(whole)) == 3
    assert whole.unread == ""


def test_curl_commands_are_read_as_a_shell_reads_them(tmp_path: Path) -> None:
    text = f"""\
# from the log of a proxy
curl 'http://127.0.0.1:5000/webhook?a=1&b=2' \\
  -H 'X-ZM-Signature: v0=00' --header "x-zm-Request-Timestamp: 1790000000" \\
  --compressed --data-raw '{BODY}' ;
curl -sS -XPOST http://127.0.0.1/ -H'accept:' -d "{BODY.replace('"', chr(92) + '"')}" # the same
curl http://127.0.0.1/ --data-binary $'{{"event":"room.opened","payload":{{"name":"Zo\\u00eb"}}}}'
"""
    found = read(tmp_path, text, "c.sh")
    assert [capture.raw for capture in found] == [BODY.encode()] * 3
    assert [capture.body for capture in found] == [EVENT] * 3
    assert found[0].headers == LOWER
    assert places(found, tmp_path) == ["c.sh:2", "c.sh:5", "c.sh:6"]


def test_what_is_no_curl_command_with_an_event_is_refused_with_its_line(tmp_path: Path) -> None:
    for text, said in (
        ("curl http://127.0.0.1/\n", "c.json:1: a curl command without a body"),
        ("# x\n\ncurl -d '{} http://127.0.0.1/\n", "c.json:3: a quotation mark without its end"),
        ("curl -d '{}' http://127.0.0.1/\n", "c.json:1: no event: it has no `event`"),
        ("curl -d '{' http://127.0.0.1/\n", "c.json:1: broken JSON"),
        ("curl -d @body.json http://127.0.0.1/\n", "c.json:1: the body is in the file 'body.json'"),
        (f"curl -d '{BODY}' u\nwget u\n", "c.json:2: no curl command"),
        ("curl " + "a " * 5_000, "c.json:1: a command without end"),
        ("# nothing\n", "c.json: no event in it"),
    ):
        assert refused(tmp_path, text).startswith(said), text


def test_curl_commands_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture_file, "MOST_BYTES", 200)
    assert "of curl commands" in refused(tmp_path, f"curl -d '{BODY}' u\n" * 9)
