"""Which tests wait longest, and how they are dealt to the workers of pytest-xdist."""

from __future__ import annotations

from pathlib import Path

import pytest

LONGEST = Path(__file__).with_suffix(".txt")
"""Node ids of the tests that take longest, the longest first (`--durations`).

Tests that share what is costly to make, such as a browser, are better left together.
"""


def dealt(items: list[pytest.Item], names: list[str], workers: int) -> list[pytest.Item]:
    """Return `items` so that the ones in `names` come first on half of the workers.

    `--dist worksteal` deals equal runs of the items to the workers.
    """
    rank = {name: number for number, name in enumerate(names)}
    longest = sorted((it for it in items if it.nodeid in rank), key=lambda it: rank[it.nodeid])
    others = [item for item in items if item.nodeid not in rank]
    takers, found, taken = max(1, workers // 2), list[pytest.Item](), 0
    for worker in range(workers):
        size = (len(items) - len(found)) // (workers - worker)
        first = longest[worker::takers] if worker < takers else []
        rest = max(0, size - len(first))
        found += [*first, *others[taken : taken + rest]]
        taken += rest
    return found + others[taken:]
