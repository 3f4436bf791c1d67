"""What is Zoom's and nobody else's."""

from __future__ import annotations
