"""What a person does with the page: finds, reads, presses, waits for what is shown."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient
from selenium import webdriver
from selenium.common.exceptions import (
    NoSuchElementException,
    StaleElementReferenceException,
    WebDriverException,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.web.conftest import until

PAGES = ("/subscriptions", "/events", "/events/session.started", "/deliveries", "/violations",
         "/runs", "/scenarios", "/scenarios/rtms-start-interrupt-stop")  # fmt: skip


def find(browser: webdriver.Chrome, css: str) -> WebElement:
    """An element of the page."""
    return browser.find_element(By.CSS_SELECTOR, css)


def button(browser: webdriver.Chrome, text: str) -> WebElement:
    """The first button (or link) that reads `text`."""
    return browser.find_element(By.XPATH, f"//main//*[self::button or self::a][.='{text}']")


def click(browser: webdriver.Chrome, css: str) -> None:
    """Press an element of a live region, which may be drawn anew just then."""

    def pressed() -> bool:
        try:
            find(browser, css).click()
        except WebDriverException as error:
            return not between(error)
        return True

    until(pressed, 30)


def href_of(browser: webdriver.Chrome, css: str) -> str:
    """Where a link of a live region leads, which may be drawn anew just then."""

    def look() -> str:
        try:
            return str(find(browser, css).get_attribute("href"))
        except WebDriverException as error:
            between(error)
            return ""

    return str(until(look, 30))


def text_of(browser: webdriver.Chrome, css: str = "main") -> str:
    """The text that a reader sees, also of a live region that is drawn anew just then."""

    def look() -> tuple[str] | None:
        try:
            return (find(browser, css).text,)
        except WebDriverException as error:
            between(error)
            return None

    return str(until(look, 30)[0])


def visit(browser: webdriver.Chrome, url: str) -> None:
    """Load a page, whole."""
    browser.get(url)
    _loaded(browser)


def _loaded(browser: webdriver.Chrome) -> None:
    """Wait for the whole page; the driver sometimes answers before its style sheets are there."""
    whole = (
        "return document.readyState === 'complete' && document.styleSheets.length"
        " === document.querySelectorAll('link[rel=stylesheet]').length"
    )
    until(lambda: browser.execute_script(whole), 60)


def shows(
    browser: webdriver.Chrome, pattern: str, css: str = "main", seconds: float = 30
) -> re.Match[str]:
    """Wait until the page shows a text, without being loaded again."""

    found: re.Match[str] = until(lambda: re.search(pattern, text_of(browser, css)), seconds)
    return found


def press(browser: webdriver.Chrome, text: str) -> None:
    """Press a button, and wait for the page that it leads to."""
    old = find(browser, "html")
    button(browser, text).click()
    until(lambda: gone(old), 60)
    _loaded(browser)


def gone(element: WebElement) -> bool:
    try:
        element.is_enabled()
    except WebDriverException as error:
        return between(error)
    return False


def between(error: WebDriverException) -> bool:
    """Tell whether something was looked for in the moment between two pages or drawings."""
    missed = isinstance(error, NoSuchElementException | StaleElementReferenceException)
    if not missed and "does not belong to the document" not in str(error):
        raise error
    return True


def statuses(browser: webdriver.Chrome) -> list[str]:
    """The states of the steps, as a reader sees them now."""
    return [item.text for item in browser.find_elements(By.CSS_SELECTOR, ".steps > li > .state")]


def reaches(browser: webdriver.Chrome, wanted: list[str]) -> None:
    """Wait until the steps have these states; the page is not loaded again."""

    def look() -> bool:
        try:
            return statuses(browser) == wanted
        except WebDriverException as error:
            return not between(error)

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


def sent(client: FlaskClient, run: int) -> list[Any]:
    """The deliveries of a play, the oldest first."""
    return list(reversed(client.get(f"/api/v1/deliveries?run={run}").get_json()["items"]))


def filled(client: FlaskClient, name: str) -> list[str]:
    made = client.post("/api/v1/deliveries", json={"event": "session.started"}).get_json()
    given = {"kind": "play", "scenario": "rtms-start-interrupt-stop", "subscription": name}
    play = client.post("/api/v1/runs", json={**given, "paused": True}).get_json()
    return [*PAGES, f"/subscriptions/{name}", f"/deliveries/{made[0]['id']}", f"/runs/{play['id']}"]
