"""Who is let in: hosts, origins, tokens, sizes; each refusal with its reason."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mockzoom.errors import UsageError
from mockzoom.service import Service
from mockzoom.web import WebSettings, create_app
from mockzoom.web.guard import access
from tests.each import each

TOKEN = "a-token-of-the-tests"
JSON = "application/json"


def refusal(answer: Any, status: int) -> str:
    """The detail of a problem document."""
    assert answer.status_code == status, answer.data
    assert answer.content_type == "application/problem+json"
    document = answer.get_json(force=True)
    assert document["status"] == status
    return str(document["detail"])


@pytest.mark.parametrize("host", ["localhost:4400", "127.0.0.1:4400", "[::1]:4400", "LOCALHOST"])
def test_the_names_of_this_machine_are_ours(client: FlaskClient, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@each(
    "host", ["evil.example", "evil.example:4400", "127.0.0.1.evil.example", "", "localhost.evil",
             "127.0.0.1@evil.example", "0.0.0.0"],
)  # fmt: skip
@each("path", ["/healthz", "/api/v1/subscriptions", "/v2/x", "/oauth/token", "/"])
def test_another_host_is_refused_everywhere(client: FlaskClient, host: str, path: str) -> None:
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 403
    assert b"this Host is none of this server's names" in answer.data


def test_a_host_that_is_allowed_is_served(service: Service) -> None:
    app = create_app(service, WebSettings(access("127.0.0.1", allowed=["mock.compose"])))
    headers = {"Host": "mock.compose:4400"}
    assert app.test_client().get("/healthz", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "http://localhost:81"},
        {"Origin": "https://localhost.evil.example"}, {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)  # fmt: skip
def test_requests_of_other_sites_are_refused(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.post("/api/v1/reset", headers=headers)
    assert "requests from another" in refusal(answer, 403)
    assert "access-control-allow-origin" not in answer.headers


def test_requests_of_our_own_page_are_served(client: FlaskClient) -> None:
    headers = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/api/v1/reset", headers=headers).status_code == 204


def test_a_link_from_elsewhere_may_lead_here_and_change_nothing(client: FlaskClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client.get("/healthz", headers=headers).status_code == 200
    assert client.post("/api/v1/reset", headers=headers).status_code == 403


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain",
                                  "multipart/form-data; boundary=x"])  # fmt: skip
def test_what_a_form_can_send_is_no_json(client: FlaskClient, kind: str) -> None:
    answer = client.post("/api/v1/deliveries", data='{"event":"session.started"}',
                         content_type=kind)  # fmt: skip
    assert "content-type application/json" in refusal(answer, 415)


def test_a_form_without_its_token_is_refused(app: Flask, client: FlaskClient) -> None:
    @app.post("/page")
    def page() -> str:
        return "posted"

    assert "the form is out of date" in refusal(client.post("/page", data={"csrf": "x"}), 403)


def test_a_form_of_the_page_is_served(app: Flask, client: FlaskClient) -> None:
    from flask import render_template_string

    @app.get("/page")
    def form() -> str:
        return render_template_string("{{ csrf_token() }}")

    @app.post("/page")
    def page() -> str:
        return "posted"

    shown = client.get("/page")
    assert "SameSite=Strict" in shown.headers["set-cookie"]
    assert "HttpOnly" in shown.headers["set-cookie"]
    assert client.post("/page", data={"csrf": shown.text}).text == "posted"
    assert client.post("/page", data={"csrf": shown.text[::-1]}).status_code == 403


def test_answers_cannot_be_framed_sniffed_or_scripted(client: FlaskClient) -> None:
    for path in ("/healthz", "/openapi.yaml", "/nowhere", "/v2/nowhere"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


# -- the token ---------------------------------------------------------------------------------


@pytest.fixture
def guarded(service: Service) -> FlaskClient:
    rules = access("0.0.0.0", TOKEN, ["mock.compose"])
    return create_app(service, WebSettings(rules)).test_client()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "mock.compose"])
def test_an_address_that_others_reach_needs_a_token(host: str) -> None:
    with pytest.raises(UsageError, match="it needs a token"):
        access(host)


def test_a_token_that_can_be_guessed_is_refused() -> None:
    with pytest.raises(UsageError, match="at least 16 characters"):
        access("0.0.0.0", "short")


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer wrong", f"Basic {TOKEN}", "Basic !!!", f"Digest {TOKEN}",
               TOKEN, "Basic " + base64.b64encode(b"x:wrong").decode()],
)  # fmt: skip
def test_without_the_token_nothing_is_told(guarded: FlaskClient, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = guarded.get("/api/v1/subscriptions", headers=headers)
    assert "expected Authorization: Bearer TOKEN" in refusal(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize(
    "header",
    [
        f"Bearer {TOKEN}",
        f"bearer {TOKEN}",
        "Basic " + base64.b64encode(f"x:{TOKEN}".encode()).decode(),
    ],
)
def test_with_the_token_all_is_served(guarded: FlaskClient, header: str) -> None:
    answer = guarded.get("/api/v1/subscriptions", headers={"Authorization": header})
    assert answer.status_code == 200


def test_zooms_api_asks_for_credentials_of_its_own(guarded: FlaskClient) -> None:
    basic = {"Authorization": "Basic " + base64.b64encode(b"any:any").decode()}
    answer = guarded.post("/oauth/token?grant_type=client_credentials", headers=basic)
    assert (answer.status_code, answer.get_json().get("error")) == (400, "invalid_client"), (
        answer.text
    )


# -- limits ------------------------------------------------------------------------------------


def test_a_body_that_is_too_large_is_refused(client: FlaskClient) -> None:
    body = b'{"event": "' + b"x" * (5 * 1024 * 1024) + b'"}'
    answer = client.post("/api/v1/deliveries", data=body, content_type=JSON)
    assert refusal(answer, 413)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "content-type"), (b"{", "no JSON"), (b"\xff", "no JSON"), (b"NaN", "NaN is no JSON"),
        (b'{"event":"\\ud800"}', "no JSON in UTF-8"), (b"[" * 100_000, "no JSON"),
        (b'{"event":1e999}', "beyond what a number holds"), (b"9" * 5000, "no JSON"),
        (b"[]", "does not fit"), (b"null", "does not fit"), (b"{}", "does not fit"),
        (b'{"event":"session.started","extra":1}', "does not fit"),
        (b'{"event":"session.started","body":{},"seed":1}', "does not fit"),
    ],
)  # fmt: skip
def test_a_body_that_does_not_fit_is_refused_with_the_reason(
    client: FlaskClient, body: bytes, reason: str
) -> None:
    answer = client.post("/api/v1/deliveries", data=body, content_type=JSON if body else None)
    assert reason in refusal(answer, 415 if not body else 400)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=0", "0 is less than the minimum of 1"), ("limit=x", "'x' is not of type 'integer'"),
        ("limit=501", "501 is greater than the maximum of 500"), ("nope=1", "no such parameter"),
        ("limit=1&limit=2", "more than once"), ("before=0", "less than the minimum"),
        ("state=lost", "'lost' is not one of"), ("limit=", "is not of type 'integer'"),
        ("limit=1.0", "is not of type 'integer'"), ("run=99999999999999999999", "integer"),
    ],
)  # fmt: skip
def test_a_parameter_that_does_not_fit_is_refused_with_the_reason(
    client: FlaskClient, query: str, message: str
) -> None:
    answer = client.get(f"/api/v1/deliveries?{query}")
    assert refusal(answer, 400) == "a parameter is wrong"
    assert message in answer.get_json(force=True)["errors"][0]["message"]


@pytest.mark.parametrize(
    "path",
    ["/nowhere", "/api/v1/runs/x", "/api/v1/runs/0", "/api/v1/runs/9", "/api/v1/deliveries/-1",
     "/api/v1/subscriptions/a%20b"],
)  # fmt: skip
def test_what_is_not_there_is_not_found(client: FlaskClient, path: str) -> None:
    refusal(client.get(path), 404)


def test_another_method_is_refused_with_those_that_are_known(client: FlaskClient) -> None:
    answer = client.put("/api/v1/subscriptions")
    refusal(answer, 405)
    assert set(answer.headers["allow"].split(", ")) >= {"GET", "POST"}
