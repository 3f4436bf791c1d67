"""Events of every product, over the control API and on the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from mockzoom.service import Service, ServiceSettings
from mockzoom.web import WebSettings, create_app
from tests.web.conftest import SECRET, until


def listed(client: FlaskClient, **query: object) -> dict[str, str]:
    answer = client.get("/api/v1/events", query_string=query)
    assert answer.status_code == 200, answer.text
    return {item["name"]: item["product"] for item in answer.get_json()}


@pytest.mark.slow
def test_the_api_lists_the_whole_contract_a_product_or_what_matches(client: FlaskClient) -> None:
    assert set(listed(client).values()) == {"rtms", "video-sdk"}
    assert len(listed(client)) == 49
    assert listed(client, product="mail") == {"mail.history_event": "mail"}
    assert len(listed(client, product=["mail", "tasks"])) == 9
    assert len(listed(client, product="all")) == 458
    assert set(listed(client, match="meeting.*").values()) == {"meetings", "qss", "rtms"}
    assert set(listed(client, match="meeting.*", product="qss").values()) == {"qss"}


def test_the_api_refuses_an_unknown_product_with_the_nearest(client: FlaskClient) -> None:
    answer = client.get("/api/v1/events?product=meeting")
    assert answer.status_code == 422
    assert "no product is called 'meeting'; did you mean meetings?" in answer.text


def test_the_api_shows_samples_and_checks_events_of_any_product(client: FlaskClient) -> None:
    shown = client.get("/api/v1/events/recording.completed").get_json()
    assert (shown["product"], shown["source"]) == ("meetings", "meetings.json")
    sample = client.get("/api/v1/events/recording.completed/sample")
    assert sample.get_json()["event"] == "recording.completed"
    checked = client.post("/api/v1/events/user.created/check", json={"event": "user.created"})
    assert checked.get_json()["valid"] is False
    assert client.get("/api/v1/events/user.creatd").status_code == 404


def test_the_page_lists_events_by_product_and_has_each(client: FlaskClient) -> None:
    page = client.get("/events").text
    assert re.findall(r"<h2>([a-z-]+) ", page) == ["rtms", "video-sdk"]
    assert "<option>zoom-events</option>" in page
    assert client.get("/events?match=&product=").text == page
    chosen = client.get("/events?product=phone").text
    assert re.findall(r"<h2>([a-z-]+) ", chosen) == ["phone"]
    assert "<option selected>phone</option>" in chosen
    everywhere = client.get("/events?match=registration").text
    assert "webinar.registration_created" in everywhere
    assert "contains that" in client.get("/events?product=nothing").text
    assert "recording.completed" in client.get("/events/recording.completed").text


@pytest.fixture
def of_mail(tmp_path: Path) -> Iterator[FlaskClient]:
    """A client of a server that was started with --product mail."""
    service = Service(ServiceSettings(tmp_path / "mail.db", SECRET, product=("mail",)))
    yield create_app(service, WebSettings(feeds=3)).test_client()
    service.close()


def test_a_server_may_be_started_with_other_products(of_mail: FlaskClient) -> None:
    assert listed(of_mail) == {"mail.history_event": "mail"}
    assert len(listed(of_mail, product="calendar")) == 11
    assert of_mail.get("/api/v1/events/session.started").status_code == 200


@pytest.mark.slow
def test_a_run_examines_the_chosen_products(client: FlaskClient, receiver: str) -> None:
    made = client.post("/api/v1/subscriptions", json={"url": receiver, "validate": True})
    body = {"kind": "verify", "subscription": made.get_json()["id"], "product": ["healthcare"],
            "suites": ["challenge", "events"]}  # fmt: skip
    refused = client.post("/api/v1/runs", json={**body, "product": ["health"]})
    assert refused.status_code == 422
    assert "did you mean healthcare?" in refused.text
    started = client.post("/api/v1/runs", json=body)
    assert started.status_code == 202, started.text
    path = f"/api/v1/runs/{started.get_json()['id']}"
    until(lambda: client.get(path).get_json()["state"] == "finished")
    report = client.get(f"{path}/report").get_json()
    assert (report["verdict"], report["coverage"]["events"]) == ("pass", [1, 1])


@pytest.mark.slow
def test_an_event_of_another_product_is_sent_to_a_subscription(
    client: FlaskClient, receiver: str
) -> None:
    body = {"url": receiver, "events": ["meeting.*"], "validate": True}
    assert client.post("/api/v1/subscriptions", json=body).status_code == 201
    sent = client.post("/api/v1/deliveries", json={"event": "meeting.started"})
    assert sent.status_code == 202, sent.text
    (number,) = [item["id"] for item in sent.get_json()]
    path = f"/api/v1/deliveries/{number}"
    found = until(lambda: client.get(path).get_json()["state"] == "delivered")
    assert found
