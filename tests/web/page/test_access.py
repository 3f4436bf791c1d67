"""How the endpoint authenticates its caller, and the page its reader."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from mockzoom.service import Service
from mockzoom.web import WebSettings, create_app
from mockzoom.web.guard import access
from mockzoom.web.serving import serving
from tests.dispatch.receiver import SECRET as RECEIVERS_SECRET
from tests.dispatch.receiver import Receiver, receiving
from tests.web.browser import complaints
from tests.web.page.hand import (
    find,
    press,
    shows,
    text_of,
    visit,
)

pytestmark = pytest.mark.slow


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
