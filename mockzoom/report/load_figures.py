"""The figures of a load run, as lines of text: one span a line, with a bar for its latency."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mockzoom.model import JSON, Load, LoadWindow

_BAR = 20
_FULL_S = 3.0
"""Seconds of a bar that is full: the time that Zoom waits."""
_EIGHTHS = " ▏▎▍▌▋▊▉█"
COLUMNS = ("due/s", "in time", "p50", "p99", "p99.9", "waiting")
_WIDTHS = (8, 9, 8, 8, 8, 9)
_HEAD = f"  {'':<26}{''.join(map(str.rjust, COLUMNS, _WIDTHS))}  p99 of 3 s"


def lines(load: Load) -> Iterator[tuple[str, str]]:
    """Yield styled lines of text: the spans of the profile, further rates, and the knee."""
    yield "head", f"Load: {load.profile}, at most {load.rate:g} events a second"
    yield "dim", _HEAD
    yield from _rows(load.windows)
    if load.search:
        yield "dim", "  further rates, 10 s each"
        yield from _rows(load.search)
    yield "", ""
    yield ("pass" if load.at_least else "head"), knee(load)
    if traces(load):
        yield ("error" if load.untraced else "pass"), traces(load)
    yield "", ""


def knee(load: Load) -> str:
    """Say which rate holds, in one sentence."""
    if load.knee is None:
        return "No rate was found that holds."
    if load.at_least:
        held = "The profile holds" if load.profile != "steady" else "The rate holds"
        return f"{held}: up to {load.knee:.4g} events a second, all in time; none higher was tried."
    return (
        f"The highest rate that holds for 10 s: {load.knee:.4g} events a second (99.9 % in time, no"
        " growing backlog)."
    )


def traces(load: Load) -> str:
    """Say how many acknowledged events left no trace, in one sentence; nothing without a probe."""
    if load.traced is None:
        return ""
    if not load.untraced:
        return f"Each of {load.traced:,} acknowledged events left a trace in the probe's state."
    return (
        f"{load.untraced:,} of {load.traced:,} acknowledged events left no trace in the probe's"
        " state."
    )


def columns(item: LoadWindow) -> tuple[str, ...]:
    """Return the figures of a span as texts, as `COLUMNS` names them."""
    share = item.acknowledged / item.due if item.due else 1.0
    latencies = (spelt(item.p50), spelt(item.p99), spelt(item.p999))
    return (f"{item.rate:.4g}", _percent(share), *latencies, str(item.in_flight))


def document(load: Load) -> JSON:
    """Return the figures for the JSON report; times are milliseconds."""
    return {
        "profile": load.profile,
        "rate": load.rate,
        "knee": None if load.knee is None else round(load.knee, 2),
        "at_least": load.at_least,
        "probe": None
        if load.traced is None
        else {
            "acknowledged": load.traced,
            "without_trace": load.untraced,
        },
        "windows": [_window(item) for item in load.windows],
        "search": [_window(item) for item in load.search],
    }


def _window(item: LoadWindow) -> JSON:
    return {
        "about": item.about,
        "rate": round(item.rate, 2),
        "seconds": round(item.seconds, 3),
        "due": item.due,
        "acknowledged": item.acknowledged,
        "lost": dict(item.lost),
        "p50_ms": _ms(item.p50),
        "p90_ms": _ms(item.p90),
        "p99_ms": _ms(item.p99),
        "p999_ms": _ms(item.p999),
        "longest_ms": _ms(item.longest),
        "in_flight": item.in_flight,
        "grows": item.grows,
        "throughput": round(item.throughput, 2),
        "own_lag_ms": _ms(item.lag),
        "holds": item.holds,
    }


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _rows(windows: Sequence[LoadWindow]) -> Iterator[tuple[str, str]]:
    for item in windows:
        share = item.acknowledged / item.due if item.due else 1.0
        more = " and more" if item.grows else ""
        bar = _bar(item.p99 if share > 0.99 else _FULL_S)
        figures = "".join(map(str.rjust, columns(item), _WIDTHS))
        yield (
            "" if item.holds else "error",
            f"  {item.about:<26}{figures}  {bar}{more}".rstrip(),
        )


def _percent(share: float) -> str:
    """Return a share in percent; only what is whole is 100."""
    return "100 %" if share >= 1 else f"{min(share * 100, 99.9):.1f} %"


def spelt(seconds: float) -> str:
    """Return seconds as people read them: `12 ms`, `1.50 s`; a dash for none."""
    if not seconds:
        return "-"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _bar(seconds: float) -> str:
    eighths = round(min(1.0, seconds / _FULL_S) * _BAR * 8)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
