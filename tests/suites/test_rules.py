"""The table of rules: whole, in order, and nothing raises what it does not hold."""

from __future__ import annotations

import re

from mockzoom.engine.case import UNNAMED, CaseName
from mockzoom.model import SEVERITIES
from mockzoom.settings import Settings
from mockzoom.suites import ACK_FIRST, EXAMINED, KINDS, RULES, SUITES
from mockzoom.suites.cases import NAMED_KINDS, parse_case
from tests.each import each

EXPECTED = {
    "MZ101": ("not-acknowledged", "error"), "MZ102": ("slow-acknowledgement", "error"),
    "MZ103": ("no-response", "error"), "MZ104": ("redirected", "error"),
    "MZ105": ("unusual-success", "warning"), "MZ107": ("unknown-event-refused", "error"),
    "MZ108": ("new-field-refused", "error"), "MZ109": ("documented-variant-refused", "warning"),
    "MZ201": ("wrong-secret-accepted", "error"), "MZ202": ("unsigned-accepted", "error"),
    "MZ203": ("tampered-body-accepted", "error"), "MZ204": ("unbound-timestamp-accepted", "error"),
    "MZ205": ("stale-timestamp-accepted", "warning"), "MZ206": ("empty-secret-accepted", "error"),
    "MZ207": ("canonical-only", "warning"), "MZ208": ("non-ascii-refused", "error"),
    "MZ209": ("bad-signature-crash", "error"), "MZ210": ("forgery-not-refused-cleanly", "warning"),
    "MZ211": ("endpoint-auth-not-enforced", "error"), "MZ301": ("challenge-unanswered", "error"),
    "MZ302": ("challenge-wrong-plain-token", "error"), "MZ303": ("challenge-wrong-hash", "error"),
    "MZ304": ("challenge-slow", "error"), "MZ305": ("challenge-unsigned-answered", "warning"),
    "MZ306": ("challenge-signing-oracle", "error"), "MZ401": ("error-on-malformed-event", "error"),
    "MZ402": ("hang-on-malformed-event", "error"), "MZ403": ("malformed-event-accepted", "error"),
    "MZ404": ("error-on-malformed-body", "error"), "MZ405": ("hang-on-malformed-body", "error"),
    "MZ406": ("died", "error"), "MZ407": ("blocked-by-slow-sender", "warning"),
}  # fmt: skip
"""Ids, slugs and severities are an interface: they only grow."""


@each("rule", EXPECTED)
def test_a_rule_keeps_its_id_slug_and_severity(rule: str) -> None:
    assert (RULES[rule].slug, RULES[rule].severity) == EXPECTED[rule]


def test_ids_and_slugs_are_well_formed_unique_and_in_order() -> None:
    assert list(RULES) == sorted(RULES)
    assert len({rule.slug for rule in RULES.values()}) == len(RULES)
    for rule in RULES.values():
        assert re.fullmatch(r"MZ\d{3}", rule.id)
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.slug)
        assert rule.severity in SEVERITIES


def test_each_rule_and_each_kind_belongs_to_one_suite() -> None:
    assert len(RULES) == sum(len(suite.rules) for suite in SUITES)
    assert len(KINDS) == sum(len(suite.kinds) for suite in SUITES)
    for kind in KINDS.values():
        assert {*kind.rules, *kind.strict_rules} <= RULES.keys(), kind.name


def test_the_suites_of_a_run_are_in_the_table() -> None:
    assert {*EXAMINED} < {suite.name for suite in SUITES}
    assert EXAMINED == (
        "challenge", "events", "authenticity", "shapes", "evolution", "malformed", "faults",
    )  # fmt: skip


def test_what_an_early_acknowledgement_hides_is_judged_by_the_status_alone() -> None:
    assert (
        "MZ101", "MZ107", "MZ108", "MZ109", *(f"MZ{number}" for number in range(201, 214)),
    ) == ACK_FIRST  # fmt: skip


def test_a_run_with_default_settings_wants_the_suites_that_no_flag_asks_for() -> None:
    wanted = [suite.name for suite in SUITES if suite.wanted(suite, Settings())]
    assert tuple(wanted) == EXAMINED
    more = Settings(fuzz=5, streams=True)
    assert {s.name for s in SUITES if s.wanted(s, more)} == {*EXAMINED, "fuzz", "streams"}
    only = Settings(suites=("challenge",))
    assert [suite.name for suite in SUITES if suite.wanted(suite, only)] == ["challenge", "events"]


@each("kind", [*NAMED_KINDS, *UNNAMED])
def test_each_kind_of_case_is_read_as_it_is_written(kind: str) -> None:
    for case in (CaseName(kind), CaseName(kind, 3, True, 2, 5)):
        assert parse_case(str(case)) == case
