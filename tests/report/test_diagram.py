"""The sequence diagram: what was recorded, in its order, and nothing of it as markup."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET

from mockzoom.model import (
    Attempt,
    Delivery,
    Exchange,
    Failure,
    Observation,
    Request,
    Response,
    Timings,
    Violation,
)
from mockzoom.report.diagram import MOST_ROWS, POLICY, Group, Recorded, as_svg

SVG = "{http://www.w3.org/2000/svg}"
REQUEST = Request("POST", "http://receiver.test/zoom", (), b"{}")


def attempt(status: int | None, at: float, reason: str = "OK") -> Attempt:
    outcome: Response | Failure = Failure("timeout", "no answer within 3 s")
    if status is not None:
        outcome = Response(status, reason, (), b"")
    return Attempt(REQUEST, outcome, Timings(0.0, 0.0, 0.1, 0.25), at)


def exchange(
    number: int, *attempts: Attempt, event: str = "session.started", **more: str
) -> Exchange:
    delivery = Delivery(f"d-{number}", "valid:0", event, b"{}", f"id-{number}", **more)
    schedule = tuple(300.0 * index for index in range(len(attempts)))
    return Exchange(delivery, attempts or (attempt(200, float(number)),), schedule)


def violation(message: str = "was not acknowledged", *deliveries: str) -> Violation:
    name = deliveries[0] if deliveries else None
    return Violation("MZ101", "not-acknowledged", "error", message, "500", delivery=name,
                     deliveries=deliveries, count=len(deliveries) or 1)  # fmt: skip


def texts(recorded: Recorded) -> list[str]:
    root = ET.fromstring(as_svg(recorded))
    return [item.text or "" for item in root.iter(f"{SVG}text")]


def titles(recorded: Recorded) -> list[str]:
    root = ET.fromstring(as_svg(recorded))
    return [item.text or "" for item in root.iter(f"{SVG}title")]


def test_a_retry_is_drawn_between_the_first_answer_and_its_own_with_its_second() -> None:
    told = texts(Recorded("a run", [exchange(1, attempt(500, 1.0, "Oops"), attempt(200, 2.0))]))
    assert told == [
        "mock", "receiver", "session.started", "✕ 500 Oops · 250 ms",
        "session.started · retry 1 · +5m", "200 OK · 250 ms",
    ]  # fmt: skip


def test_deliveries_that_overlap_are_drawn_in_the_order_of_their_attempts() -> None:
    late = exchange(1, attempt(None, 1.0), attempt(200, 5.0), event="a.started")
    told = texts(Recorded("a run", [late, exchange(2, attempt(200, 3.0), event="b.started")]))
    assert told[2:] == [
        "a.started", "✕ timeout", "b.started", "200 OK · 250 ms",
        "a.started · retry 1 · +5m", "200 OK · 250 ms",
    ]  # fmt: skip


def test_forgeries_and_faults_are_named() -> None:
    told = texts(Recorded("a run", [exchange(1, forge="stale", fault="dripped")]))
    assert "session.started · forged: stale · fault: dripped" in told


def test_a_lost_answer_is_named_where_it_was_lost() -> None:
    made = exchange(1, attempt(None, 1.0), attempt(200, 2.0), fault="lost-answer")
    told = texts(Recorded("a run", [made]))
    assert told[2] == "session.started · fault: lost-answer"
    assert told[4] == "session.started · retry 1 · +5m"


def test_a_violation_stands_below_its_delivery_and_others_at_the_end() -> None:
    found = [violation("no stream was joined"), violation("it answered 500", "d-1")]
    made = Recorded("a run", [exchange(1), exchange(2)], violations=found)
    told = texts(made)
    assert told.index("⚠ MZ101 not-acknowledged") < told.index("session.started", 3)
    assert told[-1] == "⚠ MZ101 not-acknowledged"
    assert titles(made)[-1] == "no stream was joined"
    assert "it answered 500" in titles(made)


def test_each_socket_of_a_stream_has_a_lane_and_arrows_to_and_from_the_receiver() -> None:
    seen = [
        Observation("in", 1.0, 0.0, "s", "signaling-1", "{}", "SIGNALING_HAND_SHAKE_REQ"),
        Observation("out", 2.0, 0.0, "s", "signaling-1", "{}", "SIGNALING_HAND_SHAKE_RESP", 0),
        Observation("note", 3.0, 0.0, "s", "audio-2", "closed by the consumer", "closed", 1000),
    ]
    root = ET.fromstring(as_svg(Recorded("a run", observations=seen)))
    heads = [item.text for item in root.iter(f"{SVG}text") if item.get("font-weight") == "bold"]
    assert heads == ["mock", "receiver", "signaling-1", "audio-2"]
    arrows = [line for line in root.iter(f"{SVG}line") if line.get("y1") == line.get("y2")]
    ends = [(int(line.get("x1", 0)), int(line.get("x2", 0))) for line in arrows]
    assert ends[0] == ends[1][::-1]
    assert ends[0][0] < ends[0][1]
    assert "closed 1000" in [item.text for item in root.iter(f"{SVG}text")]


def test_a_step_is_drawn_before_what_it_delivers_with_its_second() -> None:
    groups = [Group(0.5, "rtms: started", "a start", 1800.0)]
    told = texts(Recorded("a run", [exchange(1)], groups=groups))
    assert told[2] == "30m · rtms: started"


def test_a_scenarios_name_stands_once_over_its_steps_and_no_label_crosses_a_lane() -> None:
    groups = [Group(float(n), name) for n, name in enumerate(
        ("outage", "outage: began", "outage: ended", "burst", "burst: began"))]  # fmt: skip
    recorded = Recorded("a run", [], groups=groups)
    assert texts(recorded)[2:] == ["outage", "began", "ended", "burst", "began"]
    for narrow in (False, True):
        root = ET.fromstring(as_svg(recorded, narrow=narrow))
        lane = int(next(root.iter(f"{SVG}line")).get("x1", "0"))
        labels = [item for item in root.iter(f"{SVG}text") if item.get("font-style") == "italic"]
        assert len(labels) == 5
        assert min(int(item.get("x", "0")) for item in labels) > lane


def test_what_others_wrote_is_text_and_never_markup() -> None:
    evil = '</title><script>alert("1")</script>&\x00\ud800'
    made = Recorded(
        evil, [exchange(1, attempt(500, 1.0, evil), event=evil)],
        violations=[violation(evil, "d-1")],
        observations=[Observation("note", 1.0, 0.0, evil, evil, evil, evil)],
        groups=[Group(0.0, evil, evil)],
    )  # fmt: skip
    text = as_svg(made)
    root = ET.fromstring(text.encode())
    assert {item.tag for item in root.iter()} <= {
        f"{SVG}{name}" for name in ("svg", "title", "style", "g", "line", "text", "path", "circle")
    }
    assert any("<script>" in title for title in titles(made))


def test_a_long_run_is_cut_and_says_so() -> None:
    made = Recorded("a run", [exchange(number) for number in range(MOST_ROWS)], left_out=7)
    told = texts(made)
    assert len(told) == 2 + MOST_ROWS + 1
    assert told[-1] == f"… {MOST_ROWS} more lines and 7 more deliveries are not drawn"


def test_it_scales_and_needs_no_colour_of_the_page() -> None:
    text = as_svg(Recorded("a run", [exchange(1)]))
    root = ET.fromstring(text)
    assert re.fullmatch(r"0 0 \d+ \d+", root.get("viewBox", ""))
    assert root.get("fill") == "currentColor"
    assert "style=" not in text  # a page's policy would drop it
    assert not re.search("black|white|#000|#fff", text)
    assert "'unsafe" not in POLICY


def test_nothing_recorded_is_a_diagram_too() -> None:
    assert texts(Recorded("an empty run")) == ["mock", "receiver"]


def test_a_narrow_one_fits_on_a_telephone_and_says_the_same() -> None:
    recorded = Recorded(
        "a run", [exchange(1), exchange(2, attempt(503, 2.0))],
        violations=[violation("refused", "d-2")],
        groups=[Group(0.5, "rtms: started", "a start", 1800.0)],
    )  # fmt: skip
    wide, narrow = (ET.fromstring(as_svg(recorded, narrow=small)) for small in (False, True))
    assert int(narrow.get("width", 0)) == 300 < int(wide.get("width", 0))
    said = [[item.text for item in root.iter(f"{SVG}text")] for root in (wide, narrow)]
    assert said[0] == said[1]
    ends = [int(item.get(name, 0)) for item in narrow.iter(f"{SVG}line") for name in ("x1", "x2")]
    assert 0 <= min(ends) < max(ends) <= 300


def test_a_narrow_one_of_many_sockets_keeps_its_lanes_apart() -> None:
    seen = [Observation("in", float(n), 0.0, "s", f"socket-{n}", "{}", "HELLO") for n in range(8)]
    root = ET.fromstring(as_svg(Recorded("a run", observations=seen), narrow=True))
    heads = [int(item.get("x", 0)) for item in root.iter(f"{SVG}text")
             if item.get("font-weight") == "bold"]  # fmt: skip
    assert len(heads) == 10
    assert all(after - before >= 60 for before, after in itertools.pairwise(heads))
    assert max(heads) < int(root.get("width", 0))
