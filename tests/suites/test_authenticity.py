"""MZ201 to MZ211: forgeries, other spellings, and text beyond ASCII."""

from __future__ import annotations

import pytest

from mockzoom.engine.evidence import judge
from mockzoom.suites.authenticity import ACCEPTED_RULE, CLEAN, GARBLED
from mockzoom.zoom.forgeries import FORGERIES
from tests.each import each
from tests.suites.evidence import FAILURES, TIMEOUT, evidence, failure, response


def rules(kind: str, outcome: object, control: object = None, **changes: object) -> list[str]:
    found = judge(evidence(kind, outcome, control, **changes))  # type: ignore[arg-type]
    return sorted(item.rule for item in found)


@each("forge", FORGERIES)
@each("status", [200, 201, 204, 299])
def test_an_accepted_forgery_breaks_the_rule_of_its_name_only(forge: str, status: int) -> None:
    (found,) = judge(evidence("forgery", response(status), forge=forge))
    assert found.rule == ACCEPTED_RULE[forge].id
    assert found.message == f"accepted although {FORGERIES[forge].about}"
    assert found.cause == (
        "accepted" if forge in CLEAN or forge not in GARBLED else "accepted, garbled"
    )


@each("forge", FORGERIES)
@each("status", [401, 403])
def test_a_refused_forgery_breaks_nothing(forge: str, status: int) -> None:
    assert rules("forgery", response(status), forge=forge) == []


@each("forge", FORGERIES)
@each("status", [301, 304, 400, 404, 418, 422, 429, 500, 503, 599])
def test_a_forgery_refused_with_another_status(forge: str, status: int) -> None:
    crashed = forge in GARBLED and status >= 500
    unclean = forge in CLEAN and status != 429
    expected = ["MZ209"] * crashed + ["MZ210"] * unclean
    assert rules("forgery", response(status), forge=forge) == expected


@each("forge", FORGERIES)
def test_a_forgery_without_an_answer_breaks_a_rule_only_where_it_is_garbled(forge: str) -> None:
    for outcome in (TIMEOUT, *map(failure, FAILURES)):
        expected = ["MZ209"] if forge in GARBLED else []
        assert rules("forgery", outcome, forge=forge) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [(200, []), (204, []), (202, []), (301, ["MZ207"]), (400, ["MZ207"]), (401, ["MZ207"]),
     (429, []), (500, ["MZ207"])],
)  # fmt: skip
def test_another_spelling_must_be_acknowledged(status: int, expected: list[str]) -> None:
    assert rules("spaced", response(status), response(200)) == expected


def test_another_spelling_is_judged_with_an_acknowledged_control_and_an_answer_only() -> None:
    assert rules("spaced", response(401), response(401)) == []
    assert rules("spaced", TIMEOUT, response(200)) == []
    assert rules("spaced", failure("reset"), response(200)) == []


@pytest.mark.parametrize(
    ("outcome", "control", "expected"),
    [
        (response(200), response(200), []),
        (response(401), response(200), ["MZ208"]),
        (response(500), response(204), ["MZ208"]),
        (TIMEOUT, response(200), ["MZ208"]),
        (failure("closed"), response(200), ["MZ208"]),
        (response(429), response(200), []),
        (response(401), response(401), []),
        (response(401), TIMEOUT, []),
        (response(401), None, []),
    ],
)
def test_non_ascii_text_is_judged_against_the_same_event_in_ascii(
    outcome: object, control: object, expected: list[str]
) -> None:
    assert rules("non-ascii", outcome, control) == expected


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [(response(200), []), (response(401), ["MZ208"]), (response(500), ["MZ208"]),
     (response(429), []), (TIMEOUT, []), (failure("reset"), [])],
)  # fmt: skip
def test_a_parted_character_is_refused_by_an_answer_only(
    outcome: object, expected: list[str]
) -> None:
    assert rules("parted", outcome, response(200)) == expected


def test_rules_and_groups_agree_with_what_is_forged() -> None:
    assert ACCEPTED_RULE.keys() == FORGERIES.keys()
    rules = {name: rule.id for name, rule in ACCEPTED_RULE.items()}
    assert {name for name in rules if rules[name] == "MZ211"} == {
        "no-endpoint-auth", "wrong-endpoint-auth",
    }  # fmt: skip
    assert rules["stale"] == "MZ205"
    assert "stale" not in CLEAN
    for name in GARBLED:
        kind = "MZ202" if name.startswith(("unsigned", "signature")) else "MZ204"
        assert rules[name] == kind
