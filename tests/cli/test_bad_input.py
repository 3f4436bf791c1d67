"""Bad input: one clear message each, exit code 2 or 3, nothing sent, no traceback."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import trustme

from tests.cli.conftest import Call
from tests.transport.conftest import Authority
from tests.transport.servers import answering, serving, unused_port

EVENT = "meeting.rtms_started"
URL = "http://127.0.0.1:9/webhook"


def refused(call: Call, *args: str) -> str:
    """Call, and return the one line that says why it was refused as bad usage."""
    ended = call(*args)
    assert ended.code == 2, ended
    assert ended.out == ""
    lines = ended.err.splitlines()
    assert len(lines) == 1, ended.err
    assert lines[0].startswith("mockzoom: ")
    return lines[0].removeprefix("mockzoom: ")


def test_a_client_over_websocket_has_no_url(call: Call) -> None:
    text = refused(call, "verify", URL, "--websocket")
    assert text == "--websocket judges a client that connects here: it takes no URL"
    scale = refused(call, "verify", "--websocket", "--websocket-port", "0", "--stream-scale", "nan")
    assert scale == "--stream-scale nan: expected a number above 0"


# -- the secret --------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [("verify", URL), ("send", EVENT, "--to", URL)])
def test_a_missing_secret_is_asked_for(call: Call, command: tuple[str, ...]) -> None:
    text = refused(call, *command)
    assert text.startswith("no secret: pass --secret or --secret-file, or set MOCKZOOM_SECRET")


@pytest.mark.parametrize("empty", ["", " ", "\n\t"])
def test_an_empty_secret_is_refused(call: Call, empty: str) -> None:
    text = refused(call, "verify", URL, "--secret", empty)
    assert text.startswith("--secret is empty; pass the secret token of the event subscription")


def test_an_empty_secret_in_the_environment_is_none(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOCKZOOM_SECRET", "")
    assert refused(call, "verify", URL).startswith("no secret: ")


def test_a_secret_that_is_no_text_is_refused(call: Call) -> None:
    text = refused(call, "send", EVENT, "--to", URL, "--secret", "\udcff")
    assert text == "--secret: the value is no text in UTF-8"


def test_both_secret_options_exclude_each_other(call: Call, tmp_path: Path) -> None:
    (tmp_path / "s").write_text("x")
    text = refused(call, "verify", URL, "--secret", "x", "--secret-file", "s")
    assert text == "--secret and --secret-file exclude each other; pass one of them"


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "cannot be read: "), (b"", "the file is empty; expected the secret token"),
     (b" \n", "the file is empty; expected the secret token"), (b"\xff\xfe", "cannot be read: ")],
)  # fmt: skip
def test_a_secret_file_that_holds_no_secret_is_refused(
    call: Call, tmp_path: Path, content: bytes | None, why: str
) -> None:
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    text = refused(call, "verify", URL, "--secret-file", "secret")
    assert text.startswith(f"--secret-file secret: {why}")


# -- the receiver ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "why"),
    [("nonsense", "is not a URL: it has no scheme"), ("localhost:5000", "it has no scheme"),
     ("ftp://127.0.0.1/", "has the scheme 'ftp'"), ("http://", "names no host"),
     ("http://127.0.0.1:x/", "is not a URL: Port could not be cast"),
     ("http://127.0.0.1:70000/", "is not a URL: Port out of range"), ("", "'' is not a URL")],
)  # fmt: skip
@pytest.mark.parametrize("command", ["verify", "send", "curl"])
def test_a_url_that_is_none_is_refused(call: Call, command: str, url: str, why: str) -> None:
    args = {"verify": ("verify", url), "send": ("send", EVENT, "--to", url),
            "curl": ("send", EVENT, "--print-curl", "--to", url)}[command]  # fmt: skip
    text = refused(call, *args, "--secret", "x")
    assert why in text
    assert "expected http://HOST[:PORT]/PATH" in text


def test_an_unreachable_receiver_is_exit_code_3_and_quick(call: Call) -> None:
    port = unused_port()
    started = time.process_time()
    ended = call("verify", f"http://127.0.0.1:{port}/webhook", "--secret", "x")
    assert time.process_time() - started < 5
    assert ended.code == 3
    text = " ".join(ended.out.split())
    assert f"receiver unreachable: connection to 127.0.0.1:{port} refused" in text
    assert "start the receiver first, or check the port; --wait 30 waits for it" in text
    assert "INCOMPLETE: the run could not be completed 0 deliveries" in text


def test_waiting_for_a_receiver_that_never_starts_is_bounded(call: Call) -> None:
    port = unused_port()
    started = time.perf_counter()
    ended = call("verify", f"http://127.0.0.1:{port}/", "--secret", "x", "--wait", "0.5")
    assert 0.5 < time.perf_counter() - started < 60
    assert ended.code == 3
    assert "(waited 0.5 s)" in ended.out


@pytest.mark.parametrize("command", [("verify",), ("send", EVENT, "--to")])
def test_plain_http_to_a_port_that_speaks_tls_is_exit_code_3(
    call: Call, authority: Authority, command: tuple[str, ...]
) -> None:
    with serving(answering(), authority.server()) as server:
        ended = call(*command, server.url.replace("https:", "http:"), "--secret", "x")
    assert ended.code == 3
    text = " ".join(ended.out.split())
    assert "receiver unreachable: the port speaks TLS; begin the URL with https://" in text
    assert "MZ103" not in text.replace("MZ101-MZ105", "")


def test_sending_to_an_unreachable_receiver_is_exit_code_3(call: Call) -> None:
    port = unused_port()
    ended = call("send", EVENT, "--to", f"http://127.0.0.1:{port}/", "--secret", "x")
    assert ended.code == 3
    assert f"no answer: connection to 127.0.0.1:{port} refused (Zoom's code -2)" in ended.out
    assert "start the receiver first, or check the port; nothing was checked" in ended.out
    assert "MZ103" not in ended.out


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.mark.parametrize(
    ("secured", "scheme", "said"),
    [(True, "https", "certificate refused: "), (False, "https", "TLS handshake failed: ")],
)
def test_a_receiver_that_tls_cannot_be_spoken_with_is_exit_code_3(
    call: Call, authority: Authority, secured: bool, scheme: str, said: str
) -> None:
    def script(peer: object) -> None:
        peer.sock.recv(9999)  # type: ignore[attr-defined]
        peer.sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")  # type: ignore[attr-defined]

    running = serving(answering(), authority.server()) if secured else serving(script)
    with running as server:
        url = f"{scheme}://127.0.0.1:{server.port}/"
        ended = call("verify", url, "--secret", "x")
        sent = call("send", EVENT, "--to", url, "--secret", "x")
    assert (ended.code, sent.code) == (3, 3)
    assert "receiver unreachable: " + said in " ".join(ended.out.split())
    assert "no answer: " + said in sent.out
    advice = "--cafile" if secured else "check that the port speaks TLS, or use http://"
    assert advice in " ".join(ended.out.split())
    assert server.received == []


def test_a_ca_file_that_is_none_is_refused(call: Call, tmp_path: Path) -> None:
    https = "https://127.0.0.1:9/"
    text = refused(call, "verify", https, "--secret", "x", "--cafile", "ca.pem")
    assert text == "--cafile ca.pem: no such file; expected CA certificates, PEM"
    (tmp_path / "ca.pem").write_text("no PEM")
    text = refused(call, "verify", https, "--secret", "x", "--cafile", "ca.pem")
    assert text.startswith("--cafile ca.pem: cannot be read as CA certificates in PEM form")
    trustme.CA().cert_pem.write_to_path("ca.pem")
    assert call("verify", https, "--secret", "x", "--cafile", "ca.pem").code == 3


# -- events, specs, settings -------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [("send", "meeting.rtms_startd", "--to", URL, "--secret", "x"),
     ("events", "show", "meeting.rtms_startd"), ("events", "synth", "meeting.rtms_startd")],
)  # fmt: skip
def test_an_unknown_event_names_the_nearest(call: Call, command: tuple[str, ...]) -> None:
    text = refused(call, *command)
    assert text.startswith(
        "no event is called 'meeting.rtms_startd'; did you mean meeting.rtms_started"
    )


def test_a_glob_without_an_event_is_refused(call: Call) -> None:
    text = refused(call, "verify", URL, "--secret", "x", "--events", "nope.*")
    assert text.startswith("no event matches 'nope.*'")
    assert refused(call, "events", "list", "nope.*") == text


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("missing.json", None, "missing.json: cannot be read: "),
        ("bad.json", "{\n", "bad.json:2:1: cannot be read as JSON or YAML: "),
        ("bad.yaml", "a: [\n", "bad.yaml:2:1: cannot be read as JSON or YAML: "),
        ("none.json", '{"openapi":"3.1.0"}', "none.json:1:1: an OpenAPI document without events"),
        ("list.json", "[]", "list.json:"),
        ("empty.json", "", "empty.json:"),
        ("binary.json", "\0\udcff", "binary.json"),
    ],
)
def test_a_broken_spec_says_where_and_what_was_expected(
    call: Call, tmp_path: Path, name: str, content: str | None, why: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content.encode("utf-8", "surrogateescape"))
    for command in (
        ("events", "list", "--spec", name),
        ("verify", URL, "--secret", "x", "--spec", name),
        ("specs", "lint", name),
    ):
        text = refused(call, *command)
        assert text.startswith(why)
        assert "expected " in text


def test_an_unknown_path_to_set_names_the_nearest(call: Call) -> None:
    for command in (("send", EVENT, "--to", URL, "--secret", "x"), ("events", "synth", EVENT)):
        text = refused(call, *command, "--set", "payload.meetng_id=3")
        assert text.startswith(f"{EVENT} has no 'payload.meetng_id'")
        assert "did you mean payload.meeting_id" in text
        text = refused(call, *command, "--set", "payload")
        assert text == "'payload' is no setting; write path=value, such as payload.stop_reason=6"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--timeout", "0"), "--timeout 0: expected seconds above 0 (Zoom's are 3)"),
        (("--timeout", "-1"), "--timeout -1: expected seconds"),
        (("--timeout", "nan"), "--timeout nan: expected seconds"),
        (("--timeout", "inf"), "--timeout inf: expected seconds"),
        (("--rate", "-1"), "--rate -1: expected deliveries a second, a number from 0 up"),
        (("--wait", "-1"), "--wait -1: expected seconds, a number from 0 up"),
        (("--seed", "9" * 30), "expected an integer of at most 64 bits"),
        (("--at", "yesterday"), "--at 'yesterday': expected epoch milliseconds or a time such as"),
        (("--at", "²"), "--at '²': expected epoch milliseconds"),
        (("--at", "-1"), "--at -1: expected a time from 1970 on"),
        (("--at", "9" * 20), "expected a time from 1970 on"),
        (("--at", "1960-01-01"), "expected a time from 1970 on"),
        (("--client-id", "漢"), "--client-id: '漢' cannot stand in a header"),
        (("--auth", "basic:hunter2"), "--auth basic: expected basic:USER:PASSWORD"),
        (("--auth", "token:a:hunter2:nowhere"), "--auth token: the token URL 'nowhere' is not"),
        (("--proxy", "127.0.0.1:3128"), "--proxy '127.0.0.1:3128' is not a URL: it has no scheme"),
        (("--report", "json"), "--report 'json': expected FORMAT=PATH, such as json=report.json"),
        (("--report", "jsn=x"), "--report 'jsn=x': no format is called 'jsn'; did you mean json"),
    ],
)
def test_an_option_that_cannot_be_used_says_what_was_expected(
    call: Call, options: tuple[str, ...], why: str
) -> None:
    text = refused(call, "verify", URL, "--secret", "x", *options)
    assert why in text
    assert "hunter2" not in text


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--case", "valid"), "--case 'valid': expected KIND:INDEX"),
        (("--case", "vald:0"), "--case 'vald:0': expected KIND:INDEX"),
        (("--case", "field:0:999"), f"{EVENT} has no case field:0:999"),
        (("--forge", "unsignd"), "no forgery is called 'unsignd'; did you mean unsigned"),
    ],
)
def test_a_case_or_forgery_that_is_none_says_what_was_expected(
    call: Call, options: tuple[str, ...], why: str
) -> None:
    text = refused(call, "send", EVENT, "--to", URL, "--secret", "x", *options)
    assert text.startswith(why)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("verfy", "x"), "no command is called 'verfy'; did you mean verify?"),
        (("verify", URL, "--secrt", "x"), "--secrt"),
        (("verify", URL, "--fail-on", "sometimes"), "'sometimes' is not one of"),
        (("send", EVENT, "--to", URL, "--times", "0"), "x>=1"),
        (("events",), "Usage: mockzoom events"),
        ((), "Usage: mockzoom"),
    ],
)
def test_a_command_line_that_is_none_shows_its_usage(
    call: Call, args: tuple[str, ...], said: str
) -> None:
    ended = call(*args) if args else call("--no-such-option")
    assert ended.code == 2
    assert said in ended.err
    assert "Usage: mockzoom" in ended.err


# -- reports, before anything is sent ----------------------------------------------------------


@pytest.mark.parametrize(
    ("report", "why"),
    [
        ("json=/no/such/folder/r.json", "the folder /no/such/folder does not exist"),
        ("json=.", "is a folder; expected the path of a file"),
        ("json=/proc/r.json", "cannot be written; check its permissions"),
        ("yaml=r.yaml", "no format is called 'yaml'"),
    ],
)
def test_a_report_that_cannot_be_written_is_refused_before_anything_is_sent(
    call: Call, tmp_path: Path, report: str, why: str
) -> None:
    (tmp_path / "old.json").write_text("old")
    with serving(answering()) as server:
        options = ("--report", "json=old.json", "--report", report)
        text = refused(call, "verify", server.url, "--secret", "x", *options)
    assert why in text
    assert server.accepted == 0
    assert (tmp_path / "old.json").read_text() == "old"
