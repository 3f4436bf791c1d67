"""The tests that wait longest begin first, and none is lost or run twice by it."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import pytest

from tests.each import each
from tests.longest import LONGEST, dealt

ROOT = LONGEST.parent.parent


def test_every_line_names_a_test_that_exists() -> None:
    @each("node_id", LONGEST.read_text("utf-8").splitlines())
    def check(node_id: str) -> None:
        path, _, name = node_id.partition("::")
        assert f"def {name.partition('[')[0]}(" in (ROOT / path).read_text("utf-8")

    check()


def test_half_of_the_workers_begin_with_the_longest_and_no_test_is_lost() -> None:
    items: list[Any] = [SimpleNamespace(nodeid=str(number)) for number in range(42)]

    @each("workers", (1, 2, 3, 8, 60))
    def check(workers: int) -> None:
        found = [item.nodeid for item in dealt(items, ["41", "40", "39"], workers)]
        assert sorted(found, key=int) == [item.nodeid for item in items]

    check()
    found = [item.nodeid for item in dealt(items, ["41", "40", "39"], 4)]
    assert (found[:2], found[10:11], found[20:21]) == (["41", "39"], ["40"], ["17"])


def test_what_is_deselected_is_gone_before_the_tests_are_dealt(
    request: pytest.FixtureRequest,
) -> None:
    items, names = request.session.items, LONGEST.read_text("utf-8").splitlines()
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    assert dealt(items, names, workers) == items
