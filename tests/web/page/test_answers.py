"""What a receiver answers, on the page: without control characters and echoed secrets."""

from __future__ import annotations

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from mockzoom.zoom.sample_receiver import create_app, serving
from tests.web.conftest import SECRET, until

pytestmark = pytest.mark.slow

STEERING = "\x1b[31m\x07\x9b\u202e\u2066\u200f"
SHOWN = "\\x1b[31m\\x07\\x9b\\u202e\\u2066\\u200f"
BODY = f"no: {SECRET} {STEERING}\r\nsecond line"


def rude() -> Flask:
    """Return a receiver that answers the challenge, and refuses events with what it knows."""
    app = create_app(SECRET)

    @app.after_request
    def refuse(answer: Response) -> Response:
        if answer.data:
            return answer
        return Response(BODY, 400, {"x-echo": SECRET})

    return app


def test_an_answer_is_shown_escaped_and_without_the_secret(client: FlaskClient) -> None:
    with serving(rude()) as url:
        given = {"url": url, "validate": True}
        name = client.post("/api/v1/subscriptions", json=given).get_json()["id"]
        (row,) = client.post("/api/v1/deliveries", json={"event": "session.started"}).get_json()
        path = f"/api/v1/deliveries/{row['id']}"
        until(lambda: client.get(path).get_json()["violations"])
    own = f"/deliveries/{row['id']}"
    for page in (own, "/violations", "/deliveries", f"/subscriptions/{name}"):
        text = client.get(page).text
        assert not {*text} & {*"\x1b\x07\x9b\u202e\u2066\u200f"}, page
        assert SECRET not in text, page
    shown = client.get(own).text.lower()
    assert f"no: …redacted… {SHOWN}\nsecond line" in shown
    assert "x-echo: …redacted…" in shown
    assert SECRET not in client.get(path).text
