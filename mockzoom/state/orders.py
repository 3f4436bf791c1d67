"""Orders of arrival: which ones a shuffle is played in, and which are the smallest."""

from __future__ import annotations

import random
from itertools import permutations

from mockzoom.scenario.model import Scenario, Shuffle
from mockzoom.state.plays import Order

MOST_MOVES = 24
"""Reorderings tried to find the smallest that changes the state."""


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


def orders_in(scenario: Scenario, seed: int) -> dict[str, list[tuple[int, ...]]]:
    """Return for each shuffle the orders to be played, none of them the natural one."""
    return {
        step.name: orders_of(len(step.steps), step.orders, seed)
        for step in scenario.steps
        if isinstance(step, Shuffle)
    }


def first_orders(scenario: Scenario, seed: int) -> Order:
    """Return the first of those orders, for each shuffle that has any."""
    return {name: each[0] for name, each in orders_in(scenario, seed).items() if each}


def all_orders(scenario: Scenario, seed: int) -> tuple[Order, ...]:
    """Return the orders of its shuffles by turns: in the first turn the first of each."""
    found = orders_in(scenario, seed)
    turns = max(map(len, found.values()), default=0)
    return tuple(
        {name: each[turn] for name, each in found.items() if turn < len(each)}
        for turn in range(turns)
    )
