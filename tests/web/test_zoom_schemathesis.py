"""Zoom's own API against what is known of Zoom's document, by Schemathesis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from ruamel.yaml import YAML
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from mockzoom.service import Service
from mockzoom.web import create_app
from tests.dispatch.receiver import Receiver, receiving, running
from tests.web.test_schemathesis import BOUNDED
from tests.web.test_zoom import Zoom, deliver

CHECKS = (
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance, negative_data_rejection,
)  # fmt: skip


class World:
    """The application under test, which is made when the first test runs."""

    app: Flask
    service: Service
    receiver: Receiver
    headers: dict[str, str]

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.app(environ, start_response)


WORLD = World()
_TEXT = Path(__file__).with_name("zoom.openapi.yaml").read_text("utf-8")
schema = schemathesis.openapi.from_dict(YAML(typ="safe", pure=True).load(_TEXT))
schema.app = WORLD
schema.config.update(base_url="http://localhost/v2")


@pytest.fixture(scope="module", autouse=True)
def _world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    path = tmp_path_factory.mktemp("zoom") / "j.db"
    with receiving() as WORLD.receiver, running(path, 50_000) as WORLD.service:
        WORLD.app = create_app(WORLD.service)
        WORLD.headers = Zoom(WORLD.app.test_client()).headers
        deliver(WORLD.service, WORLD.receiver, 200)
        deliver(WORLD.service, WORLD.receiver, 503)
        yield


@schema.parametrize()
@BOUNDED
def test_each_operation_keeps_to_zooms_document(case: schemathesis.Case) -> None:
    valid = case.meta is not None and case.meta.generation.mode == GenerationMode.POSITIVE
    if valid and isinstance(case.body, dict) and "event_webhook_url" in case.body:
        case.body.update(event_webhook_url=WORLD.receiver.url, events=["session.started"])
        if len(WORLD.service.subscriptions.all()) > 15:
            for item in WORLD.service.subscriptions.all()[1:]:
                WORLD.service.subscriptions.delete(item.id)
    case.call_and_validate(checks=CHECKS, headers=WORLD.headers)
