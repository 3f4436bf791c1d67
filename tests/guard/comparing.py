"""What differs between two recorded reports, in lines to read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import ndiff
from typing import Any

MOST = 40
"""No more lines than this are shown of one report."""

VARIABLE = {
    # The process ends some ms after its answer: how many deliveries it still takes is chance.
    "verify/flask-dies-after-answering-1": (
        "coverage", "breakages", "message", "actual", "reproduce",
    ),
}  # fmt: skip
"""Keys of a report that differ between two recordings of the same code."""


def differences(before: Any, after: Any, ignored: Sequence[str] = ()) -> list[str]:
    """Return a line for each difference; keys of the name `ignored` are not looked at."""
    found = list(_walk(before, after, "", frozenset(ignored)))
    if len(found) > MOST:
        return [*found[:MOST], f"… and {len(found) - MOST} lines more"]
    return found


def _walk(before: Any, after: Any, place: str, ignored: frozenset[str]) -> Iterator[str]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys([*before, *after]):
            if key in ignored:
                continue
            inner = f"{place} > {key}" if place else str(key)
            if key not in after:
                yield f"- {inner}: {_short(before[key])}"
            elif key not in before:
                yield f"+ {inner}: {_short(after[key])}"
            else:
                yield from _walk(before[key], after[key], inner, ignored)
    elif before != after:
        if _is_lines(before) and _is_lines(after):
            yield f"  {place}:"
            yield from (f"    {line}" for line in ndiff(before, after) if line[0] in "-+")
        else:
            yield f"- {place}: {_short(before)}"
            yield f"+ {place}: {_short(after)}"


def _is_lines(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _short(value: Any) -> str:
    if isinstance(value, Mapping) and "message" in value:
        value = {key: value[key] for key in ("severity", "count", "message") if key in value}
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 400 else text[:400] + " …"
