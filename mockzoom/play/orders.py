"""Orders of arrival: which ones a shuffle is played in, and which are the smallest."""

from __future__ import annotations

import random
from itertools import permutations

MOST_MOVES = 24
"""Reorderings tried to find the smallest that breaks the state."""


def orders_of(length: int, count: int, seed: int) -> list[tuple[int, ...]]:
    """Return up to `count` different orders of `length` things, the reverse one first."""
    natural = tuple(range(length))
    if length <= 5:
        every = [order for order in permutations(natural) if order != natural]
        random.Random(seed).shuffle(every)
        every.sort(key=lambda order: order != natural[::-1])
        return every[:count]
    chosen = {natural[::-1]: None}
    source = random.Random(seed)
    for _ in range(20 * count):
        if len(chosen) >= count:
            break
        order = tuple(source.sample(natural, length))
        if order != natural:
            chosen.setdefault(order)
    return list(chosen)[:count]


def moves(length: int) -> list[tuple[int, ...]]:
    """Return small reorderings: neighbours swapped first, then one thing moved."""
    natural = list(range(length))
    found: dict[tuple[int, ...], None] = {}
    for index in range(length - 1):
        swapped = list(natural)
        swapped[index], swapped[index + 1] = swapped[index + 1], swapped[index]
        found.setdefault(tuple(swapped))
    for index in range(length):
        for place in range(length):
            moved = natural[:index] + natural[index + 1 :]
            moved.insert(place, index)
            if moved != natural:
                found.setdefault(tuple(moved))
    return list(found)[:MOST_MOVES]
