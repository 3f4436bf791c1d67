"""The contract: Zoom's webhook documents, read, judged, corrected and compiled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from mockzoom.contract.lint import LINT_RULES
from mockzoom.contract.validation import (
    COMMON_FORMATS,
    SchemaError,
    errors,
    valid,
    valid_by_both,
)
from mockzoom.errors import UsageError, nearest
from mockzoom.model import EventSpec, Finding

__all__ = [
    "COMMON_FORMATS",
    "LINT_RULES",
    "Contract",
    "SchemaError",
    "bundled",
    "errors",
    "load",
    "valid",
    "valid_by_both",
]


@dataclass(frozen=True, slots=True)
class Contract:
    """The events of a contract, sorted by name, and what is odd about its documents."""

    events: Mapping[str, EventSpec]
    findings: tuple[Finding, ...] = ()

    def get(self, name: str) -> EventSpec:
        """Return one event; raise `UsageError` with the nearest names if there is none."""
        if name in self.events:
            return self.events[name]
        raise UsageError(
            f"no event is called {name!r}{nearest(name, self.events)} "
            f"(`events list` shows all {len(self.events)})"
        )

    def select(self, globs: Sequence[str] = ()) -> tuple[EventSpec, ...]:
        """Return the events that match any of the shell patterns, by name; all without a pattern.

        Raises `UsageError` for a pattern that matches nothing.
        """
        if not globs:
            return tuple(self.events.values())
        chosen: set[str] = set()
        for glob in globs:
            matching = {name for name in self.events if fnmatchcase(name, glob)}
            if not matching:
                raise UsageError(
                    f"no event matches {glob!r}{nearest(glob, self.events)} "
                    f"(`events list` shows all {len(self.events)})"
                )
            chosen |= matching
        return tuple(spec for name, spec in self.events.items() if name in chosen)


def load(
    specs: Sequence[str | Path] = (), *, errata: Sequence[str | Path] | None = None
) -> Contract:
    """Return the contract of some documents: files, folders, documentation pages.

    Without `specs`, the bundled documents and (without `errata`) the bundled errata; otherwise
    only the errata given. Raises `SpecError` for a file that cannot be read at all; everything
    else that is odd is a finding of the contract.
    """
    from mockzoom.contract.loader import build

    own = None if specs else bundled("specs")
    if errata is None:
        errata = sorted(bundled("specs", "errata").glob("*.overlay.json")) if own else ()
    events, findings = build(specs, errata, bundled=own)
    return Contract(events, findings)


def bundled(*parts: str) -> Path:
    """Return the path of packed data, such as `bundled("specs", "rtms.json")`.

    In a wheel it lies in the package, in a checkout beside it.
    """
    package = Path(__file__).resolve().parent.parent
    packed = package / "_bundled"
    base = packed if packed.is_dir() else package.parent
    return base.joinpath(*parts)
