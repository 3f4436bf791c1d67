"""Fills values saved in the play into what a step expects, and into where it probes or calls."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from mockzoom.model import JSON
from mockzoom.probe_source import ProbeSource
from mockzoom.scenario.model import Assert, Expect, Nothing
from mockzoom.scenario.values import REFERENCE, references, spelled

Fill = Callable[[JSON], JSON]
"""Fills values into a JSON value; raises what its caller handles."""


def filled_expect(expect: Expect, fill: Fill) -> Expect:
    """Return what is expected with values filled in.

    In a regular expression a value stands for itself. Raises `ValueError` where the result is no
    status, no regular expression or no JSON Schema.
    """
    schema = expect.schema
    if not isinstance(schema, Nothing | bool):
        whole = fill(dict(schema))
        assert isinstance(whole, dict)
        reason = schema_mistake(whole) if whole != schema else ""
        if reason:
            raise ValueError(f"{expect.place}: no JSON Schema once it is filled in: {reason}")
        schema = whole
    saved = statuses_of([fill(text) for text in expect.saved_statuses])
    return replace(
        expect,
        statuses=(*expect.statuses, *saved),
        saved_statuses=(),
        headers=tuple((name, _pattern(text, fill)) for name, text in expect.headers),
        body=expect.body if isinstance(expect.body, Nothing) else fill(expect.body),
        schema=schema,
        asserts=tuple(_filled_assert(each, fill) for each in expect.asserts),
    )


def filled_source(source: ProbeSource, fill: Fill) -> ProbeSource:
    """Return where a state is read, with values filled in."""

    def filled(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(_text(each, fill) for each in value)
        return _text(value, fill) if isinstance(value, str) else value

    values = {each.name: getattr(source, each.name) for each in fields(source)}
    return replace(source, **{name: filled(value) for name, value in values.items()})


def statuses_of(values: Iterable[JSON]) -> tuple[tuple[int, int], ...]:
    """Return closed ranges of statuses: `200`, `2xx`, `200-299`; raise `ValueError` for others."""
    return tuple(_range(str(value).strip().lower().replace(" ", "")) for value in values)


def _range(text: str) -> tuple[int, int]:
    if re.fullmatch(r"[1-5]xx", text):
        return int(text[0]) * 100, int(text[0]) * 100 + 99
    found = re.fullmatch(r"([1-5]\d\d)(?:-([1-5]\d\d))?", text, re.ASCII)
    if found is None or int(found[1]) > int(found[2] or found[1]):
        raise ValueError(f"no HTTP status: {text[:80]}")
    return int(found[1]), int(found[2] or found[1])


def filled_size(value: JSON, saved: Mapping[str, JSON]) -> int:
    """Return how many characters of JSON saved values add; raise `KeyError` for one not saved."""
    sizes: dict[str, int] = {}

    def size(name: str) -> int:
        if name not in sizes:
            sizes[name] = len(json.dumps(saved[name], ensure_ascii=False))
        return sizes[name]

    def added(inner: JSON) -> int:
        if isinstance(inner, str):
            return sum(map(size, references(inner))) if "${" in inner else 0
        if isinstance(inner, Mapping):
            return sum(map(added, inner.values()))
        return sum(map(added, inner)) if isinstance(inner, list) else 0

    return added(value)


def schema_mistake(schema: JSON) -> str:
    """Return why `schema` is no JSON Schema, leaving out what a saved value will stand for."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    meta = Draft202012Validator(Draft202012Validator.META_SCHEMA)
    errors = (
        error for error in meta.iter_errors(schema)
        if not (isinstance(error.instance, str) and REFERENCE.search(error.instance))
    )  # fmt: skip
    error = best_match(errors)
    if error is None:
        return ""
    return f"at /{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"


def _filled_assert(wanted: Assert, fill: Fill) -> Assert:
    checks = tuple(
        (operator, _pattern(value, fill) if operator == "matches" else fill(value))
        for operator, value in wanted.checks
    )
    return replace(wanted, path=_path(wanted.path, fill), checks=checks)


def _path(path: str, fill: Fill) -> str:
    """Return a JSONPath in which a value within quotes stays within them."""

    def quoted(found: re.Match[str]) -> str:
        return re.sub(r"([\\'\"])", r"\\\1", spelled(fill(found[0])))

    return REFERENCE.sub(quoted, path)


def _pattern(text: JSON, fill: Fill) -> str:
    return REFERENCE.sub(lambda found: re.escape(spelled(fill(found[0]))), str(text))


def _text(text: str, fill: Fill) -> str:
    return spelled(fill(text)) if "${" in text else text


def filled_headers(headers: Mapping[str, str], fill: Fill) -> dict[str, str]:
    """Return headers of a request with values filled in."""
    return {name: _text(text, fill) for name, text in headers.items()}
