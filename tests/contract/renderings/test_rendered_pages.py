"""Pages as people have them give exactly the events of the document that they were made of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mockzoom.contract import Contract, bundled, load

PAGES = Path(__file__).parent / "pages"
_ALTERNATIVES = "the rendering leaves out the alternatives (oneOf); a missing type shows as object"
PAGE_OF = {
    "plain-text.txt": "history/rtms-2026-undated.json",
    "one-line-markdown.txt": "rtms.json",
    "markdown-page.txt": "history/rtms-2026-02-07.json",
    "indented-text.txt": "history/rtms-2026-undated.json",
    "listing.txt": "history/video-sdk-2026-undated.json",
}
ID_FIELD = "/properties/payload/properties/id_field"
DEVIATIONS = {
    (page, "rtms.concurrency_limited", f"{ID_FIELD}/{keyword}"): _ALTERNATIVES
    for page in ("plain-text.txt", "one-line-markdown.txt", "indented-text.txt")
    for keyword in ("oneOf", "type")
}
"""Page, event and place of what is not as in the document, each with its reason."""
LOST = ("additionalProperties", "deprecated")
"""What a rendered reference does not show; MZ723 says so."""


def loaded(page: str) -> Contract:
    return load([PAGES / page], errata=())


def plain(schema: Any, lost: tuple[str, ...] = ()) -> Any:
    """Return a schema without words and without the keywords that are lost."""
    if isinstance(schema, list):
        return [plain(item, lost) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {}
    for keyword, value in schema.items():
        if keyword in ("description", "title", "examples", *lost):
            continue
        if keyword == "properties":
            result[keyword] = {name: plain(item, lost) for name, item in value.items()}
        else:
            result[keyword] = sorted(value) if keyword == "required" else plain(value, lost)
    return result


def differences(wanted: Any, found: Any, pointer: str = "") -> Iterator[str]:
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key in sorted({*wanted, *found}):
            yield from differences(wanted.get(key), found.get(key), f"{pointer}/{key}")
    elif wanted != found:
        yield pointer


@pytest.mark.parametrize("page", PAGE_OF)
def test_a_page_gives_the_events_of_its_document(page: str) -> None:
    wanted = load([bundled("specs", PAGE_OF[page])], errata=()).events
    found = loaded(page).events
    assert list(found) == list(wanted)
    lost = () if page in ("markdown-page.txt", "listing.txt") else LOST
    deviating = {
        (page, name, place)
        for name in wanted
        for place in differences(plain(wanted[name].schema, lost), plain(found[name].schema, lost))
    }
    assert deviating == {key for key in DEVIATIONS if key[0] == page}


def test_each_deviation_is_a_finding() -> None:
    for page, event, _ in DEVIATIONS:
        found = [item for item in loaded(page).findings if item.rule == "MZ722"]
        assert [item.event for item in found] == [event]
        assert "id_field: the example shows members that are not described" in found[0].message
        assert re.match(rf".*{re.escape(page)}:\d+:\d+$", found[0].file)


# -- counted without the readers ------------------------------------------------------------------


def members(schema: Any) -> int:
    """Return how many members a schema describes, at all depths."""
    if isinstance(schema, list):
        return sum(map(members, schema))
    if not isinstance(schema, dict):
        return 0
    own = schema.get("properties")
    count = len(own) if isinstance(own, dict) else 0
    return count + sum(map(members, schema.values()))


def requests(text: str, start: str, end: str) -> list[str]:
    """Return the texts between two marks, such as a request's heading and its example."""
    return [part.partition(end)[0] for part in text.split(start)[1:]]


@pytest.mark.parametrize(
    ("page", "event", "start", "field"),
    [
        ("plain-text.txt", r"\bPath:\n", "Request Body", r"\(required\)"),
        ("one-line-markdown.txt", r"\*\*Path:\*\*", "#### Request Body", r"- \*\*`"),
        ("indented-text.txt", r"• Path:", "Request Body", r"(?m)^ +• "),
    ],
)
def test_events_and_members_of_a_reference_are_as_many_as_an_independent_count_finds(
    page: str, event: str, start: str, field: str
) -> None:
    text = (PAGES / page).read_text("utf-8")
    found = loaded(page).events
    assert len(found) == len(re.findall(event, text)) == 14
    counted = [len(re.findall(field, part)) for part in requests(text, start, "Example:")]
    assert len(counted) == 14
    assert sum(counted) == sum(members(spec.schema) for spec in found.values())


def test_events_and_members_of_a_listing_are_as_many_as_an_independent_count_finds() -> None:
    text = (PAGES / "listing.txt").read_text("utf-8")
    found = loaded("listing.txt").events
    assert len(found) == text.count('"requestBody": {') == 34
    types = sum(
        part.count('"type": "') for part in requests(text, '"requestBody": {', '"responses"')
    )
    assert types == sum(json_types(spec.schema) for spec in found.values())


def json_types(schema: Any) -> int:
    """Return how many schemas with a type a schema holds, itself included."""
    if isinstance(schema, list):
        return sum(map(json_types, schema))
    if not isinstance(schema, dict):
        return 0
    return isinstance(schema.get("type"), str) + sum(map(json_types, schema.values()))


def test_a_page_with_blocks_has_as_many_events_as_its_first_block_names() -> None:
    text = (PAGES / "markdown-page.txt").read_text("utf-8")
    block = text.split("## OpenAPI")[1].split("```")[1]
    assert len(loaded("markdown-page.txt").events) == block.count('"operationId"') == 11


# -- findings --------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["plain-text.txt", "one-line-markdown.txt", "indented-text.txt"])
def test_a_reference_says_once_what_it_cannot_show(page: str) -> None:
    found = [item for item in loaded(page).findings if item.rule == "MZ723"]
    assert len(found) == 1
    assert found[0].severity == "info"
    assert "limits, patterns, additionalProperties, deprecations" in found[0].message


def test_the_fixtures_hold_no_prose() -> None:
    for page in PAGE_OF:
        text = (PAGES / page).read_text("utf-8").lower()
        for phrase in ("the unique id", "triggered by the", "a timestamp at which", "subscribe to"):
            assert phrase not in text
