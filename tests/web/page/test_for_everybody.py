"""The page small, in the dark, by keyboard, and by its labels."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.web.browser import darken, resize
from tests.web.browser import find as find_browser
from tests.web.conftest import until
from tests.web.page.hand import (
    filled,
    find,
    gone,
    picture,
    shows,
    text_of,
    visit,
)

pytestmark = pytest.mark.slow


def test_the_diagram_of_a_play_fits_on_a_telephone(
    browser: webdriver.Chrome, base: str, client: FlaskClient, name: str
) -> None:
    path = filled(client, name)[-1]
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
    for path in filled(client, name):
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
    for path in filled(client, name):
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
    until(lambda: gone(old), 60)
    assert "validated" in text_of(browser, "#facts")
    visit(browser, f"{base}/events/session.started")
    tab_to(lambda item: item.text == "Send")
    old = find(browser, "html")
    on().send_keys(Keys.SPACE)
    until(lambda: gone(old), 60)
    shows(browser, r"State\s+delivered")


def test_each_field_has_a_label_and_each_page_one_heading(
    browser: webdriver.Chrome, base: str, client: FlaskClient, name: str
) -> None:
    for path in filled(client, name):
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
