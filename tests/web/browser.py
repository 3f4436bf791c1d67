"""A real browser for the tests of the page: Debian's Chromium, driven by Selenium, no network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service as Driver

_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--no-proxy-server",
)  # fmt: skip


def find() -> tuple[str, str]:
    """The browser and its driver; skips where there is none, but fails in CI."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if browser and driver:
        return browser, driver
    lacking = "no chromium or chromedriver (Debian: chromium, chromium-driver)"
    if os.environ.get("CI"):
        pytest.fail(f"{lacking}: CI has to run the tests of the page")
    pytest.skip(lacking)


@contextmanager
def browsing(profile: Path) -> Iterator[webdriver.Chrome]:
    """A browser with a fresh profile, for the length of the block."""
    browser, driver = find()
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    made = webdriver.Chrome(options=options, service=Driver(driver))
    made.set_page_load_timeout(60)
    made.implicitly_wait(0)
    try:
        yield made
    finally:
        made.quit()


def resize(browser: webdriver.Chrome, width: int, height: int = 900) -> None:
    """Give the page's viewport a size, smaller than a window could be."""
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})  # fmt: skip


def darken(browser: webdriver.Chrome, dark: bool) -> None:
    """Let the page find that its reader prefers dark (or light) colours."""
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})


def complaints(browser: webdriver.Chrome) -> list[Any]:
    """What the browser has complained about: scripts that fail, policies that are broken."""
    return [item["message"] for item in browser.get_log("browser")
            if item["level"] == "SEVERE"]  # fmt: skip
