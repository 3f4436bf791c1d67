"""Reads contract documents from files, folders and documentation pages.

A file is JSON, YAML, a Markdown page with OpenAPI in its code blocks, a rendered API reference, or
a listing of a document with line numbers. A file that was named must hold a contract; in a folder,
a file that clearly is none is passed over, and one that is broken is a finding. What is handed on
are `Document`s of plain JSON, each with at least one event.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mockzoom.contract.lint import DUPLICATE_KEY, UNREADABLE, FindingPlace, LintFindings
from mockzoom.contract.operations import Document, is_contract, operations
from mockzoom.contract.parse import ParseError, parse_json, parse_yaml, plain
from mockzoom.contract.renderings import (
    embedded,
    is_reference,
    numbered_lines,
    numbered_text,
    read_reference,
)
from mockzoom.errors import SpecError
from mockzoom.model import JSON

_PAGES = frozenset({".md", ".mdx", ".markdown"})
_TEXTS = frozenset({".txt"}) | _PAGES
_SUFFIXES = frozenset({".json", ".yaml", ".yml"}) | _TEXTS
_YAML = re.compile(r"^(?:openapi|swagger|webhooks|paths)\s?:", re.MULTILINE)
_EXPECTED = (
    "expected an OpenAPI document (JSON, YAML, embedded in a Markdown page, rendered as a reference"
    " page, or listed with line numbers) with events under `webhooks`, or with event names as keys"
    " of `paths`"
)
_MOST_BLOCKS = 1_000
LARGEST = 8 * 1024 * 1024
"""Bytes of the largest document that is read. Zoom's largest known one has 0.3 MB."""


class _NoContract(SpecError):
    """A readable file that is no contract with events."""


def read(paths: Iterable[str | Path], findings: LintFindings) -> list[Document]:
    """Return the documents of the files and folders named, in order; raise `SpecError`."""
    documents: list[Document] = []
    for path in map(Path, paths):
        if path.is_dir():
            documents += _read_folder(path, findings)
        else:
            documents += read_file(path, path.as_posix(), findings)
    return documents


def read_file(path: Path, label: str, findings: LintFindings) -> list[Document]:
    """Return the documents of one file, which findings will call `label`; raise `SpecError`."""
    return documents_of(read_text(path, label), path, label, findings, path.parent)


def documents_of(
    text: str, path: Path, label: str, findings: LintFindings, folder: Path | None
) -> list[Document]:
    """Return the documents of a text; `path` tells its kind by its suffix; raise `SpecError`.

    References to other files are looked up in `folder`.
    """
    roots = _read_roots(text, path, label, findings)
    contracts = [Document(file, root, folder) for file, root in roots if is_contract(root)]
    if not contracts:
        if any(isinstance(root, dict) and "overlay" in root for _, root in roots):
            raise _NoContract(
                f"{label}:1:1: an overlay; expected the contract document that it corrects; pass"
                " the overlay with --errata, beside --spec"
            )
        raise _NoContract(f"{label}:1:1: no contract: {_EXPECTED}; name another file")
    found = [document for document in contracts if next(operations(document), None)]
    if not found:
        raise _NoContract(
            f"{label}:1:1: an OpenAPI document without events: {_EXPECTED}; "
            "a REST description alone has none"
        )
    return found


def read_text(path: Path, label: str) -> str:
    """Return the UTF-8 text of a file, without a byte order mark; raise `SpecError`.

    Only regular files of at most `LARGEST` bytes are read: others may never end.
    """
    try:
        kind = path.stat().st_mode
        if not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):
            raise SpecError(
                f"{label}: is no regular file but a pipe or device, which may never end; expected a"
                " file or a folder of contract documents; save what it holds to a file"
            )
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SpecError(
            f"{label}: cannot be read: {reason}; expected a file or a folder of contract documents"
        ) from None
    except ValueError as error:
        raise SpecError(f"{label!a}: is no path: {error}; expected a file or a folder") from None
    return text_of(data, label)


def text_of(data: bytes, label: str) -> str:
    """Return the text of a document's bytes; raise `SpecError` for too many or no UTF-8."""
    if len(data) > LARGEST:
        raise SpecError(
            f"{label}: larger than {LARGEST // 1024**2} MB; expected a contract document, which has"
            " less than 1 MB; name the document itself or a part of it"
        )
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


def read_data(text: str, path: Path, label: str, findings: LintFindings) -> list[JSON]:
    """Return the plain values of a JSON text, or of each document of a YAML text."""
    lead = text.lstrip()[:1]
    try:
        if path.suffix.lower() == ".json" or lead in ("{", "["):
            try:
                return [plain(parse_json(text), FindingPlace(label), findings)]
            except ParseError:
                if path.suffix.lower() not in (".yaml", ".yml"):
                    raise
        roots, repeated = parse_yaml(text)
        if repeated:
            findings.add(DUPLICATE_KEY, FindingPlace(label), repeated)
        return [plain(root, FindingPlace(label), findings) for root in roots]
    except ParseError as error:
        raise SpecError(
            f"{label}:{error.line}:{error.column}: cannot be read as JSON or YAML: "
            f"{error.message}; {_EXPECTED}"
        ) from None


def _read_roots(
    text: str, path: Path, label: str, findings: LintFindings
) -> list[tuple[str, JSON]]:
    suffix = path.suffix.lower()
    if text.lstrip()[:1] in ("{", "[") or suffix in (".json", ".yaml", ".yml"):
        try:
            return _data(text, path, label, findings)
        except SpecError:
            found = _read_rendered(text, path, label, findings)
            if not found:
                raise
            return found
    found = _read_page(text, label, findings) or _read_rendered(text, path, label, findings)
    if not found and (suffix not in _TEXTS or _YAML.search(text)):
        return _data(text, path, label, findings)
    return found


def _data(text: str, path: Path, label: str, findings: LintFindings) -> list[tuple[str, JSON]]:
    return [(label, root) for root in read_data(text, path, label, findings)]


def _read_rendered(
    text: str, path: Path, label: str, findings: LintFindings
) -> list[tuple[str, JSON]]:
    """Return the documents of a rendered reference or of a listing; none if it is neither."""
    if is_reference(text):
        return [(label, read_reference(text, label, findings))]
    for listing in (numbered_lines(text), numbered_text(text)):
        if listing is not None:
            trial = LintFindings()
            try:
                found = _data(listing, path, label, trial)
            except SpecError:
                continue
            if any(is_contract(root) for _, root in found):
                findings.extend(trial)
                return found
    found = []
    for start, end in embedded(text) if text.lstrip()[:1] != "{" else ():
        place = f"{label}:{text.count(chr(10), 0, start) + 1}"
        try:
            root = plain(parse_json(text[start:end]), FindingPlace(place), findings)
        except ParseError as error:
            raise SpecError(f"{place}: JSON that cannot be read: {error.message}") from None
        found.append((place if found else label, root))
    return found


def _read_page(text: str, label: str, findings: LintFindings) -> list[tuple[str, JSON]]:
    """Return the contracts in the code blocks of a Markdown page."""
    roots: list[tuple[str, JSON]] = []
    broken: list[tuple[FindingPlace, str]] = []
    for count, block in enumerate(blocks(text)):
        if count == _MOST_BLOCKS:
            message = f"more than {_MOST_BLOCKS:,} code blocks; those from here on are not read"
            findings.add(UNREADABLE, FindingPlace(f"{label}:{block.line}"), message)
            break
        place = FindingPlace(f"{label}:{block.line}" if roots else label)
        try:
            found = _read_block(block, place, findings)
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
        findings.add(UNREADABLE, place, f"an OpenAPI block that is broken: {message}")
    return roots


def _read_block(block: Block, place: FindingPlace, findings: LintFindings) -> list[JSON]:
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
    return [plain(value, place, findings) for value in values if is_contract(value)]


def _read_folder(folder: Path, findings: LintFindings) -> list[Document]:
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
            findings.add(UNREADABLE, FindingPlace(label), str(error))
            broken.append(str(error))
        else:
            findings.extend(trial)
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


_FENCE = re.compile(r"^(?P<indent>[ \t]*(?:>[ \t]*)?)(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`]*)$")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: its language in lower case, its text, and the line where that begins."""

    language: str
    text: str
    line: int


def blocks(page: str) -> Iterator[Block]:
    """Yield the fenced blocks of a Markdown page; one that is never closed ends with the page."""
    if "```" not in page and "~~~" not in page:
        return
    opened: re.Match[str] | None = None
    start = 0
    lines: list[str] = []
    for number, line in enumerate(page.splitlines(), 1):
        match = _FENCE.match(line) if "```" in line or "~~~" in line else None
        if opened is None:
            if match:
                opened, start, lines = match, number + 1, []
        elif match and _closes(match, opened):
            yield _block(opened, lines, start)
            opened = None
        else:
            lines.append(line.removeprefix(opened["indent"]))
    if opened is not None:
        yield _block(opened, lines, start)


def _closes(match: re.Match[str], opened: re.Match[str]) -> bool:
    fence, wanted = match["fence"], opened["fence"]
    return fence[0] == wanted[0] and len(fence) >= len(wanted) and not match["info"].strip()


def _block(opened: re.Match[str], lines: list[str], start: int) -> Block:
    words = opened["info"].split()
    return Block(words[0].lower() if words else "", "\n".join(lines), start)
