"""Every event of Zoom's products: read by the first test that needs them, and by no import."""

from __future__ import annotations

from functools import cache

from mockzoom.contract import Contract, bundled, load

DOCUMENTS = tuple(sorted(bundled("specs").glob("*.json")))
LARGE = tuple(path for path in DOCUMENTS if path.stat().st_size > 100_000)
SAMPLE = tuple(path for path in DOCUMENTS if path not in LARGE or path.stem == "users")
"""Most products, and one of the seven large ones; the others take most of the time."""


@cache
def whole_contract() -> Contract:
    """Return the contract of all products; do not change it."""
    return load(products=["all"])
