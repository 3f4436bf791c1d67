"""Zoom's own API: parameters, defaults, statuses, codes and fields as Zoom's document has them."""

from __future__ import annotations

import base64
import datetime
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from mockzoom.service import Service
from mockzoom.web import App, WebSettings, create_app, zoom
from mockzoom.zoom import access_tokens
from tests.dispatch.receiver import SECRET, Receiver, receiving, running, until
from tests.each import each

SUBSCRIPTIONS = "/v2/marketplace/app/event_subscription"
LOGS = "/v2/marketplace/apps/the-app/webhook_logs"
WHO = {"user_id": "u1", "subscription_scope": "account", "account_id": "a1"}
BASIC = {"Authorization": "Basic " + base64.b64encode(b"the-app:its-secret").decode()}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running(tmp_path / "j.db", 50_000) as made:
        yield made


class Zoom:
    """A script written for Zoom's API."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        answer = client.post("/oauth/token?grant_type=client_credentials", headers=BASIC)
        self.headers = {"Authorization": f"Bearer {answer.get_json()['access_token']}"}

    def call(self, method: str, path: str, **given: Any) -> tuple[int, Any]:
        headers = {**self.headers, **given.pop("headers", {})}
        answer = self.client.open(path, method=method, headers=headers, **given)
        return answer.status_code, answer.get_json(silent=True)

    def create(self, body: Any) -> tuple[int, Any]:
        return self.call("POST", SUBSCRIPTIONS, json=body)


@pytest.fixture
def script(service: Service) -> Zoom:
    app = create_app(service, WebSettings(zoom=App("the-app", "its-secret")))
    return Zoom(app.test_client())


def body_for(receiver: Receiver, **changes: Any) -> dict[str, Any]:
    return {"events": ["session.started"], "event_webhook_url": receiver.url,
            "subscription_scope": "account", **changes}  # fmt: skip


# -- tokens ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query", ["grant_type=client_credentials", "grant_type=account_credentials&account_id=a1"]
)
def test_a_token_is_given_for_client_credentials(script: Zoom, query: str) -> None:
    answer = script.client.post(f"/oauth/token?{query}", headers=BASIC)
    given = answer.get_json()
    assert answer.status_code == 200
    assert set(given) == {"access_token", "token_type", "expires_in", "scope", "api_url"}
    assert (given["token_type"], given["expires_in"]) == ("bearer", 3600)
    assert "marketplace:read:list_event_subscriptions" in given["scope"].split()


@pytest.mark.parametrize(
    ("query", "headers", "error"),
    [
        ("", BASIC, "unsupported_grant_type"),
        ("grant_type=password", BASIC, "unsupported_grant_type"),
        ("grant_type=account_credentials", BASIC, "invalid_request"),
        ("grant_type=client_credentials", {}, "invalid_client"),
        ("grant_type=client_credentials", {"Authorization": "Basic !"}, "invalid_client"),
        ("grant_type=client_credentials",
         {"Authorization": "Basic " + base64.b64encode(b"the-app:wrong").decode()},
         "invalid_client"),
    ],
)  # fmt: skip
def test_a_token_is_refused_with_the_reason(
    script: Zoom, query: str, headers: dict[str, str], error: str
) -> None:
    answer = script.client.post(f"/oauth/token?{query}", headers=headers)
    assert (answer.status_code, answer.get_json()["error"]) == (400, error)


@each("header", ["", "Bearer", "Bearer x.y.z", "Basic eDp5"])
@each("path", [SUBSCRIPTIONS, LOGS, "/v2/videosdk/report/webhook_logs"])
def test_without_a_valid_token_nothing_is_told(script: Zoom, path: str, header: str) -> None:
    answer = script.client.get(path, headers={"Authorization": header})
    assert (answer.status_code, answer.get_json()["code"]) == (401, 124)


def test_a_token_lives_for_an_hour(script: Zoom, monkeypatch: pytest.MonkeyPatch) -> None:
    later = time.time() + 3599
    monkeypatch.setattr(time, "time", lambda: later)
    assert script.call("GET", SUBSCRIPTIONS, query_string=WHO)[0] == 200
    monkeypatch.setattr(time, "time", lambda: later + 3)
    assert script.call("GET", SUBSCRIPTIONS, query_string=WHO)[0] == 401


VIDEO = "/v2/videosdk/report/webhook_logs"
NOW = time.time()
HS256 = {"alg": "HS256", "typ": "JWT"}


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def signed(claims: Any, secret: str = "its-secret", header: Any = HS256) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
             for part in (header, claims)]  # fmt: skip
    head = b".".join(parts)
    tag = base64.urlsafe_b64encode(hmac.digest(secret.encode(), head, "sha256")).rstrip(b"=")
    return (head + b"." + tag).decode()


CLAIMS = {"iss": "the-app", "iat": NOW - 30, "exp": NOW + 3600}


def test_the_video_sdks_api_takes_a_jwt_that_the_caller_signed_itself(script: Zoom) -> None:
    script.headers = {"Authorization": f"Bearer {signed(CLAIMS)}"}
    assert script.call("GET", VIDEO)[0] == 200
    found = script.call("GET", LOGS)
    assert (found[0], found[1]["code"]) == (401, 124)


@each(
    "token",
    [
        signed(CLAIMS, "another-secret"), signed(CLAIMS, ""), signed({**CLAIMS, "iss": "other"}),
        signed({**CLAIMS, "exp": NOW - 1}), signed({**CLAIMS, "iat": NOW + 3600}),
        signed({"iss": "the-app"}), signed({**CLAIMS, "exp": "never"}), signed([]),
        signed(CLAIMS, header={"alg": "none"}), signed(CLAIMS, header=[]),
        signed(CLAIMS).rpartition(".")[0] + ".", signed(CLAIMS) + "x", "a.b.c", "...", "ä.ä.ä",
        encoded(b"[" * 1_500) + ".e30.e30", encoded(b"9" * 400) + ".e30.e30",
        signed({**CLAIMS, "exp": 10**400}), signed({**CLAIMS, "iat": -(10**400)}),
    ],
)  # fmt: skip
def test_a_jwt_that_the_app_did_not_make_is_refused(script: Zoom, token: str) -> None:
    script.headers = {"Authorization": f"Bearer {token}"}
    found = script.call("GET", VIDEO)
    assert (found[0], found[1]["code"]) == (401, 124)


@pytest.mark.parametrize(
    ("app", "status"),
    [(App(), 200), (App("the-app"), 200), (App("other"), 401), (App(open_to_all=False), 401)],
)
def test_without_a_client_secret_a_jwt_is_read_and_not_checked(
    service: Service, app: App, status: int
) -> None:
    client = create_app(service, WebSettings(zoom=app)).test_client()
    answer = client.get(VIDEO, headers={"Authorization": f"Bearer {signed(CLAIMS, 'any')}"})
    assert answer.status_code == status


# -- event subscriptions -----------------------------------------------------------------------


def test_a_subscription_is_created_once_its_url_is_validated_and_listed_as_zoom_does(
    script: Zoom, receiver: Receiver
) -> None:
    given = body_for(
        receiver, events=["session.started", "meeting.started"], user_ids=["u1"], account_id="a1",
        event_subscription_name="mine",
        custom_header={"custom_header_type": 1, "username": "u", "password": "secret-password"},
    )  # fmt: skip
    status, made = script.create(given)
    assert (status, set(made)) == (201, {"event_subscription_id"})
    assert len(receiver.challenges()) == 1
    status, listed = script.call("GET", SUBSCRIPTIONS, query_string=WHO)
    assert status == 200
    assert (listed["next_page_token"], listed["page_size"]) == ("", 30)
    (entry,) = listed["event_subscriptions"]
    assert entry == {
        "event_subscription_id": made["event_subscription_id"],
        "events": ["session.started", "meeting.started"],
        "event_subscription_name": "mine",
        "event_webhook_url": receiver.url,
        "subscription_scope": "account",
        "created_source": "openapi",
        "subscriber_id": "u1",
        "custom_header": {"custom_header_type": 1, "username": "u"},
    }


def test_a_url_that_fails_the_challenge_is_1701_and_nothing_is_kept(
    script: Zoom, receiver: Receiver, service: Service
) -> None:
    receiver.valid = False
    status, error = script.create(body_for(receiver))
    assert (status, error["code"]) == (404, 1701)
    assert "answered 500 in place of 200" in error["message"]
    assert service.subscriptions.all() == []


def test_a_token_url_that_gives_no_token_is_1702(script: Zoom, receiver: Receiver) -> None:
    receiver.tokens = False
    header = {"custom_header_type": 2, "client_id": "c", "client_secret": "a-secret",
              "token_url": receiver.url.replace("/zoom", "/oauth/token")}  # fmt: skip
    status, error = script.create(body_for(receiver, custom_header=header))
    assert (status, error["code"]) == (404, 1702)
    assert "a-secret" not in error["message"]
    receiver.tokens = True
    header |= {"scope": "s", "state": "t", "client_authentication": "body"}
    assert script.create(body_for(receiver, custom_header=header))[0] == 201
    asked = next(got for got in reversed(receiver.got) if got.path.startswith("/oauth"))
    assert asked.body == b"client_id=c&client_secret=a-secret"
    assert "scope=s&state=t" in asked.path
    assert "authorization" not in asked.headers


@each(
    ("changes", "status", "code"),
    [
        ({"events": []}, 400, 1500), ({"events": "session.started"}, 400, 1500),
        ({"events": [1]}, 400, 1500), ({"events": None}, 400, 1500),
        ({"events": ["no.such_event"]}, 404, 1601), ({"events": ["Session Started"]}, 404, 1601),
        ({"event_webhook_url": ""}, 400, 1500), ({"event_webhook_url": 7}, 400, 1500),
        ({"event_webhook_url": "nowhere"}, 404, 1701), ({"event_webhook_url": " "}, 404, 1701),
        ({"event_webhook_url": "http://hooks.example.com/zoom"}, 404, 1701),
        ({"event_webhook_url": "https://hooks.invalid/zoom"}, 404, 1701),
        ({"event_webhook_url": "http://169.254.169.254/"}, 404, 1701),
        ({"subscription_scope": "planet"}, 400, 1500), ({"subscription_scope": None}, 400, 1500),
        ({"user_ids": "u1"}, 400, 1500), ({"account_id": 5}, 400, 1500),
        ({"user_ids": [f"u{n}" for n in range(11)]}, 400, 1500), ({"user_ids": None}, 400, 1500),
        ({"custom_header": None}, 400, 1500),
        ({"event_subscription_name": []}, 400, 1500), ({"custom_header": []}, 400, 1500),
        ({"custom_header": {}}, 400, 1500),
        ({"custom_header": {"custom_header_type": 4}}, 404, 1801),
        ({"custom_header": {"custom_header_type": "1"}}, 400, 1500),
        ({"custom_header": {"custom_header_type": True}}, 400, 1500),
        ({"custom_header": {"custom_header_type": 1, "username": "u"}}, 400, 1500),
        ({"custom_header": {"custom_header_type": 1, "username": "a\nb", "password": "p"}},
         400, 1500),
        ({"custom_header": {"custom_header_type": 0, "username": "u" * 257}}, 400, 1500),
        ({"custom_header": {"custom_header_type": 0, "username": 5}}, 400, 1500),
        ({"custom_header": {"custom_header_type": 0, "state": "s" * 256}}, 400, 1500),
        ({"custom_header": {"custom_header_type": 0, "custom_header_key": "a b"}}, 400, 1500),
        ({"custom_header": {"custom_header_type": 0, "custom_header_key": ""}}, 400, 1500),
        ({"custom_header": {"custom_header_type": 0, "client_authentication": ""}}, 400, 1500),
        ({"custom_header": {"custom_header_type": 3, "custom_header_key": "X-K",
                            "custom_header_value": ""}}, 400, 1500),
        ({"custom_header": {"custom_header_type": 1, "username": "u" * 257, "password": "p"}},
         400, 1500),
        ({"custom_header": {"custom_header_type": 3, "custom_header_key": "a_b",
                            "custom_header_value": "v"}}, 400, 1500),
        ({"custom_header": {"custom_header_type": 3, "custom_header_key": "X-Zm-Signature",
                            "custom_header_value": "v"}}, 400, 1500),
        ({"custom_header": {"custom_header_type": 3, "custom_header_key": "X-K",
                            "custom_header_value": "a\nb"}}, 400, 1500),
        ({"custom_header": {"custom_header_type": 2, "client_id": "c", "client_secret": "s",
                            "token_url": "http://auth.example.com/"}}, 404, 1702),
        ({"custom_header": {"custom_header_type": 2, "client_id": "c", "client_secret": "s",
                            "token_url": "nowhere"}}, 404, 1702),
        ({"custom_header": {"custom_header_type": 2, "client_id": "c", "client_secret": "s",
                            "token_url": "https://x.example/" + "t" * 1000}}, 400, 1500),
    ],
)  # fmt: skip
def test_each_wrong_field_has_zooms_code(
    script: Zoom, receiver: Receiver, changes: dict[str, Any], status: int, code: int
) -> None:
    found = script.create(body_for(receiver, **changes))
    assert (found[0], found[1]["code"]) == (status, code), found
    assert set(found[1]) == {"code", "message"}
    assert receiver.got == []


@pytest.mark.parametrize("missing", ["events", "event_webhook_url", "subscription_scope"])
def test_each_required_field_is_asked_for(script: Zoom, receiver: Receiver, missing: str) -> None:
    given = body_for(receiver)
    del given[missing]
    status, error = script.create(given)
    assert (status, error["code"]) == (400, 1500)
    assert missing in error["message"]


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"3", b'"x"', b"\xff", b"NaN"])
def test_a_body_that_is_no_object_is_1500(script: Zoom, data: bytes) -> None:
    found = script.call("POST", SUBSCRIPTIONS, data=data, content_type="application/json")
    assert (found[0], found[1]["code"]) == (400, 1500)


def test_a_21st_subscription_is_refused(script: Zoom, receiver: Receiver, service: Service) -> None:
    for _ in range(20):
        service.subscriptions.create(receiver.url, SECRET)
    status, error = script.create(body_for(receiver))
    assert (status, error["code"]) == (400, 1500)


def test_fields_of_another_kind_of_header_are_no_mistake(script: Zoom, receiver: Receiver) -> None:
    header = {"custom_header_type": 0, "username": "my name", "password": "p", "state": "s",
              "token_url": "https://auth.example.com/", "custom_header_key": "X-K"}  # fmt: skip
    assert script.create(body_for(receiver, custom_header=header))[0] == 201
    header |= {"custom_header_type": 1}
    assert script.create(body_for(receiver, custom_header=header))[0] == 201
    assert script.create(body_for(receiver, custom_header={**header, "custom_header_type": 3})) == (
        400, {"code": 1500, "message": "custom_header_value: expected a string"}
    )  # fmt: skip


def test_users_in_one_text_are_several_as_in_zooms_own_example(
    script: Zoom, receiver: Receiver, service: Service
) -> None:
    _, made = script.create(body_for(receiver, user_ids=["u1,u2"], subscription_scope="user"))
    name = made["event_subscription_id"]
    assert service.subscriptions.get(name).owner["user_ids"] == ["u1", "u2"]
    listed = script.call("GET", SUBSCRIPTIONS, query_string={**WHO, "user_id": "u2"})[1]
    assert listed["event_subscriptions"] == []  # the query asks for scope account
    del (query := {**WHO, "user_id": "u2"})["subscription_scope"]
    listed = script.call("GET", SUBSCRIPTIONS, query_string=query)[1]
    assert [item["event_subscription_id"] for item in listed["event_subscriptions"]] == [name]


def test_what_was_registered_elsewhere_is_listed_and_not_changed(
    script: Zoom, receiver: Receiver, service: Service
) -> None:
    made = service.subscriptions.create(receiver.url, SECRET)
    listed = script.call("GET", SUBSCRIPTIONS, query_string=WHO)[1]["event_subscriptions"]
    assert [item["created_source"] for item in listed] == ["default"]
    path = f"{SUBSCRIPTIONS}/{made.id}"
    for status, error in (
        script.call("DELETE", path),
        script.call("PATCH", path, json={"account_id": "a1"}),
        script.call("DELETE", SUBSCRIPTIONS,
                    query_string={"event_subscription_id": made.id, "account_id": "a1"}),
    ):  # fmt: skip
        assert (status, error["code"]) == (404, 1601)
        assert "created in the build flow" in error["message"]
    assert service.subscriptions.get(made.id) == made


@pytest.mark.parametrize("missing", ["user_id", "account_id"])
def test_each_required_parameter_of_the_list_is_asked_for(script: Zoom, missing: str) -> None:
    given = {name: value for name, value in WHO.items() if name != missing}
    status, error = script.call("GET", SUBSCRIPTIONS, query_string=given)
    assert (status, error["code"]) == (400, 1500)
    assert missing in error["message"]


@each("path", [SUBSCRIPTIONS, LOGS, VIDEO])
@each("size", ["x", "", "NaN", "1_0", "١", "1" * 5000, "--1"])
def test_a_page_size_that_is_no_number_is_refused(script: Zoom, path: str, size: str) -> None:
    found = script.call("GET", path, query_string={**WHO, "page_size": size})
    assert (found[0], found[1]["code"]) == (400, 300)


@each(
    ("path", "size", "shown"),
    [(SUBSCRIPTIONS, "0", 30), (SUBSCRIPTIONS, "-5", 30), (SUBSCRIPTIONS, "1.5", 1),
     (SUBSCRIPTIONS, "301", 300), (SUBSCRIPTIONS, "1e999", 300), (SUBSCRIPTIONS, "300", 300),
     (LOGS, "0", 30), (LOGS, "-1", 30), (LOGS, "300", 300), (VIDEO, "2", 2)],
)  # fmt: skip
def test_page_sizes_have_the_bounds_of_zooms_document_and_no_others(
    script: Zoom, path: str, size: str, shown: int
) -> None:
    status, page = script.call("GET", path, query_string={**WHO, "page_size": size})
    assert (status, page.get("page_size")) == (200, shown)


def test_pages_lead_through_all_and_their_token_lives_15_minutes(
    script: Zoom, service: Service, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [service.subscriptions.create(receiver.url, SECRET).id for _ in range(5)]
    seen: list[str] = []
    token = first = ""
    for _ in range(3):
        query = {**WHO, "page_size": "2", "next_page_token": token}
        status, page = script.call("GET", SUBSCRIPTIONS, query_string=query)
        assert (status, page["page_size"]) == (200, 2)
        seen += [item["event_subscription_id"] for item in page["event_subscriptions"]]
        token = page["next_page_token"]
        first = first or token
    assert (seen, token) == (made, "")
    other = {**WHO, "subscription_scope": "user", "next_page_token": first}
    assert script.call("GET", SUBSCRIPTIONS, query_string=other)[0] == 400
    now = time.time()
    query = {**WHO, "page_size": "2", "next_page_token": first}
    monkeypatch.setattr(time, "time", lambda: now + 899)
    assert script.call("GET", SUBSCRIPTIONS, query_string=query)[0] == 200
    monkeypatch.setattr(time, "time", lambda: now + 903)
    status, error = script.call("GET", SUBSCRIPTIONS, query_string=query)
    assert (status, error["code"]) == (400, 301)
    assert "not older than 15 minutes" in error["message"]


def test_users_are_subscribed_and_unsubscribed(
    script: Zoom, receiver: Receiver, service: Service
) -> None:
    _, made = script.create(body_for(receiver, account_id="a1", user_ids=["u1"]))
    name = made["event_subscription_id"]
    path = f"{SUBSCRIPTIONS}/{name}"
    assert script.call("PATCH", path, json={"account_id": "a1", "user_ids": ["u2"]})[0] == 204
    assert service.subscriptions.get(name).owner["user_ids"] == ["u1", "u2"]
    query = {"event_subscription_id": name, "account_id": "a1", "user_ids": "u1"}
    assert script.call("DELETE", SUBSCRIPTIONS, query_string=query)[0] == 204
    assert service.subscriptions.get(name).owner["user_ids"] == ["u2"]
    assert service.subscriptions.get(name).state == "validated"
    query = {"event_subscription_id": name, "account_id": "a1"}
    assert script.call("DELETE", SUBSCRIPTIONS, query_string=query)[0] == 204
    assert service.subscriptions.get(name).state == "disabled"
    assert script.call("PATCH", path, json={"account_id": "a1", "user_ids": ["u3"]})[0] == 204
    assert service.subscriptions.get(name).state == "validated"
    assert script.call("DELETE", path)[0] == 204
    status, error = script.call("DELETE", path)
    assert (status, error["code"]) == (404, 1601)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [({}, 400, 1500), ({"account_id": 1}, 400, 1500), ({"account_id": "other"}, 404, 1601),
     ({"account_id": "", "user_ids": []}, 404, 1601),
     ({"account_id": "a1", "user_ids": [f"u{n}" for n in range(11)]}, 400, 1500),
     ({"account_id": "a1", "user_ids": [1]}, 400, 1500), ([], 400, 1500)],
)  # fmt: skip
def test_subscribing_is_refused_with_zooms_code(
    script: Zoom, receiver: Receiver, body: Any, status: int, code: int
) -> None:
    _, made = script.create(body_for(receiver, account_id="a1"))
    path = f"{SUBSCRIPTIONS}/{made['event_subscription_id']}"
    found = script.call("PATCH", path, json=body)
    assert (found[0], found[1]["code"]) == (status, code)


def test_an_unknown_subscription_is_told_before_what_is_wrong_with_the_body(script: Zoom) -> None:
    found = script.call("PATCH", f"{SUBSCRIPTIONS}/unknown")
    assert (found[0], found[1]["code"]) == (404, 1601)


@pytest.mark.parametrize(
    ("query", "code"),
    [({}, 1601), ({"account_id": "a1"}, 1601), ({"event_subscription_id": "x"}, 1601),
     ({"event_subscription_id": "x", "account_id": "a1"}, 1601),
     ({"event_subscription_id": "x", "account_id": "a1",
       "user_ids": ",".join(f"u{n}" for n in range(11))}, 1001)],
)  # fmt: skip
def test_unsubscribing_is_refused_with_404(script: Zoom, query: dict[str, str], code: int) -> None:
    found = script.call("DELETE", SUBSCRIPTIONS, query_string=query)
    assert (found[0], found[1]["code"]) == (404, code)


# -- delivery log ------------------------------------------------------------------------------


def stamp(seconds: float) -> str:
    at = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def deliver(service: Service, receiver: Receiver, status: int) -> int:
    if not service.subscriptions.all():
        made = service.subscriptions.create(receiver.url, SECRET)
        service.subscriptions.validate(made.id)
    receiver.answer = lambda got: status
    (row,) = service.deliveries.send(service.events.sample("session.started"))
    until(lambda: service.deliveries.get(row.id).state in ("delivered", "failed"))
    return row.id


@pytest.mark.slow
def test_the_log_shows_failures_by_default_each_attempt_with_its_retry_number(
    script: Zoom, service: Service, receiver: Receiver
) -> None:
    deliver(service, receiver, 200)
    number = deliver(service, receiver, 503)
    status, page = script.call("GET", LOGS)
    assert (status, page["page_size"], page["next_page_token"]) == (200, 30, "")
    entries = page["webhook_logs"]
    assert [entry["retry_num"] for entry in entries] == [3, 2, 1, 0]
    row = service.deliveries.get(number)
    for entry in entries:
        assert entry["event"] == "session.started"
        assert entry["status"] == 503
        assert entry["endpoint"] == receiver.url
        assert entry["subscription_id"] == row.subscription
        assert entry["request_id"] == row.delivery.request_id
        assert entry["request_body"].encode() == row.delivery.body
        headers = json.loads(entry["request_headers"])
        assert headers["x-zm-trackingid"].endswith(f";rid={entry['trace_id']}")
        assert entry["trace_id"].startswith("WEB_")
        assert "user_id" not in entry
        assert isinstance(json.loads(entry["response_headers"]), dict)
        assert isinstance(entry["response_body"], str)
        datetime.datetime.strptime(entry["date_time"], "%Y-%m-%dT%H:%M:%SZ")
    assert script.call("GET", VIDEO) == (200, page)


def test_the_log_of_an_app_names_the_user_whose_subscription_it_is(
    script: Zoom, service: Service, receiver: Receiver
) -> None:
    script.create(body_for(receiver, user_ids=["u1", "u2"]))
    deliver(service, receiver, 200)
    ((entry,), (other,)) = (
        script.call("GET", path, query_string={"type": "3"})[1]["webhook_logs"]
        for path in (LOGS, VIDEO)
    )
    assert entry == {**other, "user_id": "u1"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "statuses"),
    [({"type": "1"}, [503, 503, 503, 503, 200]), ({"type": "2"}, [503] * 4), ({"type": "3"}, [200]),
     ({"type": "1", "retry_num": "0"}, [503, 200]), ({"type": "1", "retry_num": "3"}, [503]),
     ({"type": "1", "event": "session.ended"}, []), ({"type": "1", "page_size": "2"}, [503, 503])],
)  # fmt: skip
def test_the_log_is_filtered(
    script: Zoom, service: Service, receiver: Receiver, query: dict[str, str], statuses: list[int]
) -> None:
    deliver(service, receiver, 200)
    deliver(service, receiver, 503)
    _, page = script.call("GET", LOGS, query_string=query)
    assert [entry["status"] for entry in page["webhook_logs"]] == statuses
    assert bool(page["next_page_token"]) == ("page_size" in query)


def test_the_log_is_read_page_by_page(script: Zoom, service: Service, receiver: Receiver) -> None:
    for _ in range(5):
        deliver(service, receiver, 200)
    query = {"type": "3", "page_size": "2"}
    seen = []
    while True:
        _, page = script.call("GET", LOGS, query_string=query)
        seen += [entry["request_id"] for entry in page["webhook_logs"]]
        if not page["next_page_token"]:
            break
        query["next_page_token"] = page["next_page_token"]
    assert len(seen) == len(set(seen)) == 5


def test_a_failure_without_an_answer_is_minus_1_with_its_reason(
    script: Zoom, service: Service, receiver: Receiver
) -> None:
    deliver(service, receiver, 200)
    (item,) = service.subscriptions.all()
    gone = "http://127.0.0.1:9/zoom"  # where nobody listens any more
    service.subscriptions._change(item.id, lambda found: replace(found, url=gone))
    service.deliveries.send(service.events.sample("session.ended"), policy="none")
    query = {"event": "session.ended"}
    found = until(lambda: script.call("GET", LOGS, query_string=query)[1]["webhook_logs"])
    assert (found[0]["status"], found[0]["failed_reason_type"]) == (-1, 2)
    assert found[0]["response_body"] == ""


DAY = 24 * 3600


@each(
    ("query", "status", "code"),
    [
        ({"retry_num": "4"}, 400, 1506), ({"retry_num": "-1"}, 400, 1506),
        ({"retry_num": "x"}, 400, 1506), ({"type": "4"}, 400, 300), ({"type": "x"}, 400, 300),
        ({"page_size": "301"}, 400, 300), ({"page_size": "1.5"}, 400, 300),
        ({"next_page_token": "x"}, 400, 301),
        ({"from": stamp(NOW - DAY), "to": stamp(NOW - 2 * DAY)}, 404, 1501),
        ({"from": stamp(NOW - DAY), "to": stamp(NOW - DAY)}, 404, 1501),
        ({"from": stamp(NOW - 8 * DAY), "to": stamp(NOW - 7 * DAY)}, 404, 1502),
        ({"from": stamp(NOW - 8 * DAY)}, 404, 1502),
        ({"from": "2026-01-01"}, 404, 1503), ({"to": "yesterday"}, 404, 1503),
        ({"from": "2026-13-01T00:00:00Z"}, 404, 1503), ({"to": ""}, 404, 1503),
        ({"from": stamp(NOW + DAY), "to": stamp(NOW + 2 * DAY)}, 404, 1504),
    ],
)  # fmt: skip
def test_each_wrong_parameter_of_the_log_has_zooms_code(
    script: Zoom, query: dict[str, str], status: int, code: int
) -> None:
    found = script.call("GET", LOGS, query_string=query)
    assert (found[0], found[1]["code"]) == (status, code), found
    found = script.call("GET", VIDEO, query_string=query)
    assert (found[0], found[1]["code"]) == (400, code), "the Video SDK's document has 400 for all"


@pytest.mark.parametrize(
    "query", [{"from": stamp(NOW - 7 * DAY + 3600), "to": stamp(NOW)}, {"to": stamp(NOW - DAY)},
              {"from": stamp(NOW - DAY)}, {"from": stamp(NOW - DAY), "to": stamp(NOW + 60)}],
)  # fmt: skip
def test_ranges_within_seven_days_are_answered(script: Zoom, query: dict[str, str]) -> None:
    assert script.call("GET", LOGS, query_string=query)[0] == 200


def test_the_log_of_another_app_is_1401(script: Zoom) -> None:
    found = script.call("GET", LOGS.replace("the-app", "another"))
    assert (found[0], found[1]["code"]) == (404, 1401)


@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "/v2/users/me", 404), ("PUT", SUBSCRIPTIONS, 405), ("POST", LOGS, 405),
])  # fmt: skip
def test_what_the_mock_does_not_know_is_told_as_zoom_does(
    script: Zoom, method: str, path: str, status: int
) -> None:
    found = script.call(method, path)
    assert (found[0], found[1]["code"]) == (status, 2300)


def test_a_body_that_is_too_large_is_told_as_zoom_does(service: Service) -> None:
    app = create_app(service, WebSettings(largest_body=1000))
    status, error = Zoom(app.test_client()).create({"events": ["e" * 1000]})
    assert (status, error["code"]) == (413, 300)
    assert "exceeds the capacity" in error["message"]


def test_the_module_keeps_zooms_numbers() -> None:
    assert (access_tokens.LIFETIME_S, zoom.PAGING_S, zoom.SIZE, zoom.LARGEST) == (
        3600,
        900,
        30,
        300,
    )
