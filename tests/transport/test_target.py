"""URLs of receivers: what is taken, and why others are not."""

from __future__ import annotations

import pytest

from mockzoom.errors import UsageError
from mockzoom.transport import parse_target


@pytest.mark.parametrize(
    ("text", "url", "netloc"),
    [
        ("http://127.0.0.1:5000/webhook", "http://127.0.0.1:5000/webhook", "127.0.0.1:5000"),
        ("https://Example.COM", "https://example.com/", "example.com"),
        ("https://example.com:443/a", "https://example.com/a", "example.com"),
        ("http://example.com:443/a", "http://example.com:443/a", "example.com:443"),
        ("http://[::1]:80/", "http://[::1]/", "[::1]"),
        ("  http://h/p?q=1#fragment ", "http://h/p?q=1", "h"),
        ("http://h/ä b".replace(" ", "%20"), "http://h/%C3%A4%20b", "h"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/", "xn--bcher-kva.example"),
        ("http://user:secret@h/", "http://h/", "h"),
    ],
)
def test_a_url_is_read_and_printed_without_credentials(text: str, url: str, netloc: str) -> None:
    target = parse_target(text)
    assert (target.url, target.netloc) == (url, netloc)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "'' is not a URL: it has no scheme"),
        ("receiver", "it has no scheme"),
        ("127.0.0.1:5000/webhook", "it has no scheme"),
        ("ftp://h/", "has the scheme 'ftp'"),
        ("://h/", "has the scheme ''"),
        ("http://", "names no host"),
        ("http://:80/", "names no host"),
        ("http://h:port/", "is not a URL: Port could not be cast"),
        ("http://h:99999/", "is not a URL: Port out of range"),
        ("http://[::1/", "is not a URL: Invalid IPv6 URL"),
        ("http://h/a b", "holds white space or control characters"),
        ("http://h/a\r\nx: y", "holds white space or control characters"),
        ("http://h/\udcff", "is no text in UTF-8"),
        ("http://" + "ä" * 70 + ".example/", "no valid name"),
        ("http://h:0/", "port 0"),
    ],
)
def test_what_is_no_http_url_says_why(text: str, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_target(text)
    assert why in str(caught.value)
    assert "expected http://HOST[:PORT]/PATH" in str(caught.value)


def test_a_wrong_url_is_not_repeated_with_its_password() -> None:
    with pytest.raises(UsageError) as caught:
        parse_target("ftp://user:hunter2@h/")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "public"),
    [("127.0.0.1", False), ("10.1.2.3", False), ("192.168.1.1", False), ("localhost", False),
     ("8.8.8.8", True), ("example.com", True), ("receiver", False), ("receiver.local", False),
     ("app.test", False), ("x.internal", False), ("[::1]", False), ("[2606:4700::1111]", True),
     ("notlocal", False), ("a.notlocal", True), ("169.254.1.1", False),
     ("host.docker.internal", False), ("example.com.", True)],
)  # fmt: skip
def test_public_hosts_are_told_by_their_spelling(host: str, public: bool) -> None:
    assert parse_target(f"http://{host}/").public is public
