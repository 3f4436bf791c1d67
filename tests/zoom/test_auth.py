"""Endpoint authentication: Basic, bearer, a custom header, and tokens that are fetched first."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest

from mockzoom.errors import MockzoomError, UsageError
from mockzoom.model import Delivery
from mockzoom.transport import Dialer, HttpTransport, parse_target
from mockzoom.zoom.auth import TokenSource, parse_auth
from mockzoom.zoom.delivery_sender import DeliverySender
from tests.transport.conftest import Authority
from tests.transport.servers import NO_CONTENT, Received, answering, http, serving, unused_port


def delivery(forge: str = "") -> Delivery:
    return Delivery("d-1", "valid:0", "a.b", b"{}", "id", forge)


def deliver(url: str, auth: str, *forges: str, **options: Any) -> None:
    """Deliver to `url` with this endpoint authentication, once for each forgery named."""

    async def play() -> None:
        dialer = Dialer(parse_target(url), 1.0, **options)
        parsed = parse_auth(auth)
        tokens = TokenSource(parsed, dialer) if parsed.kind == "token" else None
        transport = HttpTransport(dialer)
        sender = DeliverySender(transport, "s", auth=parsed, tokens=tokens)
        try:
            for forge in forges or ("",):
                await sender.deliver(delivery(forge))
        finally:
            await transport.close()

    asyncio.run(play())


BASIC = "Basic " + base64.b64encode("üser:pa:ss".encode()).decode()


@pytest.mark.parametrize(
    ("auth", "name", "value"),
    [
        ("basic:üser:pa:ss", "authorization", BASIC),
        ("bearer:tok:en", "authorization", "Bearer tok:en"),
        ("header:X-Api-Key: k:ey ", "x-api-key", "k:ey"),
    ],
)
def test_the_configured_header_is_sent_and_left_away_or_wrong_where_forged(
    auth: str, name: str, value: str
) -> None:
    with serving(answering(NO_CONTENT)) as server:
        deliver(server.url, auth, "", "no-endpoint-auth", "wrong-endpoint-auth", "unsigned")
    right, missing, wrong, unsigned = (received.header(name) for received in server.received)
    assert right == unsigned == value
    assert missing is None
    assert wrong is not None
    assert wrong != value
    assert wrong.split(" ")[0] == value.split(" ")[0] or name == "x-api-key"
    assert all(received.header("x-zm-request-id") == "id" for received in server.received)
    assert server.received[0].header("x-zm-signature") is not None


@pytest.mark.parametrize(
    ("auth", "why"),
    [
        ("basic:hunter2", "--auth basic: expected basic:USER:PASSWORD"),
        ("bearer:", "--auth bearer: expected basic:USER:PASSWORD, bearer:TOKEN"),
        ("header:authorization:hunter2", "one custom header whose name begins with x-"),
        ("header:x-key:", "one custom header whose name begins with x-"),
        ("header:x-key", "one custom header whose name begins with x-"),
        ("header:x bad:hunter2", "one custom header whose name begins with x-"),
        ("header:x-é:hunter2", "one custom header whose name begins with x-"),
        ("header:x-key:hun\nter2", "cannot stand in a header"),
        ("bearer:hunter2漢", "cannot stand in a header"),
        ("token:id:hunter2", "token:CLIENT_ID:CLIENT_SECRET:TOKEN_URL"),
        ("token:id:hunter2:nowhere", "has no scheme"),
        ("digest:a:hunter2", "--auth: expected basic:USER:PASSWORD"),
        ("hunter2", "--auth: expected basic:USER:PASSWORD"),
    ],
)
def test_what_is_no_authentication_says_what_was_expected_and_repeats_no_credential(
    auth: str, why: str
) -> None:
    with pytest.raises(UsageError) as caught:
        parse_auth(auth)
    assert why in str(caught.value)
    assert "hunter2" not in str(caught.value)


# -- Token -------------------------------------------------------------------------------------


def granting(**changes: Any) -> bytes:
    answer = {"access_token": "t-1", "token_type": "bearer", "expires_in": "3599", **changes}
    kept = {name: value for name, value in answer.items() if value is not None}
    return http(200, json.dumps(kept).encode(), "content-type: application/json")


def test_a_token_is_fetched_as_zoom_fetches_it_and_kept() -> None:
    with serving(answering(granting())) as issuer, serving(answering(NO_CONTENT)) as server:
        auth = f"token:the-id:the:secret:http://127.0.0.1:{issuer.port}/oauth/token"
        auth = auth.replace("the:secret", "the-secret")
        deliver(server.url, auth, "", "", "no-endpoint-auth", "wrong-endpoint-auth")
    (asked,) = issuer.received
    assert asked.line == "POST /oauth/token?grant_type=client_credentials HTTP/1.1"
    expected = "Basic " + base64.b64encode(b"the-id:the-secret").decode()
    assert asked.header("authorization") == expected
    assert asked.header("content-type") == "application/x-www-form-urlencoded"
    assert (asked.header("content-length"), asked.body) == ("0", b"")
    assert asked.header("host") == f"127.0.0.1:{issuer.port}"
    sent = [received.header("authorization") for received in server.received]
    assert sent[:3] == ["Bearer t-1", "Bearer t-1", None]
    assert sent[3] not in (None, "Bearer t-1")


def test_a_grant_in_the_token_url_is_not_repeated() -> None:
    with serving(answering(granting())) as issuer, serving(answering(NO_CONTENT)) as server:
        where = f"127.0.0.1:{issuer.port}/t?grant_type=client_credentials&x=y"
        deliver(server.url, f"token:a:b:http://{where}")
    assert issuer.received[0].line == "POST /t?grant_type=client_credentials&x=y HTTP/1.1"


def test_a_token_that_expires_is_fetched_again() -> None:
    numbers = iter(range(9))

    def answer(received: Received) -> bytes:
        return granting(access_token=f"t-{next(numbers)}", expires_in=30)

    with serving(answering(answer)) as issuer, serving(answering(NO_CONTENT)) as server:
        deliver(server.url, f"token:a:b:http://127.0.0.1:{issuer.port}/", "", "")
    sent = [received.header("authorization") for received in server.received]
    assert sent == ["Bearer t-0", "Bearer t-1"]


def test_a_token_server_with_our_own_authority_is_trusted(authority: Authority) -> None:
    with (
        serving(answering(granting()), authority.server()) as issuer,
        serving(answering(NO_CONTENT)) as server,
    ):
        auth = f"token:a:b:https://127.0.0.1:{issuer.port}/"
        deliver(server.url, auth, cafile=authority.cafile)
        with pytest.raises(MockzoomError, match=r"code -14.*certificate refused"):
            deliver(server.url, auth)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (http(401, b"no"), "status 401 in place of 200"),
        (http(302, b"", "location: /"), "status 302 in place of 200"),
        (http(200, b"<html>"), "no JSON object with access_token"),
        (http(200, b"[]"), "no JSON object with access_token"),
        (http(200, b"{}"), "no JSON object with access_token"),
        (granting(access_token=None), "no JSON object with access_token"),
        (granting(access_token=""), "no JSON object with access_token"),
        (granting(access_token={"a": 1}), "no JSON object with access_token"),
        (granting(access_token="a\r\nb: c"), "no JSON object with access_token"),
        (http(200, b"[" * 30_000), "no JSON object with access_token (it is nested too deeply)"),
        (http(200, b'{"a":' * 5_000), "no JSON object with access_token (it is nested too deeply)"),
        (
            http(200, b'{"access_token": "a", "expires_in": ' + b"9" * 400 + b"}"),
            "no JSON object with access_token (it has a number of 400 digits)",
        ),
        (
            http(200, b'{"access_token": "a", "expires_in": ' + b"9" * 9_000 + b"}"),
            "no JSON object with access_token (it has a number of 9000 digits)",
        ),
        (http(200, b"\xff\xfe\x00"), "no JSON object with access_token (it is no text in"),
        (granting(expires_in="soon"), 'expires_in is "soon", expected a number of seconds'),
        (granting(expires_in="9" * 400), 'expires_in is "9999'),
        (granting(expires_in="²"), "expires_in is"),
        (granting(expires_in=10**99), "expires_in is 1000"),
        (granting(expires_in=-1), "expires_in is -1, expected a number of seconds"),
        (granting(expires_in=float("nan")), "expires_in is NaN, expected a number of seconds"),
        (granting(expires_in=1e999), "expires_in is Infinity, expected a number of seconds"),
        (granting(expires_in=[1]), "expires_in is [1], expected a number of seconds"),
        (granting(expires_in=True), "expires_in is true, expected a number of seconds"),
        (b"nonsense", "the answer is no HTTP"),
    ],
)
def test_no_token_is_code_minus_14_with_the_reason(answer: bytes, why: str) -> None:
    with serving(answering(answer)) as issuer, serving(answering(NO_CONTENT)) as server:
        url = f"http://127.0.0.1:{issuer.port}/oauth/token"
        with pytest.raises(MockzoomError) as caught:
            deliver(server.url, f"token:the-id:hunter2:{url}")
    text = str(caught.value)
    assert f"no access token from {url}?grant_type=client_credentials" in text
    assert "(Zoom's delivery code -14)" in text
    assert why in text
    assert "hunter2" not in text
    assert server.received == []


def test_a_token_server_that_is_not_there_is_code_minus_14() -> None:
    port = unused_port()
    with serving(answering(NO_CONTENT)) as server, pytest.raises(MockzoomError) as caught:
        deliver(server.url, f"token:a:b:http://127.0.0.1:{port}/")
    assert f"code -14): connection to 127.0.0.1:{port} refused" in str(caught.value)


@pytest.mark.slow
def test_a_token_server_that_hangs_ends_with_the_deadline() -> None:
    with (
        serving(lambda peer: peer.linger()) as issuer,
        serving(answering(NO_CONTENT)) as server,
        pytest.raises(MockzoomError, match=r"code -14.*no answer within 1 s"),
    ):
        deliver(server.url, f"token:a:b:http://127.0.0.1:{issuer.port}/")
