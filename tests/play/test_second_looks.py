"""Second looks: a variant that is refused first is compared with a plain event of its type."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from mockzoom.model import RunResult, StepStarted
from mockzoom.play import PlayPlan
from mockzoom.scenario.model import Place, Scenario, Send
from mockzoom.session import Settings, play

SECRET = "s3cret-of-tests"
STOPPED = "meeting.rtms_stopped"


def result_of(refuses: Any, listener: Any = lambda event: None) -> RunResult:
    """Play one stop with the reason that the enum leaves out; `refuses(payload)` gets a 500."""

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read()
        stamp = environ["HTTP_X_ZM_REQUEST_TIMESTAMP"]
        message = f"v0:{stamp}:".encode() + body
        right = "v0=" + hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()
        assert environ["HTTP_X_ZM_SIGNATURE"] == right
        status = "500 Oops" if refuses(json.loads(body)["payload"]) else "200 OK"
        start_response(status, [])
        return [b""]

    step = Send(
        place=Place("x.yaml", 1, 1), name="stop", event=STOPPED,
        changes=(("payload.stop_reason", 6),),
    )  # fmt: skip
    plan = PlayPlan((Scenario("x", "x.yaml", (step,)),))
    return play(app, Settings(secret=SECRET), plan, listener)


def test_who_refuses_only_the_variant_breaks_the_rule_of_variants() -> None:
    result = result_of(lambda payload: payload["stop_reason"] == 6)
    assert [item.rule for item in result.violations] == ["MZ109"]


def test_who_refuses_every_event_of_the_type_breaks_the_rule_of_events() -> None:
    result = result_of(lambda payload: True)
    assert [item.rule for item in result.violations] == ["MZ101"]


def test_nothing_is_found_where_the_variant_is_acknowledged() -> None:
    assert result_of(lambda payload: False).violations == ()


def test_second_looks_are_announced_as_such() -> None:
    told: list[str] = []

    def listen(event: Any) -> None:
        if isinstance(event, StepStarted):
            told.append(event.name)

    result_of(lambda payload: False, listen)
    assert "once more" not in told
    result_of(lambda payload: payload["stop_reason"] == 6, listen)
    assert told[-1] == "once more"
