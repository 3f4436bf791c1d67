"""Satisfiable schemas, drawn together with a value that satisfies them (and so proves it)."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from mockzoom.model import EventSpec
from mockzoom.schema.validators import exact_validator, fast_validator
from tests.envelope import BOUNDED, envelope

KEYS = ("id", "name", "topic", "start_time", "count", "a", "b", "x-1", "key/with", "tilde~")
TEXTS = ("", "a", "abc", "A1", "2026-01-01T00:00:00Z", "a@example.com", "zoom.example", "12")
PATTERNS = ("^[a-z]*$", "^[A-Z][0-9]$", "^.{0,40}$", "[a-z]", r"^\d{2,4}$", "^(ab|cd)*c?$", "")

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.sampled_from((0.5, -2.25, 1.75)),
    st.sampled_from(TEXTS),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=8,
)


def satisfies(schema: Any, value: Any) -> bool:
    if isinstance(schema, bool):
        return schema
    return fast_validator(schema)(value) and exact_validator(schema).is_valid(value)


def json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return {
        type(None): "null", int: "integer", float: "number", str: "string", list: "array",
        dict: "object",
    }[type(value)]  # fmt: skip


@st.composite
def schemas_for(draw: st.DrawFn, value: Any, depth: int = 0) -> Any:
    """Draw a schema that `value` satisfies."""
    schema: dict[str, Any] = {}
    if draw(st.integers(0, 9)) > 0:
        kind = json_type(value)
        schema["type"] = draw(
            st.sampled_from((kind, kind, _types(kind, "null"), _types(kind, "string", "boolean")))
        )
    if depth > 3:
        return schema
    if draw(st.integers(0, 7)) == 0:
        others = draw(st.lists(scalars, max_size=3))
        unique = [o for o in others if not any(_equal(o, v) for v in [value])]
        schema["enum"] = [value, *_distinct(unique)]
    elif draw(st.integers(0, 15)) == 0:
        schema["const"] = value
    detail = {
        "string": _strings, "integer": _numbers, "number": _numbers, "array": _arrays,
        "object": _objects,
    }.get(json_type(value))  # fmt: skip
    if detail:
        schema.update(draw(detail(value, depth)))
    schema.update(draw(_combined(value, depth)))
    assert satisfies(schema, value), (schema, value)
    return schema


def _types(*names: str) -> list[str]:
    return list(dict.fromkeys(names))


def _equal(left: Any, right: Any) -> bool:
    return satisfies({"const": left}, right)


def _distinct(found: list[Any]) -> list[Any]:
    out: list[Any] = []
    for value in found:
        if not any(_equal(value, other) for other in out):
            out.append(value)
    return out


@st.composite
def _strings(draw: st.DrawFn, value: str, depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    if draw(st.booleans()):
        schema["minLength"] = draw(st.integers(0, len(value)))
    if draw(st.booleans()):
        schema["maxLength"] = len(value) + draw(st.integers(0, 30))
    fitting = [p for p in PATTERNS if satisfies({"pattern": p}, value)]
    if fitting and draw(st.integers(0, 3)) == 0:
        schema["pattern"] = draw(st.sampled_from(fitting))
    formats = ("date-time", "email", "hostname", "uri-reference", "uuid", "date", "ipv4")
    fitting = [f for f in formats if satisfies({"format": f}, value)]
    if fitting and draw(st.integers(0, 3)) == 0:
        schema["format"] = draw(st.sampled_from(fitting))
    return schema


@st.composite
def _numbers(draw: st.DrawFn, value: float, depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    if draw(st.booleans()):
        schema["minimum"] = value - draw(st.sampled_from((0, 1, 10, 0.5)))
    if draw(st.booleans()):
        schema["maximum"] = value + draw(st.sampled_from((0, 1, 10, 0.5)))
    if draw(st.integers(0, 4)) == 0:
        schema["exclusiveMinimum"] = value - draw(st.sampled_from((1, 5)))
    if draw(st.integers(0, 4)) == 0:
        schema["exclusiveMaximum"] = value + draw(st.sampled_from((1, 5)))
    steps = [m for m in (0.25, 0.5, 2, 3, 7) if abs(value) < 1e6 and value % m == 0]
    if steps and draw(st.integers(0, 3)) == 0:
        schema["multipleOf"] = draw(st.sampled_from(steps))
    return schema


@st.composite
def _arrays(draw: st.DrawFn, value: list[Any], depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    if draw(st.booleans()):
        schema["minItems"] = draw(st.integers(0, len(value)))
    if draw(st.booleans()):
        schema["maxItems"] = len(value) + draw(st.integers(0, 2))
    if satisfies({"uniqueItems": True}, value) and draw(st.integers(0, 2)) == 0:
        schema["uniqueItems"] = True
    if value and draw(st.integers(0, 3)) == 0:
        schema["contains"] = draw(schemas_for(draw(st.sampled_from(value)), depth + 1))
    if draw(st.integers(0, 3)) == 0:
        count = draw(st.integers(0, len(value)))
        schema["prefixItems"] = [draw(schemas_for(v, depth + 1)) for v in value[:count]]
        rest = value[count:]
        if not schema["prefixItems"]:
            del schema["prefixItems"]
    else:
        rest = value
    if rest and all(json_type(v) == json_type(rest[0]) for v in rest) and draw(st.booleans()):
        schema["items"] = {"type": json_type(rest[0])}
    elif len(rest) == 1:
        schema["items"] = draw(schemas_for(rest[0], depth + 1))
    elif not rest and draw(st.booleans()):
        schema["items"] = draw(st.sampled_from((False, {"type": "string"})))
    return schema


@st.composite
def _objects(draw: st.DrawFn, value: dict[str, Any], depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    named = [key for key in value if draw(st.integers(0, 4)) > 0]
    properties = {key: draw(schemas_for(value[key], depth + 1)) for key in named}
    for key in draw(st.lists(st.sampled_from(KEYS), max_size=2)):
        if key not in value:
            properties[key] = draw(
                st.sampled_from((
                    {"type": "string"}, {"enum": ["p", "q", "r"]}, {"type": "boolean"}, False,
                ))
            )  # fmt: skip
    if properties:
        schema["properties"] = properties
    if value and draw(st.booleans()):
        schema["required"] = draw(st.lists(st.sampled_from(list(value)), unique=True))
    left = [key for key in value if key not in properties]
    if not left and draw(st.integers(0, 2)) == 0:
        schema["additionalProperties"] = draw(st.sampled_from((False, {"type": "integer"})))
    if draw(st.integers(0, 5)) == 0:
        schema["minProperties"] = draw(st.integers(0, len(value)))
    if draw(st.integers(0, 5)) == 0:
        schema["maxProperties"] = len(value) + draw(st.integers(0, 2))
    schema.update(draw(_about_names(value)))
    return schema if satisfies(schema, value) else {}


@st.composite
def _about_names(draw: st.DrawFn, value: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for keyword, extra in (
        ("patternProperties", {"^x-": True, "^zz": {"type": "integer"}}),
        ("propertyNames", {"maxLength": 12}),
        ("dependentRequired", {"a": ["b"]}),
    ):
        if draw(st.integers(0, 6)) == 0 and satisfies({keyword: extra}, value):
            schema[keyword] = extra
    return schema


@st.composite
def _combined(draw: st.DrawFn, value: Any, depth: int) -> dict[str, Any]:
    choice = draw(st.integers(0, 14))
    own = draw(schemas_for(value, depth + 1)) if choice < 6 else True
    other = draw(schemas_for(draw(scalars), depth + 2)) if choice < 6 else True
    options: tuple[dict[str, Any], ...] = (
        {"allOf": [own, {}]},
        {"anyOf": [other, own]},
        {"oneOf": [own, other]},
        {"not": other},
        {"if": other, "then": own, "else": own},
        {"if": own, "then": own, "else": other},
    )
    if choice < len(options) and satisfies(options[choice], value):
        return options[choice]
    return {}


@st.composite
def specs(draw: st.DrawFn) -> EventSpec:
    """Draw the spec of an event whose payload has a schema of any kind."""
    payload = draw(values)
    schema = envelope(draw(schemas_for(payload)), BOUNDED)
    return EventSpec("drawn.event_made", "drawn", "", "", schema)
