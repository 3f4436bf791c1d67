"""The bundled contract, loaded once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from mockzoom import catalog
from mockzoom.catalog import Catalog
from mockzoom.model import Event, EventSpec
from mockzoom.synth import shapes, synthesise

BUNDLED = catalog.load()


@pytest.fixture(scope="session")
def contract() -> Catalog:
    return BUNDLED


def spec_of(payload: object, name: str = "meeting.thing_made", **more: object) -> EventSpec:
    """Return the spec of an event whose payload has the schema `payload`."""
    schema = {
        "type": "object",
        "required": ["event", "event_ts", "payload"],
        "properties": {
            "event": {"type": "string"},
            "event_ts": {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
            "payload": payload,
        },
        **more,
    }
    return EventSpec(name, "made up", "", "", schema)


def every(spec: EventSpec, **more: Any) -> Iterator[Event]:
    for index in range(shapes(spec) + 2):
        yield synthesise(spec, index=index, **more)


def seconds(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test that asks for `spec` with each of the 48 events."""
    if "spec" in metafunc.fixturenames and "spec" not in [
        name for mark in metafunc.definition.iter_markers("parametrize") for name in [mark.args[0]]
    ]:
        metafunc.parametrize("spec", list(BUNDLED.events.values()), ids=lambda spec: spec.name)
