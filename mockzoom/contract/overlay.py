"""Applies errata: OpenAPI Overlay 1.0 documents that correct what a contract says wrongly.

An action may carry a mark that says why it corrects and which other values a receiver may meet; see
`mockzoom.contract.erratum`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from mockzoom.contract.erratum import MARK, OtherReadings, read_mark
from mockzoom.contract.lint import ERRATUM_WITHOUT_TARGET, FindingPlace, LintFindings
from mockzoom.contract.operations import Document
from mockzoom.contract.sources import read_data, read_text
from mockzoom.contract.vocabulary import shown
from mockzoom.errors import SpecError
from mockzoom.model import JSON
from mockzoom.schema.nodes import plain_schema
from mockzoom.schema.pointer import escaped, join

_SEARCH_ERRORS = (TypeError, ValueError, LookupError, AttributeError, RecursionError)
"""What a filter of a JSONPath raises where it meets values that it did not expect."""


@dataclass(frozen=True, slots=True)
class Action:
    """One correction: where, what, and the other readings of the place."""

    place: FindingPlace
    target: str
    path: Any
    """The parsed JSONPath."""
    update: JSON
    remove: bool
    readings: OtherReadings


@dataclass(frozen=True, slots=True)
class Overlay:
    """An overlay document; `extends` is the name of the file that it is for, if it says so."""

    file: str
    extends: str | None
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class CorrectedDocument:
    """A document with its errata applied, and other readings by the pointer of their event."""

    document: Document
    readings: dict[str, OtherReadings]


def read_overlay(path: Path, label: str, findings: LintFindings) -> Overlay:
    """Return an overlay document; raise `SpecError` if it is none."""
    text = read_text(path, label)
    roots = read_data(text, path, label, findings)
    root = roots[0] if roots else None
    actions = root.get("actions") if isinstance(root, dict) and "overlay" in root else None
    if not isinstance(root, dict) or not isinstance(actions, list):
        raise SpecError(
            f"{label}:1:1: no overlay: expected an OpenAPI Overlay 1.0 document with `overlay` "
            "and a list of `actions`"
        )
    extends = root.get("extends")
    name = PurePosixPath(extends).name if isinstance(extends, str) else None
    read = [
        _action(action, FindingPlace(label, f"/actions/{i}")) for i, action in enumerate(actions)
    ]
    return Overlay(label, name, tuple(read))


def corrected(
    documents: Sequence[Document], overlays: Sequence[Overlay], findings: LintFindings
) -> list[CorrectedDocument]:
    """Return the documents with every overlay applied; an action without effect is a finding."""
    results = [CorrectedDocument(document, {}) for document in documents]
    copied: set[int] = set()
    for overlay in overlays:
        concerned = _concerned(overlay, results)
        for index in concerned:
            if index not in copied:
                copied.add(index)
                old = results[index].document
                new = Document(old.file, plain_schema(old.root), old.folder)
                results[index] = CorrectedDocument(new, results[index].readings)
        for action in overlay.actions:
            _apply(action, [results[index] for index in concerned], findings)
    return results


def _concerned(overlay: Overlay, results: Sequence[CorrectedDocument]) -> list[int]:
    """Return the documents an overlay is for: the one it extends if that is there, else all."""
    named = [
        index
        for index, result in enumerate(results)
        if PurePosixPath(result.document.file).name.partition(":")[0] == overlay.extends
    ]
    return named or list(range(len(results)))


def _action(action: JSON, place: FindingPlace) -> Action:
    from jsonpath_ng.exceptions import JSONPathError
    from jsonpath_ng.ext import parser

    target = action.get("target") if isinstance(action, dict) else None
    if not isinstance(target, str):
        raise SpecError(f"{place.file}: {place.pointer}: expected an object with a `target`")
    try:
        path = parser.parse(target)
    except (JSONPathError, ValueError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split())
        raise SpecError(
            f"{place.file}: {place.pointer}/target: {target!r} is no JSONPath: {reason}; "
            "expected one such as $.webhooks['a.b'].post"
        ) from None
    remove = action.get("remove") is True
    if not remove and not isinstance(action.get("update"), dict | list):
        raise SpecError(
            f"{place.file}: {place.pointer}: expected `update` (an object or a list) or "
            "`remove: true`"
        )
    readings = read_mark(action.get(MARK), f"{place.file}: {place.pointer}/{MARK}")
    return Action(place, target, path, action.get("update"), remove, readings)


def _apply(action: Action, results: Iterable[CorrectedDocument], findings: LintFindings) -> None:
    problem = "matches nothing"
    applied = False
    for result in results:
        root = result.document.root
        try:
            paths = [steps_of(match.full_path) for match in action.path.find(root)]
        except _SEARCH_ERRORS as error:
            problem = f"cannot be looked for: {error}"
            continue
        for steps in sorted(paths, key=_from_the_end, reverse=True):
            refusal = _change(root, steps, action)
            if refusal:
                problem = refusal
                continue
            applied = True
            _give_readings(action, steps, result, findings)
    if not applied:
        message = f"the target {shown(action.target)} {problem}; the action has no effect"
        place = FindingPlace(action.place.file, f"{action.place.pointer}/target")
        findings.add(ERRATUM_WITHOUT_TARGET, place, message)


def _give_readings(
    action: Action, steps: tuple[str | int, ...], result: CorrectedDocument, findings: LintFindings
) -> None:
    if not action.readings:
        return
    if len(steps) > 1 and steps[0] in ("webhooks", "paths"):
        pointer = f"/{steps[0]}/{escaped(str(steps[1]))}"
        result.readings[pointer] = result.readings.get(pointer, OtherReadings()) + action.readings
        return
    message = f"the target {shown(action.target)} lies in no event; its other reading is not used"
    place = FindingPlace(action.place.file, f"{action.place.pointer}/{MARK}/other-reading")
    findings.add(ERRATUM_WITHOUT_TARGET, place, message)


def _from_the_end(steps: tuple[str | int, ...]) -> tuple[int, tuple[str, ...]]:
    """Order places so that removing one does not move those that are still to come."""
    return len(steps), tuple(f"{s:012}" if isinstance(s, int) else s for s in steps)


def steps_of(path: Any) -> tuple[str | int, ...]:
    """Return the keys and indices of a JSONPath match."""
    if hasattr(path, "left"):
        return (*steps_of(path.left), *steps_of(path.right))
    if hasattr(path, "fields"):
        return tuple(path.fields)
    if hasattr(path, "indices"):
        return tuple(path.indices)
    return (path.index,) if hasattr(path, "index") else ()


def _change(root: Any, steps: tuple[str | int, ...], action: Action) -> str | None:
    """Change one place of a document; return why that cannot be done, or None."""
    if not steps and action.remove:
        return "is the document itself, which cannot be removed"
    parent: Any = None
    node: Any = root
    for step in steps:
        try:
            parent, node = node, node[step]
        except (KeyError, IndexError, TypeError):
            return f"leads to {join(steps)}, which is not there"
    if action.remove:
        del parent[steps[-1]]
        return None
    if isinstance(node, list):
        node.extend(action.update if isinstance(action.update, list) else [action.update])
        return None
    if isinstance(node, dict) and isinstance(action.update, dict):
        _merge(node, action.update)
        return None
    return f"is {shown(node)}; an update fits an object or an array only"


def _merge(node: dict[str, JSON], update: dict[str, JSON]) -> None:
    for key, value in update.items():
        old = node.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            _merge(old, value)
        elif isinstance(old, list) and isinstance(value, list):
            old.extend(plain_schema(value))
        else:
            node[key] = plain_schema(value)
