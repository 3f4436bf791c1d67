"""The names of cases: each that a report writes is read again."""

from __future__ import annotations

import pytest

from mockzoom.casebook import KINDS, Case, parse_case


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_case_is_read_as_it_is_written(kind: str) -> None:
    for case in (Case(kind), Case(kind, 3, True, 2, 5)):
        assert parse_case(str(case)) == case
