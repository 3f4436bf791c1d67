"""Pages without a browser: what they hold, what they refuse, and who gets them."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

import pytest
from flask.testing import FlaskClient

from mockzoom.journal import Redactor
from mockzoom.journal.rows import write_violation
from mockzoom.model import Violation
from mockzoom.service import Service
from mockzoom.suites import RULES
from tests.web.page.hand import (
    PAGES,
)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("path", PAGES)
def test_each_page_is_html_that_nothing_foreign_can_run_in(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.content_type == "text/html; charset=utf-8"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*src=)", answer.text)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", answer.text)


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/subscriptions/none", 404, "there is no subscription"),
        ("/deliveries/1", 404, "there is no delivery 1"),
        ("/deliveries/x", 404, "there is nothing at"),
        ("/deliveries?status=abc", 400, "status"),
        ("/deliveries?colour=red", 400, "there is no such parameter"),
        ("/events/session.startet", 404, "session.started"),
        ("/events/session.started?case=odd:0", 422, "expected KIND:INDEX"),
        ("/runs/7", 404, "there is no run 7"),
    ],
)
def test_what_is_not_there_is_told_on_a_page(
    client: FlaskClient, path: str, status: int, told: str
) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    assert told in answer.text


@pytest.mark.parametrize(("kind", "path"), [("deliveries", "/deliveries/1"), ("runs", "/runs/1")])
def test_a_page_is_told_of_what_happened_while_it_was_made(
    client: FlaskClient, service: Service, name: str, monkeypatch: pytest.MonkeyPatch, kind: str,
    path: str,
) -> None:  # fmt: skip
    client.post("/api/v1/deliveries", json={"event": "session.started"})
    given = {"kind": "play", "scenario": "rtms-start-stop", "subscription": name, "paused": True}
    client.post("/api/v1/runs", json=given)
    asked, happened = getattr(service, kind), list[int]()
    read = asked.get

    def work(connection: sqlite3.Connection) -> int:
        insert = "INSERT INTO feed (run, at, kind, data) VALUES (?, 1.0, 'attempt', '{}')"
        return connection.execute(insert, (1 if kind == "runs" else None,)).lastrowid or 0

    def is_overtaken(number: int) -> Any:
        row = read(number)
        happened.append(service._writer.submit(work).result())
        return row

    monkeypatch.setattr(asked, "get", is_overtaken)
    page = client.get(path).text
    (after,) = map(int, re.findall(r'data-feed="[^"?]*\?after=(\d+)"', page))
    assert after < happened[0]


def test_a_form_without_its_token_changes_nothing(client: FlaskClient, name: str) -> None:
    answer = client.post(f"/subscriptions/{name}/delete")
    assert answer.status_code == 403
    assert "the form is out of date" in answer.text
    assert client.get(f"/api/v1/subscriptions/{name}").status_code == 200


def test_another_host_gets_no_page(client: FlaskClient) -> None:
    answer = client.get("/subscriptions", headers={"Host": "evil.example"})
    assert answer.status_code == 403
    assert answer.content_type == "application/problem+json"


def _broke(service: Service, rule: str, times: int) -> None:
    """Keep violations as if deliveries had shown them."""
    found = Violation(rule, RULES[rule].slug, "error", f"{rule} happened", "")
    data = write_violation(found, Redactor(()))

    def work(connection: sqlite3.Connection) -> None:
        connection.executemany(
            "INSERT INTO violation (found_at, rule, severity, event, data)"
            " VALUES (?, ?, 'error', 'session.started', ?)",
            [(1.0, rule, data)] * times,
        )

    service._writer.submit(work).result()


def test_violations_are_grouped_by_rule_over_all_of_them(
    client: FlaskClient, service: Service
) -> None:
    _broke(service, "MZ202", 1)
    _broke(service, "MZ101", 120)
    text = client.get("/violations").text
    assert re.findall(r'id="rule-(MZ\d+)".*?class="count">(\d+)<', text) == [
        ("MZ101", "120"), ("MZ202", "1")]  # fmt: skip
    assert text.count("MZ101 happened") == 10
    assert 'href="/violations?rule=MZ101"' in text
    page = client.get("/violations?rule=MZ101").text
    assert page.count("MZ101 happened") == 50
    older = re.search(r'href="(/violations\?[^"]*before=\d+)"', page)
    assert older is not None
    assert client.get(older[1].replace("&amp;", "&")).text.count("MZ101 happened") == 50
    other = client.get("/violations?event=session.started").text
    assert 'href="/violations?rule=MZ101&amp;event=session.started"' in other
    assert "No violation fits the filter" in client.get("/violations?event=session.ended").text
