"""The contract: Zoom's webhook documents, read, judged, corrected and compiled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from mockzoom.contract.lint import LINT_RULES
from mockzoom.errors import UsageError, nearest
from mockzoom.model import EventSpec, Finding
from mockzoom.schema.validators import (
    COMMON_FORMATS,
    SchemaError,
    errors,
    valid,
    valid_by_both,
)

if TYPE_CHECKING:
    from mockzoom.contract.products import Products

__all__ = [
    "COMMON_FORMATS", "LINT_RULES", "Contract", "SchemaError", "bundled", "bundled_events",
    "errors", "load", "valid", "valid_by_both",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Contract:
    """The events of a contract, sorted by name, and what is odd about its documents.

    `events` are those that a whole run is about, and `findings` those of their documents. `known`
    has in addition the events of all other products, which are read when they are asked for; with
    documents of one's own, there are no others. `products` are those that somebody chose; without
    a choice (None), a pattern finds the events of every product.
    """

    events: Mapping[str, EventSpec]
    findings: tuple[Finding, ...] = ()
    all_events: Mapping[str, EventSpec] | None = field(default=None, compare=False, repr=False)
    """What `known` is, where it has more than `events`."""
    products: tuple[str, ...] | None = None
    documents: Products | None = field(default=None, compare=False, repr=False)
    """Where the events of other products come from; None where there are none."""

    @property
    def known(self) -> Mapping[str, EventSpec]:
        """Every event that can be asked for."""
        return self.events if self.all_events is None else self.all_events

    @property
    def is_bundled(self) -> bool:
        """Whether the documents are mockzoom's own, whose mistakes are known and corrected."""
        return self.documents is not None and self.documents.is_bundled

    def of(self, products: Sequence[str]) -> Contract:
        """Return the contract of some of its products; itself where `products` is empty.

        Raises `UsageError` for an unknown product.
        """
        if not products or self.documents is None:
            return self
        chosen = self.documents.chosen(products)
        events, findings = self.documents.read(chosen)
        return Contract(events, findings, self.known, chosen, self.documents)

    def all_products(self) -> tuple[str, ...]:
        """Return the names of the products that there are, sorted."""
        return () if self.documents is None else self.documents.chosen(["all"])

    def get(self, name: str) -> EventSpec:
        """Return one event of any product; raise `UsageError` with the nearest names."""
        if name in self.known:
            return self.known[name]
        raise UsageError(
            f"no event is called {name!r}{nearest(name, self.known)} ({self._how_to_list()})"
        )

    def check_product(self, name: str) -> None:
        """Raise `UsageError` for an event that is of none of the chosen products."""
        if self.products is None or name in self.events or name not in self.known:
            return
        product, chosen = self.known[name].product, ", ".join(self.products)
        raise UsageError(
            f"{name} is an event of {product}, not of {chosen}{nearest(name, self.events)}"
            f" (pass --product {product}, or leave it out: an event is found by its name)"
        )

    def select(self, globs: Sequence[str] = ()) -> tuple[EventSpec, ...]:
        """Return the events that match any of the shell patterns, by name; all without a pattern.

        Raises `UsageError` for a pattern that matches nothing.
        """
        if not globs:
            return tuple(self.events.values())
        among = self.known if self.products is None else self.events
        chosen: set[str] = set()
        for glob in globs:
            matching = {glob} if glob in among else _matching(glob, among)
            if not matching:
                raise UsageError(self._no_match(glob))
            chosen |= matching
        return tuple(self.known[name] for name in sorted(chosen))

    def _no_match(self, glob: str) -> str:
        if self.products is None:
            return f"no event matches {glob!r}{nearest(glob, self.known)} ({self._how_to_list()})"
        chosen = ", ".join(self.products)
        message = f"no event of {chosen} matches {glob!r}"
        elsewhere = sorted({self.known[name].product for name in _matching(glob, self.known)})
        if elsewhere:
            others = f"{', '.join(elsewhere)}: pass --product {elsewhere[0]}, too"
            return f"{message}; such events are of {others}"
        return f"{message}{nearest(glob, self.known)} ({self._how_to_list()})"

    def _how_to_list(self) -> str:
        how = "events list --product all" if self.is_bundled else "events list"
        return f"`{how}` shows all {len(self.known)}"


def _matching(glob: str, names: Iterable[str]) -> set[str]:
    return {name for name in names if fnmatchcase(name, glob)}


def load(
    specs: Sequence[str | Path] = (),
    *,
    errata: Sequence[str | Path] | None = None,
    products: Sequence[str] = (),
) -> Contract:
    """Return the contract of some documents: files, folders, documentation pages.

    Without `specs`, the bundled documents of `products` (RTMS and Video SDK where it is empty,
    `all` for all) and, without `errata`, their own errata; the other bundled documents are read
    when an event of theirs is asked for. With `specs`, only those documents count, with the errata
    given; a document's product is the name of its file. Raises `SpecError` for a file that cannot
    be read at all, and `UsageError` for an unknown product; everything else that is odd is a
    finding of the contract.
    """
    from mockzoom.contract.products import BundledProducts, KnownEvents, Products

    if specs:
        from mockzoom.contract.loader import build

        own = Products(*build(specs, errata or ()))
        return Contract(*own.read(own.chosen(())), documents=own).of(products)
    bundled_ones = BundledProducts(bundled("specs"), errata)
    chosen = bundled_ones.chosen(products)
    events, findings = bundled_ones.read(chosen)
    known = KnownEvents(events, bundled_ones)
    return Contract(events, findings, known, chosen if products else None, bundled_ones)


def bundled_events() -> Mapping[str, str]:
    """Return the product of each event of the bundled documents, by its name; no event is read."""
    from mockzoom.contract.products import BundledProducts

    return BundledProducts(bundled("specs")).events()


def bundled(*parts: str) -> Path:
    """Return the path of packed data, such as `bundled("specs", "rtms.json")`.

    In a wheel it lies in the package, in a checkout beside it.
    """
    package = Path(__file__).resolve().parent.parent
    packed = package / "_bundled"
    base = packed if packed.is_dir() else package.parent
    return base.joinpath(*parts)
