"""Finds the events of a contract document: the entries of `webhooks`, and of `paths` named so.

An event's name has parts between dots, such as `meeting.rtms_started`. Under `paths` a key without
a leading slash that looks so is an event. One with a leading slash is only if the operation says so
too, since `/report.csv` or `/v1.0` are ordinary REST paths; so is a single word without a slash,
such as `app_deauthorized`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mockzoom.model import JSON
from mockzoom.schema.pointer import escaped

METHODS = ("post", "put", "patch", "get", "delete", "options", "head", "trace")
"""Best first: Zoom posts."""

_EVENT_NAME = re.compile(r"[A-Za-z][\w-]*(?:\.[\w-]+)+")
_WORD = re.compile(r"[A-Za-z]\w*")


@dataclass(frozen=True, slots=True)
class Document:
    """One contract document as plain JSON; `folder` is where references to other files begin."""

    file: str
    root: Mapping[str, JSON]
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """The place in a document that describes an event: the path item with its methods."""

    event: str
    document: Document
    pointer: str
    item: JSON


def is_contract(root: JSON) -> bool:
    """Return whether a value is meant to be an OpenAPI document, with events in it or without."""
    if not isinstance(root, dict) or "overlay" in root:
        return False
    return any(isinstance(root.get(key), dict) for key in ("webhooks", "paths")) or (
        isinstance(root.get("openapi", root.get("swagger")), str | float)
    )


def operations(document: Document) -> Iterator[Operation]:
    """Yield the events of a document in its order, `webhooks` first."""
    webhooks = document.root.get("webhooks")
    if isinstance(webhooks, dict):
        for key, item in webhooks.items():
            if not key.startswith("x-"):
                yield _operation(document, "webhooks", key, item, _webhook_name(key, item))
    paths = document.root.get("paths")
    if isinstance(paths, dict):
        for key, item in paths.items():
            if _is_event_path(key, item):
                yield _operation(document, "paths", key, item, key.strip("/"))


def methods(item: JSON) -> Iterator[tuple[str, JSON]]:
    """Yield the methods of a path item that are objects, the likeliest for a webhook first."""
    if isinstance(item, dict):
        lowered = {key.lower(): key for key in reversed(item)}
        for method in METHODS:
            key = lowered.get(method)
            if key is not None and isinstance(item[key], dict):
                yield key, item[key]


def _operation(document: Document, section: str, key: str, item: JSON, name: str) -> Operation:
    return Operation(name, document, f"/{section}/{escaped(key)}", item)


def _webhook_name(key: str, item: JSON) -> str:
    name = key.strip("/")
    if _EVENT_NAME.fullmatch(name):
        return name
    for _, operation in methods(item):
        stated = operation.get("operationId")
        if isinstance(stated, str) and _EVENT_NAME.fullmatch(stated):
            return stated
    return name or "unnamed"


def _is_event_path(key: str, item: JSON) -> bool:
    name = key.removeprefix("/")
    dotted = _EVENT_NAME.fullmatch(name) is not None
    if dotted and not key.startswith("/"):
        return True
    if not dotted and (key.startswith("/") or not _WORD.fullmatch(key)):
        return False
    post = dict(methods(item)).get("post")
    return post is not None and (post.get("operationId") == name or _speaks_of_event(post, name))


def _speaks_of_event(operation: JSON, name: str) -> bool:
    """Whether the request body has the envelope's properties, or an example the event's name."""
    body = operation.get("requestBody")
    content = body.get("content") if isinstance(body, dict) else None
    for media in content.values() if isinstance(content, dict) else ():
        if not isinstance(media, dict):
            continue
        schema = media.get("schema")
        properties = schema.get("properties") if isinstance(schema, dict) else None
        if isinstance(properties, dict) and {"event", "payload"} <= properties.keys():
            return True
        if name in str(media.get("example", "")) or name in str(media.get("examples", "")):
            return True
    return False
