"""Loops inside a test: one test looks at every event, and names each one that fails."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import pytest

T = TypeVar("T")
Test = Callable[..., None]


def each(
    argument: str, values: Iterable[T], name: Callable[[T], str] = str
) -> Callable[[Test], Test]:
    """Run a test with every value as `argument`, and report all that failed, each by its name.

    Use it in the place of `pytest.mark.parametrize` where there are many values, such as the
    events of a contract. The fixtures of the test are made once for all values.
    """

    def decorate(test: Test) -> Test:
        signature = inspect.signature(test)

        @functools.wraps(test)
        def looped(*args: Any, **fixtures: Any) -> None:
            failures: list[Exception] = []
            names: list[str] = []
            for value in values:
                try:
                    test(*args, **fixtures, **{argument: value})
                except (Exception, pytest.fail.Exception) as error:
                    names.append(name(value))
                    failures.append(_noted(error, f"{argument}: {names[-1]}"))
            if failures:
                raise ExceptionGroup(f"failed for {', '.join(names)}", failures)

        rest = [item for item in signature.parameters.values() if item.name != argument]
        looped.__signature__ = signature.replace(parameters=rest)  # type: ignore[attr-defined]
        return looped

    return decorate


def _noted(error: BaseException, note: str) -> Exception:
    """Return an exception that a group can hold, with a note of the value that it is about."""
    if not isinstance(error, Exception):
        error = AssertionError(str(error)).with_traceback(error.__traceback__)
    error.add_note(note)
    return error


def thorough(*values: Any) -> list[Any]:
    """Return parameters that only the thorough tier runs: `[1, *thorough(2, 3)]`."""
    return [pytest.param(value, marks=pytest.mark.thorough) for value in values]
