"""The file that a finding points to, for the formats that a code host shows beside the code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from mockzoom.model import Violation

_PLACE = re.compile(r"(?P<file>.*?)(?::(?P<line>[1-9]\d*))?")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file, from the working directory where it lies below, and a line (0: none)."""

    file: str
    line: int

    @property
    def uri(self) -> str:
        """The file as a URI reference."""
        path = Path(self.file)
        return path.as_uri() if path.is_absolute() else quote(path.as_posix(), errors="replace")

    @property
    def is_here(self) -> bool:
        """Whether the file lies below the working directory."""
        path = Path(self.file)
        return bool(self.file) and not path.is_absolute() and path.is_file()


def source_file(violation: Violation) -> SourceFile:
    """Return what the location of a finding says."""
    found = _PLACE.fullmatch(violation.location.replace("\n", " "))
    return SourceFile(found["file"], int(found["line"] or 0)) if found else SourceFile("", 0)
