"""The bundled products: found by the names of their events, read when they are asked for."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mockzoom.contract import bundled, load, products, valid_by_both
from mockzoom.contract.loader import build_bundled
from mockzoom.contract.products import DEFAULT_PRODUCTS, BundledProducts
from mockzoom.errors import UsageError
from mockzoom.model import EventSpec
from mockzoom.synth import synthesise
from tests.each import each
from tests.whole_contract import whole_contract

SPECS = bundled("specs")
LINT = {
    "accounts": {"MZ702": 11, "MZ707": 6, "MZ710": 3, "MZ720": 5},
    "calendar": {"MZ711": 11},
    "chatbot": {"MZ702": 5, "MZ706": 3, "MZ710": 1, "MZ716": 2, "MZ720": 6},
    "cobrowse-sdk": {},
    "healthcare": {},
    "mail": {},
    "marketplace": {"MZ702": 2, "MZ705": 4, "MZ706": 7, "MZ716": 1, "MZ720": 2},
    "meetings": {"MZ720": 6},
    "node": {"MZ709": 1},
    "number-management": {},
    "phone": {},
    "qss": {"MZ702": 14, "MZ706": 4},
    "quality-management": {"MZ702": 1},
    "revenue-accelerator": {"MZ702": 1},
    "rooms": {"MZ702": 22, "MZ704": 11, "MZ705": 5, "MZ716": 5},
    "rtms": {"MZ703": 3, "MZ705": 4, "MZ713": 14},
    "scheduler": {"MZ706": 2},
    "tasks": {"MZ706": 3, "MZ721": 1},
    "team-chat": {"MZ702": 33, "MZ710": 5, "MZ716": 1, "MZ724": 2, "MZ725": 3},
    "users": {"MZ702": 15, "MZ710": 6},
    "video-management": {},
    "video-sdk": {"MZ702": 12, "MZ703": 3, "MZ713": 35},
    "whiteboard": {"MZ702": 2, "MZ725": 1},
    "zoom-events": {"MZ702": 1},
}
"""How often each rule is broken, as Zoom's mistakes were counted when the facts were gathered."""


# -- what there is -------------------------------------------------------------------------------


def test_most_schemas_are_proved_without_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    searched = list[Any]()
    monkeypatch.setattr("mockzoom.contract.satisfy.made_for", lambda *given: searched.append(given))
    events, _ = build_bundled(SPECS, ["rtms"], [])
    assert events
    assert searched == []


def test_the_scan_finds_the_events_that_the_documents_have() -> None:
    expected = {
        name: path.stem
        for path in SPECS.glob("*.json")
        for name in json.loads(path.read_text(encoding="utf-8"))["webhooks"]
    }
    assert BundledProducts(SPECS).events() == expected
    assert list(BundledProducts(SPECS).events()) == sorted(expected)
    contract = whole_contract()
    assert {name: spec.product for name, spec in contract.events.items()} == expected
    assert list(contract.known) == list(contract.events)
    assert len(contract.known) == 458


def test_the_whole_contract_is_rtms_and_the_video_sdk_unless_somebody_chooses() -> None:
    contract = load()
    assert DEFAULT_PRODUCTS == ("rtms", "video-sdk")
    assert {spec.product for spec in contract.events.values()} == set(DEFAULT_PRODUCTS)
    assert (len(contract.events), len(contract.known)) == (14 + 35, 458)
    assert contract.select() == tuple(contract.events.values())
    assert load(products=["mail", "rtms"]).of(["all"]).events.keys() == contract.known.keys()
    assert contract.of([]) is contract


def test_each_product_has_its_events_and_no_others() -> None:
    assert set(LINT) == set(load().all_products())
    total = 0
    for product in LINT:
        contract = load(products=[product])
        assert {spec.product for spec in contract.events.values()} == {product}
        total += len(contract.events)
    assert total == 458


# -- laziness ------------------------------------------------------------------------------------


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The products that a test has read, in their order."""
    names: list[str] = []
    real = products.build_bundled

    def noted(folder, chosen, errata):  # type: ignore[no-untyped-def]
        names.extend(chosen)
        return real(folder, chosen, errata)

    products._read.cache_clear()
    monkeypatch.setattr(products, "build_bundled", noted)
    return names


def test_a_product_is_read_when_an_event_of_it_is_asked_for_and_once(read: list[str]) -> None:
    contract = load()
    assert read == ["rtms", "video-sdk"]
    assert "mail.history_event" in contract.known
    assert "mail.nothing" not in contract.known
    assert contract.known.get("mail.nothing") is None
    assert read == ["rtms", "video-sdk"]
    assert contract.get("mail.history_event").product == "mail"
    assert contract.known["mail.history_event"] is load().get("mail.history_event")
    assert [spec.name for spec in contract.select(["clinical_notes.*"])] == [
        name for name in contract.known if name.startswith("clinical_notes.")
    ]
    assert read == ["rtms", "video-sdk", "mail", "healthcare"]


def test_the_names_are_looked_for_when_the_whole_contract_does_not_have_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[Path] = []
    monkeypatch.setattr(products, "_products_of_events", lambda folder: looked.append(folder) or {})
    contract = load()
    contract.get("meeting.rtms_started")
    contract.select()
    contract.select(["session.started"])
    assert "session.ended" in contract.known
    assert looked == []
    with pytest.raises(UsageError):
        contract.get("meeting.started")
    assert looked


# -- choosing ------------------------------------------------------------------------------------


def test_a_pattern_finds_the_events_of_every_product() -> None:
    found = load().select(["meeting.*"])
    assert Counter(spec.product for spec in found) == {"meetings": 57, "qss": 4, "rtms": 3}
    assert [spec.name for spec in found] == sorted(spec.name for spec in found)
    names = [spec.name for spec in load().select(["mail.*", "session.rtms_started"])]
    assert names == ["mail.history_event", "session.rtms_started"]


def test_a_pattern_looks_in_the_chosen_products_only() -> None:
    contract = load(products=["meetings"])
    assert {spec.product for spec in contract.select(["meeting.*"])} == {"meetings"}
    with pytest.raises(UsageError) as caught:
        contract.select(["phone.*"])
    assert str(caught.value) == (
        "no event of meetings matches 'phone.*'; such events are of phone, qss:"
        " pass --product phone, too"
    )
    assert contract.get("phone.callee_ringing").product == "phone"


def test_an_unknown_event_or_pattern_suggests_the_nearest_of_all_products() -> None:
    for contract in (load(), load(products=["mail"])):
        with pytest.raises(UsageError) as caught:
            contract.get("recording.complete")
        assert str(caught.value) == (
            "no event is called 'recording.complete'; did you mean recording.completed,"
            " recording.deleted or phone.recording_completed?"
            " (`events list --product all` shows all 458)"
        )
    with pytest.raises(UsageError, match=r"^no event matches 'metting\.started'; did you mean"):
        load().select(["metting.started"])
    with pytest.raises(UsageError, match=r"^no event of mail matches 'mail.histori_event'; did"):
        load(products=["mail"]).select(["mail.histori_event"])


def test_an_unknown_product_suggests_the_nearest_and_lists_all() -> None:
    with pytest.raises(UsageError) as caught:
        load(products=["rtms", "meeting"])
    assert str(caught.value) == (
        "no product is called 'meeting'; did you mean meetings?"
        f" (products: {', '.join(sorted(LINT))}, all)"
    )
    with pytest.raises(UsageError, match="no product is called ''"):
        load().of([""])


# -- documents of one's own ----------------------------------------------------------------------


def test_with_documents_of_ones_own_only_they_count(documents) -> None:  # type: ignore[no-untyped-def]
    contract = documents.load(documents.of(code={"type": "integer"}))
    assert contract.known is contract.events
    assert not contract.is_bundled
    assert [spec.product for spec in contract.events.values()] == list(contract.all_products())
    with pytest.raises(UsageError, match=r"no event is called 'meeting\.rtms_started'"):
        contract.get("meeting.rtms_started")
    with pytest.raises(UsageError, match="no event matches 'meeting"):
        contract.select(["meeting.*"])


def test_documents_of_ones_own_are_products_named_by_their_files() -> None:
    files = [SPECS / "mail.json", SPECS / "healthcare.json"]
    assert len(load(files).events) == 2
    contract = load(files, products=["mail"])
    assert list(contract.events) == ["mail.history_event"]
    assert len(contract.known) == 2
    assert load(files, products=["all"]).events == load(files).events
    with pytest.raises(UsageError) as caught:
        load(files, products=["mial"])
    assert str(caught.value) == (
        "no product is called 'mial'; did you mean mail? (products: healthcare, mail, all)"
    )


def test_errata_of_ones_own_correct_the_product_that_they_are_for(tmp_path: Path) -> None:
    erratum = {
        "overlay": "1.0.0",
        "extends": "mail.json",
        "actions": [
            {
                "target": "$.webhooks['mail.history_event'].post.requestBody"
                ".content['application/json'].schema.properties.payload.properties.operator",
                "update": {"minLength": 3},
            }
        ],
    }
    path = tmp_path / "own.json"
    path.write_text(json.dumps(erratum), encoding="utf-8")
    contract = load(errata=[path])
    assert [finding for finding in contract.findings if finding.rule == "MZ718"] == []
    payload = contract.get("mail.history_event").schema["properties"]["payload"]
    assert payload["properties"]["operator"] == {"type": "string", "minLength": 3}
    # Mockzoom's own errata are given up for them.
    assert contract.get("meeting.rtms_stopped").variants != load().get("meeting.rtms_stopped")


# -- what the documents are like -----------------------------------------------------------------


@pytest.mark.slow
@each("product", sorted(LINT))
def test_lint_counts_the_mistakes_that_zoom_makes(product: str) -> None:
    contract = load(products=[product])
    assert Counter(finding.rule for finding in contract.findings) == LINT[product]
    assert {finding.file for finding in contract.findings} <= {f"specs/{product}.json"}
    assert all(finding.event in contract.events for finding in contract.findings)


def test_lint_finds_the_examples_that_are_of_another_event() -> None:
    findings = whole_contract().findings
    assert sum("of another event" in finding.message for finding in findings) == 7


@pytest.mark.slow
@each("product", sorted(LINT))
def test_each_schema_can_be_kept_and_its_example_does_or_lint_says_why_not(product: str) -> None:
    contract = load(products=[product])
    for spec in contract.events.values():
        found = {finding.rule for finding in contract.findings if finding.event == spec.name}
        _check_example(spec, found)


def _check_example(spec: EventSpec, found: set[str]) -> None:
    assert valid_by_both(spec, synthesise(spec).body)
    why = {"MZ702", "MZ704", "MZ707", "MZ710", "MZ711", "MZ716"}
    for example in spec.examples:
        assert valid_by_both(spec, example) or found & why, spec.name
    if not spec.examples:
        assert spec.product in ("meetings", "phone") or "MZ711" in found, spec.name
