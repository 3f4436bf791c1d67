"""A byte order mark before the event; RFC 8259 forbids it, some parsers stumble."""

from __future__ import annotations

from codecs import BOM_UTF8

from mockzoom.synth.malform.kind import Malformation

BOM = Malformation("bom", "a byte order mark before the event", lambda body: BOM_UTF8 + body)
