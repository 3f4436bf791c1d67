"""What others answer, whatever it is, ends a command with its exit code and no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import SECRET, Call
from tests.transport.servers import NO_CONTENT, answering, http, serving

pytestmark = pytest.mark.slow

TOKENS = {
    b"[" * 30_000: "it is nested too deeply",
    b'{"access_token": "a", "expires_in": ' + b"9" * 400 + b"}": "it has a number of 400 digits",
    b'{"access_token": "a", "expires_in": NaN}': "expires_in is NaN, expected a number of seconds",
}


def test_a_token_url_that_answers_nonsense_is_a_run_error(call: Call) -> None:
    for body, why in TOKENS.items():
        with (
            serving(answering(http(200, body))) as issuer,
            serving(answering(NO_CONTENT)) as server,
        ):
            auth = ("--auth", f"token:id:hush:http://127.0.0.1:{issuer.port}/", "--secret", SECRET)
            for words in (
                ("verify", server.url, "--events", "meeting.rtms_started"),
                ("play", "rtms-start-stop", "--to", server.url),
                ("send", "meeting.rtms_started", "--to", server.url),
            ):
                ended = call(*words, *auth)
                assert ended.code == 3
                assert "code -14" in " ".join((ended.out + ended.err).split())
                assert why in " ".join((ended.out + ended.err).split())
            assert server.received == []


def test_a_probe_that_answers_nonsense_is_a_run_error(call: Call, tmp_path: Path) -> None:
    for answer, why in (
        (http(200, b"[" * 30_000), "it is nested too deeply"),
        (http(200, b"9" * 400), "it has a number of 400 digits"),
        (b"nonsense\r\n\r\n", "the answer is no HTTP"),
    ):
        with serving(answering(answer)) as probe, serving(answering(NO_CONTENT)) as server:
            ended = call("play", "rtms-start-stop", "--to", server.url, "--secret", SECRET,
                         "--probe", probe.url)  # fmt: skip
        assert ended.code == 3
        assert why in " ".join(ended.out.split())


def test_a_proxy_that_answers_nonsense_is_a_run_error(call: Call) -> None:
    for line in (b"nonsense", b"HTTP/1.1 \xb2\xb2\xb2 \xff", b"\0" * 20_000, b"9" * 400):
        with serving(answering(line + b"\r\n\r\n")) as proxy:
            through = ("--proxy", f"http://127.0.0.1:{proxy.port}", "--secret", SECRET)
            ended = call("send", "meeting.rtms_started", "--to", "https://localhost:9/", *through)
        assert ended.code == 3
        assert "refused the tunnel" in ended.out + ended.err
