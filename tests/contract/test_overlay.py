"""Errata are applied as overlays, other readings become variants, documents are judged as
written."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest

from mockzoom.contract import erratum, load, valid_by_both
from mockzoom.errors import SpecError
from mockzoom.model import Variant

SCHEMA = "$.webhooks['room.opened'].post.requestBody.content['application/json']"
CODE = f"{SCHEMA}.schema.properties.payload.properties.code"


@pytest.fixture
def corrected(documents):
    """Load a document with a code whose enum lacks the described 3, with the actions given."""

    def corrected(*actions, document=None, **head):
        code = {"type": "integer", "enum": [1, 2], "description": "* 1 - a\n* 2 - b\n* 3 - c"}
        if document is None:
            document = documents.of(
                code=code,
                media={"examples": {"e": {"value": '{"event":"room.opened","payload":{"id":7}}'}}},
            )
        overlay = {"overlay": "1.0.0", "info": {"title": "x"}, **head, "actions": list(actions)}
        path = documents.write(overlay, "errata.overlay.yaml")
        return documents.load(document, errata=[path])

    return corrected


def schema_of(contract):
    return contract.get("room.opened").schema["properties"]["payload"]["properties"]


def test_an_array_is_replaced_by_remove_and_update(corrected):
    contract = corrected(
        {"target": f"{CODE}.enum", "remove": True},
        {"target": CODE, "update": {"enum": [1, 2, 3]}},
    )
    assert schema_of(contract)["code"]["enum"] == [1, 2, 3]


def test_the_document_is_judged_as_it_was_written(corrected):
    contract = corrected({"target": f"{CODE}.enum", "update": [3]})
    assert schema_of(contract)["code"]["enum"] == [1, 2, 3]
    assert "MZ703" in {finding.rule for finding in contract.findings}
    assert contract.get("room.opened").variants == ()


def test_an_update_merges_deeply_and_appends_to_arrays(corrected):
    target = f"{SCHEMA}.schema.properties.payload"
    update = {"properties": {"host": {"type": "string"}}, "required": ["host"]}
    contract = corrected({"target": target, "update": update}, {"target": target, "update": update})
    payload = contract.get("room.opened").schema["properties"]["payload"]
    assert set(payload["properties"]) == {"code", "host"}
    assert payload["required"] == ["host"]


def test_an_example_in_a_string_is_replaced_at_its_object(corrected):
    value = {"event": "room.opened", "event_ts": 5, "payload": {}}
    contract = corrected({"target": f"{SCHEMA}.examples.e", "update": {"value": json.dumps(value)}})
    assert contract.get("room.opened").examples == (value,)


def test_removing_several_items_of_a_list_removes_just_these(corrected, documents):
    document = documents.of(code={"type": "string", "enum": ["a", "b", "c", "d"]})
    target = f"{SCHEMA}.schema.properties.payload.properties.code"
    document["webhooks"]["room.opened"]["tags"] = [{"n": 1}, {"n": 2}, {"n": 3}]
    contract = corrected(
        {"target": "$.webhooks['room.opened'].tags[?(@.n > 1)]", "remove": True},
        {"target": f"{target}.enum[0]", "remove": True},
        {"target": f"{target}.enum[0]", "remove": True},
        document=document,
    )
    assert contract.findings == ()
    assert schema_of(contract)["code"]["enum"] == ["c", "d"]


def test_the_other_reading_becomes_variants_of_the_event(corrected):
    erratum = {
        "id": "room-code",
        "reason": "3 is described",
        "other-reading": {"pointer": "/payload/code", "values": [3]},
    }
    contract = corrected({"target": CODE, "update": {}, "x-mockzoom-erratum": erratum})
    (variant,) = contract.get("room.opened").variants
    assert variant == Variant("/payload/code", 3, "3 is described", "room-code")


def observed(value=3, day="2026-07-29", update=None, **more):
    """Return an action that lets `code` have a value which production traffic was seen to have."""
    reading = {
        "pointer": "/payload/code",
        "values": [value],
        "observed": {"date": day, "source": "a capture"},
        **more,
    }
    mark = {"id": "room-code", "reason": "3 is described", "other-reading": reading}
    return {"target": CODE, "update": {} if update is None else update, erratum.MARK: mark}


ALLOWED = {"target": f"{CODE}.enum", "update": [3]}


def test_an_observed_value_is_valid_and_no_variant(corrected):
    contract = corrected(ALLOWED, observed())
    spec = contract.get("room.opened")
    assert spec.variants == ()
    assert schema_of(contract)["code"]["enum"] == [1, 2, 3]
    assert "/payload/code: 3 was observed in production (2026-07-29: a capture)" in spec.notes


def test_of_several_readings_only_those_that_were_not_observed_are_variants(corrected):
    action = observed()
    mark = action[erratum.MARK]
    mark["other-reading"] = [{"pointer": "/payload/code", "values": [9]}, mark["other-reading"]]
    contract = corrected(ALLOWED, action)
    assert [variant.value for variant in contract.get("room.opened").variants] == [9]


@pytest.mark.parametrize(
    ("day", "values"),
    [("2023-11-28", [3]), ("2023-11-29", []), ("2026-11-29", []), ("2027-01-01", [])],
)
def test_an_observation_counts_for_three_years(corrected, monkeypatch, day, values):
    monkeypatch.setattr(erratum, "AS_OF", date(2026, 11, 29))
    spec = corrected(ALLOWED, observed(day=day)).get("room.opened")
    assert [variant.value for variant in spec.variants] == values
    assert any("was observed" in note for note in spec.notes) == (not values)


def test_a_leap_day_is_compared_as_any_other(corrected, monkeypatch):
    monkeypatch.setattr(erratum, "AS_OF", date(2027, 2, 28))
    assert corrected(ALLOWED, observed(day="2024-02-29")).get("room.opened").variants == ()
    monkeypatch.setattr(erratum, "AS_OF", date(2027, 3, 1))
    assert corrected(ALLOWED, observed(day="2024-02-29")).get("room.opened").variants


def test_an_observed_value_that_the_corrected_schema_refuses_is_an_error(corrected):
    with pytest.raises(SpecError) as caught:
        corrected(observed(value=4))
    assert str(caught.value).endswith(
        "errata.overlay.yaml: /actions/0/x-mockzoom-erratum/other-reading: the corrected schema has"
        " no 4 at /payload/code; expected that an `update` allows what was observed"
    )


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (None, "/observed: null is no object; expected `date` and `source`"),
        ([], "/observed: [] is no object; expected `date` and `source`"),
        ("2026-07-29", '/observed: "2026-07-29" is no object; expected `date` and `source`'),
        ({}, "/observed: `date` is missing; expected `date` and `source`"),
        ({"date": "2026-07-29"}, "/observed: `source` is missing; expected `date` and `source`"),
        ({"source": "x"}, "/observed: `date` is missing; expected `date` and `source`"),
        (
            {"date": "2026-07-29", "source": "x", "by": "me"},
            '/observed: unknown key "by"; expected `date`, `source`',
        ),
        ({"date": "July", "source": "x"}, '/observed/date: "July" is no day; expected one such as'),
        ({"date": "2026-02-30", "source": "x"}, '/observed/date: "2026-02-30" is no day'),
        ({"date": "20260729", "source": "x"}, '/observed/date: "20260729" is no day'),
        ({"date": 2026, "source": "x"}, "/observed/date: 2026 is no day"),
        ({"date": None, "source": "x"}, "/observed/date: null is no day"),
        ({"date": "2026-07-29", "source": " "}, '/observed/source: " "; expected text that says'),
        ({"date": "2026-07-29", "source": 7}, "/observed/source: 7; expected text that says"),
    ],
)
def test_an_observation_that_is_none_is_refused(corrected, entry, reason):
    with pytest.raises(SpecError) as caught:
        corrected(ALLOWED, observed(observed=entry))
    place = "errata.overlay.yaml: /actions/1/x-mockzoom-erratum/other-reading"
    assert f"{place}{reason}" in str(caught.value)


def test_keys_that_no_mark_has_are_refused_with_their_place(corrected):
    with pytest.raises(
        SpecError, match=r'other-reading: unknown key "observd"; expected `pointer`'
    ):
        corrected(ALLOWED, observed(observd={}))
    action = observed()
    action[erratum.MARK]["observed"] = {"date": "2026-07-29", "source": "x"}
    with pytest.raises(
        SpecError, match=r'erratum: unknown key "observed"; expected `id`, `reason`'
    ):
        corrected(ALLOWED, action)


def test_a_mistake_in_a_list_of_readings_names_the_one(corrected):
    action = observed()
    mark = action[erratum.MARK]
    mark["other-reading"] = [mark["other-reading"], {"values": []}]
    with pytest.raises(SpecError, match=r"other-reading/1: expected a `pointer` into the event"):
        corrected(ALLOWED, action)


def test_a_target_that_matches_nothing_is_a_finding(corrected):
    contract = corrected({"target": "$.webhooks['room.shut']", "update": {}})
    (finding,) = [finding for finding in contract.findings if finding.rule == "MZ718"]
    assert finding.file.endswith("errata.overlay.yaml")
    assert finding.pointer == "/actions/0/target"
    assert "matches nothing" in finding.message


def test_a_target_that_is_text_cannot_be_updated(corrected):
    contract = corrected({"target": f"{CODE}.type", "update": {"a": 1}})
    (finding,) = [finding for finding in contract.findings if finding.rule == "MZ718"]
    assert "fits an object or an array only" in finding.message


def test_another_reading_outside_of_any_event_is_a_finding(corrected):
    reading = {"pointer": "/payload/code", "values": [3]}
    erratum = {"id": "a", "reason": "b", "other-reading": reading}
    action = {"target": "$", "update": {"info": {}}, "x-mockzoom-erratum": erratum}
    contract = corrected(action)
    (finding,) = [finding for finding in contract.findings if finding.rule == "MZ718"]
    assert finding.pointer == "/actions/0/x-mockzoom-erratum/other-reading"
    assert "lies in no event" in finding.message


def test_a_folder_of_errata_is_read(documents):
    action = {"target": "$.webhooks['room.opened'].post", "update": {"summary": "Door opens."}}
    documents.write({"overlay": "1.0.0", "actions": [action]}, "errata/one.overlay.json")
    documents.write("no overlay", "errata/notes.txt")
    contract = documents.load(documents.of(), errata=[documents.folder / "errata"])
    assert contract.get("room.opened").summary == "Door opens."


def test_an_overlay_that_extends_a_document_is_for_that_one_only(documents):
    other = {"openapi": "3.1.0", "webhooks": {"room.closed": {"post": {}}}}
    paths = [documents.write(documents.of(), "a.json"), documents.write(other, "b.json")]
    action = {"target": "$.webhooks.*", "remove": True}
    overlay = {"overlay": "1.0.0", "extends": "../b.json", "actions": [action]}
    errata = [documents.write(overlay, "x.overlay.yaml")]
    assert list(load(paths, errata=errata).events) == ["room.opened"]


@pytest.mark.parametrize(
    ("overlay", "reason"),
    [
        ({"openapi": "3.1.0"}, "no overlay"),
        ({"overlay": "1.0.0", "actions": {}}, "no overlay"),
        ({"overlay": "1.0.0", "actions": ["x"]}, "/actions/0: expected an object with a `target`"),
        ({"overlay": "1.0.0", "actions": [{"target": "$.a"}]}, "expected `update`"),
        ({"overlay": "1.0.0", "actions": [{"target": "$..[", "remove": True}]}, "is no JSONPath"),
        (
            {
                "overlay": "1.0.0",
                "actions": [{"target": "$", "update": {}, "x-mockzoom-erratum": {"id": "a"}}],
            },
            "expected an object with `id` and `reason`",
        ),
    ],
)
def test_an_overlay_that_is_none_is_refused(documents, overlay, reason):
    path = documents.write(overlay, "x.overlay.yaml")
    with pytest.raises(SpecError, match=r"x\.overlay\.yaml") as caught:
        documents.load(documents.of(), errata=[path])
    assert reason in str(caught.value)


def test_errata_are_not_applied_to_other_documents_unless_given(documents):
    contract = documents.load(documents.of(code={"type": "integer"}))
    assert contract.get("room.opened").variants == ()


def test_every_observation_of_the_bundled_errata_is_recent_on_the_day_of_the_release():
    root = Path(__file__).parents[2]
    found = 0
    for path in sorted((root / "specs/errata").glob("*.overlay.json")):
        for number, action in enumerate(json.loads(path.read_text(encoding="utf-8"))["actions"]):
            readings = action[erratum.MARK].get("other-reading", [])
            for reading in readings if isinstance(readings, list) else [readings]:
                if "observed" not in reading:
                    continue
                found += 1
                alone = {"id": "x", "reason": "x", "other-reading": reading}
                read = erratum.read_mark(alone, "x")
                assert not read.variants, f"{path.name}: /actions/{number} has an old observation"
                assert all(one.day <= erratum.AS_OF for one in read.observed)
    assert found == 4
    changes = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## \[\d[^\]]*\] - (\d{4}-\d\d-\d\d)", changes, re.MULTILINE)
    assert all(date.fromisoformat(day) <= erratum.AS_OF for day in released)


def test_the_bundled_errata_mend_what_the_findings_report():
    contract = load()
    assert not [finding for finding in contract.findings if finding.rule == "MZ718"]
    stopped = contract.get("meeting.rtms_stopped")
    codes = stopped.schema["properties"]["payload"]["properties"]["stop_reason"]["enum"]
    assert {5, 6, 18} <= set(codes)
    assert {v.value for v in stopped.variants} == {5}
    assert all(v.erratum and v.pointer == "/payload/stop_reason" for v in stopped.variants)
    recording = contract.get("session.recording_started")
    assert [(v.pointer, v.value) for v in recording.variants] == [
        ("/payload/object/session_id", 1234567890)
    ]
    assert valid_by_both(recording, recording.examples[0])
