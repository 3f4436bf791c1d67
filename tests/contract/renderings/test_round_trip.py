"""A document rendered as people have it gives the same events, whichever product it is of."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mockzoom.contract.lint import LintFindings
from mockzoom.contract.sources import documents_of
from mockzoom.model import Finding
from tests.contract.renderings import renderers
from tests.each import each
from tests.whole_contract import LARGE, SAMPLE

pytestmark = pytest.mark.slow

RENDERINGS: dict[str, Callable[[dict[str, Any]], str]] = {
    "Markdown": renderers.markdown,
    "Markdown in one line": renderers.one_line,
    "indented text": renderers.indented_text,
    "indented text with other bullets": lambda document: renderers.indented_text(document, "•□☆■"),
    "plain text": renderers.plain_text,
}


def document_of(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return document


def read(text: str, name: str = "page.txt") -> tuple[dict[str, Any], tuple[Finding, ...]]:
    """Return the document that a page holds, and the findings about it."""
    findings = LintFindings()
    documents = documents_of(text, Path(name), name, findings, None)
    assert len(documents) == 1
    return dict(documents[0].root), findings.sorted()


def without_words(schema: Any) -> Any:
    """Return a schema without descriptions, its required members sorted."""
    if not isinstance(schema, dict):
        return schema
    result = {key: value for key, value in schema.items() if key != "description"}
    if "required" in result:
        result["required"] = sorted(result["required"])
    if "properties" in result:
        result["properties"] = {
            name: without_words(item) for name, item in result["properties"].items()
        }
    if "items" in result:
        result["items"] = without_words(result["items"])
    return result


def differences(wanted: Any, found: Any, pointer: str = "") -> Iterator[str]:
    """Yield the places where two schemas differ."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key in sorted({*wanted, *found}):
            yield from differences(wanted.get(key), found.get(key), f"{pointer}/{key}")
    elif wanted != found:
        yield f"{pointer}: {wanted!r} is read as {found!r}"


def one_blank(value: Any) -> Any:
    """Return a value with one blank in the place of several, in all texts."""
    return json.loads(re.sub(r" {2,}", " ", json.dumps(value)))


def deviations(
    document: dict[str, Any], root: dict[str, Any], findings: tuple[Finding, ...]
) -> list[tuple[str, str, bool]]:
    """Return what differs: event, difference, whether a finding about the event says so."""
    found = renderers.items_of(root)
    told = {finding.event for finding in findings if finding.rule == "MZ722"}
    result = []
    for event, item in renderers.items_of(document).items():
        wanted = without_words(renderers.shown_object(renderers.schema_of(item)))
        schema = renderers.schema_of(found[event]) if event in found else None
        places = differences(wanted, without_words(schema))
        result += [(event, place, event in told) for place in places]
    return result


@pytest.mark.parametrize("rendering", RENDERINGS)
@each("path", SAMPLE, lambda path: path.stem)
def test_every_product_is_read_as_it_was_rendered(rendering: str, path: Path) -> None:
    _read_as_rendered(rendering, path)


@pytest.mark.thorough
@pytest.mark.parametrize("rendering", RENDERINGS)
@each("path", LARGE, lambda path: path.stem)
def test_every_large_product_is_read_as_it_was_rendered(rendering: str, path: Path) -> None:
    _read_as_rendered(rendering, path)


def _read_as_rendered(rendering: str, path: Path) -> None:
    document = document_of(path)
    root, findings = read(RENDERINGS[rendering](document))
    assert list(renderers.items_of(root)) == list(renderers.items_of(document))
    odd = deviations(document, root, findings)
    assert [entry for entry in odd if not entry[2]] == []  # nothing is wrong in silence
    assert odd == []


@each("path", SAMPLE, lambda path: path.stem)
def test_every_product_is_read_from_a_listing_with_line_numbers(path: Path) -> None:
    _read_from_listings(path)


@pytest.mark.thorough
@each("path", LARGE, lambda path: path.stem)
def test_every_large_product_is_read_from_a_listing_with_line_numbers(path: Path) -> None:
    _read_from_listings(path)


def _read_from_listings(path: Path) -> None:
    document = document_of(path)
    root, findings = read(renderers.listing(document, one_line=False))
    assert (root, findings) == (document, ())
    for text in (renderers.listing(document), renderers.listing(document, indent=1)):
        root, findings = read(text)
        assert one_blank(root) == one_blank(document)  # in one line, blanks in a row are one
        assert findings == ()
