"""Deliveries are sent again edited, with other headers and wrongly signed, by page and by API."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from mockzoom.web.pages.json_text import coloured, indented, is_shown
from tests.web.conftest import until


@pytest.fixture
def sent(client: FlaskClient, receiver: str) -> int:
    """The number of a delivery that was acknowledged."""
    made = client.post("/api/v1/subscriptions", json={"url": receiver, "validate": True})
    assert made.get_json()["state"] == "validated"
    rows = client.post("/api/v1/deliveries", json={"event": "session.started"}).get_json()
    return int(settled(client, rows[0]["id"])["id"])


def settled(client: FlaskClient, number: int) -> Any:
    def look() -> Any:
        found = client.get(f"/api/v1/deliveries/{number}").get_json()
        return found if found["state"] in ("delivered", "failed") else None

    return until(look)


def again(client: FlaskClient, number: int, **changes: Any) -> Any:
    answer = client.post(f"/api/v1/deliveries/{number}/replay", json=changes)
    assert answer.status_code == 202, answer.get_json()
    return settled(client, answer.get_json()["id"])


def test_a_forgery_by_name_that_is_refused_is_no_violation(client: FlaskClient, sent: int) -> None:
    found = again(client, sent, forge="wrong-secret")
    assert (found["status"], found["forge"], found["violations"]) == (401, "wrong-secret", [])
    assert "rightly refused" in client.get(f"/deliveries/{found['id']}").text
    rows = client.post("/api/v1/deliveries", json={"event": "session.started", "forge": "unsigned"})
    assert settled(client, rows.get_json()[0]["id"])["status"] == 401


def test_an_edited_body_and_further_headers_go_out(client: FlaskClient, sent: int) -> None:
    body = {"event": "session.ended", "event_ts": 1, "payload": {"é": "😀"}}
    found = again(client, sent, body=body, headers=[["X-Test", "one"], ["X-Test", "two"]])
    assert found["event"] == "session.ended"
    request = found["history"][0]["request"]
    assert json.loads(request["body"]["content"]) == body
    assert [pair for pair in request["headers"] if pair[0] == "X-Test"] == found["headers"]
    assert [value for _, value in found["headers"]] == ["one", "two"]
    assert found["status"] == 200


def test_what_is_left_alone_keeps_its_bytes_and_a_duplicate_its_request_id(
    client: FlaskClient, sent: int
) -> None:
    old = client.get(f"/api/v1/deliveries/{sent}").get_json()
    same, other = again(client, sent, same_request_id=True), again(client, sent)
    assert same["body"] == other["body"] == old["body"]
    assert (same["request_id"] == old["request_id"], other["request_id"] == old["request_id"]) == (
        True, False,
    )  # fmt: skip
    listed = client.get("/deliveries").text
    for mark in ("duplicate", "sent again"):
        assert f'<span class="mark">{mark}</span> of {sent}' in listed


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"forge": "wrong-sekret"}, "no forgery is called 'wrong-sekret'"),
        ({"headers": [["x-zm-signature", "v0=1"]]}, "HTTP's or Zoom's own"),
        ({"headers": [["Content-Length", "1"]]}, "HTTP's or Zoom's own"),
        ({"headers": [["Trans fer", "1"]]}, "is no name of a header"),
        ({"headers": [["X-A", "a\r\nX-B: b"]]}, "cannot stand in a header"),
        ({"headers": [["X-A"]]}, ""),
        ({"body": []}, ""),
        ({"bodies": {}}, ""),
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_reason(
    client: FlaskClient, sent: int, changes: dict[str, Any], reason: str
) -> None:
    answer = client.post(f"/api/v1/deliveries/{sent}/replay", json=changes)
    assert answer.status_code == 422 if reason else 400
    assert reason in answer.get_json()["detail"]
    assert len(client.get("/api/v1/deliveries?kind=event").get_json()["items"]) == 1


def form(client: FlaskClient, number: int) -> dict[str, str]:
    """What the form of a delivery's page has in it."""
    page = client.get(f"/deliveries/{number}").text
    areas = {name: unescape(text) for name, text in re.findall(
        r'<textarea name="(\w+)"[^>]*>(.*?)</textarea>', page, re.DOTALL)}  # fmt: skip
    token = re.search(r'name="csrf" value="(\w+)"', page)
    assert token is not None
    return {"csrf": token[1], "forge": "", **areas}


def test_the_form_begins_with_what_was_sent_and_keeps_what_was_typed(
    client: FlaskClient, sent: int
) -> None:
    given = form(client, sent)
    old = client.get(f"/api/v1/deliveries/{sent}").get_json()["body"]["content"]
    assert given["body"] == json.dumps(json.loads(old), indent=2, ensure_ascii=False)
    answer = client.post(f"/deliveries/{sent}/replay", data=given)
    number = int(answer.headers["location"].rsplit("/", 1)[1])
    assert settled(client, number)["body"]["content"] == old
    for changed, reason in (
        ({"body": '{"event": }'}, "no JSON"),
        ({"headers": "no colon"}, "too short"),
        ({"headers": "Host: example.com"}, "own; choose a forgery"),
    ):
        refused = client.post(f"/deliveries/{sent}/replay", data={**given, **changed})
        assert refused.status_code in (400, 422)
        assert reason in unescape(refused.text), changed
        for text in changed.values():
            assert text in unescape(refused.text)


def test_a_delivery_is_shown_as_a_test_that_delivers_the_same(
    client: FlaskClient, sent: int, receiver: str, tmp_path: Any
) -> None:
    page = client.get(f"/deliveries/{sent}").text
    shown = re.search(r'id="as-test-text"[^>]*>(.*?)</pre>', page, re.DOTALL)
    assert shown is not None
    text = unescape(shown[1])
    calls: list[Any] = []

    class Sender:
        def send(self, event: Any, **more: Any) -> Any:
            calls.append((event.name, event.body))
            return self

        def assert_ok(self) -> None:
            pass

    module: dict[str, Any] = {}
    exec(compile(text, "test_shown.py", "exec"), module)
    module["test_session_started"](Sender())
    body = client.get(f"/api/v1/deliveries/{sent}").get_json()["body"]["content"]
    assert calls == [("session.started", json.loads(body))]


def test_an_endpoint_that_is_gone_or_not_validated_says_why_nothing_can_be_sent(
    client: FlaskClient, sent: int
) -> None:
    (item,) = client.get("/api/v1/subscriptions").get_json()
    client.patch(f"/api/v1/subscriptions/{item['id']}", json={"url": item["url"] + "?new"})
    page = client.get(f"/deliveries/{sent}").text
    assert "Its endpoint is pending: validate its URL first." in page
    assert re.search(r'<button class="main" disabled>Send again', page)
    event = client.get("/events/session.started").text
    assert "No endpoint is validated" in event
    assert re.search(r"<option [^>]*disabled>[^<]*\(pending: validate its URL first\)", event)
    client.delete(f"/api/v1/subscriptions/{item['id']}")
    assert "is not registered any more" in client.get(f"/deliveries/{sent}").text


def test_one_s_own_deliveries_come_first(client: FlaskClient, sent: int) -> None:
    (item,) = client.get("/api/v1/subscriptions").get_json()
    asked = {"kind": "verify", "subscription": item["id"], "events": ["session.started"]}
    run = client.post("/api/v1/runs", json=asked).get_json()["id"]
    until(lambda: client.get(f"/api/v1/runs/{run}").get_json()["state"] == "finished")
    rows = {
        name: client.get(f"/api/v1/deliveries?limit=500&origin={name}").get_json()["items"]
        for name in ("mine", "runs", "all")
    }
    assert {row["run"] for row in rows["mine"]} == {None}
    assert {row["run"] for row in rows["runs"]} == {run}
    assert {row["id"] for row in rows["all"]} >= {
        row["id"] for row in (*rows["mine"], *rows["runs"])
    }
    assert f">run {run}</a>" not in client.get("/deliveries").text
    assert f">run {run}</a>" in client.get("/deliveries?origin=all").text
    assert f">run {run}</a>" in client.get(f"/deliveries?run={run}").text
    assert client.get("/api/v1/deliveries?origin=yours").status_code == 400


def test_cases_are_chosen_in_words(client: FlaskClient) -> None:
    page = unescape(client.get("/events/session.started").text)
    for words in (
        "valid</option>", "with a new field: ", "/: without event (required)",
        "the first half of an event", "wrongly: it is signed with another secret",
    ):  # fmt: skip
        assert words in page, words
    assert page.count("selected>valid</option>") == 1
    odd = client.get("/events/session.started?case=valid:3").text
    assert 'value="valid:3" selected' in odd


@pytest.mark.slow
def test_the_demo_receiver_leads_to_a_first_delivery(client: FlaskClient) -> None:
    page = client.get("/subscriptions").text
    assert "What to do next" in page
    token = re.search(r'name="csrf" value="(\w+)"', page)
    assert token is not None
    for _ in range(2):  # a second click finds it again
        answer = client.post("/demo", data={"csrf": token[1]})
        assert answer.status_code == 303
    (item,) = client.get("/api/v1/subscriptions").get_json()
    assert (item["name"], item["state"]) == ("Demo receiver", "validated")
    (row,) = client.post("/api/v1/deliveries", json={"event": "session.started"}).get_json()
    assert settled(client, row["id"])["status"] == 200
    done = client.get("/subscriptions").text
    assert done.count(">done</span>") == 2
    assert done.count(">next</span>") == 1


def test_json_is_indented_token_by_token() -> None:
    values = ({}, [], {"a": []}, {"a": {"b": [1, 2, {"c": None}]}, "d": 'x"{,}:y'}, [[], {}],
              [[1], [2, [3]]], {"a": {"b": {}}}, "text", 1)  # fmt: skip
    for value in values:
        assert indented(json.dumps(value)) == json.dumps(value, indent=2)
        assert is_shown(json.dumps(value)) == isinstance(value, dict | list)
    twice = '{"a":1.0,"a":[true,"<b>\\u0041"]}'
    assert indented(twice).replace("\n", "").replace("  ", "").replace(": ", ":") == twice
    assert "<b>" not in coloured(twice)
    for text in ("", "{", "[1,]", "[" * 5000 + "]" * 5000, "[" + "1," * 200_000 + "1]"):
        assert not is_shown(text)
