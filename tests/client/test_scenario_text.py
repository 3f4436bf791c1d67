"""Deliveries are written as a scenario that `play` reads: bodies, distances, retries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mockzoom.client.exporting import Scrubbing
from mockzoom.client.scenario_text import ScenarioText, as_scenario
from mockzoom.client.scenarios import load_scenarios
from mockzoom.client.settings import load_contract
from mockzoom.model import Attempt, Delivery, Exchange, ExchangeFinished, Request, Response, Timings
from mockzoom.scenario import Scenario
from mockzoom.scenario.document import MOST_BYTES
from mockzoom.scenario.model import Send, Together, sends
from mockzoom.settings import Settings

CONTRACT = load_contract(Settings("secret"))
BODY = b'{"event":"session.started","event_ts":1,"payload":{}}'


def exchange(
    name: str, at: float, took: float = 0.01, body: bytes = BODY, *, schedule: Any = (), **more: Any
) -> Exchange:
    """Return a delivery with an attempt at `at`, or at each moment of `schedule`."""
    delivery = Delivery(name, "by-hand:0", "session.started", body, f"id-{name}", **more)
    request = Request("POST", "http://127.0.0.1/", (), body)
    answer, times = Response(200, "OK", (), b""), Timings(0.0, 0.0, took, took)
    attempts = tuple(
        Attempt(request, answer, times, at + index) for index in range(len(schedule) or 1)
    )
    return Exchange(delivery, attempts, tuple(schedule))


def read(made: ScenarioText, folder: Path) -> Scenario:
    """Read a scenario as `play` does."""
    file = folder / "made.yaml"
    file.write_text(made.text, encoding="utf-8")
    (scenario,) = load_scenarios([file], CONTRACT)
    return scenario


def told(steps: Any) -> list[tuple[str, float]]:
    return [(step.name, round(step.after, 6)) for step in steps]


def test_the_distances_are_those_from_start_to_start_and_what_overlapped_is_sent_at_once(
    tmp_path: Path,
) -> None:
    items = [
        exchange("r-1", 100.0), exchange("r-2", 100.35, took=3.0), exchange("r-3", 100.4),
        exchange("r-4", 103.3), exchange("r-5", 403.4),
    ]  # fmt: skip
    made = as_scenario("run-1", "Traffic.", items)
    alone, together, last = read(made, tmp_path).steps
    assert (made.kept, made.odd, made.more) == (5, 0, 0)
    assert isinstance(together, Together)
    assert told([alone, together, last])[0] == ("r-1", 0.0)
    assert round(together.after, 6) == 0.35
    assert [told(lane)[0] for lane in together.lanes] == [
        ("r-2", 0.0), ("r-3", 0.05), ("r-4", 2.95),
    ]  # fmt: skip
    assert told([last]) == [("r-5", 300.1)]


def test_each_attempt_of_a_play_is_a_step_at_its_time_of_the_schedule(tmp_path: Path) -> None:
    items = [exchange("d-1", 100.0, schedule=(0.0, 300.0, 1500.0)), exchange("d-2", 110.0)]
    steps = read(as_scenario("run-1", "A play.", items[:1]), tmp_path).steps
    assert told(steps) == [("d-1", 0.0), ("d-1 attempt 2", 300.0), ("d-1 attempt 3", 1200.0)]
    assert {step.request_id for step in sends(steps)} == {"id-d-1"}
    assert {step.deliver.retry for step in sends(steps)} == {"none"}


def test_a_body_keeps_its_bytes_whatever_is_in_it(tmp_path: Path) -> None:
    texts = [
        "{",
        "",
        "${x} it's",
        "a\tb\nc\r\n",
        "\u2028\ufeff\x7f\x85 ok 😀️",
        ' "\\u0041\\" ',
        "null",
    ]
    bodies = [json.dumps({"event": "a.b", "x": text}).encode() for text in texts]
    bodies += [json.dumps({"x": text}, ensure_ascii=False).encode() for text in texts]
    bodies += [text.encode() for text in texts]
    items = [exchange(f"r-{index}", index, body=body) for index, body in enumerate(bodies)]
    steps = sends(read(as_scenario("run-1", "Bodies.", items), tmp_path).steps)
    assert [str(step.body).encode() for step in steps] == bodies


def test_forgeries_and_faults_stay_and_what_no_scenario_can_make_is_counted(
    tmp_path: Path,
) -> None:
    odd = [
        exchange("r-3", 3, body=b"\xff"), exchange("r-4", 4, content_type=None),
        exchange("r-5", 5, headers=(("content-encoding", "gzip"),)),
        exchange("r-6", 6, body=b" " * 70_000), exchange("r-7", 7, body=b"[" * 1000),
        exchange("r-8", 8, body=b'{"event": "${x}"}'),
    ]  # fmt: skip
    sent = [exchange("r-1", 1, forge="stale"), exchange("r-2", 2, fault="dripped")]
    made = as_scenario("run-1", "Odd ones.", [*sent, *odd])
    first, second = sends(read(made, tmp_path).steps)
    assert (made.kept, made.odd) == (2, len(odd))
    assert (first.deliver.forge, second.deliver.fault) == ("stale", "dripped")


def test_a_scenario_has_no_more_deliveries_than_are_read(tmp_path: Path) -> None:
    body = json.dumps({"event": "session.started", "x": "y" * 9000}).encode()
    made = as_scenario("run-1", "Many.", [exchange(f"r-{n}", n, body=body) for n in range(100)])
    assert 40 < made.kept < 60
    assert made.kept + made.more == 100
    assert len(made.text.encode()) < MOST_BYTES
    assert len(read(made, tmp_path).steps) == made.kept


def test_a_scrubbed_scenario_names_nobody_and_the_same_person_stays_the_same(
    tmp_path: Path,
) -> None:
    body = b'{"event":"a.b","payload":{"user_name":"Zo\xc3\xab Petrova","email":"zoe@corp.test"}}'
    events = [ExchangeFinished(exchange(f"r-{n}", n, body=body)) for n in (1, 2)]
    clean = [item for item in Scrubbing().all(events) if isinstance(item, ExchangeFinished)]
    made = as_scenario("run-1", "Clean.", [item.exchange for item in clean])
    first, second = sends(read(made, tmp_path).steps)
    assert "Petrova" not in made.text
    assert "corp.test" not in made.text
    assert isinstance(first, Send)
    assert first.body == second.body
