"""Clients of delivery over WebSocket at `serve`: admitted, delivered to, listed, and kept apart."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from mockzoom.web.serving import serving

BASIC = {"Authorization": "Basic " + base64.b64encode(b"the-app:its-secret").decode()}
EVENT = {"event": "session.started"}


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    with serving(app) as url:
        yield url.replace("http", "ws")


@pytest.fixture
def item(client: FlaskClient) -> dict[str, Any]:
    answer = client.post("/api/v1/subscriptions", json={"url": "websocket", "validate": True})
    assert answer.status_code == 201, answer.get_data()
    found: dict[str, Any] = answer.get_json()
    return found


def until(reached: Callable[[], Any]) -> Any:
    ends = time.monotonic() + 30
    while not (found := reached()):
        assert time.monotonic() < ends
        time.sleep(0.01)
    return found


def token(client: FlaskClient) -> str:
    answer = client.post("/oauth/token?grant_type=client_credentials", headers=BASIC)
    return str(answer.get_json()["access_token"])


def joined(url: str, item: dict[str, Any], client: FlaskClient, **options: Any) -> ClientConnection:
    return connect(f"{url}{item['url']}&access_token={token(client)}", **options)


def delivered(client: FlaskClient, body: Any = EVENT) -> dict[str, Any]:
    (row,) = client.post("/api/v1/deliveries", json=body).get_json()

    def settled() -> Any:
        found = client.get(f"/api/v1/deliveries/{row['id']}").get_json()
        return found["state"] in ("delivered", "failed") and found

    found: dict[str, Any] = until(settled)
    return found


def test_an_event_goes_to_the_client_and_stands_in_the_log_and_on_the_page(
    url: str, item: dict[str, Any], client: FlaskClient
) -> None:
    assert (item["state"], item["connected"]) == ("validated", False)
    with joined(url, item, client) as socket:
        assert json.loads(socket.recv())["success"] is True
        row = delivered(client)
        said = json.loads(socket.recv())
        assert json.loads(said["content"])["event"] == "session.started"
        assert (row["state"], row["status"], row["attempts"]) == ("delivered", 101, 1)
        assert row["history"][0]["request"]["body"]["content"] == json.dumps(
            said, ensure_ascii=False, separators=(",", ":")
        )
        assert client.get(f"/api/v1/subscriptions/{item['id']}").get_json()["connected"] is True
        page = client.get(f"/subscriptions/{item['id']}").get_data(as_text=True)
        assert f"ws://localhost{item['url'].replace('&', '&amp;')}" in page
        assert "Validate now" not in page
        assert "sent over WebSocket" in client.get(f"/deliveries/{row['id']}").get_data(True)


def test_an_event_for_a_client_that_is_away_is_lost_and_not_tried_again(
    url: str, item: dict[str, Any], client: FlaskClient
) -> None:
    row = delivered(client)
    assert (row["state"], row["status"], row["due_at"]) == ("failed", None, None)
    assert "no client is connected" in row["reason"]
    with joined(url, item, client) as socket:
        socket.recv()
        with pytest.raises(TimeoutError):
            socket.recv(timeout=0.2)


def test_it_takes_valid_tokens_of_known_subscriptions_and_one_client_of_each(
    url: str, item: dict[str, Any], client: FlaskClient
) -> None:
    for query, why in (
        (item["url"], "token is empty"),
        (f"{item['url']}&access_token=x", "Invalid Token"),
        (f"/ws?subscriptionId=x&access_token={token(client)}", "Invalid subscriptionId"),
    ):
        with connect(url + query) as socket:
            assert json.loads(socket.recv())["content"] == why
            with pytest.raises(ConnectionClosed):
                socket.recv(timeout=20)
    with joined(url, item, client) as older, joined(url, item, client) as newer:
        older.recv()
        with pytest.raises(ConnectionClosed):
            older.recv(timeout=20)
        newer.recv()
        client.delete(f"/api/v1/subscriptions/{item['id']}")
        with pytest.raises(ConnectionClosed):
            newer.recv(timeout=20)


def test_another_site_s_page_cannot_connect_and_what_is_no_upgrade_is_refused(
    url: str, item: dict[str, Any], client: FlaskClient
) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        joined(url, item, client, additional_headers={"Origin": "https://elsewhere.test"})
    assert client.get(item["url"]).status_code == 400


def test_what_needs_a_url_is_refused(item: dict[str, Any], client: FlaskClient) -> None:
    where = f"/api/v1/subscriptions/{item['id']}"
    assert client.post(f"{where}/validate").status_code == 422
    assert client.patch(where, json={"url": "http://127.0.0.1:1/"}).status_code == 422
    assert client.patch(where, json={"name": "mine"}).get_json()["name"] == "mine"
    examined = client.post("/api/v1/runs", json={"kind": "verify", "subscription": item["id"]})
    assert examined.status_code == 422
    assert "--websocket" in examined.get_json()["detail"]
    forged = {**EVENT, "subscription": item["id"], "forge": "wrong-secret"}
    assert client.post("/api/v1/deliveries", json=forged).status_code == 409
    everywhere = client.post("/api/v1/deliveries", json={**EVENT, "forge": "wrong-secret"})
    assert everywhere.get_json() == []
