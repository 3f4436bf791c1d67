"""Resolves `$ref`: within the document, within the schema around it, or in a file beside it.

OpenAPI reads `#/...` from the document's root. Documents also write pointers that begin at the
schema, at something around it, or bare names of definitions; each is tried, the standard's way
first. Other hosts are never asked.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from mockzoom.contract.lint import LintFindings
from mockzoom.contract.operations import Document
from mockzoom.contract.sources import read_data, read_text
from mockzoom.errors import SpecError
from mockzoom.model import JSON
from mockzoom.schema.pointer import MISSING, escaped, get, objects, split

_REMOTE = re.compile(r"(?i)[a-z][a-z0-9+.-]*:|//")
_SECTIONS = ("$defs", "definitions", "components/schemas", "schemas", "components")


@dataclass(frozen=True, slots=True)
class RefTarget:
    """What a reference leads to: a node, and where it stands."""

    document: Document
    pointer: str
    node: JSON

    def below(self, step: str | int) -> RefTarget:
        """Return a member or an item; None as its node where there is none."""
        node = get(self.node, [step])
        pointer = f"{self.pointer}/{escaped(str(step))}"
        return RefTarget(self.document, pointer, None if node is MISSING else node)

    def items(self) -> Iterator[RefTarget]:
        """Yield the items of a list, the members of an object."""
        if isinstance(self.node, dict | list):
            steps = self.node if isinstance(self.node, dict) else range(len(self.node))
            yield from map(self.below, steps)


def definition_name(target: RefTarget, taken: Container[str]) -> str:
    """Return a name for what a reference leads to that is not taken yet."""
    last = target.pointer.rpartition("/")[2]
    last = last or target.document.file.rpartition("/")[2].partition(".")[0]
    stem = re.sub(r"\W+", "_", last) or "definition"
    name, count = stem, 1
    while name in taken:
        count += 1
        name = f"{stem}_{count}"
    return name


class Resolver:
    """Resolves references; keeps the files it has read for them."""

    def __init__(self, findings: LintFindings) -> None:
        self._findings = findings
        self._files: dict[Path, Document | str] = {}

    def resolve(self, reference: str, document: Document, location: str) -> RefTarget | str:
        """Return the target of a reference that stands at `location`, or why there is none."""
        path, _, fragment = reference.partition("#")
        if not path:
            return self._within(fragment, document, location)
        if _REMOTE.match(path):
            return "leads to another host, and none is ever asked"
        found = self._file(path, document)
        if isinstance(found, Document):
            return self._within(fragment, found, "", whole=True)
        if "#" not in reference:
            by_name = self._named(path, document, location)
            if by_name is not None:
                return by_name
        return found

    def _within(
        self, fragment: str, document: Document, location: str, *, whole: bool = False
    ) -> RefTarget | str:
        fragment = unquote(fragment, errors="replace")
        if fragment == "":
            if whole:
                return RefTarget(document, "", document.root)
            return self._own_schema(document, location)
        if not fragment.startswith("/"):
            anchored = self._anchored(fragment, document, location)
            named = anchored or self._named(fragment, document, location)
            return named or f"leads nowhere: no definition is called {fragment!r}"
        for base, node in _around(document, location):
            found = get(node, split(fragment))
            if found is not MISSING:
                return RefTarget(document, base + fragment, found)
        return f"leads nowhere: the document has nothing at {fragment!r}, nor has the schema"

    def _own_schema(self, document: Document, location: str) -> RefTarget | str:
        head, separator, _ = location.partition("/schema/")
        pointer = head + "/schema" if separator else location
        found = get(document.root, split(pointer))
        if found is MISSING:
            return "leads to the document itself"
        return RefTarget(document, pointer, found)

    def _named(self, name: str, document: Document, location: str) -> RefTarget | None:
        for base, node in _around(document, location):
            for section in _SECTIONS:
                pointer = f"/{section}/{escaped(name)}"
                found = get(node, split(pointer))
                if isinstance(found, dict | bool):
                    return RefTarget(document, base + pointer, found)
        return None

    def _anchored(self, name: str, document: Document, location: str) -> RefTarget | None:
        own = self._own_schema(document, location)
        if isinstance(own, str):
            return None
        for pointer, node in objects(own.node, own.pointer):
            anchors = (node.get("$anchor"), node.get("$dynamicAnchor"), node.get("$id"))
            if name in anchors or f"#{name}" in anchors:
                return RefTarget(document, pointer, node)
        return None

    def _file(self, name: str, document: Document) -> Document | str:
        if document.folder is None:
            return "leads to another file, and there is no folder to look in"
        try:
            folder = document.folder.resolve()
            path = (folder / unquote(name)).resolve()
            if not path.is_relative_to(folder):
                return "leads out of the document's folder; such files are not read"
            if not path.is_file():
                return "leads to a file that is not there"
        except (OSError, ValueError) as error:
            return f"is no path to a file: {error}"
        if path not in self._files:
            label = PurePosixPath(document.file).parent / path.relative_to(folder).as_posix()
            self._files[path] = self._read(path, label.as_posix())
        return self._files[path]

    def _read(self, path: Path, label: str) -> Document | str:
        try:
            roots = read_data(read_text(path, label), path, label, self._findings)
        except SpecError as error:
            return f"leads to a file that cannot be read: {error}"
        if not roots or not isinstance(roots[0], dict):
            return "leads to a file that holds no object"
        return Document(label, roots[0], path.parent)


def _around(document: Document, location: str) -> Iterator[tuple[str, JSON]]:
    """Yield the document's root, then what stands around the location, the nearest first."""
    yield "", document.root
    tokens = location.split("/")[1:]
    chain: list[tuple[str, JSON]] = []
    node: JSON = document.root
    pointer = ""
    for token in tokens:
        node = get(node, split(f"/{token}"))
        if node is MISSING:
            break
        pointer += "/" + token
        chain.append((pointer, node))
    yield from reversed(chain)
