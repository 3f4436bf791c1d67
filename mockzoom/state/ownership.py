"""Ownership: which scenario of a pass a part of the state is about."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mockzoom.model import JSON
from mockzoom.scenario.model import Scenario
from mockzoom.schema.pointer import leaves
from mockzoom.state.paths import keys_and_scalars, text_of
from mockzoom.state.plays import Order, PlayRecord
from mockzoom.state.roles import Roles, SentEvent, names_one
from mockzoom.state.scripts import leaders, natural_order
from mockzoom.state.state_diff import UNCHANGED

_OWNER = re.compile(r"<#(\d+) ")
"""The number of a scenario, in a role."""


@dataclass(frozen=True, slots=True, eq=False)
class PassMember:
    """One scenario of the passes, with the record of its judged play."""

    number: int
    scenario: Scenario
    record: PlayRecord
    orders: tuple[Order, ...]
    """Orders of its shuffles: the one that was judged, and further ones to be tried."""
    of: int | None = None
    """The number of the scenario that is played plainly here, but in one of the further orders."""


class PassRoles:
    """Names the ids and times of one pass: those of each scenario by its number and its steps.

    An entry that mentions entities of one scenario alone has the roles of that scenario: times of
    several scenarios may be the same.
    """

    def __init__(self, pairs: Sequence[tuple[PassMember, PlayRecord]]) -> None:
        pinned = pairs[0][1].pinned if pairs else ()
        sent: list[SentEvent] = []
        order: dict[str, int] = {}
        owners: dict[str, set[int]] = {}
        shared: set[str] = set()
        of_one_moment: dict[str, str] = {}
        self._own: dict[int, Roles] = {}
        for member, record in pairs:
            for name, rank in natural_order(member.scenario).items():
                order[f"#{member.number} {name}"] = rank + 1_000 * member.number
            first = {
                f"#{member.number} {step}": f"#{member.number} {leader}"
                for step, leader in leaders(member.scenario).items()
            }
            own = [replace(item, step=f"#{member.number} {item.step}") for item in record.sent]
            self._own[member.number] = Roles(own, order, pinned, leaders=first)
            of_one_moment |= first
            sent += own
            for pointer, value in (leaf for item in own for leaf in leaves(item.body)):
                if names_one(pointer, value):
                    owners.setdefault(str(value), set()).add(member.number)
                else:
                    shared.add(str(value))
        shared |= {value for value, of in owners.items() if len(of) > 1}
        self._owner = {value: min(of) for value, of in owners.items() if len(of) == 1}
        self.all = Roles(sent, order, pinned, shared, of_one_moment)

    def rename(self, value: JSON) -> JSON:
        """Return `value` with ids and times replaced by their roles, in keys as well."""
        if isinstance(value, dict):
            found: dict[str, JSON] = {}
            for key, item in value.items():
                own = self._of({key: item})
                if own is None:
                    found[str(self.all.rename(key))] = self.rename(item)
                else:
                    found[str(own.rename(key))] = own.rename(item)
            return found
        if isinstance(value, list):
            return [
                self.rename(item) if (own := self._of(item)) is None else own.rename(item)
                for item in value
            ]
        return self.all.rename(value)

    def _of(self, entry: JSON) -> Roles | None:
        """Return the roles of the one scenario whose entities an entry mentions."""
        words = map(str, keys_and_scalars(entry))
        owners = {self._owner[word] for word in words if word in self._owner}
        return self._own[owners.pop()] if len(owners) == 1 else None


def owners_in(text: str) -> set[int]:
    """Return the numbers of the scenarios whose roles a text has."""
    return {int(number) for number in _OWNER.findall(text)}


def differing(one: JSON, other: JSON) -> tuple[set[int], bool]:
    """Return the numbers of the scenarios in whose parts two state diffs differ.

    Also whether anything differs that mentions no scenario.
    """
    if one == other:
        return set(), False
    if isinstance(one, Mapping) and isinstance(other, Mapping) and "by" not in {*one, *other}:
        found, is_total = set[int](), False
        for key in {**one, **other}:
            left, right = one.get(key, UNCHANGED), other.get(key, UNCHANGED)
            if left == right:
                continue
            of_key = owners_in(key)
            below, unowned = (of_key, False) if of_key else differing(left, right)
            found |= below
            is_total = is_total or unowned
        return found, is_total
    if isinstance(one, list) and isinstance(other, list):
        left, right = Counter(map(text_of, one)), Counter(map(text_of, other))
        odd = (left - right) + (right - left)
        owned = [owners_in(text) for text in odd]
        return set().union(*owned), not odd or not all(owned)
    found = owners_in(text_of(one)) | owners_in(text_of(other))
    return found, not found
