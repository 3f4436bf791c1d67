"""The same bytes get the same verdict from `send --set`, `send --body`, `serve` and pytest."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mockzoom import Mockzoom
from mockzoom.cli import main
from mockzoom.model import Event
from mockzoom.service import Service, ServiceSettings
from mockzoom.suites.cases import TestCases, parse_case
from mockzoom.synth import encode
from mockzoom.web import create_app
from mockzoom.web.serving import serving
from tests.dispatch.receiver import SECRET, Got, Receiver, receiving, until

pytestmark = pytest.mark.slow
EVENT = "room.opened"
AT_MS = 1_790_000_000_000
CONTRACT = {
    "openapi": "3.1.0",
    "info": {"title": "Rooms", "version": "1"},
    "webhooks": {EVENT: {"post": {"requestBody": {"content": {"application/json": {"schema": {
        "type": "object",
        "additionalProperties": False,
        "required": ["event", "event_ts", "payload"],
        "properties": {
            "event": {"type": "string", "enum": [EVENT]},
            "event_ts": {"type": "integer", "format": "int64"},
            "payload": {
                "type": "object",
                "additionalProperties": False,
                "required": ["account_id", "topic", "size"],
                "properties": {
                    "account_id": {"type": "string"},
                    "topic": {"type": "string"},
                    "size": {"type": "integer", "minimum": 1},
                },
            },
        },
    }}}}}}},
}  # fmt: skip
"""Small, so that each of many command lines reads it at once."""

BODIES: Mapping[str, Mapping[str, Any]] = {
    "valid": {"size": 3},
    "broken": {"size": "three"},
    "new field": {"colour": "red"},
    "unknown event": {},
    "text": {"topic": "Grüße"},
    "new field beside text": {"topic": "Grüße", "colour": "red"},
}
"""What is set by hand in the payload of a valid event in ASCII words."""


def correct(got: Got) -> int:
    return 200


def crashes(got: Got) -> int:
    """Fail for a size that is no number."""
    return 200 if isinstance(json.loads(got.body)["payload"].get("size"), int) else 500


def closed(got: Got) -> int:
    """Refuse whatever it does not know."""
    event = json.loads(got.body)
    return 400 if event["event"] != EVENT or "colour" in event["payload"] else 200


def plain(got: Got) -> int:
    """Refuse what is not ASCII."""
    return 200 if got.body.isascii() else 400


def refuses(got: Got) -> int:
    """Refuse everything."""
    return 401


NOTHING: Mapping[str, list[str]] = {name: [] for name in BODIES}
EXPECTED: Mapping[Callable[[Got], int], Mapping[str, list[str]]] = {
    correct: NOTHING,
    crashes: {**NOTHING, "broken": ["MZ401"]},
    closed: {
        **NOTHING, "new field": ["MZ108"], "new field beside text": ["MZ108"],
        "unknown event": ["MZ107"],
    },
    plain: {**NOTHING, "text": ["MZ208"], "new field beside text": ["MZ208"]},
    refuses: {name: ["MZ101"] for name in BODIES},
}  # fmt: skip

Surface = Callable[[str], list[str]]
"""Delivers one of `BODIES`, and returns the rules that are broken."""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "rooms.json"
    path.write_text(json.dumps(CONTRACT))
    return str(path)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def valid_event(zoom: Mockzoom) -> Event:
    case = TestCases(zoom.contract, 1, AT_MS).prepare(EVENT, parse_case("valid:0a"))
    return Event(EVENT, json.loads(case.body))


@contextmanager
def surfaces(
    receiver: Receiver, spec: str, capsys: pytest.CaptureFixture[str]
) -> Iterator[dict[str, Surface]]:
    """Open everything that delivers by hand."""
    settings = ServiceSettings(Path("mock.db"), SECRET, spec=(spec,))
    service = Service(settings)
    try:
        with (
            serving(create_app(service)) as url,
            Mockzoom(receiver.url, SECRET, spec=(spec,), at=AT_MS) as zoom,
        ):
            api = ControlAPI(url)
            api.call("/subscriptions", {"url": receiver.url, "validate": True, "policy": "none"})
            event = valid_event(zoom)

            def body(name: str) -> Any:
                return {**event.body, **settings_of(name, event)}

            def send(*words: str) -> list[str]:
                capsys.readouterr()
                with pytest.raises(SystemExit):
                    main("send", EVENT, "--to", receiver.url, "--spec", spec, "--secret", SECRET,
                         "--at", str(AT_MS), *words)  # fmt: skip
                return re.findall(r"^\w+ (MZ\d+) ", capsys.readouterr().out, re.MULTILINE)

            def by_set(name: str) -> list[str]:
                values = settings_of(name, event)
                pairs = [f"{path}={json.dumps(value)}" for path, value in values.items()]
                return send("--case", "valid:0a", *[w for pair in pairs for w in ("--set", pair)])

            def by_body(name: str) -> list[str]:
                return send("--body", encode(body(name)).decode())

            def by_api(name: str) -> list[str]:
                return api.rules(body(name), odd=name not in ("valid", "text"))

            def by_pytest(name: str) -> list[str]:
                return [item.rule for item in zoom.send(event, settings_of(name, event)).violations]

            yield {"--set": by_set, "--body": by_body, "serve": by_api, "pytest": by_pytest}
    finally:
        service.close()


def settings_of(name: str, event: Event) -> dict[str, Any]:
    """Return the values that make the body `name`, by their path."""
    payload = event.payload
    assert isinstance(payload, Mapping)
    other = {"event": "room.painted"} if name == "unknown event" else {}
    return {"payload": {**payload, **BODIES[name]}, **other}


class ControlAPI:
    """The control API of a server, over HTTP."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/api/v1"

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self._url + path, timeout=10) as answer:
            return str(answer.read().decode())

    def call(self, path: str, body: Any) -> Any:
        request = urllib.request.Request(
            self._url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def rules(self, body: Any, *, odd: bool) -> list[str]:
        """Deliver a body; return the rules that the delivery and its controls break."""
        (row,) = self.call("/deliveries", {"event": EVENT, "body": body})
        path = f"/deliveries/{row['id']}"

        def judged() -> Any:
            found = json.loads(self.get(path))
            if found["state"] in ("pending", "sending"):
                return None
            refused = found["status"] >= 300
            if not odd and not (refused and not found["body"]["content"].isascii()):
                return found
            told = re.findall(r"event: judged\ndata: (.*)", self.get("/feed?seconds=0&after=0"))
            done = any(json.loads(data)["delivery"] == row["id"] for data in told)
            return json.loads(self.get(path)) if done else None

        found = until(judged, 20)
        broken = [item["rule"] for item in found["violations"]]
        for control in found["controls"]:
            detail = json.loads(self.get(f"/deliveries/{control['id']}"))
            broken += [item["rule"] for item in detail["violations"]]
        return broken


@pytest.mark.parametrize("answer", EXPECTED, ids=lambda answer: str(answer.__name__))
def test_the_same_body_gets_the_same_verdict_on_every_surface(
    receiver: Receiver, spec: str, capsys: pytest.CaptureFixture[str],
    answer: Callable[[Got], int],
) -> None:  # fmt: skip
    with surfaces(receiver, spec, capsys) as opened:
        if answer is refuses:
            receiver.secret = "another-secret-token"
        receiver.answer = answer
        for name in BODIES:
            sent = set()
            for surface, deliver in opened.items():
                before = len(receiver.got)
                assert deliver(name) == EXPECTED[answer][name], (name, surface)
                sent.add(receiver.got[before].body)
            assert len(sent) == 1, name
