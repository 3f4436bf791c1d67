"""Makes texts and numbers that satisfy the keywords of a schema, likeliest first."""

from __future__ import annotations

import math
from collections.abc import Iterator

from mockzoom.contract.merge import types_of
from mockzoom.contract.nodes import SchemaNode
from mockzoom.contract.patterns import matching_text
from mockzoom.model import JSON

LONGEST = 100_000
"""No text or list is made longer than this."""

FORMAT_SAMPLES: dict[str, tuple[str, ...]] = {
    "date": ("2024-05-01", "2024-05-02"),
    "date-time": ("2024-05-01T10:00:00Z", "2024-05-01T10:30:00Z"),
    "duration": ("P1D", "PT2H"),
    "email": ("jill@example.com", "jack.chill@example.com"),
    "hostname": ("example.com", "www.example.com"),
    "ipv4": ("192.0.2.1", "192.0.2.2"),
    "ipv6": ("2001:db8::1", "2001:db8::2"),
    "json-pointer": ("/a", "/a/b"),
    "time": ("10:00:00Z", "10:30:00Z"),
    "uri": ("https://example.com/a", "https://example.com/b"),
    "uri-reference": ("/a", "/b"),
    "uuid": ("2eb8aa08-aa98-41ea-b4aa-73b441d16380", "2eb8aa08-aa98-41ea-b4aa-73b441d16381"),
}


def texts(node: SchemaNode) -> Iterator[JSON]:
    """Yield texts for a schema of type string."""
    least, most = node.get("minLength", 0), node.get("maxLength", LONGEST)
    pattern = node.get("pattern")
    samples: list[str] = []
    if "format" in node:
        samples += FORMAT_SAMPLES.get(node["format"], ())
    if pattern is not None:
        samples += matching_text(pattern, least, most)
        samples += [text for texts in FORMAT_SAMPLES.values() for text in texts]
    for text in (*samples, "text", "abcdefgh", "1", "10", "", "A", "a", "0"):
        if least <= len(text) <= most:
            yield text
    if least <= LONGEST:
        for letter in "abc1":
            yield letter * max(least, min(1, most))


def numbers(node: SchemaNode) -> Iterator[JSON]:
    """Yield numbers for a schema of type integer or number."""
    low = max(node.get("minimum", -math.inf), node.get("exclusiveMinimum", -math.inf))
    high = min(node.get("maximum", math.inf), node.get("exclusiveMaximum", math.inf))
    excluded = (node.get("exclusiveMinimum"), node.get("exclusiveMaximum"))
    step = node.get("multipleOf")
    whole = "number" not in types_of(node)
    starts: list[int | float] = [1, 0, *range(2, 9)]
    if low != -math.inf:
        starts += [low, _up(low), _up(low) + 1]
    if high != math.inf:
        starts += [high, _down(high), _down(high) - 1]
    if low != -math.inf and high != math.inf and not whole:
        starts.append(low / 2 + high / 2)
    if step is not None:
        near = [low if low != -math.inf else 0, high if high != math.inf else 0]
        starts = [step, 0, *(_multiple(value, step, by) for value in near for by in (0, 1, -1))]
    if not whole:
        starts += [1.5, 0.25]
    for value in dict.fromkeys(starts):
        if low <= value <= high and value not in excluded:
            if not whole:
                yield value
            elif value == _down(value):
                yield _down(value)


def _up(value: float) -> int:
    return value if isinstance(value, int) else math.ceil(value)


def _down(value: float) -> int:
    return value if isinstance(value, int) else math.floor(value)


def _multiple(value: float, step: float, by: int) -> int | float:
    if isinstance(value, int) and isinstance(step, int):
        return (value // step + by) * step
    try:
        return (math.floor(value / step) + by) * step
    except (OverflowError, ValueError):
        return 0
