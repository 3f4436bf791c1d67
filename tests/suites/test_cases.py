"""The names of cases: each that a report writes is read again."""

from __future__ import annotations

from mockzoom.engine.case import UNNAMED, CaseName
from mockzoom.suites.cases import NAMED_KINDS, parse_case
from tests.each import each


@each("kind", [*NAMED_KINDS, *UNNAMED])
def test_each_kind_of_case_is_read_as_it_is_written(kind: str) -> None:
    for case in (CaseName(kind), CaseName(kind, 3, True, 2, 5)):
        assert parse_case(str(case)) == case
