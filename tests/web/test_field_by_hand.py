"""Receivers as they are met in the field: what the page says of what is sent to them by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.receivers.field import APPLICATIONS, NODE, ColdStart, running_field
from tests.receivers.launch import SECRET
from tests.web.conftest import until

pytestmark = pytest.mark.slow

CAPTURED = {
    "event": "meeting.rtms_stopped", "event_ts": 1_790_000_000_000,
    "payload": {"meeting_uuid": "abc==", "rtms_stream_id": "0123", "stop_reason": 1},
}  # fmt: skip
ONE = {"event": "session.started"}
SENT: dict[str, tuple[dict[str, Any], set[str], str]] = {
    "stateful-stop": ({"event": "meeting.rtms_stopped"}, {"MZ101"}, "valid, but answered 500"),
    "cold-start": (ONE, set(), ""),
    "hidden-refusals": ({**ONE, "forge": "unsigned"}, set(), "refusals are hidden behind 2xx"),
    "refuses-captured-body": (
        {"event": "meeting.rtms_stopped", "body": CAPTURED}, {"MZ101"}, "valid, but answered 400",
    ),
    "other-product": (ONE, {"MZ101"}, "valid, but answered 400"),
    "rate-limited": ({**ONE, "forge": "unsigned"}, {"MZ202"}, "it has no signature header"),
    "exact-case": ({**ONE, "forge": "unsigned"}, set(), "rightly refused"),
}  # fmt: skip
"""What is sent to each, the rules that it breaks by it, and what its page says."""


@pytest.fixture
def fields(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The URL of each receiver; what lateness of a busy machine takes off, a cold start exceeds."""
    monkeypatch.setattr(ColdStart, "takes_s", 8.0)
    with ExitStack() as running:
        yield {name: running.enter_context(running_field(name)) for name in (*APPLICATIONS, *NODE)}


def test_the_page_says_the_same_of_what_is_sent_by_hand(
    client: FlaskClient, fields: dict[str, str]
) -> None:
    ids = {}
    for name, url in fields.items():
        given = {"url": url, "secret": SECRET, "validate": True}
        made = client.post("/api/v1/subscriptions", json=given).get_json()
        ids[name] = made["id"]
        late = name in ("cold-start", "body-already-read")
        assert made["state"] == ("pending" if late else "validated"), name
        if late:
            page = client.get(f"/subscriptions/{made['id']}").text
            assert "URL validation: no answer within 3 s" in page
    again = client.post(f"/api/v1/subscriptions/{ids['cold-start']}/validate").get_json()
    assert again["passed"], "the second request is no longer the first one"

    rows = {name: send(client, ids[name], given) for name, (given, _, _) in SENT.items()}
    for name, (_, rules, words) in SENT.items():
        page = until(lambda number=rows[name], words=words: shows(client, number, words))
        found = client.get(f"/api/v1/deliveries/{rows[name]}").get_json()
        assert {item["rule"] for item in found["violations"]} == rules, name
        assert all(rule in page for rule in rules), name


def send(client: FlaskClient, subscription: str, given: dict[str, Any]) -> int:
    answer = client.post("/api/v1/deliveries", json={**given, "subscription": subscription})
    assert answer.status_code == 202, answer.text
    return int(answer.get_json()[0]["id"])


def shows(client: FlaskClient, number: int, words: str) -> str:
    """Return the page of a delivery that was answered, once it says `words`."""
    found = client.get(f"/api/v1/deliveries/{number}").get_json()
    page = unescape(client.get(f"/deliveries/{number}").text)
    return page if found["status"] is not None and words in page else ""


def test_a_single_503_is_no_violation_of_what_is_sent_by_hand(client: FlaskClient) -> None:
    with running_field("one-in-41") as url:
        given = {"url": url, "secret": SECRET, "validate": True}
        name = client.post("/api/v1/subscriptions", json=given).get_json()["id"]
        for _ in range(41):
            send(client, name, ONE)
        until(lambda: len(listed(client, name, status=200)) == 40)
        (refused,) = until(lambda: listed(client, name, status=503))
        until(lambda: f'"delivery": {refused["id"]}' in judged(client))
    assert refused["state"] == "pending"
    assert client.get("/api/v1/violations").get_json()["items"] == []


def judged(client: FlaskClient) -> str:
    """Return what the feed tells of deliveries that were judged beside controls."""
    told = client.get("/api/v1/feed?seconds=0&after=0").text
    return "\n".join(re.findall("event: judged\ndata: (.*)", told))


def listed(client: FlaskClient, subscription: str, **filters: int) -> list[Any]:
    query = {"subscription": subscription, "kind": "event", "limit": 100, **filters}
    found = client.get("/api/v1/deliveries", query_string=query)
    return list(found.get_json()["items"])
