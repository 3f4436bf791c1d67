"""The page in a real browser: by hand as a person would, by keyboard, small, and in the dark."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from selenium import webdriver
from selenium.common.exceptions import (
    NoSuchElementException,
    StaleElementReferenceException,
    WebDriverException,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select

from mockzoom.checks import RULES
from mockzoom.cli.sample import create_app as create_receiver
from mockzoom.cli.sample import serving as serving_receiver
from mockzoom.journal import Redactor
from mockzoom.journal.results import write_violation
from mockzoom.model import Violation
from mockzoom.service import Service
from mockzoom.web import WebSettings, create_app
from mockzoom.web.guard import access
from mockzoom.web.serving import serving
from tests.dispatch.receiver import SECRET as RECEIVERS_SECRET
from tests.dispatch.receiver import Receiver, receiving
from tests.web.browser import browsing, complaints, darken, resize
from tests.web.browser import find as find_browser
from tests.web.conftest import SECRET, until

PAGES = ("/subscriptions", "/events", "/events/session.started", "/deliveries", "/violations",
         "/runs", "/scenarios", "/scenarios/rtms-start-interrupt-stop")  # fmt: skip


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """One browser for the module: its start takes longest."""
    with browsing(tmp_path_factory.mktemp("profile")) as made:
        yield made


@pytest.fixture
def app(service: Service) -> Flask:
    """The application, with feeds for a browser that goes from page to page quickly."""
    return create_app(service, WebSettings(feeds=60))


@pytest.fixture
def base(app: Flask) -> Iterator[str]:
    """The server's URL."""
    with serving(app) as url:
        yield url


@pytest.fixture
def browser(chromium: webdriver.Chrome, base: str) -> Iterator[webdriver.Chrome]:
    """The browser, wide and light, which must have nothing to complain about."""
    resize(chromium, 1200)
    darken(chromium, False)
    complaints(chromium)
    yield chromium
    found = complaints(chromium)
    chromium.get("about:blank")  # so that no feed outlives its server
    assert found == []


@pytest.fixture
def defective() -> Iterator[str]:
    """The URL of a receiver that makes the three mistakes of the demo."""
    with serving_receiver(create_receiver(SECRET, defective=True)) as url:
        yield url


def find(browser: webdriver.Chrome, css: str) -> WebElement:
    """An element of the page."""
    return browser.find_element(By.CSS_SELECTOR, css)


def button(browser: webdriver.Chrome, text: str) -> WebElement:
    """The first button (or link) that reads `text`."""
    return browser.find_element(By.XPATH, f"//main//*[self::button or self::a][.='{text}']")


def text_of(browser: webdriver.Chrome, css: str = "main") -> str:
    """The text that a reader sees."""
    return find(browser, css).text


def visit(browser: webdriver.Chrome, url: str) -> None:
    """Load a page, whole."""
    browser.get(url)
    _loaded(browser)


def _loaded(browser: webdriver.Chrome) -> None:
    """Wait for the whole page; the driver sometimes answers before its style sheet is there."""
    whole = "return document.readyState === 'complete' && document.styleSheets.length === 1"
    until(lambda: browser.execute_script(whole), 60)


def shows(
    browser: webdriver.Chrome, pattern: str, css: str = "main", seconds: float = 30
) -> re.Match[str]:
    """Wait until the page shows a text, without being loaded again."""

    def look() -> re.Match[str] | None:
        try:
            return re.search(pattern, text_of(browser, css))
        except WebDriverException as error:
            _between(error)
            return None

    found: re.Match[str] = until(look, seconds)
    return found


def press(browser: webdriver.Chrome, text: str) -> None:
    """Press a button, and wait for the page that it leads to."""
    old = find(browser, "html")
    button(browser, text).click()
    until(lambda: _gone(old), 60)
    _loaded(browser)


def _gone(element: WebElement) -> bool:
    try:
        element.is_enabled()
    except WebDriverException as error:
        return _between(error)
    return False


def _between(error: WebDriverException) -> bool:
    """Tell whether something was looked for in the moment between two pages or drawings."""
    missed = isinstance(error, NoSuchElementException | StaleElementReferenceException)
    if not missed and "does not belong to the document" not in str(error):
        raise error
    return True


@pytest.fixture
def name(client: FlaskClient, receiver: str) -> str:
    """The id of a validated subscription."""
    made = client.post("/api/v1/subscriptions", json={"url": receiver, "validate": True})
    assert made.get_json()["state"] == "validated"
    return str(made.get_json()["id"])


# -- without a browser -------------------------------------------------------------------------


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


# -- by hand -----------------------------------------------------------------------------------


def test_an_endpoint_is_registered_validated_and_sent_to(
    browser: webdriver.Chrome, base: str, receiver: str
) -> None:
    visit(browser, base)
    find(browser, "[name=url]").send_keys(receiver)
    find(browser, "[name=name]").send_keys("Ours")
    find(browser, "[name=validate]").click()
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
    press(browser, "Replay")
    assert browser.current_url != old
    shows(browser, r"State\s+delivered")
    assert "Replay of" in text_of(browser)


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
        find(browser, "#log a").click()
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
    assert "MZ107 unknown-event-refused" in text_of(browser, "#violations")
    assert "MZ107" in text_of(browser, "#report")
    visit(browser, f"{base}/violations?rule=MZ107")
    assert "Acknowledge event types that you do not handle" in text_of(browser)
    find(browser, ".violation form button").click()
    shows(browser, r"Replay of\s+\d+")
    shows(browser, "501")


def test_an_examination_is_narrowed_down_in_the_form(
    browser: webdriver.Chrome, base: str, client: FlaskClient, name: str
) -> None:
    visit(browser, f"{base}/runs")
    find(browser, "[name=events]").send_keys("session.started")
    find(browser, "#more summary").click()
    for box in browser.find_elements(By.CSS_SELECTOR, "[name=suites]"):
        if box.is_displayed() and box.get_attribute("value") not in ("challenge", "events"):
            box.click()
    find(browser, "#more [name=seed]").send_keys("42")
    find(browser, "[name=rate]").send_keys("500")
    press(browser, "Examine")
    shows(browser, r"State\s+pass", "#facts", 120)
    (run,) = client.get("/api/v1/runs").get_json()["items"]
    assert (run["seed"], run["verdict"]) == (42, "pass")
    cases = {item["case"].partition(":")[0] for item in _sent(client, run["id"])}
    assert "mutant" not in cases
    assert "challenge" in cases


def test_streams_are_examined_from_the_form(
    browser: webdriver.Chrome, base: str, client: FlaskClient, name: str
) -> None:
    visit(browser, f"{base}/runs")
    find(browser, "[name=events]").send_keys("meeting.rtms_*")
    find(browser, "#streams summary").click()
    find(browser, "[name=streams]").click()
    find(browser, "[name=client_id]").send_keys("me")
    find(browser, "[name=client_secret]").send_keys("the-client-secret")
    find(browser, "[name=stream_scale]").send_keys("0.02")
    press(browser, "Examine")
    shows(browser, r"State\s+fail", "#facts", 120)
    assert "MZ601 never-joined" in text_of(browser, "#violations")
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
    find(browser, "input[type=checkbox][required]").click()
    press(browser, "Delete")
    assert browser.current_url.endswith("/subscriptions")
    assert client.get("/api/v1/subscriptions").get_json() == []


# -- how the endpoint authenticates its caller --------------------------------------------------


@pytest.fixture
def strict() -> Iterator[Receiver]:
    """A receiver that keeps what it got, and gives access tokens."""
    with receiving() as made:
        yield made


@pytest.mark.parametrize(
    ("kind", "typed", "header"),
    [
        ("basic", {"username": "hook", "password": "its-password"},
         ("authorization", "Basic aG9vazppdHMtcGFzc3dvcmQ=")),
        ("token", {"client_id": "c", "client_secret": "a-client-secret", "token_url": "/oauth"},
         ("authorization", "Bearer t0ken-t0ken")),
        ("header", {"name": "x-team", "value": "its-value"}, ("x-team", "its-value")),
    ],
)  # fmt: skip
def test_an_endpoint_that_authenticates_its_caller_is_registered(
    browser: webdriver.Chrome, base: str, strict: Receiver, kind: str, typed: dict[str, str],
    header: tuple[str, str],
) -> None:  # fmt: skip
    visit(browser, f"{base}/subscriptions")
    find(browser, "[name=url]").send_keys(strict.url)
    find(browser, "[name=secret]").send_keys(RECEIVERS_SECRET)
    chooser = Select(find(browser, "[name=auth]"))
    shown = "fieldset[data-shown-for]"
    assert [item for item in browser.find_elements(By.CSS_SELECTOR, shown)
            if item.is_displayed()] == []  # fmt: skip
    chooser.select_by_value(kind)
    for name, value in typed.items():
        given = strict.url.replace("/zoom", value) if name == "token_url" else value
        find(browser, f"[name=auth-{name}]").send_keys(given)
    sets = browser.find_elements(By.CSS_SELECTOR, shown)
    assert [item.get_attribute("data-shown-for") for item in sets if item.is_displayed()] == [kind]
    press(browser, "Register")
    assert "validated" in text_of(browser, "#facts")
    (challenge,) = strict.challenges()
    assert challenge.headers[header[0]] == header[1]
    hidden = [value for name, value in typed.items() if name in ("password", "client_secret")]
    assert [value for value in hidden if value in browser.page_source] == []
    Select(find(browser, "[name=auth]")).select_by_value("none")
    press(browser, "Save")
    press(browser, "Validate now")
    assert header[0] not in strict.challenges()[-1].headers


def test_what_the_endpoint_refuses_is_told_where_it_is_registered(
    browser: webdriver.Chrome, base: str, strict: Receiver
) -> None:
    strict.valid = False
    visit(browser, f"{base}/subscriptions")
    find(browser, "[name=url]").send_keys(strict.url)
    find(browser, "[name=secret]").send_keys(RECEIVERS_SECRET)
    press(browser, "Register")
    assert re.search(r"pending.*answered 500 in place of 200", text_of(browser, "#facts"))
    strict.valid = True
    press(browser, "Validate now")
    assert "validated" in text_of(browser, "#facts")


TOKEN = "a-token-of-this-server"


def test_a_server_with_a_token_asks_for_it_and_stays_live(
    chromium: webdriver.Chrome, service: Service, name: str
) -> None:
    app = create_app(service, WebSettings(access("127.0.0.1", TOKEN), feeds=60))
    with serving(app) as url:
        chromium.get(url)
        assert "Subscriptions" not in chromium.page_source
        known = url.replace("//", f"//anybody:{TOKEN}@")
        visit(chromium, f"{known}/deliveries")
        shows(chromium, "live", "header")
        client = app.test_client()
        sent = client.post("/api/v1/deliveries", json={"event": "session.started"},
                           headers={"Authorization": f"Bearer {TOKEN}"})  # fmt: skip
        assert sent.status_code == 202
        shows(chromium, r"session\.started\s+delivered", "#log")
        chromium.find_element(By.LINK_TEXT, "Subscriptions").click()
        shows(chromium, "validated", "#list")
        press(chromium, "Validate now")
        assert "validated" in text_of(chromium, "#facts")
        chromium.get("about:blank")
    complaints(chromium)  # the 401 is one


# -- scenarios ---------------------------------------------------------------------------------

MINE = """\
name: mine
about: Two events of a session.
because: Sessions begin and end.
steps:
  - name: begun
    send: session.started
  - name: ended
    send: session.ended
"""


def statuses(browser: webdriver.Chrome) -> list[str]:
    """The states of the steps, as a reader sees them now."""
    return [item.text for item in browser.find_elements(By.CSS_SELECTOR, ".steps > li > .state")]


def reaches(browser: webdriver.Chrome, wanted: list[str]) -> None:
    """Wait until the steps have these states; the page is not loaded again."""

    def look() -> bool:
        try:
            return statuses(browser) == wanted
        except WebDriverException as error:
            return not _between(error)

    until(look, 60)


def picture(browser: webdriver.Chrome) -> str:
    """Which state of the run is drawn; only a picture that could be shown counts."""
    drawn = until(
        lambda: browser.execute_script(
            "const item = document.getElementById('diagram');"
            " return item.complete && item.naturalWidth > 100 && item.getAttribute('src')"
        ),
        30,
    )
    return str(drawn)


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
    assert ["start" in shown[0]["what"], "stop" in shown[-1]["what"]] == [True, True]
    reaches(browser, ["next", *["waiting"] * (count - 1)])
    pictures = {picture(browser)}
    for index in range(count):
        find(browser, "#do-next").click()
        following = ["next", *["waiting"] * (count - index - 2)][: count - index - 1]
        reaches(browser, [*["done"] * (index + 1), *following])
        until(lambda: picture(browser) not in pictures, 30)
        pictures.add(picture(browser))
    find(browser, "#do-play").click()  # at the end it waits once more: the last may be sent again
    shows(browser, "ended", "#steps")
    shows(browser, "(?i)report", "#report")
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
    find(browser, "#do-inject").click()
    shows(browser, "the next delivery has the fault chunked", "#steps")
    find(browser, "#edit summary").click()
    find(browser, "[name=body]").send_keys("{no JSON")
    find(browser, "#do-edit").click()
    shows(browser, "the body is no JSON", "#told")
    find(browser, "#do-skip").click()
    reaches(browser, ["skipped", "next"])
    assert find(browser, "#told").text == ""
    find(browser, "#do-play").click()
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
    wait: 2s
  - name: ended
    send: session.ended
"""


def _sent(client: FlaskClient, run: int) -> list[Any]:
    """The deliveries of a play, the oldest first."""
    return list(reversed(client.get(f"/api/v1/deliveries?run={run}").get_json()["items"]))


def test_an_event_is_sent_again_and_the_next_one_is_edited(
    browser: webdriver.Chrome, base: str, client: FlaskClient, name: str
) -> None:
    client.post("/api/v1/scenarios", json={"text": MINE})
    visit(browser, f"{base}/scenarios/mine")
    press(browser, "Play")
    run = int(browser.current_url.rsplit("/", 1)[1])
    reaches(browser, ["next", "waiting"])
    find(browser, "#do-next").click()
    reaches(browser, ["done", "next"])
    find(browser, "#do-resend").click()
    until(lambda: len(_sent(client, run)) == 2)
    find(browser, "#do-duplicate").click()
    until(lambda: len(_sent(client, run)) == 3)
    shows(browser, r"(session\.started 200.*\s+){3}", "#steps")
    first, again, same = _sent(client, run)
    assert first["request_id"] != again["request_id"] == same["request_id"]
    body = client.get("/api/v1/events/session.ended/sample").get_json()["body"]["content"]
    mine = json.loads(body) | {"event_ts": 1234567890123}
    find(browser, "#edit summary").click()
    find(browser, "[name=body]").send_keys(json.dumps(mine))
    find(browser, "#do-edit").click()
    shows(browser, "the next event's body is yours", "#steps")
    find(browser, "#do-next").click()
    reaches(browser, ["done", "done"])
    last = client.get(f"/api/v1/deliveries/{_sent(client, run)[-1]['id']}").get_json()
    assert json.loads(last["body"]["content"]) == mine


def test_a_play_that_goes_on_is_paused_and_goes_on(
    browser: webdriver.Chrome, base: str, client: FlaskClient, name: str
) -> None:
    client.post("/api/v1/scenarios", json={"text": PACED})
    visit(browser, f"{base}/scenarios/paced")
    Select(find(browser, "[name=clock]")).select_by_visible_text("real")
    press(browser, "Play")
    reaches(browser, ["next", "waiting", "waiting"])
    find(browser, "#do-play").click()
    shows(browser, "playing", "#steps")
    find(browser, "#do-pause").click()
    shows(browser, "paused It waits for you", "#steps")
    reaches(browser, ["done", "done", "next"])
    find(browser, "#do-play").click()
    reaches(browser, ["done", "done", "done"])
    shows(browser, "ended", "#steps")


def test_a_play_takes_values_and_a_seed_from_the_form(
    browser: webdriver.Chrome, base: str, client: FlaskClient, name: str
) -> None:
    text = MINE.replace("steps:", "let: {who: Ann}\nsteps:")
    text += "    with: {payload.object.session_name: '${who}'}\n"
    client.post("/api/v1/scenarios", json={"text": text})
    visit(browser, f"{base}/scenarios/mine")
    find(browser, "#more summary").click()
    find(browser, "[name=seed]").send_keys("7")
    find(browser, "[name=let]").send_keys("who=Bob")
    find(browser, "[name=paused]").click()
    press(browser, "Play")
    shows(browser, "ended", "#steps")
    run = int(browser.current_url.rsplit("/", 1)[1])
    assert client.get(f"/api/v1/runs/{run}").get_json()["seed"] == 7
    last = client.get(f"/api/v1/deliveries/{_sent(client, run)[-1]['id']}").get_json()
    assert json.loads(last["body"]["content"])["payload"]["object"]["session_name"] == "Bob"


def test_a_play_is_stopped_and_its_violation_seen_and_replayed(
    browser: webdriver.Chrome, base: str, client: FlaskClient
) -> None:
    failing = Flask("failing")

    @failing.post("/webhook")
    def answer() -> tuple[str, int]:
        return "no", 400

    with serving_receiver(failing) as url:
        client.post("/api/v1/subscriptions", json={"url": url})
        client.post("/api/v1/scenarios", json={"text": MINE})
        visit(browser, f"{base}/scenarios/mine")
        press(browser, "Play")
        reaches(browser, ["next", "waiting"])
        find(browser, "#do-next").click()
        shows(browser, "MZ101 not-acknowledged", "#violations")
        find(browser, "#do-stop").click()
        shows(browser, "ended", "#steps")
    link = find(browser, "#violations a[href^='/deliveries/']")
    assert "Zoom never retries after a 4xx" in text_of(browser, "#violations")
    number = int(str(link.get_attribute("href")).rsplit("/", 1)[1])
    with serving_receiver(create_receiver(SECRET)) as url:
        subscription = client.get("/api/v1/subscriptions").get_json()[0]["id"]
        client.patch(f"/api/v1/subscriptions/{subscription}", json={"url": url})
        client.post(f"/api/v1/subscriptions/{subscription}/validate")
        find(browser, "#violations .violation button").click()
        shows(browser, rf"Replay of\s+{number}")
        shows(browser, r"State\s+delivered")


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
    find(browser, "input[type=checkbox][required]").click()
    press(browser, "Delete")
    assert client.get("/api/v1/scenarios/mine").status_code == 404


# -- for everybody -----------------------------------------------------------------------------


def _filled(client: FlaskClient, name: str) -> list[str]:
    made = client.post("/api/v1/deliveries", json={"event": "session.started"}).get_json()
    given = {"kind": "play", "scenario": "rtms-start-interrupt-stop", "subscription": name}
    play = client.post("/api/v1/runs", json={**given, "paused": True}).get_json()
    return [*PAGES, f"/subscriptions/{name}", f"/deliveries/{made[0]['id']}", f"/runs/{play['id']}"]


def test_the_diagram_of_a_play_fits_on_a_telephone(
    browser: webdriver.Chrome, base: str, client: FlaskClient, name: str
) -> None:
    path = _filled(client, name)[-1]
    number = int(path.rsplit("/", 1)[1])
    client.post(f"/api/v1/runs/{number}/control", json={"command": "next"})
    shown = "return document.getElementById('diagram').currentSrc"
    for width, narrow in ((1200, False), (360, True)):
        resize(browser, width)
        visit(browser, base + path)
        picture(browser)
        assert browser.execute_script(shown).endswith("narrow") == narrow
        room = browser.execute_script(
            "const item = document.querySelector('.drawing');"
            " return [item.scrollWidth, item.clientWidth]"
        )
        assert room[0] <= room[1], width


def test_no_page_is_wider_than_360_pixels(
    browser: webdriver.Chrome, base: str, client: FlaskClient, name: str
) -> None:
    resize(browser, 360)
    for path in _filled(client, name):
        visit(browser, base + path)
        wide = browser.execute_script("return document.documentElement.scrollWidth")
        assert wide <= 360, path


_CONTRAST = """
const light = (colour) => {
  const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => {
    const v = part / 255;
    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (item) => {
  for (; item; item = item.parentElement) {
    const colour = getComputedStyle(item).backgroundColor;
    if (!/, 0\\)$/.test(colour)) return colour;
  }
  return "rgb(255, 255, 255)";
};
return [...document.querySelectorAll("body *")].filter((item) =>
  item.checkVisibility() && !item.disabled &&
  [...item.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
).map((item) => {
  const pair = [light(getComputedStyle(item).color), light(ground(item))].sort((a, b) => b - a);
  return [(pair[0] + 0.05) / (pair[1] + 0.05), item.textContent.slice(0, 40)];
}).filter(([ratio]) => ratio < 4.5);
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_is_readable_in_light_and_in_dark(
    browser: webdriver.Chrome, base: str, client: FlaskClient, name: str, dark: bool
) -> None:
    darken(browser, dark)
    for path in _filled(client, name):
        visit(browser, base + path)
        assert browser.execute_script(_CONTRAST) == [], path
    colour = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    lightness = sum(int(part) for part in re.findall(r"\d+", colour)[:3]) / 3
    assert (lightness < 128) == dark


def test_all_is_done_by_keyboard(
    browser: webdriver.Chrome, base: str, client: FlaskClient, receiver: str
) -> None:
    visit(browser, f"{base}/subscriptions")

    def on() -> Any:
        return browser.switch_to.active_element

    def tab_to(reached: Callable[[Any], bool]) -> None:
        for _ in range(40):
            on().send_keys(Keys.TAB)
            if reached(on()):
                outline = on().value_of_css_property("outline-style")
                assert outline == "solid", "one must see where one is"
                return
        raise AssertionError("the keyboard does not lead there")

    find(browser, "body").send_keys(Keys.TAB)
    assert on().text == "Skip to the content"
    on().send_keys(Keys.ENTER)
    tab_to(lambda item: item.get_attribute("name") == "url")
    on().send_keys(receiver)
    old = find(browser, "html")
    on().send_keys(Keys.ENTER)
    until(lambda: _gone(old), 60)
    assert "validated" in text_of(browser, "#facts")
    visit(browser, f"{base}/events/session.started")
    tab_to(lambda item: item.text == "Send")
    old = find(browser, "html")
    on().send_keys(Keys.SPACE)
    until(lambda: _gone(old), 60)
    shows(browser, r"State\s+delivered")


def test_each_field_has_a_label_and_each_page_one_heading(
    browser: webdriver.Chrome, base: str, client: FlaskClient, name: str
) -> None:
    for path in _filled(client, name):
        visit(browser, base + path)
        assert len(browser.find_elements(By.TAG_NAME, "h1")) == 1
        nameless = browser.execute_script(
            "return [...document.querySelectorAll('input:not([type=hidden]), select, textarea')]"
            ".filter((item) => !item.labels.length).map((item) => item.name)"
        )
        assert nameless == [], path


def test_profiles_are_fresh(chromium: webdriver.Chrome, tmp_path_factory: Any) -> None:
    used = Path(chromium.capabilities["chrome"]["userDataDir"])
    assert used.is_relative_to(tmp_path_factory.getbasetemp())


@pytest.mark.parametrize(("in_ci", "outcome"), [
    ("true", pytest.fail.Exception), ("", pytest.skip.Exception)])  # fmt: skip
def test_without_a_browser_the_tests_are_skipped_but_in_ci_they_fail(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, in_ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CI", in_ci)
    with pytest.raises(outcome, match="no chromium or chromedriver"):
        find_browser()
