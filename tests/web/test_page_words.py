"""What the page says of violations and steps: the cause first, as text, no tick for a break."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from mockzoom.web.pages.base import as_text
from mockzoom.web.pages.deliveries import RuleGroup, cause_first
from mockzoom.zoom.sample_receiver import create_app as create_receiver
from mockzoom.zoom.sample_receiver import serving as serving_receiver
from tests.web.conftest import MINE, until


def test_what_explains_others_comes_first_then_errors() -> None:
    def group(name: str, severity: str, *, leads: bool = False) -> RuleGroup:
        return RuleGroup(name, 1, None, [{"severity": severity}], leads)

    groups = [group("MZ105", "warning"), group("MZ101", "error"), group("MZ205", "warning"),
              group("MZ301", "error"), group("MZ401", "error", leads=True)]  # fmt: skip
    found = [item.id for item in sorted(groups, key=cause_first)]
    assert found == ["MZ401", "MZ101", "MZ301", "MZ105", "MZ205"]


def test_an_error_page_is_shown_as_its_text() -> None:
    page = (
        "500 after 3 ms: <!doctype html><html><head><title>Oops &amp; more</title>"
        "<style>p { color: red }</style><script>alert(1)</script></head>"
        "<body><h1>Internal <b>Server</b> Error</h1>\n<p>a &lt; b</p></body></html>"
    )
    assert as_text(page) == "500 after 3 ms: Oops & more Internal Server Error a < b"
    assert as_text("<html><script>alert(1)") == ""
    for text in ("a < b and c > d", "expected <id>, got `<x>`", "", "plain\n  text"):
        assert as_text(text) == text


def test_a_step_whose_answer_broke_an_expectation_has_no_tick(client: FlaskClient) -> None:
    with serving_receiver(create_receiver("another-secret-than-ours")) as url:
        made = client.post("/api/v1/subscriptions", json={"url": url}).get_json()
        client.post("/api/v1/scenarios", json={"text": MINE})
        asked = {"kind": "play", "scenario": "mine", "subscription": made["id"]}
        run = client.post("/api/v1/runs", json=asked).get_json()["id"]
        until(lambda: client.get(f"/api/v1/runs/{run}").get_json()["state"] == "finished")
    page = client.get(f"/runs/{run}").text
    steps = re.findall(r'<li class="step-\w+"[^>]*>\s*<span class="state is-(\w+)">', page)
    assert steps == ["failed", "failed"]
