"""Reads scenarios: from files, from names, from texts that somebody sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from mockzoom.model import JSON
from mockzoom.scenario.context import Names
from mockzoom.scenario.document import parse
from mockzoom.scenario.library import find
from mockzoom.scenario.limits import TooLarge
from mockzoom.scenario.mistakes import Mistakes
from mockzoom.scenario.model import Scenario
from mockzoom.scenario.reading import Reading, Source

_NONE: Mapping[str, JSON] = {}


def read(
    name: str | Path,
    names: Names,
    overrides: Mapping[str, JSON] = _NONE,
    *,
    folders: Sequence[str | Path] = (),
) -> tuple[Scenario, ...]:
    """Return the scenarios of a document: several where its `matrix` has several values.

    `name` is a path, or the name of a scenario in `folders` or among the bundled ones. `overrides`
    are values for names of its `let` or `matrix`. Raises `UsageError` for an unknown name, and
    `ScenarioError` with every mistake of the document and of those that it plays.
    """
    path = find(name, folders) if isinstance(name, str) else name
    reading = Reading(names, folders)
    return _finished(reading, reading.file(path), overrides)


def read_text(
    text: str,
    file: str,
    names: Names,
    overrides: Mapping[str, JSON] = _NONE,
    *,
    trusted: bool = False,
) -> tuple[Scenario, ...]:
    """Return the scenarios of a text, which mistakes will call `file`.

    Unless `trusted`, it may not run commands, and plays bundled scenarios only. Raises
    `ScenarioError` with every mistake.
    """
    mistakes = Mistakes()
    reading = Reading(names, trusted=trusted, mistakes=mistakes)
    root = parse(text, file, mistakes)
    return _finished(reading, Source(file, root, Path() if trusted else None), overrides)


def _finished(
    reading: Reading, source: Source, overrides: Mapping[str, JSON]
) -> tuple[Scenario, ...]:
    made: tuple[Scenario, ...] = ()
    with suppress(TooLarge):
        made = reading.scenarios(source, overrides)
    reading.mistakes.check()
    return made
