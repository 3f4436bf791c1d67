"""Events that a test or a scenario wrote: which kind each is, so that it is judged by its rules.

A valid event has to be acknowledged; one that a newer contract may hold, too; a malformed one may
be refused, but must not make the receiver fail.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from msgspec.structs import replace

from mockzoom.casebook import (
    CHALLENGE,
    KINDS,
    Case,
    Casebook,
    Prepared,
    carried_variant,
    mutation_detail,
    parse_case,
    variant_detail,
)
from mockzoom.catalog import Catalog, errors, valid
from mockzoom.checks import Kind
from mockzoom.model import JSON, Event, EventSpec
from mockzoom.synth import encode, pointer, shapes, with_ascii

_ORACLE = "v0:"
"""How a text begins whose hash would be a signature."""
_NEW_FIELDS = frozenset({"additionalProperties", "unevaluatedProperties"})


@dataclass(frozen=True, slots=True)
class Authored:
    """A delivery to be judged as `kind`; `twin` is the same event in ASCII, where it is not."""

    prepared: Prepared
    kind: Kind
    spec: EventSpec | None = None
    twin: Prepared | None = None


def authored(catalog: Catalog, event: Event) -> Authored:
    """Return what `event` is by the contract of `catalog`."""
    body = event.body
    named = body.get("event") if isinstance(body, Mapping) else None
    name = named if isinstance(named, str) else event.name
    if name == CHALLENGE:
        return _challenge(event)
    spec = catalog.events.get(name)
    if spec is None:
        return Authored(Prepared(Case("unknown"), name, encode(body), name), "unknown")
    kind, detail = _kind(spec, event)
    case = Case("mutant" if kind == "malformed" else "valid")
    prepared = Prepared(case, name, encode(body), detail)
    twin = None
    if kind == "valid" and not prepared.body.isascii():
        twin = Prepared(case, name, encode(with_ascii(spec, event).body))
    return Authored(prepared, kind, spec, twin)


def replayed(book: Casebook, event: str, case: str) -> Authored:
    """Return the case of a report; raise `UsageError` where there is none."""
    parsed = parse_case(case)
    prepared = book.prepare(event, parsed)
    spec = book.catalog.events.get(event)
    if prepared.variant:
        return Authored(replace(prepared, detail=prepared.variant), "variant", spec)
    kind = KINDS[parsed.kind]
    if kind == "non-ascii":
        return Authored(prepared, "valid", spec, prepared.twin)
    twin = None
    if kind == "valid" and not prepared.body.isascii():
        twin = book.prepare(event, replace(parsed, ascii_only=True))
    return Authored(prepared, kind, spec, twin)


def genuine(book: Casebook, item: Authored) -> Prepared:
    """Return a valid event, in ASCII words, that an odd one is compared with.

    It is of the same type; for an unknown type, of the same namespace where there is one.
    """
    catalog = book.catalog
    spec = item.spec
    if spec is None:
        namespace = item.prepared.event.partition(".")[0] + "."
        alike = [name for name in catalog.events if name.startswith(namespace)]
        spec = catalog.get((alike or list(catalog.events))[0])
    for index in range(shapes(spec)):
        prepared = book.prepare(spec.name, Case("valid", index, ascii_only=True))
        if not prepared.variant:
            return prepared
    return book.prepare(spec.name, Case("valid", ascii_only=True))


def _challenge(event: Event) -> Authored:
    payload = event.payload
    token = payload.get("plainToken") if isinstance(payload, Mapping) else None
    body = encode(event.body)
    if not isinstance(token, str) or not token:
        return Authored(Prepared(Case("mutant"), CHALLENGE, body, "no plainToken"), "malformed")
    if token.startswith(_ORACLE):
        # Zoom's tokens never look like that: signed, it may be refused; forged, it has to be.
        prepared = Prepared(Case("oracle"), CHALLENGE, body, "", token)
        return Authored(prepared, "malformed")
    return Authored(Prepared(Case("challenge"), CHALLENGE, body, "", token), "challenge")


def _kind(spec: EventSpec, event: Event) -> tuple[Kind, str]:
    if event.mutation is not None:
        return "malformed", mutation_detail(event)
    if valid(spec, event.body):
        carried = carried_variant(spec, event)
        return ("variant", carried) if carried else ("valid", "")
    broken = errors(spec, event.body)
    places = {error.pointer for error in broken}
    if broken and all(error.keyword in _NEW_FIELDS for error in broken):
        return "field", "in " + ", ".join(sorted(place or "/" for place in places))
    for variant in spec.variants:
        value = pointer.get(event.body, pointer.split(variant.pointer))
        if places == {variant.pointer} and value == variant.value:
            return "variant", variant_detail(variant)
    what = "; ".join(f"{error.pointer or '/'}: {error.message}" for error in broken[:3])
    return "malformed", what or "against its schema"


def read_json(text: str) -> JSON:
    """Return the JSON that somebody wrote; raise `ValueError` where it is none, as NaN is none.

    Raises `RecursionError` where it is nested too deeply to be read.
    """
    return json.loads(text, parse_constant=_refused)


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")
