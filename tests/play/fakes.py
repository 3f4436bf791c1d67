"""Receivers of a few lines, in process, and the words to play a scenario to them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mockzoom.client.playing import play
from mockzoom.client.scenarios import load_scenarios
from mockzoom.client.settings import load_contract
from mockzoom.model import RunResult
from mockzoom.play import PlayPlan
from mockzoom.settings import Settings
from mockzoom.zoom.signing import encrypted_token

SECRET = "test-secret-1234567890"
Take = Callable[["Fake", dict[str, Any], str], int]


class Fake:
    """A WSGI receiver; `take` does something with an event and its request id, gives a status."""

    def __init__(self, take: Take) -> None:
        self.take = take
        self.state: dict[str, Any] = {}
        self.seen: set[str] = set()
        self.events: list[dict[str, Any]] = []
        self.lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        event = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        if event["event"] == "endpoint.url_validation":
            token = event["payload"]["plainToken"]
            said = {"plainToken": token, "encryptedToken": encrypted_token(SECRET, token)}
            start_response("200 OK", [("content-type", "application/json")])
            return [json.dumps(said).encode()]
        with self.lock:
            self.events.append(event)
            status = self.take(self, event, environ["HTTP_X_ZM_REQUEST_ID"])
        start_response(f"{status} Said", [])
        return [b""]

    def read(self) -> Any:
        """Return the state; a probe for `PlayPlan.reader`."""
        with self.lock:
            return json.loads(json.dumps(self.state))

    def add(self, place: str, key: str = "", by: int = 1) -> None:
        """Count in the state."""
        here = self.state.setdefault(place, {}) if key else self.state
        here[key or place] = here.get(key or place, 0) + by


def right(fake: Fake, event: dict[str, Any], request_id: str) -> int:
    """Count each event once."""
    if request_id not in fake.seen:
        fake.seen.add(request_id)
        fake.add("events", event["event"])
    return 200


def wrong(fake: Fake, event: dict[str, Any], request_id: str) -> int:
    """Count every delivery."""
    fake.add("events", event["event"])
    return 200


def perform(
    folder: Path, receiver: Any, steps: str, top: str = "", *, seed: int = 1, **plan: Any
) -> RunResult:
    """Play a scenario of these `steps`; with a `reader` it is compared."""
    path = folder / "told.yaml"
    text = f"name: told\n{top}\nsteps:\n{steps}" if top else f"name: told\nsteps:\n{steps}"
    path.write_text(text, encoding="utf-8")
    settings = Settings(secret=SECRET, seed=seed)
    scenarios = load_scenarios([path], load_contract(settings))
    listener = plan.pop("listener", lambda event: None)
    return play(receiver, settings, PlayPlan(scenarios, **plan), listener)


def rules(result: RunResult) -> set[str]:
    """Return the rules that were broken."""
    return {violation.rule for violation in result.violations}
