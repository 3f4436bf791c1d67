"""Enums with more values than anybody wants delivered: as many of them as is reasonable."""

from __future__ import annotations

from typing import Any

import pytest

from mockzoom.contract import valid_by_both
from mockzoom.synth import all_mutants, constraints, shapes, synthesise

from .conftest import spec_of

HUGE = [f"v{number}" for number in range(20_000)]


def reached(member: dict[str, Any]) -> tuple[int, list[str]]:
    """Return how many shapes there are, and which values of the field they reach."""
    spec = spec_of({"type": "object", "required": ["c"], "properties": {"c": member}})
    bodies = [synthesise(spec, index=index).body for index in range(shapes(spec))]
    assert all(valid_by_both(spec, body) for body in bodies[::32])
    return len(bodies), list(dict.fromkeys(body["payload"]["c"] for body in bodies))


@pytest.mark.slow
def test_of_a_huge_enum_256_values_are_reached_first_and_last_among_them() -> None:
    """Were each value held against each, this would take many minutes."""
    count, values = reached({"type": "string", "enum": HUGE})
    assert count < 300
    assert len(values) == 256
    assert values[0] == "v0"
    assert values[-1] == "v19999"


@pytest.mark.slow
def test_every_value_of_a_long_enum_is_reached() -> None:
    assert set(reached({"type": "string", "enum": HUGE[:256]})[1]) == set(HUGE[:256])


@pytest.mark.parametrize(
    ("beside", "expected"),
    [
        ({"pattern": "^v1234[567]$"}, {"v12345", "v12346", "v12347"}),
        ({"allOf": [{"enum": [*HUGE[4:2:-1], "other"]}]}, {"v3", "v4"}),
        ({"not": {"pattern": "[1-9]"}}, {"v0"}),
    ],
)
def test_the_few_values_of_a_huge_enum_that_fit_are_found(
    beside: dict[str, Any], expected: set[str]
) -> None:
    assert set(reached({"type": "string", "enum": HUGE, **beside})[1]) == expected


@pytest.mark.slow
def test_a_huge_enum_is_broken_like_any_other() -> None:
    payload = {"type": "object", "required": ["c"], "properties": {"c": {"enum": HUGE}}}
    spec = spec_of(payload)
    assert constraints(spec) > 0
    broken = [mutant.mutation for mutant in all_mutants(spec)]
    assert [m.after for m in broken if m and m.keyword == "enum"] == ["mz_unknown_value"]
