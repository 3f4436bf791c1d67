"""Finds the highest rate that holds: asks for one rate after the other, and is sent what it did."""

from __future__ import annotations

from collections.abc import Generator

from mockzoom.model import LoadWindow

CLOSE = 1.14
"""A rate that does not hold is that close above one that does: then the search is over."""
MOST_TRIES = 8
_LEAST_RATE = 0.5
"""Events a second below which no rate is tried."""
_NEAR = (0.95, 1.08)
"""What a receiver did that had more to do than it could is nearly what it can do: a bit less should
hold, and a bit more should not."""


def search(failed: LoadWindow, held: float = 0.0) -> Generator[float, LoadWindow, float | None]:
    """Yield rates to be tried; return the highest that held, or None where none did.

    `failed` is a window that did not hold, and `held` a rate that did, if one is known.
    """
    low, high, capacity = held, failed.rate, failed.throughput
    for _ in range(MOST_TRIES):
        guess = next((at * capacity for at in _NEAR if at * capacity > 1.01 * low), 1.13 * low)
        rate = _within(guess, low, high)
        if rate < _LEAST_RATE or (low and high <= CLOSE * low):
            break
        tried = yield rate
        if tried.holds:
            low = max(low, rate)
        else:
            high, capacity = min(high, rate), max(capacity, tried.throughput)
    return low or None


def _within(guess: float, low: float, high: float) -> float:
    """Return `guess` where it lies between what holds and what does not; else their middle."""
    margin = 0.02 * (high - low)
    return guess if low + margin < guess < high - margin else (low + high) / 2
