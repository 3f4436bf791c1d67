"""Zoom's products: one bundled document each, which is read when an event of it is asked for.

Which product has an event is found by a scan of the documents for their names alone, a few
milliseconds for all of them. No list of names is kept beside the documents, so none can be stale.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType

import msgspec

from mockzoom.contract.lint import in_order
from mockzoom.contract.loader import Built, build_bundled
from mockzoom.errors import UsageError, nearest
from mockzoom.model import EventSpec, Finding

DEFAULT_PRODUCTS = ("rtms", "video-sdk")
"""What `verify` examines, and whatever else speaks of the whole contract, without a choice."""
ALL_PRODUCTS = "all"


class _EventNames(msgspec.Struct):
    """The names of a document's events; what it says of them is skipped."""

    webhooks: dict[str, msgspec.Raw]


class Products:
    """Documents that somebody named, which have been read: each is a product."""

    is_bundled = False
    """Whether they are mockzoom's own documents, whose mistakes are known and corrected."""

    def __init__(self, events: Mapping[str, EventSpec], findings: tuple[Finding, ...]) -> None:
        self._events, self._findings = events, findings
        self.names = tuple(sorted({spec.product for spec in events.values()}))
        self.default = self.names
        """The products of the whole contract, where nobody chooses."""

    def chosen(self, wanted: Sequence[str]) -> tuple[str, ...]:
        """Return the products that `wanted` names, sorted; the default ones without any.

        Raises `UsageError` with the nearest names for one that there is not.
        """
        for name in wanted:
            if name not in self.names and name != ALL_PRODUCTS:
                listed, near = ", ".join([*self.names, ALL_PRODUCTS]), nearest(name, self.names)
                raise UsageError(f"no product is called {name!r}{near} (products: {listed})")
        return tuple(sorted(self.names if ALL_PRODUCTS in wanted else {*(wanted or self.default)}))

    def read(self, products: Sequence[str]) -> Built:
        """Return the events of some products, and all findings."""
        if set(products) == set(self.names):
            return self._events, self._findings
        chosen = {name: spec for name, spec in self._events.items() if spec.product in products}
        return MappingProxyType(chosen), self._findings


class BundledProducts(Products):
    """The bundled documents in `folder`, corrected by their own errata, or by `errata`."""

    is_bundled = True

    def __init__(self, folder: Path, errata: Sequence[str | Path] | None = None) -> None:
        self._folder = folder
        self._errata = errata
        self.names = _names(folder)
        self.default = DEFAULT_PRODUCTS

    def events(self) -> Mapping[str, str]:
        """Return the product of each event, by the event's name, sorted."""
        return _products_of_events(self._folder)

    def read(self, products: Sequence[str]) -> Built:
        """Return the events and findings of some products."""
        if self._errata is not None:
            return build_bundled(self._folder, products, self._errata)
        parts = [_read(self._folder, product) for product in products]
        events = {name: spec for part, _ in parts for name, spec in part.items()}
        findings = in_order(finding for _, part in parts for finding in part)
        return MappingProxyType(dict(sorted(events.items()))), findings


class KnownEvents(Mapping[str, EventSpec]):
    """Every event that a contract can find, sorted by name: `chosen`, and those of all products.

    To ask for an event reads its product, once; to ask whether there is one reads none.
    """

    def __init__(self, chosen: Mapping[str, EventSpec], products: BundledProducts) -> None:
        self._read = dict(chosen)
        self._products = products

    def __getitem__(self, name: str) -> EventSpec:
        if name not in self._read:
            product = self._products.events()[name]
            found, _ = self._products.read([product])
            self._read.update(found)
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._read or name in self._products.events()

    def __iter__(self) -> Iterator[str]:
        return iter(self._products.events())

    def __len__(self) -> int:
        return len(self._products.events())


@cache
def _names(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in folder.glob("*.json")))


@cache
def _products_of_events(folder: Path) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for product in _names(folder):
        data = (folder / f"{product}.json").read_bytes()
        for name in msgspec.json.decode(data, type=_EventNames).webhooks:
            found.setdefault(name, product)
    return MappingProxyType(dict(sorted(found.items())))


@cache
def _read(folder: Path, product: str) -> Built:
    """Read a product with its own errata; nobody changes what comes of it, so it is kept."""
    errata = folder / "errata" / f"{product}.overlay.json"
    return build_bundled(folder, [product], [errata] if errata.is_file() else [])
