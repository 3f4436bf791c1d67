"""axe-core finds nothing serious in any page, light and dark, wide and narrow."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from selenium import webdriver

from tests.web.browser import darken, resize
from tests.web.conftest import until
from tests.web.page.hand import filled, visit

pytestmark = pytest.mark.slow

AXE = "axe-core@4.14.1"
_RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ["violations"]}).then((found) => done(found.violations
  .filter((item) => ["serious", "critical"].includes(item.impact))
  .map((item) => [item.id, item.help, item.nodes.map((node) => node.html.slice(0, 200))])),
  (error) => done([["error", String(error), []]]));
"""


def _missing(why: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"{why}: CI has to run axe-core")
    pytest.skip(why)


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """axe-core's script, from npm."""
    npm = shutil.which("npm")
    if npm is None:
        _missing("no npm (Debian: npm)")
    folder = tmp_path_factory.mktemp("axe")
    command = [str(npm), "install", "--no-audit", "--no-fund", "--prefix", str(folder), AXE]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    script = Path(folder, "node_modules", "axe-core", "axe.min.js")
    if not script.is_file():
        _missing(f"npm cannot install {AXE}: {done.stderr[-200:]}")
    return script.read_text("utf-8")


@pytest.mark.parametrize(
    ("width", "dark"), [(1280, False), (390, True)], ids=["wide-light", "narrow-dark"]
)
def test_axe_finds_nothing_serious(
    browser: webdriver.Chrome, base: str, client: FlaskClient, name: str, axe: str,
    width: int, dark: bool,
) -> None:  # fmt: skip
    paths = filled(client, name)
    run = client.post("/api/v1/runs", json={
        "kind": "verify", "subscription": name, "events": ["session.started"]})  # fmt: skip
    number = run.get_json()["id"]
    until(lambda: client.get(f"/api/v1/runs/{number}").get_json()["state"] == "finished")
    resize(browser, width)
    darken(browser, dark)
    found: dict[str, Any] = {}
    for path in (*paths, f"/runs/{number}", "/events/session.started", "/scenarios/outage"):
        visit(browser, base + path)
        # The policy of the page keeps scripts of others out; the driver's own may define one.
        browser.execute_script(axe)
        problems = browser.execute_async_script(_RUN)
        if problems:
            found[path] = problems
    assert found == {}
