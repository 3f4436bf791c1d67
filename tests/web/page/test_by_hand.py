"""Endpoints, events, the log and examinations in a real browser, by hand."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from mockzoom.zoom.sample_receiver import serving as serving_receiver
from tests.web.browser import complaints
from tests.web.conftest import SECRET, until
from tests.web.page.hand import (
    click,
    find,
    press,
    sent,
    shows,
    text_of,
    visit,
)

pytestmark = pytest.mark.slow


def test_an_endpoint_is_registered_validated_and_sent_to(
    browser: webdriver.Chrome, base: str, receiver: str
) -> None:
    visit(browser, base)
    find(browser, "[name=url]").send_keys(receiver)
    find(browser, "[name=name]").send_keys("Ours")
    click(browser, "[name=validate]")
    press(browser, "Register")
    assert "pending" in text_of(browser, "#facts")
    press(browser, "Validate now")
    assert "validated" in text_of(browser, "#facts")
    visit(browser, f"{base}/events/session.started")
    press(browser, "Send")
    shows(browser, r"State\s+delivered")
    assert "200" in text_of(browser, ".attempt")
    body = find(browser, "[aria-label='Request body']").text
    assert json.loads(body)["event"] == "session.started"
    assert SECRET not in browser.page_source
    old = browser.current_url
    press(browser, "Send again")
    assert browser.current_url != old
    shows(browser, r"State\s+delivered")
    assert "Sent again from" in text_of(browser)


def test_what_is_refused_stays_in_the_form_but_for_secrets(
    browser: webdriver.Chrome, base: str
) -> None:
    visit(browser, f"{base}/subscriptions")
    find(browser, "[name=url]").send_keys("http://8.8.8.8/webhook")
    find(browser, "[name=secret]").send_keys("typed-secret")
    press(browser, "Register")
    assert "--allow-target" in text_of(browser, ".alert")
    assert find(browser, "[name=url]").get_attribute("value") == "http://8.8.8.8/webhook"
    assert "typed-secret" not in browser.page_source
    messages = complaints(browser)
    assert len(messages) == 1
    assert "403" in messages[0]


def test_a_body_is_held_to_the_contract_while_it_is_typed(
    browser: webdriver.Chrome, base: str, name: str
) -> None:
    visit(browser, f"{base}/events/session.started")
    editor = find(browser, "#body")
    value = json.loads(editor.get_attribute("value") or "")
    del value["payload"]["object"]
    editor.clear()
    editor.send_keys(json.dumps(value)[:-1])
    shows(browser, "It is no JSON", "#faults")
    editor.send_keys("}")
    shows(browser, r"It breaks the contract:\s+/payload\b.*object", "#faults")
    press(browser, "Send")
    shows(browser, r"State\s+delivered")
    assert json.loads(find(browser, "[aria-label='Request body']").text) == value


def test_a_case_that_is_no_json_is_sent_byte_by_byte(
    browser: webdriver.Chrome, base: str, name: str, client: FlaskClient
) -> None:
    visit(browser, f"{base}/events/session.started?case=cut-short:0&at=1000&seed=4")
    assert browser.find_elements(By.ID, "body") == []
    press(browser, "Send")
    number = int(browser.current_url.rsplit("/", 1)[1])
    wanted = client.get("/api/v1/events/session.started/sample?case=cut-short:0&at=1000&seed=4")
    sent = client.get(f"/api/v1/deliveries/{number}").get_json()
    assert sent["body"] == wanted.get_json()["body"]


def test_a_receivers_answer_is_text(
    browser: webdriver.Chrome, base: str, client: FlaskClient
) -> None:
    hostile = Flask("hostile")

    @hostile.post("/webhook")
    def answer() -> tuple[str, int, dict[str, str]]:
        return ("<script>document.title='owned'</script><h1 id=owned>hello</h1>", 400,
                {"x-odd": "<b id=owned>bold</b>"})  # fmt: skip

    with serving_receiver(hostile) as url:
        client.post("/api/v1/subscriptions", json={"url": url, "validate": True})
        visit(browser, f"{base}/deliveries")
        click(browser, "#log a")
        shows(browser, "<script>document.title='owned'</script>")
        assert "<b id=owned>bold</b>" in text_of(browser)
        assert browser.find_elements(By.ID, "owned") == []
        assert "owned" not in browser.title


def test_the_log_grows_while_one_looks_and_is_filtered(
    browser: webdriver.Chrome, base: str, client: FlaskClient, name: str
) -> None:
    visit(browser, f"{base}/deliveries?event=session.ended")
    assert "Nothing has been sent that fits" in text_of(browser, "#log")
    shows(browser, "live", "header")
    client.post("/api/v1/deliveries", json={"event": "session.started"})
    client.post("/api/v1/deliveries", json={"event": "session.ended"})
    shows(browser, r"session\.ended\s+delivered\s+200", "#log")
    assert "session.started" not in text_of(browser, "#log")
    Select(find(browser, "[name=state]")).select_by_visible_text("failed")
    press(browser, "Filter")
    assert "Nothing has been sent that fits" in text_of(browser, "#log")


def test_an_examination_is_watched_and_its_violation_explained_and_replayed(
    browser: webdriver.Chrome, base: str, client: FlaskClient, defective: str
) -> None:
    given = {"url": defective, "validate": True}
    client.post("/api/v1/subscriptions", json=given)
    visit(browser, f"{base}/runs")
    find(browser, "[name=events]").send_keys("session.started")
    press(browser, "Examine")
    shows(browser, r"State\s+fail", "#facts", 120)
    assert "MZ107 unknown-event-refused" in text_of(browser, "#report")
    assert text_of(browser, "#violations") == ""
    visit(browser, f"{base}/violations?rule=MZ107")
    assert "Acknowledge event types that you do not handle" in text_of(browser)
    click(browser, ".violation form button")
    shows(browser, r"Sent again from\s+\d+")
    shows(browser, "501")


def test_an_examination_is_narrowed_down_in_the_form(
    browser: webdriver.Chrome, base: str, client: FlaskClient, name: str
) -> None:
    visit(browser, f"{base}/runs")
    find(browser, "[name=events]").send_keys("session.started")
    click(browser, "#more summary")
    for box in browser.find_elements(By.CSS_SELECTOR, "[name=suites]"):
        if box.is_displayed() and box.get_attribute("value") not in ("challenge", "events"):
            box.click()
    find(browser, "#more [name=seed]").send_keys("42")
    find(browser, "[name=rate]").send_keys("500")
    press(browser, "Examine")
    shows(browser, r"State\s+pass", "#facts", 120)
    (run,) = client.get("/api/v1/runs").get_json()["items"]
    assert (run["seed"], run["verdict"]) == (42, "pass")
    cases = {item["case"].partition(":")[0] for item in sent(client, run["id"])}
    assert "mutant" not in cases
    assert "challenge" in cases


def test_streams_are_examined_from_the_form(
    browser: webdriver.Chrome, base: str, client: FlaskClient, name: str
) -> None:
    visit(browser, f"{base}/runs")
    find(browser, "[name=events]").send_keys("meeting.rtms_*")
    click(browser, "#streams summary")
    click(browser, "[name=streams]")
    find(browser, "[name=client_id]").send_keys("me")
    find(browser, "[name=client_secret]").send_keys("the-client-secret")
    find(browser, "[name=stream_scale]").send_keys("0.02")
    press(browser, "Examine")
    shows(browser, r"State\s+fail", "#facts", 120)
    assert "MZ601 never-joined" in text_of(browser, "#report")
    assert "the-client-secret" not in browser.page_source


def test_lists_grow_while_a_run_that_another_started_goes_on(
    browser: webdriver.Chrome, base: str, client: FlaskClient, name: str
) -> None:
    visit(browser, f"{base}/runs")
    shows(browser, "live", "header")
    given = {"kind": "verify", "subscription": name, "events": ["session.started"],
             "suites": ["challenge"]}  # fmt: skip
    client.post("/api/v1/runs", json=given)
    shows(browser, r"verify\s+pass", "#list")
    until(lambda: text_of(browser, "header").endswith("live"))
    until(lambda: browser.execute_script("return !('poll' in document.body.dataset)"))


def test_secrets_are_rotated_and_subscriptions_deleted(
    browser: webdriver.Chrome, base: str, client: FlaskClient, name: str
) -> None:
    visit(browser, f"{base}/subscriptions/{name}")
    find(browser, "[name=secret]").send_keys("a-new-secret-of-ours")
    press(browser, "Rotate")
    shows(browser, r"1 failed in a row")  # the receiver does not know it
    assert "a-new-secret-of-ours" not in browser.page_source
    click(browser, "input[type=checkbox][required]")
    press(browser, "Delete")
    assert browser.current_url.endswith("/subscriptions")
    assert client.get("/api/v1/subscriptions").get_json() == []
