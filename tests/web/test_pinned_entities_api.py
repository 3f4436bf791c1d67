"""Pinned entities of the server: those it is started with, and those of a run or a delivery."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from mockzoom.errors import UsageError
from mockzoom.service import Service, ServiceSettings
from mockzoom.web import WebSettings, create_app
from tests.web.conftest import SECRET
from tests.web.test_api import finished

pytestmark = pytest.mark.slow


@pytest.fixture
def pinning(tmp_path: Path) -> Iterator[FlaskClient]:
    """A client of a server that pins an account and a host."""
    entities = {"account_id": "ours", "session_name": "our-session"}
    service = Service(ServiceSettings(tmp_path / "pinned.db", SECRET, entities=entities))
    yield create_app(service, WebSettings(feeds=3)).test_client()
    service.close()


@pytest.fixture
def endpoint(pinning: FlaskClient, receiver: str) -> str:
    made = pinning.post("/api/v1/subscriptions", json={"url": receiver, "validate": True})
    return str(made.get_json()["id"])


def payloads(client: FlaskClient, path: str) -> list[Any]:
    """Return the payloads of the deliveries that are listed, but for the validation."""
    found = []
    for row in client.get(path).get_json()["items"]:
        shown = client.get(f"/api/v1/deliveries/{row['id']}").get_json()
        body = shown["body"]
        text = body["content"]
        if body["encoding"] != "utf-8":
            text = base64.b64decode(text).decode()
        if "object" in json.loads(text)["payload"]:
            found.append(json.loads(text)["payload"])
    return found


def test_samples_and_deliveries_have_what_is_pinned(pinning: FlaskClient, endpoint: str) -> None:
    sample = pinning.get("/api/v1/events/session.started/sample").get_json()
    payload = json.loads(sample["body"]["content"])["payload"]
    assert (payload["account_id"], payload["object"]["session_name"]) == ("ours", "our-session")
    pinning.post("/api/v1/deliveries", json={
        "event": "session.started", "entities": {"account_id": "another"},
    })  # fmt: skip
    (sent,) = payloads(pinning, "/api/v1/deliveries?event=session.started")
    assert (sent["account_id"], sent["object"]["session_name"]) == ("another", "our-session")


@pytest.mark.parametrize("kind", ["verify", "play"])
def test_a_run_pins_its_own_beside_those_of_the_server(
    pinning: FlaskClient, endpoint: str, kind: str
) -> None:
    about: dict[str, Any] = {"events": ["session.started"], "suites": ["events"]}
    if kind == "play":
        text = "name: mine\nsteps:\n  - send: session.started\n"
        assert pinning.post("/api/v1/scenarios", json={"text": text}).status_code == 201
        about = {"scenario": "mine"}
    own = {"session_name": "session-of-run"}
    started = pinning.post(
        "/api/v1/runs", json={"kind": kind, "subscription": endpoint, "entities": own, **about}
    )
    assert started.status_code == 202, started.text
    number = started.get_json()["id"]
    assert finished(pinning, number)["verdict"] == "pass"
    sent = payloads(pinning, f"/api/v1/deliveries?run={number}&limit=500")
    assert sent
    assert {each["account_id"] for each in sent} == {"ours"}
    assert {each["object"]["session_name"] for each in sent} == {"session-of-run"}


def test_an_unknown_entity_is_refused_with_the_nearest(pinning: FlaskClient, endpoint: str) -> None:
    answer = pinning.post("/api/v1/runs", json={
        "kind": "verify", "subscription": endpoint, "entities": {"hots_id": "x"},
    })  # fmt: skip
    assert answer.status_code == 422
    assert (
        "no entity is called 'hots_id'; did you mean host_id"
        in answer.get_json(force=True)["detail"]
    )


def test_a_value_that_breaks_an_event_is_refused_with_the_reason(
    pinning: FlaskClient, endpoint: str
) -> None:
    answer = pinning.post("/api/v1/deliveries", json={
        "event": "user.created", "entities": {"user_email": "nobody"},
    })  # fmt: skip
    assert answer.status_code == 422
    assert "user.created at /payload/object/email" in answer.get_json(force=True)["detail"]


def test_a_server_is_not_started_with_unknown_entities(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean account_id"):
        Service(ServiceSettings(tmp_path / "x.db", SECRET, entities={"acount_id": "x"}))


def test_the_page_pins_what_its_form_says(pinning: FlaskClient, endpoint: str) -> None:
    shown = pinning.get("/runs").text
    assert 'name="entities"' in shown
