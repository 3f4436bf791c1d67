"""How each keyword of a schema is broken, one keyword at a time.

A function of this module looks at one schema and the value at its place and returns `Candidate`s:
changes of which each should break this keyword and nothing else. Whether one does is asked of the
validators afterwards, so several values may be offered, the best first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from mockzoom.model import JSON
from mockzoom.schema.makers import SAFE_INTEGER
from mockzoom.schema.pointer import MISSING
from mockzoom.schema.values import is_type, type_of

Tokens: TypeAlias = tuple[str | int, ...]
Change: TypeAlias = Callable[[JSON], JSON]
"""From the value before to the value after; `MISSING` takes it away."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way of breaking a keyword: the place that is changed, and values to try in turn."""

    operator: str
    tokens: Tokens
    changes: tuple[Change, ...]


Operator: TypeAlias = Callable[[Mapping[str, Any], JSON, Tokens], list[Candidate]]

_LONGEST = 200_000
_WRONG: dict[str, tuple[JSON, ...]] = {
    "string": (12345, {"nested": "value"}, ["text"], True),
    "integer": ("text", [1], 1.5, {"nested": 1}, True),
    "number": ("text", [1], {"nested": 1}, True),
    "boolean": ("true", 1, [], {}),
    "object": ([], "text", 7, True),
    "array": ({}, "text", 7, True),
    "null": ("null", 0, [], {}),
}
"""For each type, values of others that receivers trip over, the likeliest first."""


def to(value: JSON) -> Change:
    """A change that forgets what was there."""
    return lambda before: value


def _type(schema: Mapping[str, Any], value: JSON, tokens: Tokens) -> list[Candidate]:
    if not tokens:
        return []  # an array or a scalar at the top is malformed on the wire
    wanted = schema["type"]
    types = [wanted] if isinstance(wanted, str) else list(wanted)
    wrong = [v for v in _WRONG[types[0]] if not any(is_type(v, name) for name in types)]
    attempts = [Candidate(f"type: {type_of(v)}", tokens, (to(v),)) for v in wrong[:3]]
    if "null" not in types:
        attempts.append(Candidate("null", tokens, (to(None),)))
    return attempts


def _required(schema: Mapping[str, Any], value: JSON, tokens: Tokens) -> list[Candidate]:
    return [
        Candidate(f"without {name}", (*tokens, name), (to(MISSING),))
        for name in dict.fromkeys(schema["required"])
        if name in value
    ]


def empty_object(schema: Mapping[str, Any], value: JSON, tokens: Tokens) -> list[Candidate]:
    """Take all fields away, where several are required."""
    several = len(set(schema.get("required", ()))) > 1
    return [Candidate("empty object", tokens, (to({}),))] if several and tokens else []


def _dependent_required(schema: Mapping[str, Any], value: JSON, tokens: Tokens) -> list[Candidate]:
    return [
        Candidate(f"without {name}", (*tokens, name), (to(MISSING),))
        for trigger, names in schema["dependentRequired"].items()
        if trigger in value
        for name in names
        if name != trigger and name not in schema.get("required", ())
    ]


def _enum(schema: Mapping[str, Any], value: JSON, tokens: Tokens) -> list[Candidate]:
    return [Candidate("value outside the enum", tokens, _others(value))]


def _const(schema: Mapping[str, Any], value: JSON, tokens: Tokens) -> list[Candidate]:
    return [Candidate("another value", tokens, _others(value))]


def _others(value: JSON) -> tuple[Change, ...]:
    """Return changes to other values of the same type."""
    if isinstance(value, bool):
        return (to(not value),)
    if isinstance(value, str):
        texts = ("mz_unknown_value", "", "MZ", "0")
        return (*map(to, texts), lambda v: f"{v}_", lambda v: f"{v}0"[-len(v) :] if v else "0")
    if isinstance(value, (int, float)):
        return (lambda v: v + 1000, lambda v: v + 1, lambda v: v - 1, lambda v: -v - 1, to(0))
    if isinstance(value, Mapping):
        return (to({}), to({"nested": "value"}))
    if isinstance(value, list):
        return (to([]), to(["value"]))
    return (to(0), to("null"))


_ILL_FORMED = (
    "not a valid value", "", "-", "2026-02-30T25:61:61", "2026-13-45", "http://[", "%zz", ":",
    "256.256.256.256", "a~2", "1::2::3", "\\", "P", "-a-.-", "@", "a" * 300,
)  # fmt: skip


def _format(schema: Mapping[str, Any], value: JSON, tokens: Tokens) -> list[Candidate]:
    return [Candidate(f"no {schema['format']}", tokens, tuple(map(to, _ILL_FORMED)))]


def _pattern(schema: Mapping[str, Any], value: JSON, tokens: Tokens) -> list[Candidate]:
    changes: tuple[Change, ...] = (
        lambda v: "~" * len(v), lambda v: "Ж" * len(v), lambda v: f"{v}~", lambda v: f"~{v}",
        lambda v: v.swapcase(), to(""), to("~"), to("0"), to("a"), to("\n"),
    )  # fmt: skip
    return [Candidate("text against the pattern", tokens, changes)]


def _min_length(schema: Mapping[str, Any], value: JSON, tokens: Tokens) -> list[Candidate]:
    least = int(schema["minLength"])
    if least < 1:
        return []
    return [Candidate("too short", tokens, (lambda v: v[: least - 1], to("")))]


def _max_length(schema: Mapping[str, Any], value: JSON, tokens: Tokens) -> list[Candidate]:
    most = int(schema["maxLength"])
    if most > _LONGEST:
        return []
    longer: tuple[Change, ...] = (
        lambda v: v.ljust(most + 1, v[-1:] or "a"), lambda v: ((v or "a") * (most + 2))[: most + 1],
    )  # fmt: skip
    return [Candidate("too long", tokens, longer)]


def _minimum(schema: Mapping[str, Any], value: JSON, tokens: Tokens) -> list[Candidate]:
    bound, step = schema["minimum"], _step(schema)
    return [Candidate("below the minimum", tokens, _beyond(bound, -step))]


def _maximum(schema: Mapping[str, Any], value: JSON, tokens: Tokens) -> list[Candidate]:
    bound, step = schema["maximum"], _step(schema)
    return [Candidate("above the maximum", tokens, _beyond(bound, step))]


def _exclusive_minimum(schema: Mapping[str, Any], value: JSON, tokens: Tokens) -> list[Candidate]:
    bound = _whole(schema["exclusiveMinimum"])
    return [Candidate("at the exclusive minimum", tokens, (to(bound), to(bound - _step(schema))))]


def _exclusive_maximum(schema: Mapping[str, Any], value: JSON, tokens: Tokens) -> list[Candidate]:
    bound = _whole(schema["exclusiveMaximum"])
    return [Candidate("at the exclusive maximum", tokens, (to(bound), to(bound + _step(schema))))]


def _beyond(bound: float, step: float) -> tuple[Change, ...]:
    """Return changes to numbers past `bound`, also where it is so large that a step is lost."""
    far = bound + (abs(bound) if step > 0 else -abs(bound))
    return to(_whole(bound + step)), to(bound + 10 * step), to(_whole(far))


def _step(schema: Mapping[str, Any]) -> int | float:
    step = schema.get("multipleOf", 1)
    return int(step) if step == step // 1 else float(step)


def _whole(number: float) -> int | float:
    return int(number) if number == number // 1 else number


def _multiple_of(schema: Mapping[str, Any], value: JSON, tokens: Tokens) -> list[Candidate]:
    step = schema["multipleOf"]
    half = step / 2 if step < SAFE_INTEGER else step // 2
    changes: tuple[Change, ...] = (
        lambda v: v + 1, lambda v: v - 1, lambda v: v + half, lambda v: v - half,
    )  # fmt: skip
    return [Candidate("no multiple", tokens, changes)]


def _min_items(schema: Mapping[str, Any], value: JSON, tokens: Tokens) -> list[Candidate]:
    least = int(schema["minItems"])
    return [Candidate("too few items", tokens, (lambda v: v[: least - 1],))] if least else []


def _max_items(schema: Mapping[str, Any], value: JSON, tokens: Tokens) -> list[Candidate]:
    most = int(schema["maxItems"])
    if most > 10_000:
        return []
    fillers: Sequence[JSON] = (None, *range(most + 1))
    changes: tuple[Change, ...] = (
        lambda v: (v * (most + 1))[: most + 1] if v else [None] * (most + 1),
        lambda v: [*v, *fillers][: most + 1],
        lambda v: [*v, *map(str, fillers)][: most + 1],
    )
    return [Candidate("too many items", tokens, changes)]


def _unique_items(schema: Mapping[str, Any], value: JSON, tokens: Tokens) -> list[Candidate]:
    if schema["uniqueItems"] is not True or not value:
        return []
    changes: tuple[Change, ...] = (lambda v: [*v, v[-1]], lambda v: [*v[:-1], v[0]])
    return [Candidate("an item twice", tokens, changes)]


def _contains(schema: Mapping[str, Any], value: JSON, tokens: Tokens) -> list[Candidate]:
    if schema.get("minContains", 1) == 0:
        return []
    fillers: tuple[JSON, ...] = (None, "mz", 0, {}, [])
    changes = (*map(_filled, fillers), to([]), *(_filled(item) for item in value[:8]))
    return [Candidate("nothing that is wanted", tokens, changes)]


def _filled(filler: JSON) -> Change:
    return lambda before: [filler] * max(1, len(before))


def _min_properties(schema: Mapping[str, Any], value: JSON, tokens: Tokens) -> list[Candidate]:
    least = int(schema["minProperties"])
    change = to({}) if least == 1 else lambda v: dict(list(v.items())[: least - 1])
    return [Candidate("too few fields", tokens, (change,))] if least else []


def _max_properties(schema: Mapping[str, Any], value: JSON, tokens: Tokens) -> list[Candidate]:
    most = int(schema["maxProperties"])
    if most > 1000:
        return []
    more = {f"mz_field_{number}": "value" for number in range(most + 1)}
    return [Candidate("too many fields", tokens, (lambda v: {**v, **more},))]


def _property_names(schema: Mapping[str, Any], value: JSON, tokens: Tokens) -> list[Candidate]:
    names = ("~", "", "mz_name", "A" * 300, "0")
    return [Candidate("a name that is not allowed", tokens, tuple(map(_named, names)))]


def _named(name: str) -> Change:
    return lambda before: {**before, name: next(iter(before.values()), "value")}


OPERATORS: tuple[tuple[str, tuple[str, ...], Operator], ...] = (
    ("type", (), _type),
    ("enum", (), _enum),
    ("const", (), _const),
    ("required", ("object",), _required),
    ("dependentRequired", ("object",), _dependent_required),
    ("minProperties", ("object",), _min_properties),
    ("maxProperties", ("object",), _max_properties),
    ("propertyNames", ("object",), _property_names),
    ("format", ("string",), _format),
    ("pattern", ("string",), _pattern),
    ("minLength", ("string",), _min_length),
    ("maxLength", ("string",), _max_length),
    ("minimum", ("integer", "number"), _minimum),
    ("maximum", ("integer", "number"), _maximum),
    ("exclusiveMinimum", ("integer", "number"), _exclusive_minimum),
    ("exclusiveMaximum", ("integer", "number"), _exclusive_maximum),
    ("multipleOf", ("integer", "number"), _multiple_of),
    ("minItems", ("array",), _min_items),
    ("maxItems", ("array",), _max_items),
    ("uniqueItems", ("array",), _unique_items),
    ("contains", ("array",), _contains),
)
"""Keyword, the types of value it speaks of (any, if none), and how it is broken."""
