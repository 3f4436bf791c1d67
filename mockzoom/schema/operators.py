"""How each keyword of a schema is broken, one keyword at a time.

Each offers changes of which each should break this keyword and nothing else. Whether one does is
asked of the validators afterwards, so several may be offered, the best first.
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


Object: TypeAlias = Mapping[str, Any]
Operator: TypeAlias = Callable[[JSON, Object, JSON, Tokens], list[Candidate]]
"""From a keyword's value, its schema, and the value at a place, to ways of breaking the keyword."""
Changes: TypeAlias = Callable[[JSON, Object, JSON], tuple[Change, ...]]
"""The same, for a keyword of which all changes are values of one candidate."""

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


def _type(wanted: JSON, schema: Object, value: JSON, tokens: Tokens) -> list[Candidate]:
    if not tokens:
        return []  # an array or a scalar at the top is malformed on the wire
    types = [wanted] if isinstance(wanted, str) else list(wanted)
    wrong = [v for v in _WRONG[types[0]] if not any(is_type(v, name) for name in types)]
    attempts = [Candidate(f"type: {type_of(v)}", tokens, (to(v),)) for v in wrong[:3]]
    if "null" not in types:
        attempts.append(Candidate("null", tokens, (to(None),)))
    return attempts


def _required(names: JSON, schema: Object, value: JSON, tokens: Tokens) -> list[Candidate]:
    return [_without(name, tokens) for name in dict.fromkeys(names) if name in value]


def empty_object(schema: Object, tokens: Tokens) -> list[Candidate]:
    """Take all fields away, where several are required."""
    several = len(set(schema.get("required", ()))) > 1
    return [Candidate("empty object", tokens, (to({}),))] if several and tokens else []


def _dependent(wanted: JSON, schema: Object, value: JSON, tokens: Tokens) -> list[Candidate]:
    return [
        _without(name, tokens)
        for trigger, names in wanted.items()
        if trigger in value
        for name in names
        if name != trigger and name not in schema.get("required", ())
    ]


def _without(name: str, tokens: Tokens) -> Candidate:
    return Candidate(f"without {name}", (*tokens, name), (to(MISSING),))


def _others(listed: JSON, schema: Object, value: JSON) -> tuple[Change, ...]:
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


_ILL_FORMED = tuple(map(to, (
    "not a valid value", "", "-", "2026-02-30T25:61:61", "2026-13-45", "http://[", "%zz", ":",
    "256.256.256.256", "a~2", "1::2::3", "\\", "P", "-a-.-", "@", "a" * 300,
)))  # fmt: skip
_AGAINST_PATTERN: tuple[Change, ...] = (
    lambda v: "~" * len(v), lambda v: "Ж" * len(v), lambda v: f"{v}~", lambda v: f"~{v}",
    lambda v: v.swapcase(), to(""), to("~"), to("0"), to("a"), to("\n"),
)  # fmt: skip


def _shorter(least: JSON, schema: Object, value: JSON) -> tuple[Change, ...]:
    return (lambda v: v[: int(least) - 1], to("")) if least >= 1 else ()


def _longer(limit: JSON, schema: Object, value: JSON) -> tuple[Change, ...]:
    most = int(limit)
    if most > _LONGEST:
        return ()
    return (
        lambda v: v.ljust(most + 1, v[-1:] or "a"), lambda v: ((v or "a") * (most + 2))[: most + 1],
    )  # fmt: skip


def _beyond(direction: int) -> Changes:
    """Return changes to numbers past a bound, also where a step is lost in it."""

    def changes(bound: JSON, schema: Object, value: JSON) -> tuple[Change, ...]:
        step = direction * _step(schema)
        far = bound + direction * abs(bound)
        return to(_whole(bound + step)), to(bound + 10 * step), to(_whole(far))

    return changes


def _at_bound(direction: int) -> Changes:
    """Return changes to an exclusive bound itself, and to a number past it."""

    def changes(limit: JSON, schema: Object, value: JSON) -> tuple[Change, ...]:
        bound = _whole(limit)
        return to(bound), to(bound + direction * _step(schema))

    return changes


def _step(schema: Object) -> int | float:
    step = schema.get("multipleOf", 1)
    return int(step) if step == step // 1 else float(step)


def _whole(number: float) -> int | float:
    return int(number) if number == number // 1 else number


def _off_step(step: JSON, schema: Object, value: JSON) -> tuple[Change, ...]:
    half = step / 2 if step < SAFE_INTEGER else step // 2
    return lambda v: v + 1, lambda v: v - 1, lambda v: v + half, lambda v: v - half


def _fewer_items(least: JSON, schema: Object, value: JSON) -> tuple[Change, ...]:
    return (lambda v: v[: int(least) - 1],) if int(least) else ()


def _more_items(limit: JSON, schema: Object, value: JSON) -> tuple[Change, ...]:
    most = int(limit)
    if most > 10_000:
        return ()
    fillers: Sequence[JSON] = (None, *range(most + 1))
    return (
        lambda v: (v * (most + 1))[: most + 1] if v else [None] * (most + 1),
        lambda v: [*v, *fillers][: most + 1],
        lambda v: [*v, *map(str, fillers)][: most + 1],
    )


def _item_twice(unique: JSON, schema: Object, value: JSON) -> tuple[Change, ...]:
    return (lambda v: [*v, v[-1]], lambda v: [*v[:-1], v[0]]) if unique is True and value else ()


def _others_alone(wanted: JSON, schema: Object, value: JSON) -> tuple[Change, ...]:
    if schema.get("minContains", 1) == 0:
        return ()
    fillers: tuple[JSON, ...] = (None, "mz", 0, {}, [])
    return (*map(_filled, fillers), to([]), *(_filled(item) for item in value[:8]))


def _filled(filler: JSON) -> Change:
    return lambda before: [filler] * max(1, len(before))


def _fewer_fields(limit: JSON, schema: Object, value: JSON) -> tuple[Change, ...]:
    least = int(limit)
    change = to({}) if least == 1 else lambda v: dict(list(v.items())[: least - 1])
    return (change,) if least else ()


def _more_fields(limit: JSON, schema: Object, value: JSON) -> tuple[Change, ...]:
    most = int(limit)
    if most > 1000:
        return ()
    more = {f"mz_field_{number}": "value" for number in range(most + 1)}
    return (lambda v: {**v, **more},)


def _named(name: str) -> Change:
    return lambda before: {**before, name: next(iter(before.values()), "value")}


_ILL_NAMED = tuple(map(_named, ("~", "", "mz_name", "A" * 300, "0")))


def _one(name: str, changes: Changes | tuple[Change, ...]) -> Operator:
    """Return what breaks its keyword by `changes`; `{}` in `name` stands for the keyword's value.

    Where there are no changes, the keyword is not broken.
    """

    def operator(limit: JSON, schema: Object, value: JSON, tokens: Tokens) -> list[Candidate]:
        found = changes if isinstance(changes, tuple) else changes(limit, schema, value)
        return [Candidate(name.format(limit), tokens, found)] if found else []

    return operator


_NUMBERS = ("integer", "number")
OPERATORS: tuple[tuple[str, tuple[str, ...], Operator], ...] = (
    ("type", (), _type),
    ("enum", (), _one("value outside the enum", _others)),
    ("const", (), _one("another value", _others)),
    ("required", ("object",), _required),
    ("dependentRequired", ("object",), _dependent),
    ("minProperties", ("object",), _one("too few fields", _fewer_fields)),
    ("maxProperties", ("object",), _one("too many fields", _more_fields)),
    ("propertyNames", ("object",), _one("a name that is not allowed", _ILL_NAMED)),
    ("format", ("string",), _one("no {}", _ILL_FORMED)),
    ("pattern", ("string",), _one("text against the pattern", _AGAINST_PATTERN)),
    ("minLength", ("string",), _one("too short", _shorter)),
    ("maxLength", ("string",), _one("too long", _longer)),
    ("minimum", _NUMBERS, _one("below the minimum", _beyond(-1))),
    ("maximum", _NUMBERS, _one("above the maximum", _beyond(1))),
    ("exclusiveMinimum", _NUMBERS, _one("at the exclusive minimum", _at_bound(-1))),
    ("exclusiveMaximum", _NUMBERS, _one("at the exclusive maximum", _at_bound(1))),
    ("multipleOf", _NUMBERS, _one("no multiple", _off_step)),
    ("minItems", ("array",), _one("too few items", _fewer_items)),
    ("maxItems", ("array",), _one("too many items", _more_items)),
    ("uniqueItems", ("array",), _one("an item twice", _item_twice)),
    ("contains", ("array",), _one("nothing that is wanted", _others_alone)),
)
"""Keyword, the types of value it speaks of (any, if none), and how it is broken."""
