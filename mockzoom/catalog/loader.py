"""Builds a catalog: reads documents, judges them as written, corrects and compiles them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from mockzoom.catalog.events import EventReader, Reading
from mockzoom.catalog.lint import DUPLICATE_EVENT, Notebook, Place
from mockzoom.catalog.operations import Document, Operation, operations
from mockzoom.catalog.sources import read, read_file
from mockzoom.model import JSON, EventSpec, Finding


def build(
    specs: Sequence[str | Path], errata: Sequence[str | Path], *, bundled: Path | None
) -> tuple[Mapping[str, EventSpec], tuple[Finding, ...]]:
    """Return the events and findings of documents; `bundled` is the folder of mockzoom's own."""
    notebook = Notebook()
    if bundled is None:
        documents = read(specs, notebook)
    else:
        documents = []
        for path in sorted(bundled.glob("*.json")):
            documents += read_file(path, f"specs/{path.name}", notebook)
    reader = EventReader(notebook)
    readings = [reader.read(operation) for operation in _distinct(documents, notebook)]
    events = {reading.operation.event: _spec(reading) for reading in readings}
    ordered = {name: events[name] for name in sorted(events)}
    return MappingProxyType(ordered), notebook.sorted()


def _spec(reading: Reading) -> EventSpec:
    operation = reading.operation
    return EventSpec(
        name=operation.event,
        source=operation.document.file,
        pointer=operation.pointer,
        summary=reading.summary,
        schema=reading.schema,
        examples=tuple(example.value for example in reading.examples),
        notes=reading.notes,
    )


def _distinct(documents: Sequence[Document], notebook: Notebook) -> list[Operation]:
    """Return the first description of each event; another one that differs is a finding."""
    first: dict[str, Operation] = {}
    for document in documents:
        for operation in operations(document):
            known = first.setdefault(operation.event, operation)
            if known is operation or _alike(known, operation):
                continue
            place = Place(document.file, operation.pointer, operation.event)
            message = (
                f"the event is described differently in {known.document.file} at "
                f"{known.pointer}; that one is used"
            )
            notebook.add(DUPLICATE_EVENT, place, message)
    return list(first.values())


def _alike(one: Operation, other: Operation) -> bool:
    return bool(one.item == other.item) and _components(one) == _components(other)


def _components(operation: Operation) -> JSON:
    root = operation.document.root
    return [root.get(shelf) for shelf in ("components", "definitions", "$defs")]
