"""Captured events, read from files as people have them: JSON, JSON lines, HAR, curl."""

from __future__ import annotations
