"""A recording by another program, followed in a real browser by whoever serves its journal."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from selenium import webdriver

from mockzoom.client.sending import ByHand
from mockzoom.service import Service
from mockzoom.settings import Settings
from tests.record.recorded import recording
from tests.web.conftest import SECRET
from tests.web.page.hand import press, shows, visit

pytestmark = pytest.mark.slow


def test_the_page_shows_what_passes_while_it_is_recorded(
    browser: webdriver.Chrome, base: str, client: FlaskClient, service: Service, receiver: str
) -> None:
    by_hand = ByHand(Settings(SECRET))
    with recording(receiver, service.settings.db, SECRET) as address:
        visit(browser, f"{base}/runs")
        press(browser, "1")
        shows(browser, "Nothing has passed yet", "#passed")
        browser.execute_script("window.stayed = true")
        for event in ("session.started", "session.ended"):
            by_hand.send(address, by_hand.named(event))
            shows(browser, event, "#passed")
        by_hand.send(address, by_hand.changed("session.started", "", ["event=session.exploded"]))
        shows(browser, "MZ801", "#violations")
        assert client.get("/api/v1/runs/1").get_json()["state"] == "running"
        refused = client.post("/api/v1/runs/1/stop")
        assert (refused.status_code, "end it there" in refused.text) == (409, True)
    shows(browser, "PASS|FAIL", "#report")
    assert browser.execute_script("return window.stayed")
