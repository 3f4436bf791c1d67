"""Makes events: valid, evolved and malformed ones, and the bytes they travel as."""

from __future__ import annotations

from mockzoom.synth.encode import encode, respell
from mockzoom.synth.errors import SynthesisError
from mockzoom.synth.override import override, parse_set
from mockzoom.synth.valid import shapes, synthesise
from mockzoom.synth.world import DEFAULT_AT_MS, World

__all__ = [
    "DEFAULT_AT_MS",
    "SynthesisError",
    "World",
    "encode",
    "override",
    "parse_set",
    "respell",
    "shapes",
    "synthesise",
]
