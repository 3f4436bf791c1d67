"""Finds and reads the scenarios that somebody names, with every name that they may use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mockzoom import contract as documents
from mockzoom.errors import UsageError
from mockzoom.model import JSON
from mockzoom.scenario import Names, Scenario, ScenarioError, bundled, names_in, read
from mockzoom.transport.faults import FAULTS
from mockzoom.zoom.forgeries import FORGERIES

ALL = "all"
_NONE: Mapping[str, JSON] = {}


def names_for(contract: documents.Contract) -> Names:
    """Return every name that a scenario may use with this contract."""
    return Names(
        events=contract.known,
        forgeries=tuple(FORGERIES),
        faults=tuple(fault.name for fault in FAULTS),
    )


def load_scenarios(
    wanted: Sequence[str | Path],
    contract: documents.Contract,
    lets: Mapping[str, JSON] = _NONE,
    folders: Sequence[str | Path] = (),
) -> tuple[Scenario, ...]:
    """Return the scenarios named: by path, by name, or `all` that are bundled.

    Raises `ScenarioError` with the mistakes of all of them, and `UsageError` for an unknown name.
    """
    _check(folders)
    names = names_for(contract)
    found: list[Scenario] = []
    errors: list[ScenarioError] = []
    for item in wanted:
        chosen = list(bundled().values()) if item == ALL else [item]
        for one in chosen:
            try:
                found.extend(read(one, names, lets, folders=folders))
            except ScenarioError as error:
                errors.append(error)
    if errors:
        raise ScenarioError(mistake for error in errors for mistake in error.mistakes)
    if not found:
        raise UsageError("no scenario: name one (`mockzoom play --list` shows them), or `all`")
    return tuple(found)


def shelf(
    contract: documents.Contract, folders: Sequence[str | Path] = ()
) -> tuple[tuple[str, str], ...]:
    """Return each scenario that a name can mean, with what it is about, or why it can't be read."""
    _check(folders)
    names = names_for(contract)
    found = []
    for name, path in sorted(names_in(folders).items()):
        try:
            about = read(path, names, folders=folders)[0].about
        except ScenarioError as error:
            about = f"(cannot be read: {error.mistakes[0].place}: {error.mistakes[0].message})"
        found.append((name, " ".join(about.split())))
    return tuple(found)


def _check(folders: Sequence[str | Path]) -> None:
    for folder in folders:
        if not Path(folder).is_dir():
            raise UsageError(f"{folder}: no such folder; expected one with scenarios (YAML) in it")
