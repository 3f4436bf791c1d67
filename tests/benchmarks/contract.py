"""Contract documents made up for a benchmark: webhooks as paths, and the bundled events cloned."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from mockzoom.contract import bundled
from mockzoom.contract.products import DEFAULT_PRODUCTS
from mockzoom.model import EventSpec


def as_paths(specs: Iterable[EventSpec]) -> dict[str, Any]:
    """Return an OpenAPI document that has each event as `POST /webhook/{event}`."""
    paths = {
        f"/webhook/{spec.name}": {
            "post": {
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": spec.schema}},
                },
                "responses": {"200": {"description": "acknowledged"}},
            }
        }
        for spec in specs
    }
    document = {"openapi": "3.1.0", "info": {"title": "events", "version": "1"}, "paths": paths}
    return json.loads(json.dumps(document))  # type: ignore[no-any-return]


def cloned(number: int, folder: Path) -> Path:
    """Write a document of `number` events to `folder`: the bundled ones, cloned in turn."""
    webhooks: dict[str, Any] = {}
    paths = [bundled("specs", f"{product}.json") for product in DEFAULT_PRODUCTS]
    documents = [json.loads(path.read_text()) for path in paths]
    events = [event for document in documents for event in document["webhooks"].items()]
    for turn, (name, item) in enumerate(islice(cycle(events), number)):
        generation = turn // len(events)
        clone = f"{name}_{generation}" if generation else name
        webhooks[clone] = json.loads(json.dumps(item).replace(name, clone))
    components: dict[str, Any] = {}
    for document in documents:
        for kind, entries in document.get("components", {}).items():
            components.setdefault(kind, {}).update(entries)
    path = folder / f"events-{number}.json"
    info = {"title": f"{number} events", "version": "1"}
    path.write_text(
        json.dumps(
            {"openapi": "3.1.0", "info": info, "webhooks": webhooks, "components": components}
        )
    )
    return path
