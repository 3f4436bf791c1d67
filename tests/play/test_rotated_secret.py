"""A receiver that does not know the next secret: what is refused is compared under that secret."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from mockzoom.client.playing import play
from mockzoom.client.scenarios import load_scenarios
from mockzoom.client.settings import load_contract
from mockzoom.model import RunResult
from mockzoom.play import PlayPlan
from mockzoom.scenario.model import Place, Scenario, Send
from mockzoom.scenario.steps import Rotate
from mockzoom.settings import Settings
from mockzoom.zoom.signing import encrypted_token, verify

SECRET, NEXT = "s3cret-of-tests", "the-next-secret"
PLACE = Place("x.yaml", 1, 1)


class Receiver:
    """Knows some secrets, and refuses genuine events for which `refuses(payload)` holds."""

    def __init__(self, *secrets: str, refuses: Callable[[Any], bool] = lambda payload: False):
        self.secrets = secrets
        self.refuses = refuses

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read()
        stamp, signature = environ["HTTP_X_ZM_REQUEST_TIMESTAMP"], environ["HTTP_X_ZM_SIGNATURE"]
        known = [each for each in self.secrets if verify(each, stamp, body, signature)]
        if not known:
            start_response("401 Unauthorized", [])
            return [b""]
        event = json.loads(body)
        if event["event"] == "endpoint.url_validation":
            token = event["payload"]["plainToken"]
            said = {"plainToken": token, "encryptedToken": encrypted_token(known[0], token)}
            start_response("200 OK", [("content-type", "application/json")])
            return [json.dumps(said).encode()]
        start_response("400 No" if self.refuses(event["payload"]) else "200 OK", [])
        return [b""]


def rules_of(app: Receiver, *steps: Any) -> set[str]:
    """Play the bundled scenario, or one of these steps; return the rules that are broken."""
    if steps:
        scenarios: tuple[Scenario, ...] = (Scenario("x", "x.yaml", steps),)
    else:
        scenarios = load_scenarios(("secret-rotation",), load_contract(Settings()))
    plan = PlayPlan(scenarios, next_secret=NEXT)
    result: RunResult = play(app, Settings(secret=SECRET), plan)
    return {violation.rule for violation in result.violations}


def send(name: str, *changes: tuple[str, Any]) -> Send:
    return Send(place=PLACE, name=name, event="meeting.rtms_stopped", changes=changes)


ROTATE = Rotate(place=PLACE, name="rotate secret")
EVERYDAY = ("payload.stop_reason", 6)


def test_who_does_not_know_the_next_secret_refuses_valid_events_and_no_variant() -> None:
    found = rules_of(Receiver(SECRET))
    assert "MZ101" in found
    assert "MZ109" not in found


def test_who_knows_both_secrets_breaks_no_rule() -> None:
    assert rules_of(Receiver(SECRET, NEXT)) == set()


def test_a_control_from_before_the_rotation_says_nothing_of_what_comes_after_it() -> None:
    unknown = Send(place=PLACE, name="unknown", event="meeting.rtms_paused",
                   like="meeting.rtms_stopped")  # fmt: skip
    steps = (send("before"), ROTATE, send("after", EVERYDAY), unknown)
    assert rules_of(Receiver(SECRET), *steps) == {"MZ101"}


def test_a_variant_is_compared_under_the_secret_that_it_was_refused_with() -> None:
    receiver = Receiver(SECRET, NEXT, refuses=lambda payload: payload.get("stop_reason") == 6)
    assert rules_of(receiver, ROTATE, send("after", EVERYDAY)) & {"MZ101", "MZ109"}
    assert rules_of(Receiver(NEXT), ROTATE, send("after", EVERYDAY)) == set()
