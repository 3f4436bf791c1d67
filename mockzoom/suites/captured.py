"""Captured events: what real traffic has that the contract does not have (MZ801 to MZ805).

They are judged by `mockzoom events check` and in no run of `verify` or `play`: the receiver has no
part in them. A broken contract is a warning where traffic is watched, since the receiver has to
live with it, and an error where somebody asks whether a capture keeps the contract.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from mockzoom.contract.captured import Deviation, DeviationKind
from mockzoom.engine.suite import Suite
from mockzoom.model import Violation
from mockzoom.rules import Rule
from mockzoom.wording import printable

UNDOCUMENTED_EVENT = Rule("MZ801", "undocumented-event", "warning")
UNDOCUMENTED_FIELD = Rule("MZ802", "undocumented-field", "warning")
CONTRACT_BROKEN = Rule("MZ803", "contract-broken-by-sender", "warning")
SIGNATURE_MISMATCH = Rule("MZ804", "signature-mismatch", "error")
UNDOCUMENTED_VALUE = Rule("MZ805", "undocumented-value", "warning")

SUITE = Suite(
    "captured",
    "captured events",
    (
        UNDOCUMENTED_EVENT, UNDOCUMENTED_FIELD, CONTRACT_BROKEN, SIGNATURE_MISMATCH,
        UNDOCUMENTED_VALUE,
    ),
)  # fmt: skip

OF_SCHEMA: Mapping[DeviationKind, Rule] = {
    "event": UNDOCUMENTED_EVENT,
    "field": UNDOCUMENTED_FIELD,
    "broken": CONTRACT_BROKEN,
    "value": UNDOCUMENTED_VALUE,
}
"""The rule of each kind of deviation from a schema."""


def deviates(found: Deviation, where: str, *, checking: bool = False) -> Violation:
    """Return the violation for a deviation of the captured event that stands at `where`.

    `checking` says that the capture itself is in question: a broken contract is an error.
    """
    rule = OF_SCHEMA[found.kind]
    violation = rule.violation(
        f"{_subject(found)} {found.message}, at {where}",
        f"{found.event} {found.place} {found.message if found.kind == 'broken' else found.kind}",
        expected=found.expected,
        actual=found.actual,
        pointer=printable(found.pointer),
        **_of(found.event, where),
    )
    if checking and rule is CONTRACT_BROKEN:
        return replace(violation, severity="error")
    return violation


def unreadable(why: str, where: str, *, checking: bool = False) -> Violation:
    """Return the violation for a body that Zoom has signed and that is no JSON."""
    found = Deviation("broken", "", "", "", why, "a JSON object", why)
    return deviates(found, where, checking=checking)


def wrongly_signed(event: str, signature: str, where: str) -> Violation:
    """Return the violation for a signature that the secret does not make over the raw body."""
    return SIGNATURE_MISMATCH.violation(
        f"{event or 'a body'}: its signature is not the one that the secret makes over it, at"
        f" {where}",
        event,
        expected="v0= and the HMAC-SHA256 of v0:timestamp:body under the secret token",
        actual=signature[:100],
        **_of(event, where),
    )


def _of(event: str, where: str) -> dict[str, object]:
    """Return the fields of a violation that say which event it is about, and where that stands."""
    event = printable(event)
    return {
        "event": event or None,
        "events": (event,) if event else (),
        "delivery": where,
        "deliveries": (where,),
    }


def _subject(found: Deviation) -> str:
    pointer = "" if found.kind == "event" else found.pointer
    return " ".join(filter(None, (f"{found.event or 'a body'}:", pointer)))
