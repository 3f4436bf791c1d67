"""A whole run against a receiver: which suites, in which order, and what depends on what."""

from __future__ import annotations

from mockzoom.verify.plan import INTERRUPTED, verify

__all__ = ["INTERRUPTED", "verify"]
