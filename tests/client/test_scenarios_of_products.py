"""Which scenarios `all` means: those about the selected products, without reading other ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockzoom import contract as documents
from mockzoom.client.scenarios import SelectedEvents, listed, load_scenarios
from mockzoom.contract import Contract
from mockzoom.errors import UsageError
from mockzoom.scenario import Scenario, bundled

pytestmark = pytest.mark.slow

OTHERS = {
    "meeting-held-again": "meetings", "meeting-leave-together": "meetings",
    "meeting-overtaken": "meetings",
    "meeting-recorded": "meetings", "meeting-rejoin": "meetings", "phone-call-recorded": "phone",
    "user-deleted": "users", "user-lifecycle": "users", "webinar-registrations": "meetings",
}  # fmt: skip
"""The scenarios about other products than RTMS and the Video SDK, each with its product."""


def of(*products: str) -> Contract:
    return documents.load(products=products)


def names(scenarios: tuple[Scenario, ...]) -> set[str]:
    return {scenario.name for scenario in scenarios}


def test_all_are_those_of_rtms_and_the_video_sdk_where_no_product_is_named() -> None:
    skipped: list[str] = []
    found = load_scenarios(["all"], of(), skipped=skipped.append)
    assert names(found) == {*bundled()} - {*OTHERS}
    assert skipped == []


@pytest.mark.parametrize("product", sorted({*OTHERS.values()}))
def test_all_of_a_product_are_the_scenarios_about_it_alone(product: str) -> None:
    skipped: list[str] = []
    found = load_scenarios(["all"], of(product), skipped=skipped.append)
    assert names(found) == {name for name, own in OTHERS.items() if own == product}
    assert skipped == []


def test_all_products_have_every_scenario() -> None:
    assert names(load_scenarios(["all"], of("all"))) == {*bundled()}


def test_a_scenario_of_a_selected_product_and_another_is_left_out_and_named() -> None:
    skipped: list[str] = []
    found = load_scenarios(["all"], of("video-sdk"), skipped=skipped.append)
    assert {"video-sdk-session", "video-sdk-recording"} <= names(found)
    assert not {"burst", "outage", "rtms-start-stop"} & names(found)
    said = "burst was left out: it also sends events of rtms (add --product rtms)"
    assert said in skipped
    assert all("--product rtms" in reason for reason in skipped)


def test_a_scenario_that_is_named_is_played_whatever_is_selected() -> None:
    assert names(load_scenarios(["user-lifecycle", "burst"], of("phone"))) == {
        "user-lifecycle", "burst",
    }  # fmt: skip


def test_a_product_without_a_scenario_is_refused_with_what_to_do() -> None:
    with pytest.raises(UsageError, match=r"no bundled scenario is about mail alone: name one"):
        load_scenarios(["all"], of("mail"))
    with pytest.raises(UsageError, match=r"^no scenario: name one .* or `all`$"):
        load_scenarios([], of())


def test_documents_of_ones_own_have_the_scenarios_whose_events_they_describe() -> None:
    own = documents.load([documents.bundled("specs", "rtms.json")])
    found = names(load_scenarios(["all"], own))
    assert "rtms-failover" in found
    assert not {*OTHERS, "burst", "video-sdk-session"} & found


def test_a_list_of_scenarios_names_the_product_of_those_that_all_leaves_out(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("name: mine\nabout: Ours.\nsteps: [{send: user.created}]")
    shown = dict(listed(of(), [tmp_path]))
    for name, product in OTHERS.items():
        assert shown[name].endswith(f" (--product {product})")
    for name in {*bundled()} - {*OTHERS}:
        assert "--product" not in shown[name]
    assert shown["mine"] == "Ours."


def test_all_and_lists_read_no_document_of_a_product_that_is_not_selected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    contract = of()
    monkeypatch.setattr(type(contract.documents), "read", refused)
    load_scenarios(["all"], contract)
    listed(contract)
    with pytest.raises(AssertionError, match="was read"):
        load_scenarios(["user-deleted"], contract)


def refused(self: object, products: object) -> None:
    raise AssertionError(f"{products} was read")


def test_events_at_hand_are_the_selected_ones_and_the_names_of_all() -> None:
    contract = of()
    events = SelectedEvents(contract)
    assert "user.created" in events
    assert events.get("user.created") is None
    assert events["session.started"] is contract.events["session.started"]
    assert sorted(events) == [*events] == [*contract.known]
    assert len(events) == len(contract.known)
    assert "user.nothing" not in events
