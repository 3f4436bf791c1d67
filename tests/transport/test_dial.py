"""Opening connections: TLS and its refusals, proxies, and that none is used unasked."""

from __future__ import annotations

import base64
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from mockzoom.errors import UsageError
from mockzoom.model import Attempt, Failure, Request, Response
from mockzoom.transport.dial import Dialer
from mockzoom.transport.pool import HttpTransport
from mockzoom.transport.target import parse_target
from tests.transport.conftest import Authority
from tests.transport.servers import OK, Peer, answering, http, serving, unused_port


async def post(url: str, timeout: float = 2.0, **options: Any) -> Attempt:
    transport = HttpTransport(Dialer(parse_target(url), timeout, **options))
    headers = (("host", "x"), ("content-length", "2"))
    try:
        return await transport.exchange(Request("POST", url, headers, b"{}"), timeout)
    finally:
        await transport.close()


def kind(attempt: Attempt) -> str:
    outcome = attempt.outcome
    return str(outcome.status) if isinstance(outcome, Response) else outcome.kind


def message(attempt: Attempt) -> str:
    assert isinstance(attempt.outcome, Failure), attempt.outcome
    return attempt.outcome.message


# -- TLS ---------------------------------------------------------------------------------------


def test_a_certificate_of_the_named_authority_is_accepted(play: Any, authority: Authority) -> None:
    with serving(answering(), authority.server()) as server:
        assert kind(play(post(server.url, cafile=authority.cafile))) == "200"


def test_a_certificate_of_an_unknown_authority_is_refused(play: Any, authority: Authority) -> None:
    with serving(answering(), authority.server()) as server:
        attempt = play(post(server.url))
    assert kind(attempt) == "certificate"
    assert message(attempt).startswith("certificate refused: ")
    assert "issuer" in message(attempt)
    assert server.received == []


def test_a_certificate_for_another_name_is_refused(play: Any, authority: Authority) -> None:
    with serving(answering(), authority.server("other.example")) as server:
        attempt = play(post(server.url, cafile=authority.cafile))
    assert kind(attempt) == "certificate"
    assert "127.0.0.1" in message(attempt)


def test_insecure_checks_neither_authority_nor_name(play: Any, authority: Authority) -> None:
    with serving(answering(), authority.server("other.example")) as server:
        assert kind(play(post(server.url, insecure=True))) == "200"


def test_tls_to_a_plain_port_is_a_tls_failure(play: Any) -> None:
    def script(peer: Peer) -> None:
        peer.sock.recv(65536)
        peer.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
        peer.linger()

    with serving(script) as server:
        attempt = play(post(server.url.replace("http:", "https:")))
    assert kind(attempt) == "tls"
    assert message(attempt).startswith("TLS handshake failed: ")


def test_a_plain_request_to_a_tls_port_says_that_this_is_no_http(
    play: Any, authority: Authority
) -> None:
    """What OpenSSL does with a plain request: it answers with an alert, or closes."""
    with serving(answering(), authority.server()) as server:
        attempt = play(post(server.url.replace("https:", "http:")))
    assert kind(attempt) in ("protocol", "closed", "reset")
    assert attempt.status is None


def test_a_handshake_that_hangs_ends_with_the_deadline(play: Any) -> None:
    with serving(lambda peer: peer.linger()) as server:
        attempt = play(post(server.url.replace("http:", "https:"), timeout=0.3))
    assert kind(attempt) == "timeout"
    assert message(attempt) == f"no connection to 127.0.0.1:{server.port} within 0.3 s"


def test_a_handshake_that_is_cut_off_is_no_traceback(play: Any) -> None:
    with serving(lambda peer: peer.reset()) as server:
        attempt = play(post(server.url.replace("http:", "https:")))
    assert kind(attempt) in ("reset", "tls")
    assert message(attempt)


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "no such file; expected CA certificates, PEM"),
     ("no certificate", "cannot be read as CA certificates in PEM form")],
)  # fmt: skip
def test_a_ca_file_that_is_none_is_bad_usage(tmp_path: Path, content: str | None, why: str) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UsageError, match=why):
        HttpTransport(Dialer(parse_target("https://127.0.0.1/"), cafile=str(path)))


def test_a_connect_that_hangs_ends_with_the_deadline(play: Any) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        time.sleep(0.05)
        attempt = play(post(f"http://127.0.0.1:{port}/", timeout=0.3))
        for filler in fillers:
            filler.close()
    assert kind(attempt) == "timeout"
    assert message(attempt) == f"no connection to 127.0.0.1:{port} within 0.3 s"


# -- proxies -----------------------------------------------------------------------------------


def tunnelling(port: int, heads: list[bytes], refusal: bytes = b"") -> Any:
    """Return the script of a proxy that tunnels to `port`."""

    def script(peer: Peer) -> None:
        head = peer.head()
        assert head is not None
        heads.append(head)
        if refusal:
            peer.write(refusal)
            return
        with socket.create_connection(("127.0.0.1", port)) as upstream:
            peer.write(b"HTTP/1.1 200 Connection established\r\nvia: test\r\n\r\n")
            back = threading.Thread(target=_pump, args=(upstream, peer.sock), daemon=True)
            back.start()
            _pump(peer.sock, upstream)

    return script


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def test_a_proxy_gets_a_plain_request_in_absolute_form(play: Any) -> None:
    with serving(answering(http(200, b"proxied"))) as proxy:
        attempt = play(
            post("http://receiver.test/hook?a=b", proxy=f"http://me:p%40ss@127.0.0.1:{proxy.port}")
        )
    assert isinstance(attempt.outcome, Response)
    assert attempt.outcome.body == b"proxied"
    received = proxy.received[0]
    assert received.line == "POST http://receiver.test/hook?a=b HTTP/1.1"
    expected = "Basic " + base64.b64encode(b"me:p@ss").decode()
    assert received.header("proxy-authorization") == expected


def test_a_proxy_tunnels_https(play: Any, authority: Authority) -> None:
    heads: list[bytes] = []
    with (
        serving(answering(), authority.server()) as server,
        serving(tunnelling(server.port, heads)) as proxy,
    ):
        url = f"http://me:secret@127.0.0.1:{proxy.port}"
        attempt = play(post(server.url, cafile=authority.cafile, proxy=url))
    assert kind(attempt) == "200"
    where = f"127.0.0.1:{server.port}"
    credentials = base64.b64encode(b"me:secret").decode()
    assert heads == [
        f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\n"
        f"Proxy-Authorization: Basic {credentials}".encode()
    ]
    received = server.received[0]
    assert received.line == "POST /webhook HTTP/1.1"
    assert received.header("proxy-authorization") is None


def test_a_tunnel_to_an_ipv6_address_has_brackets(play: Any) -> None:
    heads: list[bytes] = []
    refusal = b"HTTP/1.1 403 No\r\n\r\n"
    with serving(tunnelling(0, heads, refusal)) as proxy:
        play(post("https://[::1]:8443/", proxy=f"http://127.0.0.1:{proxy.port}"))
    assert heads[0].startswith(b"CONNECT [::1]:8443 HTTP/1.1\r\nHost: [::1]:8443")


@pytest.mark.parametrize(
    ("refusal", "said"),
    [(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
      "HTTP/1.1 407 Proxy Authentication Required"),
     (b"HTTP/1.1 502 200 is what you hoped for\r\n\r\n",
      "HTTP/1.1 502 200 is what you hoped for")],
)  # fmt: skip
def test_a_proxy_that_refuses_the_tunnel_is_named(play: Any, refusal: bytes, said: str) -> None:
    with serving(tunnelling(0, [], refusal)) as proxy:
        attempt = play(post("https://receiver.test/", proxy=f"http://127.0.0.1:{proxy.port}"))
    assert kind(attempt) == "refused"
    assert message(attempt) == f"proxy 127.0.0.1:{proxy.port} refused the tunnel: {said}"


def test_a_proxy_that_is_not_there_is_named(play: Any) -> None:
    port = unused_port()
    attempt = play(post("http://receiver.test/", proxy=f"http://127.0.0.1:{port}"))
    assert message(attempt) == f"connection to proxy 127.0.0.1:{port} refused"


@pytest.mark.parametrize(
    ("proxy", "why"),
    [("127.0.0.1:3128", "--proxy '127.0.0.1:3128' is not a URL: it has no scheme"),
     ("socks5://127.0.0.1:1080", "--proxy .* has the scheme 'socks5'"),
     ("https://127.0.0.1:3128", "--proxy .*: a proxy that itself speaks TLS is not supported")],
)  # fmt: skip
def test_a_proxy_that_cannot_be_used_is_bad_usage(proxy: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        HttpTransport(Dialer(parse_target("http://receiver.test/"), proxy=proxy))


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_no_proxy_is_taken_from_the_environment(
    play: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with serving(answering()) as server, serving(answering()) as proxy:
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert kind(play(post(server.url))) == "200"
    assert (len(server.received), proxy.accepted) == (1, 0)


def test_the_answer_comes_from_the_address_that_listens(play: Any) -> None:
    """`localhost` may be ::1 first; the receiver listens on 127.0.0.1 only."""
    with serving(answering(OK)) as server:
        assert kind(play(post(f"http://localhost:{server.port}/"))) == "200"
