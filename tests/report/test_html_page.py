"""The HTML report in a real browser: nothing in it acts, and it can be read anywhere."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from tests.report.everything import every_kind, hostile, report
from tests.web.browser import browsing, complaints, darken, resize

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    with browsing(tmp_path_factory.mktemp("profile")) as made:
        yield made


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    for name, events in (("every", every_kind), ("hostile", hostile)):
        text = report("html", events())
        (folder / f"{name}.html").write_text(text, errors="backslashreplace")
    return folder


def show(browser: webdriver.Chrome, file: Path, width: int = 1280) -> None:
    resize(browser, width)
    browser.get(file.as_uri())


def test_nothing_that_a_receiver_sent_acts(browser: webdriver.Chrome, pages: Path) -> None:
    show(browser, pages / "hostile.html")
    assert browser.title.startswith("FAIL: play of http://127.0.0.1:5000/webhook")
    assert complaints(browser) == []
    sources = [item.get_attribute("src") or "" for item in
               browser.find_elements(By.CSS_SELECTOR, "img, script, iframe")]  # fmt: skip
    assert [source.partition(",")[0] for source in sources] == ["data:image/svg+xml;base64", ""]
    links = [item.get_attribute("href") or "" for item in browser.find_elements(By.TAG_NAME, "a")]
    assert all(link.startswith("file:") for link in links)
    assert (
        "<script>document.title='acted'</script>" in browser.find_element(By.TAG_NAME, "main").text
    )


@pytest.mark.parametrize("name", ["every", "hostile"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_is_as_wide_as_the_window(
    browser: webdriver.Chrome, pages: Path, width: int, name: str
) -> None:
    show(browser, pages / f"{name}.html", width)
    for details in browser.find_elements(By.TAG_NAME, "details")[:40]:
        browser.execute_script("arguments[0].open = true", details)
    wide = browser.execute_script("return document.documentElement.scrollWidth")
    assert wide <= width
    picture = browser.find_element(By.CSS_SELECTOR, ".drawing img")
    assert browser.execute_script("return arguments[0].naturalWidth", picture) > 200


def test_it_is_light_or_dark_as_the_reader_prefers(browser: webdriver.Chrome, pages: Path) -> None:
    seen = []
    for dark in (False, True):
        darken(browser, dark)
        show(browser, pages / "every.html")
        script = "return getComputedStyle(document.body).backgroundColor"
        seen.append(browser.execute_script(script))
    darken(browser, False)
    assert seen == ["rgb(244, 246, 248)", "rgb(18, 21, 24)"]


def test_a_reproduce_line_is_copied(browser: webdriver.Chrome, pages: Path) -> None:
    show(browser, pages / "every.html")
    allowed = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    browser.execute_cdp_cmd("Browser.grantPermissions", allowed)
    button = browser.find_element(By.CSS_SELECTOR, "[data-copy]")
    button.click()
    said = "return document.querySelector('[data-copy]').textContent"
    for _ in range(200):
        if browser.execute_script(said) != "Copy":
            break
    assert browser.execute_script(said) == "Copied"
    script = "navigator.clipboard.readText().then(arguments[0])"
    line = browser.find_element(By.CSS_SELECTOR, ".copied pre").text
    assert line.startswith("mockzoom send")
    assert browser.execute_async_script(script) == line


def test_it_is_printed_with_everything_open(browser: webdriver.Chrome, pages: Path) -> None:
    show(browser, pages / "every.html")
    printed = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", {})["data"])
    assert printed.startswith(b"%PDF-")
    browser.execute_script("dispatchEvent(new Event('beforeprint'))")
    closed = browser.find_elements(By.CSS_SELECTOR, "details:not([open])")
    assert closed == []
