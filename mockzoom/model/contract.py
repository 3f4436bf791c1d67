"""What the contract says: its events, and what is found in its documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from msgspec import Struct

JSON: TypeAlias = Any
"""Any value that JSON can carry: None, bool, int, float, str, list, or dict with str keys."""

Severity: TypeAlias = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""Worst first."""


class Finding(Struct, frozen=True, gc=False):
    """An oddity of a contract document (rules MZ7xx)."""

    rule: str
    severity: Severity
    file: str
    pointer: str
    """RFC 6901 pointer into the document as it was written (before errata)."""
    message: str
    event: str | None = None


class Variant(Struct, frozen=True, gc=False):
    """The other documented value of one place of an event; the corrected schema has the first."""

    pointer: str
    """RFC 6901 pointer into the event's body, such as `/payload/stop_reason`."""
    value: JSON
    reason: str
    erratum: str | None = None


class EventSpec(Struct, frozen=True, gc=False):
    """What the contract says of one event.

    `schema` is self-contained, satisfiable JSON Schema 2020-12 that both validators read alike:
    errata are applied, integer formats are bounds, and what is no JSON Schema is gone (each such
    repair is a `Finding` of the contract, and a note here). `product` is the name of the document
    without its suffix: of the bundled ones, the product of Zoom that sends the event.
    """

    name: str
    source: str
    pointer: str
    summary: str
    schema: Mapping[str, JSON]
    examples: tuple[JSON, ...] = ()
    variants: tuple[Variant, ...] = ()
    notes: tuple[str, ...] = ()
    product: str = ""


class Mutation(Struct, frozen=True, gc=False):
    """What was done to a valid event to make it break exactly one constraint.

    `pointer` is the place in the event's body; `before` and `after` are the values there (None
    also stands for absent, when `operator` says so).
    """

    operator: str
    keyword: str
    pointer: str
    before: JSON
    after: JSON


class Event(Struct, frozen=True, gc=False):
    """One webhook body, before it becomes bytes: `event`, `event_ts`, `payload`."""

    name: str
    body: Mapping[str, JSON]
    mutation: Mutation | None = None

    @property
    def payload(self) -> JSON:
        """The body's `payload`."""
        return self.body.get("payload")
