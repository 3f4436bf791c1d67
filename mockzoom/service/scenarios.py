"""The scenarios of the service: the bundled ones, and those that somebody uploaded.

An uploaded text is not trusted: it runs no command, reads no file, and plays bundled scenarios
only. It is kept in the journal under its own name.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from mockzoom.client.scenarios import names_at_hand, names_for
from mockzoom.contract import Contract
from mockzoom.dispatch import Conflict
from mockzoom.errors import NotFound, nearest
from mockzoom.journal import Archive, Writer
from mockzoom.model import JSON
from mockzoom.play.streams import streamed
from mockzoom.scenario import Mistake, Scenario, ScenarioError, bundled, read, read_text
from mockzoom.scenario.model import walk
from mockzoom.scenario.steps import Probe

MOST_UPLOADS = 100
MOST_BYTES = 512 * 1024
"""Of one uploaded text."""
_RESERVED = "check"
_NONE: Mapping[str, JSON] = {}


@dataclass(frozen=True, slots=True)
class ScenarioEntry:
    """A scenario as the list has it; `needs` are the fields that a run of it has to be given."""

    name: str
    about: str
    because: str
    needs: tuple[str, ...]
    uploaded_at: float | None = None


@dataclass(frozen=True, slots=True)
class ScenarioWithText:
    """A scenario with its text, and what its matrix makes of it."""

    entry: ScenarioEntry
    text: str
    variants: tuple[Scenario, ...]


class Scenarios:
    """The scenarios of one server."""

    def __init__(self, writer: Writer, archive: Archive, contract: Contract) -> None:
        self._writer = writer
        self._archive = archive
        self._names = names_for(contract)
        self._at_hand = names_at_hand(contract)
        self._bundled: tuple[ScenarioEntry, ...] = ()
        self._lock = threading.Lock()

    def all(self) -> list[ScenarioEntry]:
        """Return every scenario: the bundled ones, then the uploaded ones, each by name."""
        with self._archive.reading() as connection:
            rows = connection.execute("SELECT * FROM scenario ORDER BY name").fetchall()
        return [*self._entries(), *(_entry(row) for row in rows)]

    def load(self, name: str, lets: Mapping[str, JSON] = _NONE) -> tuple[Scenario, ...]:
        """Return a scenario ready to be played, one for each value of its matrix.

        `lets` are values for names of its `let` or `matrix`. Raises `NotFound`, and `ScenarioError`
        where a value is none, or the contract has changed since the upload.
        """
        if name in bundled():
            return read(name, self._names, lets)
        return read_text(self._row(name)["text"], f"{name}.yaml", self._names, lets)

    def open(self, name: str) -> ScenarioWithText:
        """Return a scenario with its text; one that can no longer be read has no variants."""
        path = bundled().get(name)
        if path is not None:
            entry = next(item for item in self._entries() if item.name == name)
            return ScenarioWithText(entry, path.read_text("utf-8"), self.load(name))
        row = self._row(name)
        try:
            variants = self.load(name)
        except ScenarioError:
            variants = ()
        return ScenarioWithText(_entry(row), row["text"], variants)

    def check(self, text: str) -> tuple[Mistake, ...]:
        """Return the mistakes of a text that might be uploaded; none where it can be played."""
        try:
            read_text(text, "scenario.yaml", self._names)
        except ScenarioError as error:
            return error.mistakes
        return ()

    def upload(self, text: str) -> ScenarioWithText:
        """Keep a text under the name that it gives itself, in the place of an uploaded one.

        Raises `ScenarioError` with its mistakes, and `Conflict` for a bundled scenario's name or
        where there are as many as may be.
        """
        variants = read_text(text, "scenario.yaml", self._names)
        first = variants[0]
        if first.name in bundled():
            raise Conflict(f"a bundled scenario is called {first.name!r}; choose another `name`")
        if first.name == _RESERVED:
            raise Conflict(f"{_RESERVED!r} is what checking a scenario is called; choose another")
        entry = _summary(variants, time.time())

        def work(connection: sqlite3.Connection) -> None:
            others = connection.execute(
                "SELECT count(*) FROM scenario WHERE name != ?", (entry.name,)
            ).fetchone()[0]
            if others >= MOST_UPLOADS:
                raise Conflict(f"{MOST_UPLOADS} scenarios are uploaded already; delete one")
            connection.execute(
                "INSERT OR REPLACE INTO scenario (name, uploaded_at, about, because, needs, text)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (entry.name, entry.uploaded_at, entry.about, entry.because,
                 json.dumps(entry.needs), text),
            )  # fmt: skip

        self._writer.submit(work).result()
        return ScenarioWithText(entry, text, variants)

    def delete(self, name: str) -> None:
        """Delete an uploaded scenario; raise `Conflict` for a bundled one."""
        if name in bundled():
            raise Conflict(f"{name!r} comes with mockzoom; only uploaded scenarios can be deleted")
        self._row(name)
        self._writer.submit(
            lambda connection: connection.execute("DELETE FROM scenario WHERE name = ?", (name,))
        ).result()

    def _row(self, name: str) -> sqlite3.Row:
        with self._archive.reading() as connection:
            row: sqlite3.Row | None = connection.execute(
                "SELECT * FROM scenario WHERE name = ?", (name,)
            ).fetchone()
        if row is None:
            known = [item.name for item in self.all()]
            raise NotFound(f"no scenario is called {name!r}{nearest(name, known)}")
        return row

    def _entries(self) -> tuple[ScenarioEntry, ...]:
        """Return the bundled scenarios, read once; those of events that the contract lacks not."""
        with self._lock:
            if not self._bundled:
                found = []
                for name in bundled():
                    try:
                        found.append(_summary(read(name, self._at_hand)))
                    except ScenarioError as error:
                        told = error.mistakes[0].message
                        found.append(ScenarioEntry(name, f"(cannot be played: {told})", "", ()))
                self._bundled = tuple(found)
            return self._bundled


def needs(variants: tuple[Scenario, ...]) -> tuple[str, ...]:
    """Return the fields that a run of these scenarios has to be given."""
    found: list[str] = []
    if any(streamed(item) for item in variants):
        found += ["client_id", "client_secret"]
    if any(item.rotates for item in variants):
        found.append("next_secret")
    if any(_asks_for_a_probe(item) for item in variants):
        found.append("probe")
    return tuple(found)


def _asks_for_a_probe(scenario: Scenario) -> bool:
    if scenario.probe is not None:
        return False
    return any(isinstance(step, Probe) and step.source is None for step in walk(scenario.steps))


def _summary(variants: tuple[Scenario, ...], uploaded_at: float | None = None) -> ScenarioEntry:
    first = variants[0]
    about, because = (" ".join(text.split()) for text in (first.about, first.because))
    return ScenarioEntry(first.name, about, because, needs(variants), uploaded_at)


def _entry(row: sqlite3.Row) -> ScenarioEntry:
    return ScenarioEntry(
        row["name"], row["about"], row["because"], tuple(json.loads(row["needs"])),
        row["uploaded_at"],
    )  # fmt: skip
