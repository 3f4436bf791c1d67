"""Every event of Zoom's products: read by the first test that needs them, and by no import."""

from __future__ import annotations

from functools import cache

from mockzoom.contract import Contract, load


@cache
def whole_contract() -> Contract:
    """Return the contract of all products; do not change it."""
    return load(products=["all"])
