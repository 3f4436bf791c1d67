"""What a span came to, and the search for the highest rate that holds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Generator, Sequence

from mockzoom.load.arrivals import Span
from mockzoom.load.sender import SentSpan
from mockzoom.model import LoadWindow

_LEAST_GROWTH = 3.0
"""Deliveries by which a backlog has to grow at least: a few come and go by chance."""
_GROWTH = 0.1
"""The same as a share of the events due in a second."""


def window(span: Span, sent: SentSpan) -> LoadWindow:
    """Return what became of the events of `span`; all of them have their answers."""
    samples = sent.samples
    rate = len(samples) / sent.seconds
    in_time = sorted(sample.latency for sample in samples if not sample.lost)
    ends = [sample.due + sample.latency for sample in samples if not sample.lost]
    return LoadWindow(
        about=span.about,
        rate=rate,
        seconds=sent.seconds,
        due=len(samples),
        acknowledged=len(in_time),
        lost=dict(Counter(sample.lost for sample in samples if sample.lost)),
        p50=percentile(in_time, 0.5),
        p90=percentile(in_time, 0.9),
        p99=percentile(in_time, 0.99),
        p999=percentile(in_time, 0.999),
        longest=max((sample.latency for sample in samples), default=0.0),
        in_flight=sent.in_flight[-1] if sent.in_flight else 0,
        grows=grows(sent.in_flight, rate),
        throughput=len(ends) / max(ends) if ends else 0.0,
        lag=percentile(sorted(sample.lag for sample in samples), 0.99),
    )


def percentile(values: Sequence[float], share: float) -> float:
    """Return the least of sorted `values` within which this share of them lies; 0 for none."""
    return values[max(0, math.ceil(share * len(values)) - 1)] if values else 0.0


def grows(in_flight: Sequence[int], rate: float) -> bool:
    """Tell whether there were more deliveries without an answer at the end than in the middle.

    The first third is left out: at the beginning there is none at all.
    """
    third = len(in_flight) // 3
    if third < 2:
        return False
    middle, last = in_flight[third : 2 * third], in_flight[-third:]
    growth = sum(last) / len(last) - sum(middle) / len(middle)
    return growth > max(_LEAST_GROWTH, _GROWTH * rate)


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
