"""The bundled contract, loaded once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from mockzoom import contract
from mockzoom.contract import Contract
from mockzoom.model import Event, EventSpec
from mockzoom.synth import shapes, synthesise
from tests.each import each
from tests.envelope import BOUNDED, envelope

BUNDLED = contract.load()


@pytest.fixture(scope="session")
def contract() -> Contract:
    return BUNDLED


every_event = each("spec", BUNDLED.events.values(), lambda spec: spec.name)
"""Runs a test with each of the 49 events as its `spec`."""


def spec_of(payload: object, name: str = "meeting.thing_made", **more: object) -> EventSpec:
    """Return the spec of an event whose payload has the schema `payload`."""
    return EventSpec(name, "made up", "", "", envelope(payload, BOUNDED, **more))


def every(spec: EventSpec, **more: Any) -> Iterator[Event]:
    for index in range(shapes(spec) + 2):
        yield synthesise(spec, index=index, **more)


def seconds(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
