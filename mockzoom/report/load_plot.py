"""The latencies of a load run by rate, as a picture in SVG: p50 and p99 of every span.

A round mark is a rate that holds, a cross one that does not: the form says what the colour says.
Latencies are on a logarithmic scale, from 1 ms to 10 s.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from mockzoom.model import Load, LoadWindow
from mockzoom.report.load_figures import spelt

_WIDTH, _HEIGHT = 640, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 40, 14, 40
_LEAST_S, _MOST_S = 0.001, 10.0
_LINES_S = (0.001, 0.01, 0.1, 1.0, 3.0, 10.0)


def as_load_svg(load: Load) -> str:
    """Return the picture as an SVG element; empty where nothing was sent."""
    spans = sorted((*load.windows, *load.search), key=lambda item: (item.rate, item.p99))
    if not spans:
        return ""
    most = 1.08 * spans[-1].rate
    name = f"Latency by events a second: p50 and p99 of {len(spans)} spans"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="load" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
        f' role="img" aria-label="{name}">',
        *_axes(most),
        *_knee(load, most),
        *_series("p50", [(item, item.p50) for item in spans], most),
        *_series("p99", [(item, item.p99) for item in spans], most),
        "</svg>",
    ]
    return "\n".join(parts)


def _x(rate: float, most: float) -> float:
    return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * rate / most, 1)


def _y(seconds: float) -> float:
    share = math.log(min(max(seconds, _LEAST_S), _MOST_S) / _LEAST_S) / math.log(_MOST_S / _LEAST_S)
    return round(_HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * share, 1)


def _axes(most: float) -> Iterator[str]:
    """Yield a line for each latency, and the rates along the bottom."""
    for seconds in _LINES_S:
        y = _y(seconds)
        kind = "r-limit" if seconds == 3 else "r-grid"
        yield f'<path class="{kind}" d="M{_LEFT} {y}H{_WIDTH - _RIGHT}"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{spelt(seconds)}</text>'
    step = _round_step(most / 6)
    for number in range(math.floor(most / step) + 1):
        x = _x(number * step, most)
        yield f'<text x="{x}" y="{_HEIGHT - 22}" text-anchor="middle">{number * step:g}</text>'
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    yield f'<text x="{middle}" y="{_HEIGHT - 6}" text-anchor="middle">events a second</text>'


def _round_step(least: float) -> float:
    """Return the least of 1, 2, 5, 10, 20… (and their fractions) that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least)


def _knee(load: Load, most: float) -> Iterator[str]:
    if load.knee is not None:
        x = _x(load.knee, most)
        yield f'<path class="r-knee" d="M{x} {_TOP}V{_HEIGHT - _BOTTOM}"/>'
        yield f'<text x="{x - 5}" y="{_TOP + 10}" text-anchor="end">holds: {load.knee:.4g}</text>'


def _series(name: str, found: Sequence[tuple[LoadWindow, float]], most: float) -> Iterator[str]:
    """Yield the line through the spans' latencies, and a mark for each; none without an answer."""
    points = [(_x(item.rate, most), _y(value), item, value) for item, value in found if value]
    if not points:
        return
    line = "L".join(f"{x} {y}" for x, y, _, _ in points)
    yield f'<path class="r-{name}" d="M{line}"/>'
    for x, y, item, value in points:
        form = (
            f'<circle class="r-holds" cx="{x}" cy="{y}" r="4"/>' if item.holds
            else f'<path class="r-broken" d="M{x - 4} {y - 4}l8 8m0 -8l-8 8"/>'
        )  # fmt: skip
        yield f"<g><title>{item.rate:.4g} a second: {name} {spelt(value)}</title>{form}</g>"
    x, y, _, _ = points[-1]
    yield f'<text x="{x + 8}" y="{y + 4}">{name}</text>'
