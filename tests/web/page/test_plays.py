"""Scenarios in a real browser: written, played, steered, and what comes of them."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from mockzoom.zoom.sample_receiver import create_app as create_receiver
from mockzoom.zoom.sample_receiver import serving as serving_receiver
from tests.web.browser import complaints
from tests.web.conftest import MINE, SECRET, until
from tests.web.page.hand import (
    click,
    find,
    href_of,
    picture,
    press,
    reaches,
    sent,
    shows,
    text_of,
    visit,
)

pytestmark = pytest.mark.slow


def test_a_play_is_stepped_from_start_over_interruption_to_stop(
    browser: webdriver.Chrome, base: str, client: FlaskClient, defective: str
) -> None:
    client.post("/api/v1/subscriptions", json={"url": defective, "validate": True})
    visit(browser, f"{base}/scenarios")
    press(browser, "rtms-start-interrupt-stop")
    press(browser, "Play")
    browser.execute_script("window.stayed = true")
    shows(browser, "It waits for you", "#steps")
    shown = client.get("/api/v1/scenarios/rtms-start-interrupt-stop").get_json()["steps"]
    count = len(shown)
    assert ["start" in shown[0]["what"], "stop" in shown[-2]["what"]] == [True, True]
    reaches(browser, ["next", *["waiting"] * (count - 1)])
    pictures = {picture(browser)}
    for index in range(count):
        click(browser, "#do-next")
        following = ["next", *["waiting"] * (count - index - 2)][: count - index - 1]
        reaches(browser, [*["done"] * (index + 1), *following])
        until(lambda: picture(browser) not in pictures, 30)
        pictures.add(picture(browser))
    click(browser, "#do-play")  # at the end it waits once more: the last may be sent again
    shows(browser, "ended", "#steps")
    shows(browser, "PASS|FAIL", "#report")
    assert browser.execute_script("return window.stayed"), "the page was loaded again"
    assert browser.find_elements(By.ID, "do-next") == []
    answers = re.findall(r"meeting\.\w+ 200", text_of(browser, "#steps"))
    assert len(answers) >= 3


def test_a_play_is_steered_and_what_cannot_be_is_told(
    browser: webdriver.Chrome, base: str, client: FlaskClient, name: str
) -> None:
    client.post("/api/v1/scenarios", json={"text": MINE})
    visit(browser, f"{base}/scenarios/mine")
    press(browser, "Play")
    reaches(browser, ["next", "waiting"])
    Select(find(browser, "[name=fault]")).select_by_value("chunked")
    click(browser, "#do-inject")
    shows(browser, "the next delivery has the fault chunked", "#steps")
    click(browser, "#edit summary")
    find(browser, "[name=body]").send_keys("{no JSON")
    click(browser, "#do-edit")
    shows(browser, "the body is no JSON", "#told")
    click(browser, "#do-skip")
    reaches(browser, ["skipped", "next"])
    assert find(browser, "#told").text == ""
    click(browser, "#do-play")
    reaches(browser, ["skipped", "done"])
    shows(browser, "ended", "#steps")
    messages = complaints(browser)
    assert len(messages) == 1
    assert "400" in messages[0]


PACED = """\
name: paced
steps:
  - name: begun
    send: session.started
  - name: pause
    wait: 8s
  - name: ended
    send: session.ended
"""


def test_an_event_is_sent_again_and_the_next_one_is_edited(
    browser: webdriver.Chrome, base: str, client: FlaskClient, name: str
) -> None:
    client.post("/api/v1/scenarios", json={"text": MINE})
    visit(browser, f"{base}/scenarios/mine")
    press(browser, "Play")
    run = int(browser.current_url.rsplit("/", 1)[1])
    reaches(browser, ["next", "waiting"])
    click(browser, "#do-next")
    reaches(browser, ["done", "next"])
    click(browser, "#do-resend")
    until(lambda: len(sent(client, run)) == 2)
    click(browser, "#do-duplicate")
    until(lambda: len(sent(client, run)) == 3)
    shows(browser, r"(session\.started 200.*\s+){3}", "#steps")
    first, again, same = sent(client, run)
    assert first["request_id"] != again["request_id"] == same["request_id"]
    body = client.get("/api/v1/events/session.ended/sample").get_json()["body"]["content"]
    mine = json.loads(body) | {"event_ts": 1234567890123}
    click(browser, "#edit summary")
    editor = find(browser, "[name=body]")
    draft = json.loads(editor.get_attribute("value") or "")
    assert (draft["event"], draft["payload"].keys()) == ("session.ended", mine["payload"].keys())
    editor.clear()
    editor.send_keys(json.dumps(mine))
    click(browser, "#do-edit")
    shows(browser, "the next event's body is yours", "#steps")
    click(browser, "#do-next")
    reaches(browser, ["done", "done"])
    until(lambda: len(sent(client, run)) == 4)
    last = client.get(f"/api/v1/deliveries/{sent(client, run)[-1]['id']}").get_json()
    assert json.loads(last["body"]["content"]) == mine


def test_a_play_that_goes_on_is_paused_and_goes_on(
    browser: webdriver.Chrome, base: str, client: FlaskClient, name: str
) -> None:
    client.post("/api/v1/scenarios", json={"text": PACED})
    visit(browser, f"{base}/scenarios/paced")
    Select(find(browser, "[name=clock]")).select_by_visible_text("real")
    press(browser, "Play")
    reaches(browser, ["next", "waiting", "waiting"])
    click(browser, "#do-play")
    shows(browser, "playing", "#steps")
    click(browser, "#do-pause")
    shows(browser, "paused It waits for you", "#steps")
    reaches(browser, ["done", "playing", "waiting"])
    click(browser, "#do-next")  # the step that it stands still in goes on to its end
    reaches(browser, ["done", "done", "next"])
    click(browser, "#do-play")
    reaches(browser, ["done", "done", "done"])
    shows(browser, "ended", "#steps")


def test_a_play_takes_values_and_a_seed_from_the_form(
    browser: webdriver.Chrome, base: str, client: FlaskClient, name: str
) -> None:
    text = MINE.replace("steps:", "let: {who: Ann}\nsteps:")
    text += "    with: {payload.object.session_name: '${who}'}\n"
    client.post("/api/v1/scenarios", json={"text": text})
    visit(browser, f"{base}/scenarios/mine")
    click(browser, "#more summary")
    find(browser, "[name=seed]").send_keys("7")
    find(browser, "[name=let]").send_keys("who=Bob")
    click(browser, "[name=paused]")
    press(browser, "Play")
    shows(browser, "ended", "#steps")
    run = int(browser.current_url.rsplit("/", 1)[1])
    assert client.get(f"/api/v1/runs/{run}").get_json()["seed"] == 7
    last = client.get(f"/api/v1/deliveries/{sent(client, run)[-1]['id']}").get_json()
    assert json.loads(last["body"]["content"])["payload"]["object"]["session_name"] == "Bob"


def refusing() -> Flask:
    """A receiver that refuses everything."""
    made = Flask("refusing")

    @made.post("/webhook")
    def answer() -> tuple[str, int]:
        return "no", 400

    return made


def test_a_play_is_stopped_and_its_violation_seen_and_replayed(
    browser: webdriver.Chrome, base: str, client: FlaskClient
) -> None:
    with serving_receiver(refusing()) as url:
        client.post("/api/v1/subscriptions", json={"url": url})
        client.post("/api/v1/scenarios", json={"text": MINE})
        visit(browser, f"{base}/scenarios/mine")
        press(browser, "Play")
        reaches(browser, ["next", "waiting"])
        click(browser, "#do-next")
        shows(browser, "MZ101 not-acknowledged", "#violations")
        click(browser, "#do-stop")
        shows(browser, "ended", "#steps")
    shows(browser, "MZ101 not-acknowledged", "#report")
    assert not browser.execute_script(
        "return [...document.querySelectorAll('#report .copied')].filter(one => {"
        " const text = one.querySelector('pre').getBoundingClientRect();"
        " const button = one.querySelector('button').getBoundingClientRect();"
        " return button.left < text.right && button.top < text.bottom; }).length"
    ), "a copy button covers the text that it copies"
    link = href_of(browser, "#report a[href^='/deliveries/']")
    number = int(link.rsplit("/", 1)[1])
    with serving_receiver(create_receiver(SECRET)) as url:
        subscription = client.get("/api/v1/subscriptions").get_json()[0]["id"]
        client.patch(f"/api/v1/subscriptions/{subscription}", json={"url": url})
        client.post(f"/api/v1/subscriptions/{subscription}/validate")
        visit(browser, link)
        press(browser, "Send again")
        shows(browser, rf"Sent again from\s+{number}")
        shows(browser, r"State\s+delivered")


def test_a_button_is_not_drawn_anew_while_it_is_held_down(
    browser: webdriver.Chrome, base: str, client: FlaskClient
) -> None:
    with serving_receiver(refusing()) as url, serving_receiver(create_receiver(SECRET)) as right:
        made = client.post("/api/v1/subscriptions", json={"url": url}).get_json()
        client.post("/api/v1/scenarios", json={"text": MINE})
        visit(browser, f"{base}/scenarios/mine")
        press(browser, "Play")
        run = int(browser.current_url.rsplit("/", 1)[1])
        reaches(browser, ["next", "waiting"])
        click(browser, "#do-next")
        shows(browser, "session.started", "#violations")
        ActionChains(browser).click_and_hold(find(browser, "#violations button")).perform()
        client.post(f"/api/v1/runs/{run}/control", json={"command": "next"})
        until(lambda: len(sent(client, run)) == 2)
        time.sleep(1)  # a page that draws would have drawn by then; a slow one proves nothing
        assert "session.ended" not in text_of(browser, "#violations")
        client.patch(f"/api/v1/subscriptions/{made['id']}", json={"url": right})
        client.post(f"/api/v1/subscriptions/{made['id']}/validate")
        ActionChains(browser).release().perform()
        shows(browser, r"Sent again from\s+\d+")


def test_a_scenario_is_written_checked_and_kept(
    browser: webdriver.Chrome, base: str, client: FlaskClient, tmp_path: Path
) -> None:
    visit(browser, f"{base}/scenarios")
    editor = find(browser, "[name=text]")
    editor.clear()
    editor.send_keys(MINE.replace("session.started", "session.startet"))
    press(browser, "Check")
    assert re.search(r"Line 6, column \d+: .*session\.startet", text_of(browser, ".alert"))
    assert "session.startet" in str(find(browser, "[name=text]").get_attribute("value"))
    given = tmp_path / "mine.yaml"
    given.write_text(MINE, "utf-8")
    find(browser, "[name=file]").send_keys(str(given))
    press(browser, "Keep")
    assert browser.current_url.endswith("/scenarios/mine")
    assert client.get("/api/v1/scenarios/mine").get_json()["text"] == MINE
    click(browser, "input[type=checkbox][required]")
    press(browser, "Delete")
    assert client.get("/api/v1/scenarios/mine").status_code == 404
