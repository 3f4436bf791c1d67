"""Finds and reads the scenarios that somebody names, with every name that they may use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mockzoom import contract as documents
from mockzoom.errors import UsageError
from mockzoom.model import JSON, EventSpec
from mockzoom.scenario import Names, Scenario, ScenarioError, bundled, names_in, read
from mockzoom.scenario.model import sends, walk

ALL = "all"
_NONE: Mapping[str, JSON] = {}


def names_for(contract: documents.Contract) -> Names:
    """Return every name that a scenario may use with this contract."""
    return Names(events=contract.known)


class SelectedEvents(Mapping[str, EventSpec]):
    """The selected events of a contract, and of the other bundled ones no more than their names.

    With these a scenario about other products can be read without their documents, whose reading
    takes long: what it says of their values is not checked.
    """

    def __init__(self, contract: documents.Contract) -> None:
        self._selected = contract.events
        self._products = documents.bundled_events()

    def __getitem__(self, name: str) -> EventSpec:
        return self._selected[name]

    def __contains__(self, name: object) -> bool:
        return name in self._selected or name in self._products

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._selected, *self._products}))

    def __len__(self) -> int:
        return len({*self._selected, *self._products})

    def unselected(self, scenario: Scenario) -> tuple[str, ...]:
        """Return the products, sorted, whose events a scenario sends and that are not selected."""
        events = {step.like or step.event for step in sends(walk(scenario.steps))}
        others = {self._products.get(name, "") for name in events if name not in self._selected}
        return tuple(sorted(others - {""}))

    def reason_to_leave_out(self, scenario: Scenario) -> str | None:
        """Return why a scenario takes no part in `all`; None where it does.

        It does where every event that it sends is selected. The reason is empty where none is.
        """
        others = self.unselected(scenario)
        if not others:
            return None
        if not any(name in self._selected for name in scenario.events):
            return ""
        return (
            f"{scenario.title} was left out: it also sends events of {' and '.join(others)}"
            f" (add {_flags(others)})"
        )


def load_scenarios(
    wanted: Sequence[str | Path],
    contract: documents.Contract,
    lets: Mapping[str, JSON] = _NONE,
    folders: Sequence[str | Path] = (),
    skipped: Callable[[str], None] = lambda reason: None,
) -> tuple[Scenario, ...]:
    """Return the scenarios named: by path, by name, or `all` that are bundled.

    `all` are those that send events of the selected products only; `skipped` is told of each that
    sends some of them beside others. Raises `ScenarioError` with the mistakes of all scenarios,
    and `UsageError` for an unknown name, or where none is left.
    """
    _check(folders)
    names = names_for(contract)
    found: list[Scenario] = []
    errors: list[ScenarioError] = []
    for item in wanted:
        for one in bundled().values() if item == ALL else (item,):
            try:
                if item == ALL:
                    found += _applicable(one, contract, lets, folders, skipped)
                else:
                    found += read(one, names, lets, folders=folders)
            except ScenarioError as error:
                errors.append(error)
    if errors:
        raise ScenarioError(mistake for error in errors for mistake in error.mistakes)
    if not found:
        raise UsageError(_none_of(wanted, contract))
    return tuple(found)


def listed(
    contract: documents.Contract, folders: Sequence[str | Path] = (), *, only: bool = False
) -> tuple[tuple[str, str], ...]:
    """Return each scenario that a name can mean, with what it is about, or why it can't be read.

    A bundled one that takes no part in `all` has the products behind it that it is about; with
    `only` it is left out.
    """
    _check(folders)
    names, events, ours = names_for(contract), SelectedEvents(contract), bundled()
    at_hand = replace(names, events=events)
    found = []
    for name, path in sorted(names_in(folders).items()):
        is_ours = path == ours.get(name)
        try:
            first = read(path, at_hand if is_ours else names, folders=folders)[0]
            others = events.unselected(first) if is_ours else ()
            if others and only:
                continue
            about = f"{first.about} ({_flags(others)})" if others else first.about
        except ScenarioError as error:
            about = f"(cannot be read: {error.mistakes[0].place}: {error.mistakes[0].message})"
        found.append((name, " ".join(about.split())))
    return tuple(found)


def names_at_hand(contract: documents.Contract) -> Names:
    """Return the names for a list of the bundled scenarios, which needs no other products' values.

    That the bundled scenarios keep the contract of every product is for the tests to see.
    """
    return replace(names_for(contract), events=SelectedEvents(contract))


def _applicable(
    path: str | Path,
    contract: documents.Contract,
    lets: Mapping[str, JSON],
    folders: Sequence[str | Path],
    skipped: Callable[[str], None],
) -> Iterator[Scenario]:
    """Yield the scenarios of a bundled document that take part in `all`."""
    events = SelectedEvents(contract)
    names = replace(names_for(contract), events=events)
    for scenario in read(path, names, lets, folders=folders):
        reason = events.reason_to_leave_out(scenario)
        if reason is None:
            yield scenario
        elif reason:
            skipped(reason)


def _flags(products: Sequence[str]) -> str:
    return " ".join(f"--product {name}" for name in products)


def _none_of(wanted: Sequence[str | Path], contract: documents.Contract) -> str:
    """Say why there is no scenario to be played, and what to do."""
    how = "name one (`mockzoom play --list` shows them), or `all`"
    if not wanted:
        return f"no scenario: {how}"
    products = ", ".join(sorted({spec.product for spec in contract.events.values()}))
    return f"no bundled scenario is about {products} alone: {how} with more --product"


def _check(folders: Sequence[str | Path]) -> None:
    for folder in folders:
        if not Path(folder).is_dir():
            raise UsageError(f"{folder}: no such folder; expected one with scenarios (YAML) in it")
