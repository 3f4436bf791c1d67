"""Builds small contract documents with made-up content, and loads them from real files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mockzoom.contract import Contract, load
from mockzoom.model import Finding
from tests.envelope import envelope

MEDIA = "/webhooks/room.opened/post/requestBody/content/application~1json"
"""Where the media type object of the one event of `documents.document` stands."""


class Documents:
    """Writes documents into a folder of the test and loads them."""

    media = MEDIA
    payload = f"{MEDIA}/schema/properties/payload"
    event = "room.opened"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def envelope(self, payload: Any, **more: Any) -> dict[str, Any]:
        """Return an event's schema around a payload's schema."""
        return envelope(payload, **more)

    def document(self, schema: Any, openapi: str = "3.1.0", **media: Any) -> dict[str, Any]:
        """Return a document with the one event `room.opened`."""
        content = {"application/json": {"schema": schema, **media}}
        operation = {"requestBody": {"content": content}}
        return {"openapi": openapi, "webhooks": {self.event: {"post": operation}}}

    def of(self, *, openapi: str = "3.1.0", media: Any = None, **properties: Any) -> Any:
        """Return a document whose payload has the properties given."""
        schema = self.envelope({"type": "object", "properties": properties})
        return self.document(schema, openapi, **(media or {}))

    def write(self, document: Any, name: str = "contract.json") -> Path:
        """Write a document (text as it stands, anything else as JSON) and return its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = document if isinstance(document, str) else json.dumps(document)
        path.write_text(text, encoding="utf-8")
        return path

    def load(self, document: Any, name: str = "contract.json", **options: Any) -> Contract:
        """Write a document and load it."""
        return load([self.write(document, name)], **options)


@pytest.fixture
def documents(tmp_path: Path) -> Documents:
    return Documents(tmp_path)


@pytest.fixture
def only() -> Callable[..., Finding]:
    """Return the one finding that a contract has, whatever else `ignoring` names."""

    def one(contract: Contract, *ignoring: str) -> Finding:
        found = [finding for finding in contract.findings if finding.rule not in ignoring]
        assert len(found) == 1, found
        return found[0]

    return one
