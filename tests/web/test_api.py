"""The control API in use: registered, validated, sent, looked at, replayed, examined, followed."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mockzoom.contract import errors
from mockzoom.dispatch import Subscription
from mockzoom.report import FORMATS
from mockzoom.service import Service, ServiceSettings
from mockzoom.suites import EXAMINED
from mockzoom.web import contract, create_app, feed
from mockzoom.web.serving import serving
from mockzoom.zoom.retry_policies import POLICIES
from mockzoom.zoom.sample_receiver import create_app as create_receiver
from mockzoom.zoom.sample_receiver import serving as serving_receiver
from tests.web.conftest import SECRET, until


@pytest.fixture
def name(client: FlaskClient, receiver: str) -> str:
    """The id of a validated subscription."""
    made = client.post("/api/v1/subscriptions", json={"url": receiver, "validate": True})
    assert made.status_code == 201
    assert made.get_json()["state"] == "validated"
    assert made.headers["location"].endswith(made.get_json()["id"])
    return str(made.get_json()["id"])


def settled(client: FlaskClient, number: int) -> Any:
    def look() -> Any:
        found = client.get(f"/api/v1/deliveries/{number}").get_json()
        return found if found["state"] not in ("pending", "sending") else None

    return until(look)


# -- the document ------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_document_that_is_served_is_the_one_that_holds(client: FlaskClient) -> None:
    answer = client.get("/openapi.yaml")
    assert answer.data == contract.DOCUMENT.read_bytes()


def test_each_route_of_the_api_stands_in_the_document_and_the_reverse(app: Flask) -> None:
    _, operations = contract.load()
    routes = {
        (contract.template_of(rule.rule), method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint.startswith("api.") and rule.rule != "/openapi.yaml"
    }
    assert routes == set(operations)


def test_the_document_is_openapi() -> None:
    document, _ = contract.load()
    assert document["openapi"].startswith("3.1.")
    ids = [item["operationId"] for path in document["paths"].values()
           for method, item in path.items() if method != "parameters"]  # fmt: skip
    assert len(ids) == len(set(ids))


def test_the_choices_in_the_document_are_the_codes() -> None:
    document, _ = contract.load()
    schemas = document["components"]["schemas"]
    report = document["paths"]["/api/v1/runs/{run}/report"]["get"]
    formats = next(item for item in report["parameters"] if item["name"] == "format")
    assert set(formats["schema"]["enum"]) == set(FORMATS)
    assert set(schemas["Policy"]["enum"]) == set(POLICIES)
    assert set(schemas["NewRun"]["properties"]["suites"]["items"]["enum"]) == set(EXAMINED)


# -- subscriptions and deliveries --------------------------------------------------------------


def test_secrets_are_write_only(
    client: FlaskClient, receiver: str, service: Service, tmp_path: Any
) -> None:
    given = {"url": receiver, "secret": "a-secret-of-its-own",
             "auth": {"type": "basic", "username": "u", "password": "pass-of-its-own"}}  # fmt: skip
    made = client.post("/api/v1/subscriptions", json=given)
    path = f"/api/v1/subscriptions/{made.get_json()['id']}"
    answers = [
        made, client.get(path), client.get("/api/v1/subscriptions"),
        client.patch(path, json={"name": "n"}),
        client.post(f"{path}/secret", json={"secret": "another-of-its-own"}),
        client.post(f"{path}/validate"), client.get("/api/v1/deliveries/1"),
        client.get("/api/v1/deliveries"),
    ]  # fmt: skip
    for answer in answers:
        assert answer.status_code in (200, 201), answer.text
        assert "of-its-own" not in answer.text
    assert made.get_json()["auth"] == {"type": "basic", "username": "u"}
    assert any("…redacted…" in answer.text for answer in answers)


def test_a_change_undoes_nothing_that_a_validation_has_shown_meanwhile(
    client: FlaskClient, service: Service, receiver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = client.post("/api/v1/subscriptions", json={"url": receiver}).get_json()["id"]
    read, states = service.subscriptions.get, list[str]()

    def is_overtaken(name: str) -> Subscription:
        before = read(name)
        states.append(before.state)
        if len(states) == 1:
            service.subscriptions.validate(name)
        return before

    monkeypatch.setattr(service.subscriptions, "get", is_overtaken)
    changed = client.patch(f"/api/v1/subscriptions/{name}", json={"name": "called"}).get_json()
    assert (states[0], states[-1]) == ("pending", "validated")
    assert (changed["name"], changed["state"]) == ("called", "validated")
    assert client.get(f"/api/v1/subscriptions/{name}").get_json() == changed


def test_an_event_is_sent_and_shown_with_its_raw_request_and_answer(
    client: FlaskClient, name: str, service: Service
) -> None:
    answer = client.post("/api/v1/deliveries", json={"event": "session.started", "seed": 7})
    assert answer.status_code == 202
    (row,) = answer.get_json()
    found = settled(client, row["id"])
    assert (found["state"], found["status"], found["attempts"]) == ("delivered", 200, 1)
    spec = service.events.get("session.started")
    assert errors(spec, json.loads(found["body"]["content"])) == ()
    (attempt,) = found["history"]
    assert attempt["state"] == "answered"
    assert attempt["request"]["body"] == found["body"]
    assert ["x-zm-request-id", found["request_id"]] in attempt["request"]["headers"]
    assert attempt["response"]["status"] == 200
    assert 0 <= attempt["timings_ms"]["answer"] < 3000
    assert attempt["curl"].startswith("curl --disable")
    again = client.post(f"/api/v1/deliveries/{row['id']}/replay").get_json()
    assert again["replay_of"] == row["id"]
    assert settled(client, again["id"])["body"] == found["body"]


def test_a_body_of_ones_own_is_checked_and_sent_all_the_same(
    client: FlaskClient, name: str
) -> None:
    body = {"event": "session.started", "event_ts": 1.0, "payload": {"naïve": "😀"}}
    checked = client.post("/api/v1/events/session.started/check", json=body).get_json()
    assert checked["valid"] is False
    assert {fault["keyword"] for fault in checked["faults"]} >= {"required"}
    (row,) = client.post("/api/v1/deliveries",
                         json={"event": "session.started", "body": body}).get_json()  # fmt: skip
    found = settled(client, row["id"])
    assert found["case"] == "by-hand:0"
    # As JavaScript prints it: no white space, text as it is, 1.0 is 1.
    expected = '{"event":"session.started","event_ts":1,"payload":{"naïve":"😀"}}'
    assert found["body"] == {"encoding": "utf-8", "content": expected}


def test_a_control_is_marked_with_the_delivery_that_it_is_for(
    client: FlaskClient, service: Service
) -> None:
    with serving_receiver(create_receiver(SECRET, defective=True)) as url:
        client.post("/api/v1/subscriptions", json={"url": url, "validate": True})
        sent = {"event": "session.rtms_started", "case": "invented:0", "policy": "none"}
        (row,) = client.post("/api/v1/deliveries", json=sent).get_json()
        path = f"/api/v1/deliveries/{row['id']}"
        until(lambda: client.get(path).get_json()["violations"])
    found = client.get(path).get_json()
    assert [item["rule"] for item in found["violations"]] == ["MZ107"]
    assert found["control_of"] is None
    control, *more = found["controls"]
    assert (control["kind"], control["control_of"]) == ("control", row["id"])
    listed = client.get("/api/v1/deliveries?kind=control").get_json()["items"]
    by_id = {item["id"]: item for item in listed}
    assert by_id == {item["id"]: item for item in (control, *more)}
    listed = client.get("/deliveries?origin=all").text
    assert f'<span class="mark">control</span> of {row["id"]}' in listed
    assert "Control of" in client.get(f"/deliveries/{control['id']}").text
    assert "Controls" in client.get(f"/deliveries/{row['id']}").text


def test_a_malformed_body_that_is_no_text_is_shown_in_base64(client: FlaskClient) -> None:
    path = "/api/v1/events/session.started/sample?case=utf-16:0"
    body = client.get(path).get_json()["body"]
    assert body["encoding"] == "base64"


@pytest.mark.parametrize(
    ("case", "status"),
    [("valid:0", 200), ("mutant:0:0", 200), ("cut-short:0", 200), ("nonsense:0", 422),
     ("mutant:0:999999", 422), ("valid", 400), ("valid:x", 400)],
)  # fmt: skip
def test_samples_are_made_by_the_name_of_their_case(
    client: FlaskClient, case: str, status: int
) -> None:
    answer = client.get("/api/v1/events/session.started/sample", query_string={"case": case})
    assert answer.status_code == status, answer.text


def test_deliveries_are_filtered_and_paged(client: FlaskClient, name: str) -> None:
    for event in ("session.started", "session.ended") * 3:
        client.post("/api/v1/deliveries", json={"event": event})
    until(lambda: not client.get("/api/v1/deliveries?state=pending").get_json()["items"])
    query = "/api/v1/deliveries?event=session.ended&limit=2"
    first = client.get(query).get_json()
    assert [item["event"] for item in first["items"]] == ["session.ended"] * 2
    second = client.get(f"{query}&before={first['next']}").get_json()
    ids = [item["id"] for item in (*first["items"], *second["items"])]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 3
    assert second["next"] is None
    found = client.get("/api/v1/deliveries?kind=challenge").get_json()["items"]
    assert [item["event"] for item in found] == ["endpoint.url_validation"]
    assert client.get("/api/v1/deliveries?status=500").get_json()["items"] == []


@pytest.mark.parametrize(
    ("given", "status", "reason"),
    [
        ({"event": "session.start"}, 404, "did you mean session.started"),
        ({"event": "session.started", "subscription": "nobody"}, 404, "no subscription 'nobody'"),
        ({"event": "session.started", "case": "valid:99999.1:5"}, 422, ""),
    ],
)
def test_what_cannot_be_sent_is_refused_with_the_reason(
    client: FlaskClient, given: dict[str, Any], status: int, reason: str
) -> None:
    answer = client.post("/api/v1/deliveries", json=given)
    assert answer.status_code == status
    assert reason in answer.get_json(force=True)["detail"]


def test_a_subscription_without_any_secret_is_refused(tmp_path: Any) -> None:
    from mockzoom.service import ServiceSettings
    from mockzoom.web import create_app

    service = Service(ServiceSettings(tmp_path / "other.db"))
    answer = create_app(service).test_client().post(
        "/api/v1/subscriptions", json={"url": "http://127.0.0.1:9/x"})  # fmt: skip
    service.close()
    assert answer.status_code == 422
    assert "start the server with --secret" in answer.get_json(force=True)["detail"]


def test_reset_forgets_everything(client: FlaskClient, name: str) -> None:
    client.post("/api/v1/deliveries", json={"event": "session.started"})
    client.post("/api/v1/runs", json={"kind": "verify", "subscription": name})
    assert client.post("/api/v1/reset").status_code == 204
    assert client.get("/api/v1/subscriptions").get_json() == []
    for what in ("deliveries", "runs", "violations", "notices"):
        assert client.get(f"/api/v1/{what}").get_json() == {"items": [], "next": None}


# -- runs and feeds ----------------------------------------------------------------------------

SHORT = {"kind": "verify", "events": ["meeting.rtms_*"], "suites": ["challenge", "evolution"]}


def finished(client: FlaskClient, number: int) -> Any:
    def look() -> Any:
        found = client.get(f"/api/v1/runs/{number}").get_json()
        return found if found["state"] == "finished" else None

    return until(look, 60)


def test_an_endpoint_is_examined_and_reported(client: FlaskClient, name: str) -> None:
    started = client.post("/api/v1/runs", json={**SHORT, "subscription": name})
    assert started.status_code == 202
    number = started.get_json()["id"]
    found = finished(client, number)
    assert (found["verdict"], found["violations"], found["subscription"]) == ("pass", 0, name)
    report = client.get(f"/api/v1/runs/{number}/report").get_json()
    assert (report["verdict"], report["deliveries"]) == ("pass", found["deliveries"])
    assert client.get(f"/api/v1/runs/{number}/report?format=junit").text.startswith("<?xml")
    assert "PASS" in client.get(f"/api/v1/runs/{number}/report?format=text").text
    rows = client.get(f"/api/v1/deliveries?run={number}&limit=500").get_json()["items"]
    assert len(rows) == found["deliveries"]
    again = client.post(f"/api/v1/deliveries/{rows[0]['id']}/replay")
    assert again.status_code == 202


def test_a_run_is_stopped_and_says_so(client: FlaskClient, name: str) -> None:
    slow = {"kind": "verify", "subscription": name, "rate": 5}
    number = client.post("/api/v1/runs", json=slow).get_json()["id"]
    assert client.get(f"/api/v1/runs/{number}/report").status_code == 409
    until(lambda: client.get(f"/api/v1/runs/{number}").get_json()["deliveries"])
    assert client.post(f"/api/v1/runs/{number}/stop").status_code == 202
    found = finished(client, number)
    assert found["verdict"] == "broken"
    report = client.get(f"/api/v1/runs/{number}/report").get_json()
    assert report["breakages"] == ["interrupted; what follows was not checked"]


def test_a_fifth_run_at_once_is_refused(client: FlaskClient, name: str) -> None:
    slow = {"kind": "verify", "subscription": name, "rate": 1}
    answers = [client.post("/api/v1/runs", json=slow) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [202] * 4 + [429]
    assert "4 runs go on already" in answers[-1].get_json(force=True)["detail"]


@pytest.mark.slow
def test_violations_of_a_defective_endpoint_are_explained(
    client: FlaskClient, service: Service
) -> None:
    from mockzoom.zoom.sample_receiver import create_app as create_receiver
    from mockzoom.zoom.sample_receiver import serving as serving_receiver

    with serving_receiver(create_receiver(SECRET, defective=True)) as url:
        made = client.post("/api/v1/subscriptions", json={"url": url, "validate": True}).get_json()
        started = client.post("/api/v1/runs", json={**SHORT, "subscription": made["id"]})
        found = finished(client, started.get_json()["id"])
    assert found["verdict"] == "fail"
    items = client.get(f"/api/v1/violations?run={found['id']}").get_json()["items"]
    assert {item["rule"] for item in items} >= {"MZ107", "MZ305"}
    for item in items:
        assert item["why"]
        assert item["fix"]
        assert SECRET not in json.dumps(item)
        shown = client.get(f"/api/v1/deliveries/{item['delivery_id']}").get_json()
        assert shown["name"] == item["delivery"]
    rules = {rule["id"] for rule in client.get("/api/v1/rules").get_json()}
    assert {item["rule"] for item in items} <= rules


class Follower:
    """Reads a feed on a thread, as a browser does."""

    def __init__(self, url: str, path: str, last: str = "") -> None:
        where = urlsplit(url)
        self.connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)
        headers = {"Last-Event-ID": last} if last else {}
        self.connection.request("GET", path, headers=headers)
        self._sock = self.connection.sock
        self.answer = self.connection.getresponse()
        self.events: list[tuple[str, str, Any]] = []
        self.comments: list[str] = []
        self.ended = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        event: dict[str, str] = {}
        try:
            for raw in self.answer:
                line = raw.decode().rstrip("\n")
                if line.startswith(":"):
                    self.comments.append(line)
                elif line:
                    key, _, value = line.partition(": ")
                    event[key] = value
                elif "data" in event:
                    self.events.append((event["id"], event["event"], json.loads(event["data"])))
                    event = {}
            self.ended = True
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass  # closed by the test

    def close(self) -> None:
        self._sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    with serving(app) as found:
        yield found


@pytest.mark.slow
def test_a_run_is_followed_to_its_end_and_resumed_from_any_event(
    client: FlaskClient, name: str, url: str
) -> None:
    number = client.post("/api/v1/runs", json={**SHORT, "subscription": name}).get_json()["id"]
    path = f"/api/v1/runs/{number}/events"
    follower = Follower(url, path)
    until(lambda: follower.ended, 60)
    kinds = [kind for _, kind, _ in follower.events]
    assert kinds[0] == "started"
    assert kinds[-1] == "finished"
    found = finished(client, number)
    assert kinds.count("exchange") == found["deliveries"]
    middle = len(follower.events) // 2
    resumed = Follower(url, path, last=follower.events[middle][0])
    until(lambda: resumed.ended)
    assert resumed.events == follower.events[middle + 1 :]


@pytest.mark.slow
def test_what_happens_outside_of_runs_is_followed_live(
    client: FlaskClient, name: str, url: str
) -> None:
    before = client.get("/healthz").get_json()["feeds"]
    follower = Follower(url, "/api/v1/feed?after=0")
    (row,) = client.post("/api/v1/deliveries", json={"event": "session.started"}).get_json()
    until(lambda: any(kind == "attempt" and data["delivery"] == row["id"] and data["status"] == 200
                      for _, kind, data in follower.events))  # fmt: skip
    kinds = [kind for _, kind, data in follower.events if data.get("delivery") == row["id"]]
    assert kinds == ["accepted", "attempt"]
    assert client.get("/healthz").get_json()["feeds"] == before + 1
    follower.close()
    until(lambda: client.get("/healthz").get_json()["feeds"] == before)


STREAMED = {"kind": "verify", "events": ["meeting.rtms_*"], "suites": ["events"],
            "streams": True, "stream_scale": 0.02}  # fmt: skip


@pytest.mark.slow
def test_streams_are_examined_too_and_their_secret_stands_nowhere(
    client: FlaskClient, service: Service, name: str
) -> None:
    secret = "the-client-secret-of-the-consumer"
    given = {**STREAMED, "subscription": name, "client_id": "me", "client_secret": secret}
    answer = client.post("/api/v1/runs", json=given)
    assert answer.status_code == 202
    number = answer.get_json()["id"]
    assert finished(client, number)["verdict"] == "fail"  # the receiver joins no stream
    report = client.get(f"/api/v1/runs/{number}/report?format=json")
    assert "MZ601" in {item["rule"] for item in report.get_json()["violations"]}
    assert secret not in report.text
    assert secret.encode() not in service.settings.db.read_bytes()


@pytest.mark.slow
def test_streams_need_credentials_and_take_the_servers_own(
    client: FlaskClient, name: str, receiver: str, tmp_path: Path
) -> None:
    answer = client.post("/api/v1/runs", json={**STREAMED, "subscription": name})
    assert answer.status_code == 422
    assert "--client-secret" in answer.get_json(force=True)["detail"]
    own = ServiceSettings(tmp_path / "own.db", SECRET, "me", client_secret="own-client-secret")
    service = Service(own)
    try:
        other = create_app(service).test_client()
        made = other.post("/api/v1/subscriptions", json={"url": receiver}).get_json()["id"]
        started = other.post("/api/v1/runs", json={**STREAMED, "subscription": made})
        assert started.status_code == 202
        report = f"/api/v1/runs/{finished(other, started.get_json()['id'])['id']}/report"
        assert "MZ601" in other.get(report).text
    finally:
        service.close()


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("subscriptions", {"url": "127.0.0.1:8000"},
         "'127.0.0.1:8000': expected a URL that begins with http:// or https:// and names a host,"
         " or websocket"),
        ("subscriptions", {"url": "http://127.0.0.1:8000", "secret": "s" * 257},
         "the value, which is not shown: expected maxLength 256"),
        ("subscriptions", {"url": "http://127.0.0.1:8000", "secret": " "},
         "the value, which is not shown: expected pattern \\S"),
        ("subscriptions", {"url": "http://127.0.0.1:8000/hook", "events": ["session started"]},
         "'session started': expected an event's name or a pattern such as session.*"),
        ("deliveries", {"event": "session.started", "case": "valid"},
         "'valid': expected a case as KIND:INDEX, such as valid:0 or mutant:0:3"),
    ],
)  # fmt: skip
def test_what_a_text_should_be_is_told_in_words(
    client: FlaskClient, path: str, body: Any, told: str
) -> None:
    answer = client.post(f"/api/v1/{path}", json=body)
    assert answer.status_code == 400
    assert [item["message"] for item in answer.get_json(force=True)["errors"]] == [told]


@pytest.mark.slow
def test_a_feed_ends_when_it_was_asked_to(client: FlaskClient, name: str) -> None:
    client.post("/api/v1/deliveries", json={"event": "session.started"})
    known = client.get("/api/v1/feed?seconds=0")
    assert known.status_code == 200
    assert "event: accepted" in known.text
    began = time.monotonic()
    last = known.text.rsplit("id: ", 1)[1].split()[0]
    later = client.get(f"/api/v1/feed?seconds=1&after={last}").text
    assert time.monotonic() - began >= 1
    assert later.startswith("retry: 1000")
    assert client.get("/healthz").get_json()["feeds"] == 0


@pytest.mark.slow
def test_a_feed_that_ends_tells_all_that_is_known(client: FlaskClient, name: str) -> None:
    for _ in range(300):
        client.post("/api/v1/deliveries", json={"event": "session.started", "policy": "none"})
    text = client.get("/api/v1/feed?seconds=0").text
    assert text.count("event: accepted") >= 300


@pytest.mark.slow
def test_a_quiet_feed_has_a_heartbeat(
    client: FlaskClient, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "HEARTBEAT_S", 0.1)
    follower = Follower(url, "/api/v1/feed")
    until(lambda: len(follower.comments) >= 2)
    follower.close()


@pytest.mark.slow
def test_more_feeds_than_are_allowed_get_503_and_others_are_still_served(
    client: FlaskClient, url: str
) -> None:
    followers = [Follower(url, "/api/v1/feed") for _ in range(3)]
    refused = Follower(url, "/api/v1/feed")
    assert refused.answer.status == 503
    assert refused.answer.headers["content-type"] == "application/problem+json"
    assert client.get("/api/v1/subscriptions").status_code == 200
    followers[0].close()
    until(lambda: client.get("/healthz").get_json()["feeds"] == 2)
    last = Follower(url, "/api/v1/feed")
    assert last.answer.status == 200
    for follower in (*followers[1:], last):
        follower.close()


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "9" * 20, str(2**53)])
def test_a_wrong_last_event_id_is_refused(client: FlaskClient, last: str) -> None:
    answer = client.get("/api/v1/feed", headers={"Last-Event-ID": last})
    assert answer.status_code == 400
    assert "Last-Event-ID" in answer.get_json(force=True)["detail"]


def test_a_feed_whose_client_never_read_gives_its_place_back(
    app: Flask, client: FlaskClient
) -> None:
    feeds = app.extensions["mockzoom-feeds"]
    answer = client.get("/api/v1/feed", buffered=False)
    assert feeds.open == 1
    answer.close()
    assert feeds.open == 0
    time.sleep(0)
