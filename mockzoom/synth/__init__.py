"""Makes events: valid, evolved and malformed ones, and the bytes they travel as."""

from __future__ import annotations

from mockzoom.errors import SynthesisError
from mockzoom.synth.entity_set import DEFAULT_AT_MS, EntitySet
from mockzoom.synth.evolve import new_fields, unknown_event, variants
from mockzoom.synth.malformed import MALFORMED_BODIES, MalformedBody, malformed_body
from mockzoom.synth.mutate import (
    all_mutants,
    constraint_of,
    constraints,
    mutants,
    mutants_from,
    proves,
)
from mockzoom.synth.override import BrokenValue, override, parse_set
from mockzoom.synth.random_bodies import RandomBodies, breaks, reductions
from mockzoom.synth.text import free_text, with_ascii, with_emoji, with_non_ascii
from mockzoom.synth.valid import encoded, shapes, synthesise
from mockzoom.zoom.encoding import STYLES, encode, respell

__all__ = [
    "DEFAULT_AT_MS", "MALFORMED_BODIES", "STYLES", "BrokenValue", "EntitySet", "MalformedBody",
    "RandomBodies", "SynthesisError", "all_mutants", "breaks", "constraint_of", "constraints",
    "encode", "encoded", "free_text", "malformed_body", "mutants", "mutants_from", "new_fields",
    "override", "parse_set", "proves", "reductions", "respell", "shapes", "synthesise",
    "unknown_event", "variants", "with_ascii", "with_emoji", "with_non_ascii",
]  # fmt: skip
