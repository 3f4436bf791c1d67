"""Durations as people write them: a number and a unit, or several (`300ms`, `72h`, `1h30m`)."""

from __future__ import annotations

import re
from math import ceil

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
"""Seconds of each unit."""
LONGEST_S = 366 * UNITS["d"]
"""The longest duration that a scenario may name: a year."""
EXPECTED = "a duration with its unit (ms, s, m, h or d), such as 300ms, 5m, 72h or 1h30m"

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", re.ASCII)
_WHOLE = re.compile(rf"(?:{_PART.pattern})+", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)


def seconds(value: object) -> float:
    """Return the seconds of a duration; raise `ValueError` with the reason if it is none."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise ValueError("is no duration")
    text = value.strip()
    if text.startswith("-"):
        raise ValueError("a duration can't be negative")
    if _NUMBER.fullmatch(text):
        raise ValueError("a duration without a unit")
    if len(text) > 40 or not _WHOLE.fullmatch(text):
        raise ValueError("is no duration")
    parts = _PART.findall(text)
    if len({unit for _, unit in parts}) < len(parts):
        raise ValueError("a unit stands twice in this duration")
    total = sum(float(number) * UNITS[unit] for number, unit in parts)
    if total > LONGEST_S:
        raise ValueError("is longer than a year")
    return total


def spell(total: float) -> str:
    """Return seconds as a scenario spells them, such as `1h30m`."""
    left = round(total * 1000)
    words = []
    for unit in ("d", "h", "m", "s", "ms"):
        size = round(UNITS[unit] * 1000)
        count, left = divmod(left, size)
        if count:
            words.append(f"{count}{unit}")
    return "".join(words) or "0s"


def soon(left: float) -> str:
    """Spell the seconds until something is due, in whole ones: `5m`, and at the last `1s`."""
    return spell(max(1.0, float(ceil(left - 0.01))))
