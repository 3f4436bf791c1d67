"""Keys: rows that mention an entity only through the key of another row.

In `{"sessions": [{"id": 17, "uuid": "…"}], "visits": [{"id": 3, "session_fk": 17}]}` the visit
belongs to the session whose row has the id 17, and what refers to visit 3 does so, too. Such keys
differ from play to play. Here they are replaced by the entity that the row is about, so that the
visit is compared with that of another play, and belongs to its scenario.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mockzoom.model import JSON
from mockzoom.state.roles import Roles

_MOST_LEVELS = 4
"""So many tables may lie between a row and its entity."""
_OWN_KEYS = frozenset({"id", "_id", "pk", "rowid", "oid"})
_REFERENCE = re.compile(r"(?:fk_)?(?P<table>.+?)_?(?:id|fk|pk|key|ref|rowid)")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LONGEST = 64


@dataclass(slots=True, eq=False)
class _TableRow:
    table: str
    fields: Mapping[str, JSON]
    key: str | None = None
    """Its own key, where that is a key of an object and no field."""
    entity: str = ""
    found: dict[str, str] = field(default_factory=dict)
    """Fields that are keys, and the entity that they stand for."""


class Keys:
    """The keys in one snapshot that stand for entities of one play, given its `roles`."""

    def __init__(self, snapshot: JSON, roles: Roles) -> None:
        self._rows = {id(row.fields): row for row in _rows(snapshot, "")}
        self._find_entities(roles)
        self._known: dict[str, dict[str, str]] = {}
        """The entities that keys stand for: by key, then by table."""
        for _ in range(_MOST_LEVELS):
            if not self._follow():
                break

    def replace(self, value: JSON) -> JSON:
        """Return a part of the snapshot with keys replaced by the entities that they stand for."""
        if isinstance(value, str | int | float):
            return value
        if isinstance(value, Mapping):
            row = self._rows.get(id(value))
            keys = row.found if row is not None else {}
            return {
                name: keys[name] if name in keys else self.replace(item)
                for name, item in value.items()
            }
        return [self.replace(item) for item in value] if isinstance(value, list) else value

    def _find_entities(self, roles: Roles) -> None:
        """Find the entity of each row that mentions any: one that no other row of it has first."""
        mentioned = {
            id(row): [str(item) for item in row.fields.values() if roles.is_own(item)]
            for row in self._rows.values()
        }
        for row in self._rows.values():
            if row.key is not None and roles.is_own(row.key):
                mentioned[id(row)].append(row.key)
        count = Counter(
            (row.table, item) for row in self._rows.values() for item in set(mentioned[id(row)])
        )
        for row in self._rows.values():
            own = mentioned[id(row)]
            row.entity = min(
                own, key=lambda item: (count[row.table, item], roles.rank(item)), default=""
            )

    def _follow(self) -> bool:
        """Find further keys by those that are known; return whether there are any."""
        before = sum(map(len, self._known.values()))
        ambiguous = set[tuple[str, str]]()
        for row in self._rows.values():
            for name, key in _own_keys(row) if row.entity else ():
                tables = self._known.setdefault(key, {})
                if tables.setdefault(row.table, row.entity) != row.entity:
                    ambiguous.add((row.table, key))
                elif name:
                    row.found[name] = row.entity
        for table, key in ambiguous:
            del self._known[key][table]
        for row in self._rows.values():
            for name, value in row.fields.items():
                entity = self._entity(name, value)
                if entity and name not in row.found:
                    row.found[name] = entity
                    row.entity = row.entity or entity
        return sum(map(len, self._known.values())) > before

    def _entity(self, name: str, value: JSON) -> str:
        """Return the entity that a field of this name refers to; empty where it refers to none."""
        tables = self._known.get(_key(value))
        if not tables or name in _OWN_KEYS:
            return ""
        match = _REFERENCE.fullmatch(_words(name))
        stem = _singular(match["table"] if match else _words(name))
        found = {entity for table, entity in tables.items() if _is_named(stem, table)}
        return found.pop() if len(found) == 1 else ""


def with_entities(snapshot: JSON, roles: Roles) -> JSON:
    """Return a snapshot with the keys of rows replaced by the entities that they stand for."""
    return Keys(snapshot, roles).replace(snapshot)


def _rows(value: JSON, name: str) -> Iterator[_TableRow]:
    """Yield the objects that are rows of a table: of a list, or of an object that has only such."""
    if isinstance(value, str | int | float):
        return
    if isinstance(value, list):
        for item in value:
            if name and isinstance(item, Mapping):
                yield _TableRow(_singular(_words(name)), item)
            yield from _rows(item, "")
    elif isinstance(value, Mapping):
        is_table = bool(name) and all(isinstance(item, Mapping) for item in value.values())
        for key, item in value.items():
            if is_table:
                yield _TableRow(_singular(_words(name)), item, key)
            yield from _rows(item, key)


def _own_keys(row: _TableRow) -> Iterator[tuple[str, str]]:
    """Yield the names of a row's own keys, none for that of an object, and the keys."""
    if row.key is not None and row.key != row.entity and _key(row.key):
        yield "", row.key
    for name, value in row.fields.items():
        words = _words(name)
        if name in _OWN_KEYS or words in (f"{row.table}_id", f"{row.table}_pk"):
            key = _key(value)
            if key and key != row.entity:
                yield name, key


def _is_named(stem: str, table: str) -> bool:
    """Tell whether a reference speaks of a table: `session` of `session` and `video_session`."""
    return stem == table or stem.endswith(f"_{table}") or table.endswith(f"_{stem}")


def _key(value: JSON) -> str:
    """Return a value that may be a key as text; empty for others."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return ""
    text = str(value)
    return text if 0 < len(text) <= _LONGEST and " " not in text else ""


def _words(name: str) -> str:
    return _CAMEL.sub("_", name).lower()


def _singular(name: str) -> str:
    if name.endswith("ies"):
        return name[:-3] + "y"
    return name.removesuffix("s")
