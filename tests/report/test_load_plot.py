"""The plot of a load run: every span has its place, and its form says whether it holds."""

from __future__ import annotations

from xml.etree import ElementTree

from mockzoom.model import Load, LoadWindow
from mockzoom.report.load_plot import as_load_svg

_SVG = "{http://www.w3.org/2000/svg}"


def span(rate: float, p99: float, *, lost: int = 0) -> LoadWindow:
    return LoadWindow("x", rate, 10, 100, 100 - lost, {"late": lost}, p50=p99 / 2, p99=p99)


def test_each_span_is_marked_by_its_rate_and_latency_and_by_whether_it_holds() -> None:
    load = Load("steady", 100, (span(100, 2.0, lost=50),), (span(50, 0.2), span(80, 1.0)), 80.0)
    drawing = ElementTree.fromstring(as_load_svg(load))
    titles = [item.text for item in drawing.iter(f"{_SVG}title")]
    assert "50 a second: p99 200 ms" in titles
    assert "100 a second: p99 2.00 s" in titles
    rounds = [
        (float(item.get("cx") or 0), float(item.get("cy") or 0))
        for item in drawing.iter(f"{_SVG}circle")
    ]
    p99 = rounds[2:]  # after p50
    assert len(rounds) == 4
    assert p99[0][0] < p99[1][0]
    assert p99[0][1] > p99[1][1]  # a longer latency stands higher
    broken = [item for item in drawing.iter(f"{_SVG}path") if item.get("class") == "r-broken"]
    assert len(broken) == 2
    assert "holds: 80" in [item.text for item in drawing.iter(f"{_SVG}text")]


def test_a_run_that_sent_nothing_has_no_plot_and_one_without_answers_has_no_marks() -> None:
    assert as_load_svg(Load("steady", 10)) == ""
    assert "circle" not in as_load_svg(Load("steady", 10, (span(10, 0.0, lost=100),)))
