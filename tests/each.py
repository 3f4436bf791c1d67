"""Loops inside a test: one test looks at every event, and names each one that fails."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import pytest

Test = Callable[..., None]


def _shown(value: Any) -> str:
    return str(value)[:80]


def each(
    arguments: str | tuple[str, ...],
    values: Iterable[Any] | Callable[[], Iterable[Any]],
    name: Callable[[Any], str] = _shown,
) -> Callable[[Test], Test]:
    """Run a test with every value as its argument, and report all that failed, each by its name.

    Use it in the place of `pytest.mark.parametrize` where there are many values, such as the
    events of a contract. Several arguments take tuples. The fixtures of the test are made once
    for all values. A function in the place of the values is called when the test runs, so that
    what costs much is not made while tests are collected.
    """
    given = (arguments,) if isinstance(arguments, str) else arguments
    if not callable(values):
        values = list(values)

    def decorate(test: Test) -> Test:
        signature = inspect.signature(test)

        @functools.wraps(test)
        def looped(*args: Any, **fixtures: Any) -> None:
            failures: list[Exception] = []
            names: list[str] = []
            for value in values() if callable(values) else values:
                several = (value,) if isinstance(arguments, str) else value
                try:
                    test(*args, **fixtures, **dict(zip(given, several, strict=True)))
                except (Exception, pytest.fail.Exception) as error:
                    names.append(name(value))
                    failures.append(_noted(error, f"{', '.join(given)}: {names[-1]}"))
            if failures:
                raise ExceptionGroup(f"failed for {', '.join(names)}", failures)

        rest = [item for item in signature.parameters.values() if item.name not in given]
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
