"""Builds a contract: reads documents, judges them as written, corrects and compiles them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from mockzoom.contract.erratum import OtherReadings, check_observed, of_examples, together
from mockzoom.contract.events import EventReader, EventReading
from mockzoom.contract.lint import DUPLICATE_EVENT, UNREADABLE, FindingPlace, LintFindings
from mockzoom.contract.operations import Document, Operation, operations
from mockzoom.contract.overlay import corrected, read_overlay
from mockzoom.contract.sources import read, read_file
from mockzoom.model import EventSpec, Finding

MOST_EVENTS = 2_000
"""Events of all documents that are read. Zoom has some 460."""
_SHELVES = ("components", "definitions", "$defs", "parameters", "responses")


Built = tuple[Mapping[str, EventSpec], tuple[Finding, ...]]
"""The events by name, sorted, and the findings of their documents."""


def build(specs: Sequence[str | Path], errata: Sequence[str | Path]) -> Built:
    """Return the events and findings of documents that somebody named."""
    findings = LintFindings()
    documents = read(specs, findings)
    return _built(documents, [(path, path.as_posix()) for path in _overlay_files(errata)], findings)


def build_bundled(folder: Path, products: Sequence[str], errata: Sequence[str | Path]) -> Built:
    """Return the events and findings of mockzoom's own documents of `products`, in `folder`.

    An overlay of `errata` that is for another document of the folder is left out.
    """
    findings = LintFindings()
    paths = [folder / f"{product}.json" for product in products]
    documents = [
        document for path in paths for document in read_file(path, _label(path, folder), findings)
    ]
    others = {path.name for path in folder.glob("*.json")} - {path.name for path in paths}
    overlays = [(path, _label(path, folder)) for path in _overlay_files(errata)]
    return _built(documents, overlays, findings, others)


def _built(
    documents: list[Document],
    errata: Iterable[tuple[Path, str]],
    findings: LintFindings,
    others: Collection[str] = (),
) -> Built:
    written = _readings(documents, findings)
    overlays = [
        overlay
        for path, label in errata
        if (overlay := read_overlay(path, label, findings)).extends not in others
    ]
    fixed = corrected(documents, overlays, findings)
    readings = _reread(written, [result.document for result in fixed]) if overlays else written
    readings_of = {
        (result.document.file, pointer): found
        for result in fixed
        for pointer, found in result.readings.items()
    }
    events = {name: _spec(readings[name], readings_of) for name in sorted(readings)}
    return MappingProxyType(events), findings.sorted()


def _overlay_files(errata: Iterable[str | Path]) -> Iterator[Path]:
    """Yield the overlay files named; of a folder, those whose names say that they are one."""
    for path in map(Path, errata):
        if path.is_dir():
            yield from sorted(file for file in path.glob("*.overlay.*") if file.is_file())
        else:
            yield path


def _label(path: Path, folder: Path) -> str:
    """Return a file's name for findings: of mockzoom's own, the same wherever it is installed."""
    if path.is_relative_to(folder):
        return "specs/" + path.relative_to(folder).as_posix()
    return path.as_posix()


def _product(file: str) -> str:
    """Return the product that a document is of: its file's name, without suffix and line."""
    return PurePosixPath(PurePosixPath(file).name.partition(":")[0]).stem


def _readings(documents: Iterable[Document], findings: LintFindings) -> dict[str, EventReading]:
    reader = EventReader(findings)
    return {operation.event: reader.read(operation) for operation in distinct(documents, findings)}


def _reread(
    written: dict[str, EventReading], documents: Iterable[Document]
) -> dict[str, EventReading]:
    """Return the readings after correction; what the errata left as it was is not read again."""
    reader, similarity = EventReader(LintFindings()), _Similarity()
    readings: dict[str, EventReading] = {}
    for operation in distinct(documents, LintFindings()):
        before = written.get(operation.event)
        unchanged = before is not None and similarity.of(before.operation, operation)
        readings[operation.event] = (
            before if before is not None and unchanged else reader.read(operation)
        )
    return readings


def _spec(reading: EventReading, errata: Mapping[tuple[str, str], OtherReadings]) -> EventSpec:
    operation = reading.operation
    stated = errata.get((operation.document.file, operation.pointer), OtherReadings())
    check_observed(reading.schema, stated)
    derived = (*of_examples(reading.contradictions), *reading.readings)
    return EventSpec(
        name=operation.event,
        source=operation.document.file,
        pointer=operation.pointer,
        summary=reading.summary,
        schema=reading.schema,
        examples=tuple(example.value for example in reading.examples),
        variants=together(stated, derived),
        notes=(*reading.notes, *(observed.note for observed in stated.observed)),
        product=_product(operation.document.file),
    )


def distinct(documents: Iterable[Document], findings: LintFindings) -> list[Operation]:
    """Return the first description of each event; another one that differs is a finding."""
    first: dict[str, Operation] = {}
    similarity = _Similarity()
    for document in documents:
        for operation in operations(document):
            if len(first) == MOST_EVENTS and operation.event not in first:
                place = FindingPlace(document.file, operation.pointer)
                message = f"more than {MOST_EVENTS:,} events; those from here on are not read"
                findings.add(UNREADABLE, place, message)
                return list(first.values())
            known = first.setdefault(operation.event, operation)
            if known is operation or similarity.of(known, operation):
                continue
            place = FindingPlace(document.file, operation.pointer, operation.event)
            message = (
                f"the event is described differently in {known.document.file} at "
                f"{known.pointer}; that one is used"
            )
            findings.add(DUPLICATE_EVENT, place, message)
    return list(first.values())


class _Similarity:
    """Compares descriptions of events; what else two documents hold is compared only once."""

    def __init__(self) -> None:
        self._of_documents: dict[tuple[int, int], bool] = {}

    def of(self, one: Operation, other: Operation) -> bool:
        """Return whether two descriptions say the same."""
        if one.item != other.item:
            return False
        pair = id(one.document), id(other.document)
        if pair not in self._of_documents:
            first, second = one.document.root, other.document.root
            self._of_documents[pair] = all(first.get(key) == second.get(key) for key in _SHELVES)
        return self._of_documents[pair]
