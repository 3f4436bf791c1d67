"""The control API against its own document, by Schemathesis: no 5xx, nothing undocumented."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    missing_required_header,
    negative_data_rejection,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from mockzoom.service import Busy, Service, ServiceSettings
from mockzoom.web import create_app
from mockzoom.web.contract import load
from tests.web.conftest import SECRET, until

pytest_plugins = ["schemathesis.pytest.plugin"]

FOLLOWING = ("followServer", "followRun")


def acceptance_of_what_is_known(ctx: Any, response: Any, case: schemathesis.Case) -> None:
    """A valid request about things that are there is accepted, or comes too late or too often."""
    if case in WORLD.prepared and not _refuses_a_name(response, case):
        assert response.status_code in ALLOWED, response.text


def _refuses_a_name(response: Any, case: schemathesis.Case) -> bool:
    """Tell whether a name was refused that the document leaves to the contract, or to HTTP."""
    if response.status_code != 422 or not isinstance(case.body, dict):
        return False
    words = {"entities": "entity ", "product": "no product is called",
             "forge": "no forgery is called", "headers": "headers: "}  # fmt: skip
    return any(key in case.body and word in response.text for key, word in words.items())


ALLOWED = {200, 201, 202, 204, 404, 409, 429}
CHECKS = (
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_headers_conformance, response_schema_conformance, negative_data_rejection,
    positive_data_acceptance, missing_required_header, unsupported_method,
    allow_header_conformance, acceptance_of_what_is_known,
)  # fmt: skip
BOUNDED = settings(
    phases=(Phase.explicit, Phase.generate), max_examples=settings.default.max_examples * 2 // 5
)
"""Each of the operations has so many examples: 10 of the profile `quick`, 120 of `thorough`."""


class World:
    """The application under test, made when the first test runs, and what can be asked of it."""

    def __init__(self) -> None:
        self.app: Flask | None = None
        self.service: Service | None = None
        self.receiver = ""
        self._known: dict[str, Any] = {}
        self.prepared: list[schemathesis.Case] = []

    def __call__(self, environ: Any, start_response: Any) -> Any:
        assert self.app is not None
        return self.app(environ, start_response)

    def known(self) -> dict[str, Any]:
        """Return ids of things that are there; they are made again where a test deleted them."""
        service = self.service
        assert service is not None
        there = {item.id for item in service.subscriptions.all()}
        if self._known.get("subscription") not in there:
            if len(there) > 15:
                service.reset()
            made = service.subscriptions.create(self.receiver, SECRET)
            service.subscriptions.validate(made.id)
            sample = service.events.sample("session.started")
            (row,) = service.deliveries.send(sample, service.subscriptions.get(made.id))
            run = until(lambda: start(service, made.id))
            service.scenarios.upload(SCENARIO)
            self._known = {"subscription": made.id, "delivery": row.id, "run": run,
                           "event": "session.started", "scenario": "mine"}  # fmt: skip
        return self._known


def start(service: Service, subscription: str) -> int | None:
    """Start a short run, and wait for its end; None while too many go on."""
    options = {"events": ["meeting.rtms_*"], "suites": ["challenge"]}
    try:
        run = service.runs.verify(service.subscriptions.get(subscription), options).id
    except Busy:
        return None
    until(lambda: run not in service.runs.playing())
    return run


SCENARIO = "name: mine\nsteps:\n  - send: session.started\n"
WORLD = World()
DOCUMENT, _ = load()
schema = schemathesis.openapi.from_dict(DOCUMENT)
schema.app = WORLD
# 422 says that a value of the right form means nothing: no schema tells which events there are.
schema.config.checks.positive_data_acceptance.expected_statuses.append("422")


@pytest.fixture(scope="module", autouse=True)
def _world(tmp_path_factory: pytest.TempPathFactory, receiver: str) -> Iterator[None]:
    path: Path = tmp_path_factory.mktemp("schemathesis") / "mock.db"
    WORLD.service = Service(ServiceSettings(path, SECRET))
    WORLD.app = create_app(WORLD.service)
    WORLD.receiver = receiver
    yield
    WORLD.service.close()
    WORLD.app = WORLD.service = None


def with_known_ids(case: schemathesis.Case) -> None:
    """Point every second valid request at something that is there: all others lead to 404."""
    WORLD.prepared.clear()
    _that_ends(case)
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE:
        return
    if zlib.crc32(repr((case.body, case.query)).encode("utf-8", "replace")) % 2:
        return
    known = WORLD.known()
    for name in case.path_parameters or ():
        case.path_parameters[name] = known[name]
    if isinstance(case.body, dict):
        _with_known_values(case.body, known)
    if _id(case) not in ANYTHING and case.media_type != "application/yaml":
        WORLD.prepared.append(case)


ANYTHING = ("sampleEvent", "controlRun", "listEvents")
"""Operations with values of which each may mean nothing even where all ids are known."""


def _id(case: schemathesis.Case) -> str:
    return str(case.operation.definition.raw["operationId"])


def _that_ends(case: schemathesis.Case) -> None:
    """Have a feed end once it has told what is known, unless its end is what is wrong with it."""
    if _id(case) not in FOLLOWING:
        return
    given = case.query.get("seconds", 0)
    if str(given).isascii() and str(given).isdigit():
        case.query["seconds"] = 0


def _with_known_values(body: dict[str, Any], known: dict[str, Any]) -> None:
    for name in ("subscription", "event", "scenario"):
        if name in body:
            body[name] = known[name]
    if "url" in body:
        body["url"] = WORLD.receiver
    if body.get("kind") == "verify":
        body.update(suites=["challenge"], events=["meeting.rtms_*"], fuzz=0, streams=False, rate=0)
    if body.get("kind") == "play":
        body.update(clock="virtual", paused=False, let={})
        body.pop("probe", None)
    if "case" in body:
        body["case"] = "valid:0"
    if "auth" in body:
        body["auth"] = {"type": "basic", "username": "a name", "password": "a password"}
    if "text" in body:
        body["text"] = SCENARIO


@schema.parametrize()
@BOUNDED
def test_each_operation_keeps_to_the_document(case: schemathesis.Case) -> None:
    with_known_ids(case)
    case.call_and_validate(checks=CHECKS)


def test_links_lead_from_what_is_made_to_what_can_be_done_with_it() -> None:
    machine = schema.as_state_machine()

    class Bounded(machine):  # type: ignore[misc, valid-type]
        def setup(self) -> None:
            assert WORLD.service is not None
            WORLD.service.reset()  # what one example leaves behind must not lead the next one

        def validate_response(self, response: object, case: schemathesis.Case, **_: object) -> None:
            case.validate_response(response, checks=CHECKS)  # type: ignore[arg-type]

    Bounded.run(settings=settings(BOUNDED, stateful_step_count=6))
