"""Zoom's own API against the facts of Zoom's documents, by Schemathesis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import settings
from ruamel.yaml import YAML
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    ensure_resource_availability,
    negative_data_rejection,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
    use_after_free,
)

from mockzoom.service import Service
from mockzoom.web import create_app
from tests.dispatch.receiver import Receiver, receiving, running
from tests.web.schemathesis_control import BOUNDED
from tests.web.test_zoom import Zoom, deliver

pytest_plugins = ["schemathesis.pytest.plugin"]

_TEXT = Path(__file__).with_name("zoom.openapi.yaml").read_text("utf-8")
DOCUMENT: dict[str, Any] = YAML(typ="safe", pure=True).load(_TEXT)
STRICT_METHODS = {"get", "post", "patch", "delete"}


class World:
    """The application under test, which is made when the first test runs."""

    app: Flask
    service: Service
    receiver: Receiver
    headers: dict[str, str]

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.app(environ, start_response)


WORLD = World()
schema = schemathesis.openapi.from_dict(DOCUMENT)
schema.app = WORLD
schema.config.update(base_url="http://localhost/v2")


def codes_conformance(ctx: Any, response: Any, case: schemathesis.Case) -> None:
    """The code of an error is one that is known for this status of this operation."""
    method = case.method.lower()
    if response.status_code < 400 or method not in STRICT_METHODS:
        return
    known = DOCUMENT["paths"][case.operation.path].get(method, {"responses": {}})["responses"]
    told = known.get(str(response.status_code))
    if told is not None:
        codes = {*told["x-codes"], *told.get("x-own-codes", ())}
        assert response.json()["code"] in codes, response.json()


CHECKS = (
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_headers_conformance, response_schema_conformance, negative_data_rejection,
    positive_data_acceptance, unsupported_method, allow_header_conformance, codes_conformance,
)  # fmt: skip
STATEFUL = (*CHECKS, use_after_free, ensure_resource_availability)


@pytest.fixture(scope="module", autouse=True)
def _world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    path = tmp_path_factory.mktemp("zoom") / "j.db"
    with receiving() as WORLD.receiver, running(path, 50_000) as WORLD.service:
        WORLD.app = create_app(WORLD.service)
        WORLD.headers = Zoom(WORLD.app.test_client()).headers
        deliver(WORLD.service, WORLD.receiver, 200)
        deliver(WORLD.service, WORLD.receiver, 503)
        yield


def made_fair(case: schemathesis.Case) -> None:
    """Change of a valid request what no schema can say, and Zoom's lists of errors do."""
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE:
        return
    for name in ("next_page_token", "from", "to"):  # a token is from a page, a range of this week
        if isinstance(case.query, dict):
            case.query.pop(name, None)
    if case.method == "POST":
        _created(case)
    elif case.method == "PATCH" and not isinstance(case.body, dict):
        case.body = {"account_id": "a1"}


def _created(case: schemathesis.Case) -> None:
    if not isinstance(case.body, dict):
        case.body = {"subscription_scope": "user"}
    case.body.update(event_webhook_url=WORLD.receiver.url, events=["session.started"])
    header = case.body.get("custom_header", {})
    if header.get("custom_header_type"):
        kind = header["custom_header_type"]
        token_url = WORLD.receiver.url.replace("/zoom", "/oauth/token")
        header.clear()
        header.update(custom_header_type=kind, username="a name", password="a password",
                      client_id="c", client_secret="s", token_url=token_url,
                      custom_header_key="x-api-key", custom_header_value="a value")  # fmt: skip
    if len(WORLD.service.subscriptions.all()) > 15:
        for item in WORLD.service.subscriptions.all()[1:]:
            WORLD.service.subscriptions.delete(item.id)


@schema.parametrize()
@BOUNDED
def test_each_operation_keeps_to_zooms_document(case: schemathesis.Case) -> None:
    made_fair(case)
    case.call_and_validate(checks=CHECKS, headers=WORLD.headers)


def test_what_is_created_can_be_subscribed_to_and_is_gone_once_deleted() -> None:
    class Bounded(schema.as_state_machine()):  # type: ignore[misc]
        def before_call(self, case: schemathesis.Case) -> None:
            made_fair(case)

        def get_call_kwargs(self, case: schemathesis.Case) -> dict[str, Any]:
            return {"headers": WORLD.headers}

        def validate_response(self, response: Any, case: schemathesis.Case, **_: object) -> None:
            case.validate_response(response, checks=STATEFUL)  # type: ignore[arg-type]

    Bounded.run(settings=settings(BOUNDED, stateful_step_count=6))
