"""Fixtures of these tests: those of the transport."""

from __future__ import annotations

from tests.transport.conftest import authority, play

__all__ = ["authority", "play"]
