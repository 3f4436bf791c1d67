"""Reads contract documents from files, folders and documentation pages.

A file is JSON, YAML, or a Markdown page with OpenAPI in its code blocks. A file that was named must
hold a contract; in a folder, a file that clearly is none is passed over, and one that is broken is
a finding. What is handed on are `Document`s of plain JSON, each with at least one event.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from mockzoom.contract.lint import DUPLICATE_KEY, UNREADABLE, FindingPlace, LintFindings
from mockzoom.contract.operations import Document, is_contract, operations
from mockzoom.contract.pages import Block, blocks
from mockzoom.contract.parse import ParseError, parse_json, parse_yaml, plain
from mockzoom.errors import SpecError
from mockzoom.model import JSON

_PAGES = frozenset({".md", ".mdx", ".markdown"})
_SUFFIXES = frozenset({".json", ".yaml", ".yml", ".txt"}) | _PAGES
_EXPECTED = (
    "expected an OpenAPI document (JSON, YAML, or embedded in a Markdown page) with events under "
    "`webhooks`, or with event names as keys of `paths`"
)


class _NoContract(SpecError):
    """A readable file that is no contract with events."""


def read(paths: Iterable[str | Path], notebook: LintFindings) -> list[Document]:
    """Return the documents of the files and folders named, in order; raise `SpecError`."""
    documents: list[Document] = []
    for path in map(Path, paths):
        if path.is_dir():
            documents += _read_folder(path, notebook)
        else:
            documents += read_file(path, path.as_posix(), notebook)
    return documents


def read_file(path: Path, label: str, notebook: LintFindings) -> list[Document]:
    """Return the documents of one file, which findings will call `label`; raise `SpecError`."""
    text = read_text(path, label)
    roots = _read_roots(text, path, label, notebook)
    contracts = [Document(file, root, path.parent) for file, root in roots if is_contract(root)]
    if not contracts:
        raise _NoContract(f"{label}:1:1: no contract: {_EXPECTED}; name another file with --spec")
    found = [document for document in contracts if next(operations(document), None)]
    if not found:
        raise _NoContract(
            f"{label}:1:1: an OpenAPI document without events: {_EXPECTED}; "
            "a REST description alone has none"
        )
    return found


def read_text(path: Path, label: str) -> str:
    """Return the UTF-8 text of a file, without a byte order mark; raise `SpecError`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise SpecError(
            f"{label}: cannot be read: {reason}; expected a file or a folder of contract documents"
        ) from None
    except ValueError as error:
        raise SpecError(f"{label!a}: is no path: {error}; expected a file or a folder") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before) - (before.rfind(b"\n") + 1) + 1
        raise SpecError(
            f"{label}:{line}:{column}: not UTF-8 (byte 0x{data[error.start]:02x}); "
            "expected UTF-8 text; save the file as UTF-8"
        ) from None


def read_data(text: str, path: Path, label: str, notebook: LintFindings) -> list[JSON]:
    """Return the plain values of a JSON text, or of each document of a YAML text."""
    lead = text.lstrip()[:1]
    try:
        if path.suffix.lower() == ".json" or lead in ("{", "["):
            try:
                return [plain(parse_json(text), FindingPlace(label), notebook)]
            except ParseError:
                if path.suffix.lower() not in (".yaml", ".yml"):
                    raise
        roots, repeated = parse_yaml(text)
        for key in repeated:
            place = FindingPlace(label)
            notebook.add(DUPLICATE_KEY, place, f"line {key.line}:{key.column}: {key.message}")
        return [plain(root, FindingPlace(label), notebook) for root in roots]
    except ParseError as error:
        raise SpecError(
            f"{label}:{error.line}:{error.column}: neither JSON nor YAML: {error.message}; "
            f"{_EXPECTED}"
        ) from None


def _read_roots(
    text: str, path: Path, label: str, notebook: LintFindings
) -> list[tuple[str, JSON]]:
    if path.suffix.lower() in _PAGES or _looks_like_page(text, path):
        return _read_page(text, path, label, notebook)
    return [(label, root) for root in read_data(text, path, label, notebook)]


def _looks_like_page(text: str, path: Path) -> bool:
    if path.suffix.lower() in (".json", ".yaml", ".yml") or text.lstrip()[:1] in ("{", "["):
        return False
    return "```" in text or "~~~" in text or path.suffix.lower() == ".txt"


def _read_page(text: str, path: Path, label: str, notebook: LintFindings) -> list[tuple[str, JSON]]:
    if text.lstrip()[:1] == "{":
        return [(label, root) for root in read_data(text, path, label, notebook)]
    roots: list[tuple[str, JSON]] = []
    broken: list[tuple[FindingPlace, str]] = []
    for block in blocks(text):
        place = FindingPlace(f"{label}:{block.line}" if roots else label)
        try:
            found = _read_block(block, place, notebook)
        except ParseError as error:
            line = block.line + error.line - 1
            broken.append((FindingPlace(f"{label}:{line}:{error.column}"), error.message))
            continue
        # The first is the page's document; what follows it is told apart by its line.
        roots += [(place.file if roots else label, root) for root in found]
    if broken and not any(is_contract(root) for _, root in roots):
        place, message = broken[0]
        raise SpecError(f"{place.file}: an OpenAPI block that is broken: {message}; {_EXPECTED}")
    for place, message in broken:
        notebook.add(UNREADABLE, place, f"an OpenAPI block that is broken: {message}")
    return roots


def _read_block(block: Block, place: FindingPlace, notebook: LintFindings) -> list[JSON]:
    """Return the contracts of a code block; `ParseError` only if it was meant to be one."""
    if not any(word in block.text for word in ("openapi", "webhooks", "swagger", "paths")):
        return []
    meant = '"openapi"' in block.text or block.text.lstrip().startswith(("openapi:", "swagger:"))
    try:
        if block.text.lstrip()[:1] in ("{", "["):
            values = [parse_json(block.text)]
        elif block.language in ("yaml", "yml") or meant:
            values, _ = parse_yaml(block.text)
        else:
            return []
    except ParseError:
        if meant:
            raise
        return []
    # Other JSON of the page is none of ours: its oddities are not noted.
    return [plain(value, place, notebook) for value in values if is_contract(value)]


def _read_folder(folder: Path, notebook: LintFindings) -> list[Document]:
    documents: list[Document] = []
    broken: list[str] = []
    for path in _files(folder):
        label = path.as_posix()
        trial = LintFindings()
        try:
            documents += read_file(path, label, trial)
        except _NoContract:
            continue
        except SpecError as error:
            notebook.add(UNREADABLE, FindingPlace(label), str(error))
            broken.append(str(error))
        else:
            notebook.extend(trial)
    if not documents:
        reason = f"; the first that is broken: {broken[0]}" if broken else ""
        raise SpecError(
            f"{folder.as_posix()}: no contract document in this folder; {_EXPECTED}{reason}"
        )
    return documents


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files that may be contracts: those of the folder itself first, then deeper ones."""
    found: list[tuple[int, Path]] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "node_modules"))]
        depth = len(Path(parent).parts)
        for name in names:
            path = Path(parent, name)
            if path.suffix.lower() in _SUFFIXES and not name.startswith("."):
                found.append((depth, path))
    return (path for _, path in sorted(found))
