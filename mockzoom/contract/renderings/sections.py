"""Divides a rendered API reference into its operations, and each into its parts.

An operation is found by its method and path, which every rendering shows beside each other
(`Method: POST`, `Path: meeting.started`). Of its parts only the request body counts: a list of
fields, and an example that shows their nesting. Responses are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mockzoom.model import JSON

_BLANK = r"[\s*`_]"
_OPERATION = re.compile(
    r"Method:\W{0,20}(?P<method>POST|GET|PUT|PATCH|DELETE|HEAD|OPTIONS|TRACE)\b\W{0,60}"
    rf"Path:{_BLANK}{{0,20}}(?P<path>[^\s`]{{1,300}})`?"
    r"(?:\W{0,40}Tags:[\s*]{0,20}(?P<tags>[^\n#]{1,300}?)(?=\s{0,9}(?:\n|\#|$)))?"
)
_VERSIONS = re.compile(
    rf"OpenAPI Version:{_BLANK}{{0,20}}(?P<openapi>[\w.]{{1,20}})"
    rf"(?:\W{{0,40}}API Version:{_BLANK}{{0,20}}(?P<version>[\w.-]{{1,40}}))?"
)
_TITLE = re.compile(r"[^\n]{1,200}\Z")
_HEADING = re.compile(r"(?:\s#{1,6}\s[^#\n]{1,300}|\n[^\n]{1,300}\n\s{0,20})[-•*\s]{0,20}$")
_REQUEST = re.compile(r"(?:^|\s)Request Body\s")
_RESPONSES = re.compile(r"(?:#{1,6}\s{1,4})?\bResponses\s{1,20}(?:#{1,6}\s{1,4})?Status:")
_CONTENT = re.compile(
    r"(?:#{1,6}\s{1,4})?Content-Type:\s{0,4}(?P<type>[\w.+-]{1,80}/[\w.+-]{1,80})"
)
_EXAMPLE = re.compile(r"\*{0,2}Example:\*{0,2}\s{0,20}(?:`{3,6}\s?(?:json)?\s{1,9})?(?=[{\[])")
_EXAMPLES = 10
"""So many places are tried, from the end, where the example may begin."""
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


@dataclass(frozen=True, slots=True)
class ReferenceTitle:
    """What a reference says of itself as a whole."""

    title: str
    openapi: str
    version: str


@dataclass(frozen=True, slots=True)
class RequestPart:
    """The description of a request body: `fields` is the text of its list."""

    media_type: str
    fields: str
    start: int
    """Where `fields` begins in the page."""
    example: JSON
    shown: bool
    """Whether there is an example that could be read."""


@dataclass(frozen=True, slots=True)
class OperationPart:
    """One operation of a reference: `start` is where it begins in the page."""

    method: str
    path: str
    tags: tuple[str, ...]
    start: int
    request: RequestPart | None


def is_reference(page: str) -> bool:
    """Return whether a page has at least one operation of a rendered reference."""
    return _OPERATION.search(page) is not None


def title_of(page: str) -> ReferenceTitle:
    """Return what a reference says of itself; empty texts where it says nothing."""
    match = _VERSIONS.search(page)
    if match is None:
        return ReferenceTitle("", "", "")
    before = page[max(0, match.start() - 400) : match.start()].rstrip(" \t\n\xa0•*-")
    title = _TITLE.search(before)
    text = unescaped(title[0].strip().lstrip("#").strip()) if title else ""
    return ReferenceTitle(text, match["openapi"], match["version"] or "")


def preface(page: str) -> str:
    """Return the text before the first operation."""
    match = _OPERATION.search(page)
    return page[: match.start()] if match else page


def operation_parts(page: str) -> Iterator[OperationPart]:
    """Yield the operations of a reference, in the order of the page."""
    found = list(_OPERATION.finditer(page))
    ends = [match.start() for match in found[1:]] + [len(page)]
    for match, end in zip(found, ends, strict=True):
        heading = (
            _HEADING.search(page, max(match.end(), end - 700), end) if end < len(page) else None
        )
        stop = heading.start() if heading else end
        tags = tuple(
            unescaped(tag.strip()) for tag in (match["tags"] or "").split(",") if tag.strip()
        )
        request = _request(page, match.end(), stop)
        path = unescaped(match["path"])
        yield OperationPart(match["method"].lower(), path, tags, match.start(), request)


def _request(page: str, start: int, end: int) -> RequestPart | None:
    responses = _RESPONSES.search(page, start, end)
    end = responses.start() if responses else end
    heading = _REQUEST.search(page, start, end)
    if heading is None:
        return None
    contents = list(_CONTENT.finditer(page, heading.end(), end))
    if not contents:
        return None
    ends = [match.start() for match in contents[1:]] + [end]
    bodies = list(zip(contents, ends, strict=True))
    content, stop = next((body for body in bodies if "json" in body[0]["type"]), bodies[0])
    shown, example, fields_end = _example(page, content.end(), stop)
    begin = content.end()
    return RequestPart(content["type"], page[begin:fields_end], begin, example, shown)


def _example(page: str, start: int, end: int) -> tuple[bool, JSON, int]:
    """Return whether an example is shown, its value, and where the fields before it end."""
    decoder = json.JSONDecoder()
    candidates = list(_EXAMPLE.finditer(page, start, end))
    for match in reversed(candidates[-_EXAMPLES:]):
        try:
            value, _ = decoder.raw_decode(page, match.end())
        except (ValueError, RecursionError):
            continue
        return True, value, match.start()
    return False, None, candidates[-1].start() if candidates else end


def unescaped(text: str) -> str:
    r"""Return Markdown text without its escapes, such as `rtms\_started`."""
    return _ESCAPED.sub(r"\1", text)
