"""`mockzoom explain`: every rule in words."""

from __future__ import annotations

import pytest

from mockzoom.cli.explain import all_rules
from tests.cli.conftest import Call
from tests.cli.test_bad_input import refused

RULES = all_rules()


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_explained_by_id_and_by_slug(call: Call, rule: str) -> None:
    ended = call("explain", rule)
    assert ended.code == 0
    item = RULES[rule]
    head, *lines = ended.out.splitlines()
    assert head == f"{rule} {item.slug} ({item.severity})"
    text = " ".join(" ".join(lines).split())
    assert text == f"fires: {item.fires} why: {item.why} to mend: {item.mend}"
    assert all(len(line) <= 100 for line in lines)
    assert call("explain", item.slug) == call("explain", rule.lower()) == ended


def test_without_a_rule_all_are_listed(call: Call) -> None:
    lines = call("explain").out.splitlines()
    assert [line.split()[0] for line in lines] == list(RULES)
    assert [line.split()[2] for line in lines] == [rule.slug for rule in RULES.values()]


@pytest.mark.parametrize(
    ("rule", "near"),
    [("MZ2O7", "did you mean MZ207"), ("unsigned-acepted", "did you mean unsigned-accepted"),
     ("zz", "no rule is called 'zz'; `mockzoom explain` lists them")],
)  # fmt: skip
def test_an_unknown_rule_names_the_nearest(call: Call, rule: str, near: str) -> None:
    assert near in refused(call, "explain", rule)
