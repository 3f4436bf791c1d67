"""Says whether a body keeps an event's schema, by two validators independent of each other.

`valid` asks jsonschema-rs (fast: for every body that is made), `errors` asks jsonschema (exact: for
reports and for the reason of a mutant). Both assert formats, and both only those of
`COMMON_FORMATS`: the contract leaves no other format in a compiled schema. A body that JSON in
UTF-8 cannot carry (lone surrogates, NaN, keys that are no text) is a matter for neither: malformed
on the wire, and only `valid_by_both` takes the time to see that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from mockzoom.model import JSON, EventSpec
from mockzoom.schema.pointer import join
from mockzoom.schema.values import identity, kept_by_identity

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, FormatChecker

COMMON_FORMATS: frozenset[str] = frozenset(
    {
        "date",
        "date-time",
        "duration",
        "email",
        "hostname",
        "ipv4",
        "ipv6",
        "json-pointer",
        "time",
        "uri",
        "uri-reference",
        "uuid",
    }
)
"""Formats that both validators assert alike (established by trying each with some dozen values).

They still differ at the rim: a leap second, the year 0, an e-mail address with a space or without a
domain, a host name that ends in a dot. `valid_by_both` asks both. `regex` is left out, as the two
read different dialects, and the `iri` and `idn` formats, as they need optional packages.
"""

_ENTRIES_KEPT = 10_000
_LONG_ENUM, _ENUMS_KEPT = 1_000, 20
_MESSAGE_KEPT = 300


@dataclass(frozen=True, slots=True, order=True)
class SchemaError:
    """One constraint that a body breaks: where in the body, which keyword, and what is wrong."""

    pointer: str
    """RFC 6901 pointer into the body; of the object itself where a property is missing."""
    keyword: str
    message: str


def valid(spec: EventSpec, body: JSON) -> bool:
    """Return whether `body` keeps the schema of `spec` (jsonschema-rs)."""
    try:
        return _fast_validator_of(spec)(body)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return False


@kept_by_identity(_ENTRIES_KEPT)
def _fast_validator_of(spec: EventSpec) -> Callable[[JSON], bool]:
    return fast_validator(spec.schema)


def errors(spec: EventSpec, body: JSON) -> tuple[SchemaError, ...]:
    """Return what `body` breaks of the schema of `spec` (jsonschema), sorted; empty if nothing."""
    return errors_by(exact_validator_of(spec), body)


@kept_by_identity(_ENTRIES_KEPT)
def exact_validator_of(spec: EventSpec) -> Draft202012Validator:
    """Return jsonschema's validator for the schema of `spec`, made once."""
    return exact_validator(spec.schema)


def errors_by(validator: Draft202012Validator, body: JSON) -> tuple[SchemaError, ...]:
    """Return what `body` breaks of the schema of `validator`, sorted; empty if nothing."""
    try:
        found = [
            SchemaError(join(error.absolute_path), str(error.validator), _short(error.message))
            for error in validator.iter_errors(body)
        ]
    except RecursionError:
        return (SchemaError("", "", "nested too deeply to be validated"),)
    except OverflowError:
        return (SchemaError("", "", "holds a number too large to be validated"),)
    return tuple(sorted(found))


def valid_by_both(spec: EventSpec, body: JSON) -> bool:
    """Return whether JSON in UTF-8 can carry `body` and both validators accept it."""
    return valid(spec, body) and not errors(spec, body) and _is_json(body)


def fast_validator(schema: JSON) -> Callable[[JSON], bool]:
    """Return a function that says whether a body keeps `schema`.

    Raises `ValueError` where jsonschema-rs cannot use the schema.
    """
    import jsonschema_rs

    check: Callable[[JSON], bool] = jsonschema_rs.Draft202012Validator(
        schema, validate_formats=True
    ).is_valid
    return check


def exact_validator(schema: Mapping[str, JSON]) -> Draft202012Validator:
    """Return jsonschema's validator for `schema`, asserting `COMMON_FORMATS` only."""
    return _exact_class()(schema, format_checker=_format_checker())


@cache
def _exact_class() -> type[Draft202012Validator]:
    """Return jsonschema's validator, which looks up the values of long enums.

    By itself it compares a value with one after another, for each of the bodies that are made.
    """
    from jsonschema import Draft202012Validator, validators

    plain = Draft202012Validator.VALIDATORS["enum"]

    def enum(validator: Any, values: JSON, instance: JSON, schema: JSON) -> Iterator[Any]:
        is_long = isinstance(values, list) and len(values) > _LONG_ENUM
        if not is_long or identity(instance) not in _identities(values):
            yield from plain(validator, values, instance, schema) or ()

    extended: type[Draft202012Validator] = validators.extend(  # type: ignore[no-untyped-call]
        Draft202012Validator, {"enum": enum}
    )
    return extended


@kept_by_identity(_ENUMS_KEPT)
def _identities(values: list[JSON]) -> frozenset[Hashable]:
    return frozenset(map(identity, values))


def _is_json(body: JSON) -> bool:
    try:
        json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, TypeError, RecursionError):
        return False
    return True


@cache
def _format_checker() -> FormatChecker:
    from jsonschema import Draft202012Validator, FormatChecker

    known = Draft202012Validator.FORMAT_CHECKER.checkers
    checker = FormatChecker(formats=())
    checker.checkers = {name: known[name] for name in sorted(COMMON_FORMATS)}
    return checker


def _short(message: str) -> str:
    return message if len(message) <= _MESSAGE_KEPT else message[: _MESSAGE_KEPT - 1] + "…"
