"""A loop inside a test reports every value that fails, and nothing is lost."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from tests.each import each


def test_all_values_are_seen_and_each_failure_is_named() -> None:
    seen: list[int] = []

    @each("number", range(5))
    def check(number: int) -> None:
        seen.append(number)
        assert number % 2 == 0, "odd"
        if number == 4:
            raise KeyError("four")

    with pytest.raises(ExceptionGroup, match=r"failed for 1, 3, 4") as caught:
        check()
    assert seen == [0, 1, 2, 3, 4]
    one, three, four = caught.value.exceptions
    assert [type(item) for item in (one, three, four)] == [AssertionError, AssertionError, KeyError]
    assert "odd" in str(three)
    assert three.__notes__ == ["number: 3"]
    assert four.__traceback__ is not None


def test_a_test_that_fails_itself_is_named_too_and_a_skip_stays_a_skip() -> None:
    @each("name", ["one", "two"])
    def failing(name: str) -> None:
        pytest.fail("on purpose")

    @each("name", ["one"])
    def skipped(name: str) -> None:
        pytest.skip("not here")

    with pytest.raises(ExceptionGroup, match="failed for one, two"):
        failing()
    with pytest.raises(pytest.skip.Exception, match="not here"):
        skipped()


def test_fixtures_are_passed_on_and_the_value_is_no_fixture(tmp_path: Path) -> None:
    found = []

    @each("value", ["a"])
    def check(tmp_path: Path, value: str) -> None:
        found.append((tmp_path, value))

    assert list(inspect.signature(check).parameters) == ["tmp_path"]
    check(tmp_path=tmp_path)
    assert found == [(tmp_path, "a")]


def test_several_arguments_take_tuples() -> None:
    @each(("left", "right"), [(1, 1), (1, 2)])
    def check(left: int, right: int) -> None:
        assert left == right

    with pytest.raises(ExceptionGroup, match=r"failed for \(1, 2\)"):
        check()


def test_a_function_makes_the_values_when_the_test_runs() -> None:
    made = []

    def values() -> list[int]:
        made.append("once")
        return [1, 2]

    @each("value", values)
    def check(value: int) -> None:
        assert value == 1

    assert made == []
    with pytest.raises(ExceptionGroup, match="failed for 2"):
        check()
    assert made == ["once"]
