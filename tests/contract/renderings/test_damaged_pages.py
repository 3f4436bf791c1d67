"""Pages that were cut, repeated or quoted: events that are whole are read, the rest is reported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockzoom.contract import load
from mockzoom.contract.lint import LintFindings
from mockzoom.contract.sources import documents_of
from mockzoom.errors import SpecError
from mockzoom.model import Finding
from tests.contract.renderings import renderers
from tests.envelope import envelope


def event(**payload: Any) -> dict[str, Any]:
    """Return the path item of an event with these members in its payload, `id` required."""
    schema = envelope({"type": "object", "required": ["id"], "properties": payload})
    return {"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}}}


TEXT = {"type": "string"}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Kiosks", "version": "1.0.0"},
    "webhooks": {
        "kiosk.paired": event(
            id=TEXT,
            screens={
                "type": "array",
                "items": {"type": "object", "required": ["id"], "properties": {"id": TEXT}},
            },
            state={"type": "string", "enum": ["new", "paired, twice", "lost"]},
        ),
        "kiosk.unpaired": event(
            id={"type": ["string", "null"]},
            kiosk={"type": "object", "properties": {"id": TEXT, "size": {"type": "number"}}},
        ),
    },
}
RENDERINGS = {
    "markdown": renderers.markdown,
    "one_line": renderers.one_line,
    "indented_text": renderers.indented_text,
    "plain_text": renderers.plain_text,
}


def read(text: str) -> tuple[dict[str, Any], tuple[Finding, ...]]:
    """Return the events of a page, and the findings about it."""
    findings = LintFindings()
    documents = documents_of(text, Path("page.txt"), "page.txt", findings, None)
    events = {}
    for document in documents:
        events.update(renderers.items_of(dict(document.root)))
    return events, findings.sorted()


@pytest.mark.parametrize("rendering", RENDERINGS)
@given(data=st.data())
def test_a_cut_page_gives_whole_events_or_says_what_is_missing(
    rendering: str, data: st.DataObject
) -> None:
    text = RENDERINGS[rendering](DOCUMENT)
    whole, _ = read(text)
    end = data.draw(st.integers(0, len(text)))
    if "Path:" not in text[:end]:
        with pytest.raises(SpecError, match=r"no contract|without events"):
            read(text[:end])
        return
    try:
        events, findings = read(text[:end])
    except SpecError:  # the name behind `Path:` is cut
        assert text[:end].count("Path:") == 1
        return
    told = {finding.event for finding in findings if finding.rule == "MZ722"}
    for name, item in events.items():
        cut_name = name not in whole
        assert cut_name or item == whole[name] or name in told


@pytest.mark.parametrize("rendering", RENDERINGS)
@given(data=st.data())
def test_a_page_without_its_beginning_says_so(rendering: str, data: st.DataObject) -> None:
    text = RENDERINGS[rendering](DOCUMENT)
    whole, _ = read(text)
    begin = data.draw(st.integers(0, text.rindex("Method:")))
    events, findings = read(text[begin:])
    assert events["kiosk.unpaired"] == whole["kiosk.unpaired"]
    if "kiosk.paired" not in events and "Content-Type:" in text[begin:].partition("Method:")[0]:
        assert any("before the first operation" in finding.message for finding in findings)


@pytest.mark.parametrize("rendering", RENDERINGS)
def test_a_repeated_page_gives_each_event_once(rendering: str) -> None:
    text = RENDERINGS[rendering](DOCUMENT)
    assert read(f"{text}\n\n{text}")[0] == read(text)[0]


@pytest.mark.parametrize("rendering", RENDERINGS)
def test_an_event_described_twice_in_two_ways_is_a_finding(rendering: str) -> None:
    other = {**DOCUMENT, "webhooks": {"kiosk.paired": event(id={"type": "integer"})}}
    events, findings = read(RENDERINGS[rendering](DOCUMENT) + "\n\n" + RENDERINGS[rendering](other))
    assert events == read(RENDERINGS[rendering](DOCUMENT))[0]
    assert [f.message for f in findings if f.rule == "MZ714"] == [
        "POST kiosk.paired is described again, differently; the first is used"
    ]


@pytest.mark.parametrize("rendering", RENDERINGS)
@given(
    before=st.text(st.characters(exclude_characters="{`~", exclude_categories=["Cs"])),
    after=st.text(st.characters(exclude_characters="`~", exclude_categories=["Cs"])),
)
def test_text_around_a_page_changes_nothing(rendering: str, before: str, after: str) -> None:
    text = RENDERINGS[rendering](DOCUMENT)
    assert read(f"{before}\n\n{text}\n\n{after}")[0] == read(text)[0]


@given(
    before=st.text(st.characters(exclude_characters='{"`~', exclude_categories=["Cs", "Nd"])),
    after=st.text(st.characters(exclude_characters="`~", exclude_categories=["Cs"])),
)
def test_text_around_a_listing_changes_nothing(before: str, after: str) -> None:
    root = read(f"{before}\n{renderers.listing(DOCUMENT)} {after}")[0]
    assert root == DOCUMENT["webhooks"]


@given(st.text(max_size=400))
def test_other_text_is_no_contract(text: str) -> None:
    with pytest.raises(SpecError):
        read(text)


@pytest.mark.parametrize("count", [1, 2, 3, 44, 45, 46, 47, 48])
def test_numbers_of_a_document_are_told_apart_from_line_numbers(count: int) -> None:
    numbers = list(range(count, count + 40))
    document = {"openapi": "3.1.0", "x": numbers, "y": [[count, count + 1], []], **DOCUMENT}
    findings = LintFindings()
    for text in (renderers.listing(document), renderers.listing(document, one_line=False)):
        found = documents_of(text, Path("page.txt"), "page.txt", findings, None)
        assert found[0].root == document
    assert findings.sorted() == ()


def test_a_document_in_other_text_is_found() -> None:
    text = f"I have found this:\n\n{json.dumps(DOCUMENT)}\n\nWhat do you think?"
    assert read(text)[0] == DOCUMENT["webhooks"]


def test_a_flat_list_without_an_example_is_not_guessed(tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    text = renderers.plain_text(DOCUMENT)
    page.write_text(text[: text.index("Example:")], "utf-8")
    contract = load([page])
    assert [item.message for item in contract.findings if item.rule == "MZ722"] == [
        "no example follows the list of fields, or a broken one: the page may be cut",
        "nothing shows the nesting of the fields; only the envelope is checked",
    ]
    assert contract.events["kiosk.paired"].schema["properties"]["payload"] == {"type": "object"}


def test_an_entry_that_is_not_understood_is_a_finding() -> None:
    text = renderers.markdown(DOCUMENT).replace("`string`, possible", "`string`; possible")
    _, findings = read(text)
    assert [item.event for item in findings if "is not understood" in item.message] == [
        "kiosk.paired"
    ]
