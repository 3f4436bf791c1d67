"""What deliveries leave behind is judged by its cause, and noise is nobody's fault."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mockzoom.probe_source import ProbeSource
from tests.play.fakes import Fake, perform, right, rules, wrong

pytestmark = pytest.mark.slow

pytestmark = pytest.mark.usefixtures("quick_looks")

DUPLICATE = """
  - {name: starts, send: meeting.rtms_started, deliver: {times: 2}}
  - {name: stops, send: meeting.rtms_stopped}
"""
CONCURRENT = DUPLICATE.replace("times: 2", "times: 2, gap: 0s")
LOST = DUPLICATE.replace("times: 2", "lose_response: 1")
SHUFFLED = """
  - name: order
    shuffle:
      - {name: joins, send: session.user_joined}
      - {name: leaves, send: session.user_left}
"""
SCRIPTS = {"MZ501": DUPLICATE, "MZ503": LOST, "MZ504": CONCURRENT}


def last_wins(fake: Fake, event: dict[str, Any], request_id: str) -> int:
    fake.state.setdefault("users", {})[event["payload"]["object"]["session_id"]] = event["event"]
    return 200


def newest_wins(fake: Fake, event: dict[str, Any], request_id: str) -> int:
    users = fake.state.setdefault("users", {})
    session = event["payload"]["object"]["session_id"]
    if event["event_ts"] >= users.get(session, {"ts": 0})["ts"]:
        users[session] = {"ts": event["event_ts"], "is": event["event"]}
    return 200


@pytest.mark.parametrize("rule", SCRIPTS)
def test_each_cause_of_double_processing_has_its_rule(tmp_path: Path, rule: str) -> None:
    fake = Fake(wrong)
    result = perform(tmp_path, fake, SCRIPTS[rule], reader=fake.read)
    assert rules(result) == {rule}
    assert "starts" in result.violations[0].message
    assert "+2, expected +1" in result.violations[0].actual
    fake = Fake(right)
    assert not rules(perform(tmp_path, fake, SCRIPTS[rule], reader=fake.read))


def test_an_event_whose_answer_was_lost_and_that_left_no_trace_is_dropped(tmp_path: Path) -> None:
    def take(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        # Work is given up where an answer is lost, and the retry swallowed; the player's first
        # play is the only one that loses answers of this kind, so it tells by the retry.
        if request_id in fake.seen:
            fake.add("events", event["event"], -1)
            return 200
        return right(fake, event, request_id)

    fake = Fake(take)
    assert rules(perform(tmp_path, fake, LOST, reader=fake.read)) == {"MZ505"}


def test_the_smallest_reordering_that_breaks_the_state_is_named(tmp_path: Path) -> None:
    fake = Fake(last_wins)
    result = perform(tmp_path, fake, SHUFFLED, reader=fake.read)
    assert rules(result) == {"MZ502"}
    assert "session.user_left, session.user_joined" in result.violations[0].message
    fake = Fake(newest_wins)
    assert not rules(perform(tmp_path, fake, SHUFFLED, reader=fake.read))


def test_an_event_without_its_effect_is_dropped_only_where_it_has_to_have_one(
    tmp_path: Path,
) -> None:
    def take(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        return 200 if event["event"].endswith("stopped") else right(fake, event, request_id)

    fake = Fake(take)
    assert not rules(perform(tmp_path, fake, DUPLICATE, reader=fake.read))
    result = perform(tmp_path, fake, DUPLICATE, reader=fake.read, effects=("*.rtms_stopped",))
    assert rules(result) == {"MZ505"}
    assert [item.event for item in result.violations] == ["meeting.rtms_stopped"]
    fake = Fake(right)
    assert not rules(perform(tmp_path, fake, DUPLICATE, reader=fake.read, effects=("*",)))


def test_what_is_lost_only_where_many_come_at_once_is_dropped_and_no_matter_of_order(
    tmp_path: Path,
) -> None:
    def receiver(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        with fake.lock:
            read = fake.state.get("events", 0)
        time.sleep(0.03)
        with fake.lock:
            fake.state["events"] = read + 1
        start_response("200 OK", [])
        return [b""]

    fake = Fake(right)
    fake.state = {"events": 0}
    burst = """
  - name: many
    entity_sets: 12
    together:
      - send: session.started
"""
    result = perform(tmp_path, receiver, burst, reader=fake.read)
    assert rules(result) == {"MZ505"}
    assert "many come at once" in result.violations[0].message
    fake = Fake(right)
    assert not rules(perform(tmp_path, fake, burst, reader=fake.read))


def test_lanes_of_one_entity_set_have_an_order_by_event_ts(tmp_path: Path) -> None:
    fake = Fake(newest_wins)
    lanes = "  - together:\n      - send: session.user_joined\n      - send: session.user_left\n"
    for seed in range(3):
        assert not rules(perform(tmp_path, fake, lanes, reader=fake.read, seed=seed))
    stamps = [event["event_ts"] for event in fake.events]
    assert len(set(stamps)) == len(stamps)


def entity_of(event: dict[str, Any]) -> str:
    return str(event["payload"]["object"]["session_id"])


Noise = Callable[[Fake, dict[str, Any]], None]


def uptime(fake: Fake, state: dict[str, Any]) -> None:
    state["uptime"] = time.monotonic()


def requests_to_the_probe(fake: Fake, state: dict[str, Any]) -> None:
    fake.add("reads")
    state["reads"] = fake.state["reads"]


def wall_clock_of_the_last_event(fake: Fake, state: dict[str, Any]) -> None:
    if fake.events:
        fake.state.setdefault("stamps", {}).setdefault(len(fake.events), time.time())
        state["last"] = fake.state["stamps"][len(fake.events)]


def random_keys(fake: Fake, state: dict[str, Any]) -> None:
    jobs = fake.state.setdefault("jobs", {})
    while len(jobs) < len(fake.seen):
        jobs[f"{random.getrandbits(64):x}"] = "done"
    state["jobs"] = dict(jobs)


def hashed_keys(fake: Fake, state: dict[str, Any]) -> None:
    state["seen"] = {f"{hash(one) & (2**64 - 1):x}": 1 for one in sorted(fake.seen)}


def random_ids_in_values(fake: Fake, state: dict[str, Any]) -> None:
    jobs = fake.state.setdefault("rows", [])
    while len(jobs) < len(fake.seen):
        jobs.append({"id": random.getrandbits(60), "state": "done"})
    state["rows"] = list(jobs)


def request_ids(fake: Fake, state: dict[str, Any]) -> None:
    state["request_ids"] = sorted(fake.seen)


def much(fake: Fake, state: dict[str, Any]) -> None:
    state["archive"] = {f"session-{number}": {"at": number} for number in range(5_000)}


NOISES = (
    uptime, requests_to_the_probe, wall_clock_of_the_last_event, random_keys, hashed_keys,
    random_ids_in_values, request_ids, much,
)  # fmt: skip


def noisy(fake: Fake, noise: Noise) -> Callable[[], Any]:
    def read() -> Any:
        with fake.lock:
            state = {"events": dict(fake.state.get("events", {}))}
            noise(fake, state)
            return state

    return read


@pytest.mark.parametrize("noise", NOISES, ids=lambda noise: noise.__name__)
@pytest.mark.parametrize("script", [DUPLICATE, SHUFFLED], ids=["MZ501", "MZ502"])
def test_noise_in_the_state_is_no_finding(tmp_path: Path, noise: Noise, script: str) -> None:
    fake = Fake(right)
    result = perform(tmp_path, fake, script, reader=noisy(fake, noise))
    assert not result.violations
    assert not result.breakages


@pytest.mark.parametrize("noise", NOISES, ids=lambda noise: noise.__name__)
def test_noise_in_the_state_hides_no_finding(tmp_path: Path, noise: Noise) -> None:
    fake = Fake(wrong)
    fake.seen = set()

    def take(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        fake.seen.add(request_id)
        return wrong(fake, event, request_id)

    fake.take = take
    assert rules(perform(tmp_path, fake, DUPLICATE, reader=noisy(fake, noise))) == {"MZ501"}


class Ticking(Fake):
    """Shows a clock within every stream, and a list of streams with one; counts being asked."""

    def __init__(self, take: Any) -> None:
        super().__init__(take)
        self.reads: list[int] = []

    def read(self) -> Any:
        self.reads.append(len(self.events))
        streams = {event["payload"]["rtms_stream_id"] for event in self.events}
        return {
            **super().read(),
            "streams": {stream: {"last_seen": time.time()} for stream in sorted(streams)},
            "newest": [{"of": stream, "uptime": time.monotonic()} for stream in sorted(streams)],
        }


@pytest.mark.parametrize(("take", "expected"), [(right, set()), (wrong, {"MZ501"})])
def test_a_clock_within_every_entity_neither_hides_a_defect_nor_costs_all_the_time_granted(
    tmp_path: Path, take: Any, expected: set[str]
) -> None:
    fake = Ticking(take)
    result = perform(
        tmp_path, fake, DUPLICATE, reader=fake.read, probe=ProbeSource(within=4.0)
    )  # fmt: skip
    assert rules(result) == expected
    assert not result.notices
    looks = Counter(fake.reads)
    # A look that takes all the 4 s granted has 80 reads; a busy machine makes others longer, too.
    long = [number for number, count in looks.items() if count > 50]
    assert len(long) < len(looks) / 2  # those of the first play, before it was learnt
    assert len(looks) > 4


@pytest.mark.parametrize(("take", "expected"), [(right, set()), (wrong, {"MZ501"})])
def test_how_long_ago_something_was_is_not_compared(
    tmp_path: Path, take: Any, expected: set[str]
) -> None:
    """In whole units it is equal in two plays by chance, and longer ago in a longer look."""
    fake, told = Fake(take), dict[str, float]()

    def reader() -> Any:
        for event in fake.events:
            told.setdefault(event["payload"]["rtms_stream_id"], time.monotonic())
        idle = {key: {"idle": int(4 * (time.monotonic() - at))} for key, at in told.items()}
        return {**fake.read(), "streams": idle}

    result = perform(tmp_path, fake, DUPLICATE, reader=reader, probe=ProbeSource(within=4.0))
    assert rules(result) == expected
    assert not result.notices


def test_a_request_counter_that_copies_raise_may_be_ignored(tmp_path: Path) -> None:
    def take(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        fake.add("stats", "requests")
        return right(fake, event, request_id)

    fake = Fake(take)
    counted = perform(tmp_path, fake, DUPLICATE, reader=fake.read)
    assert rules(counted) == {"MZ501"}  # as the letter has it: the copy changes the outcome
    ignored = ProbeSource(ignore=("stats.requests",))
    result = perform(tmp_path, fake, DUPLICATE, reader=fake.read, probe=ignored)
    assert not rules(result)
    assert not any("--probe-ignore" in notice for notice in result.notices)


def test_an_ignored_path_that_is_in_no_state_is_named_once(tmp_path: Path) -> None:
    fake = Fake(right)
    misspelt = ProbeSource(ignore=("stat.requests", "streams.*.no_such", "*"))
    result = perform(tmp_path, fake, DUPLICATE, reader=lambda: {"a": 1}, probe=misspelt)
    (first, second) = [notice for notice in result.notices if "--probe-ignore" in notice]
    assert "names 'stat.requests', which was in no state that was read" in first
    assert "'streams.*.no_such'" in second


def test_what_a_session_has_in_the_order_of_arrival_needs_unordered(tmp_path: Path) -> None:
    def take(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        session = event["payload"]["object"]["session_id"]
        fake.state.setdefault("logs", {}).setdefault(session, []).append(event["event"])
        fake.state.setdefault("log_of_all", []).append(event["event"])
        return 200

    fake = Fake(take)
    result = perform(tmp_path, fake, SHUFFLED, reader=fake.read)
    assert rules(result) == {"MZ502"}
    assert "log_of_all" not in str(result.violations)
    unordered = ProbeSource(unordered=("logs.*",))
    assert not rules(perform(tmp_path, fake, SHUFFLED, reader=fake.read, probe=unordered))


CROWD = """
  - name: crowd
    entity_sets: 9
    together:
      - [{send: session.started}, {send: session.ended}]
"""


class Newest(Fake):
    """Shows what its table has of the newest six sessions only, in the order of their arrival."""

    def read(self) -> Any:
        rows = [{"session": key, **row} for key, row in self.table().items()]
        return {"newest": rows[::-1][:6]}

    def table(self) -> dict[str, Any]:
        users: dict[str, Any] = super().read().get("users", {})
        return {key: row if isinstance(row, dict) else {"is": row} for key, row in users.items()}


def test_a_list_of_the_newest_only_is_compared_as_far_as_it_goes(tmp_path: Path) -> None:
    fake = Newest(newest_wins)
    for seed in range(3):
        for script in (CROWD, SHUFFLED, DUPLICATE.replace("meeting.rtms_started", "session.started")
                       .replace("meeting.rtms_stopped", "session.ended")):  # fmt: skip
            result = perform(tmp_path, fake, script, reader=fake.read, seed=seed)
            assert not result.violations
            assert any("too short" in text for text in result.notices) == (script == CROWD)
    fake = Newest(last_wins)
    for _ in range(2):
        assert rules(perform(tmp_path, fake, SHUFFLED, reader=fake.read)) == {"MZ502"}


class Batches(Fake):
    """Acknowledges, and writes everything down in batches."""

    def __init__(self, every: float, take: Any) -> None:
        super().__init__(self.queue)
        self.every, self.work, self.queued = every, take, list[Any]()
        threading.Thread(target=self.flush, daemon=True).start()

    def queue(self, fake: Fake, event: dict[str, Any], request_id: str) -> int:
        self.queued.append((event, request_id))
        return 200

    def flush(self) -> None:
        while True:
            time.sleep(self.every)
            with self.lock:
                for event, request_id in self.queued:
                    self.work(self, event, request_id)
                self.queued.clear()


@pytest.mark.parametrize("script", [DUPLICATE, SHUFFLED], ids=["copies", "orders"])
def test_a_worker_that_writes_in_batches_is_waited_for(tmp_path: Path, script: str) -> None:
    fake = Batches(0.2, right)
    assert not rules(perform(tmp_path, fake, script, reader=fake.read))
    defective = Batches(0.2, wrong)
    expected = {"MZ501"} if script == DUPLICATE else set()
    assert rules(perform(tmp_path, defective, script, reader=defective.read)) == expected


def test_equal_plays_that_leave_different_states_prove_nothing(tmp_path: Path) -> None:
    def take(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        keys = [f"k{len(fake.events)}{number}" for number in range(random.randint(1, 9))]
        fake.state.setdefault("cache", {}).update(dict.fromkeys(keys, 1))
        return right(fake, event, request_id)

    for seed in range(3):
        fake = Fake(take)
        for script in (DUPLICATE, SHUFFLED):
            result = perform(tmp_path, fake, script, reader=fake.read, seed=seed)
            assert not result.violations


def by_stream(fake: Fake, event: dict[str, Any], request_id: str) -> int:
    if request_id not in fake.seen:
        fake.seen.add(request_id)
        fake.add("streams", event["payload"]["rtms_stream_id"])
    return 200


ONCE = DUPLICATE.replace(", deliver: {times: 2}", "")


@pytest.mark.parametrize(("traced", "expected"), [(by_stream, {"MZ505"}), (right, set())])
def test_an_event_that_only_some_of_equal_plays_leave_a_trace_of_is_dropped(
    tmp_path: Path, traced: Any, expected: set[str]
) -> None:
    plays: dict[str, int] = {}

    def take(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        number = plays.setdefault(event["payload"]["rtms_stream_id"], len(plays) + 1)
        return traced(fake, event, request_id) if number % 2 else 200

    fake = Fake(take)
    result = perform(tmp_path, fake, ONCE, reader=fake.read, probe=ProbeSource(within=1.0))
    assert rules(result) == expected
    if expected:
        assert "only some leave streams: <starts/" in result.violations[0].message
    else:  # a count speaks of no entity: anybody may have raised it
        assert any("different states (events)" in notice for notice in result.notices)


@pytest.mark.parametrize("take", [right, wrong])
@pytest.mark.parametrize("script", [DUPLICATE, SHUFFLED], ids=["copies", "orders"])
def test_what_vanishes_by_itself_proves_nothing(tmp_path: Path, take: Any, script: str) -> None:
    fake, told = Fake(take), dict[str, float]()

    def reader() -> Any:
        now = time.monotonic()
        for event in fake.events:
            told.setdefault(event["payload"].get("rtms_stream_id") or entity_of(event), now)
        return {**fake.read(), "active": {key: 1 for key, at in told.items() if now - at < 0.6}}

    result = perform(tmp_path, fake, script, reader=reader, probe=ProbeSource(within=2.0))
    if take is wrong and script is DUPLICATE:
        told_of = any("not compared" in text or "differ" in text for text in result.notices)
        assert told_of or rules(result) == {"MZ501"}  # it is wrong, if anything is there to see
    else:
        assert not result.violations


def test_entries_that_are_lacking_once_something_else_was_found_are_dropped_events(
    tmp_path: Path,
) -> None:
    started, omitted = set[str](), list[str]()

    def take(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        stream = event["payload"]["rtms_stream_id"]
        if event["event"].endswith("started"):
            started.add(stream)
        elif stream not in started:  # the play without the start, the last before the report
            omitted.append(stream)
        return 200 if omitted else by_stream(fake, event, request_id)

    def twice(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        fake.seen.discard(request_id)
        return take(fake, event, request_id)

    fake = Fake(twice)
    result = perform(tmp_path, fake, DUPLICATE, reader=fake.read, probe=ProbeSource(within=1.0))
    assert omitted
    assert rules(result) == {"MZ505"}
    assert any("not compared" in notice for notice in result.notices)


def test_a_state_that_becomes_another_altogether_is_said_to_differ_as_a_whole(
    tmp_path: Path,
) -> None:
    started, fallen = set[str](), list[str]()

    def take(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        stream = event["payload"]["rtms_stream_id"]
        if event["event"].endswith("started"):
            started.add(stream)
        elif stream not in started:  # the play without the start, the last before the report
            fallen.append(stream)
        return wrong(fake, event, request_id)

    fake = Fake(take)
    result = perform(
        tmp_path, fake, DUPLICATE,
        reader=lambda: f"{len(fake.events)} events" if fallen else fake.read(),
    )  # fmt: skip
    assert fallen
    assert not result.violations
    assert any("different states (the whole state)" in notice for notice in result.notices)


def test_a_state_that_nothing_changes_is_said_to_prove_nothing(tmp_path: Path) -> None:
    result = perform(
        tmp_path, Fake(wrong), DUPLICATE, reader=lambda: {"ok": True}, probe=ProbeSource(within=1.0)
    )
    assert not result.violations
    assert any("leaves no trace" in notice for notice in result.notices)


def test_scenarios_that_leave_no_trace_are_named_once_and_together(tmp_path: Path) -> None:
    steps = DUPLICATE.replace("times: 2", 'times: 2, gap: "${gap}"')
    result = perform(
        tmp_path, Fake(wrong), steps, "matrix: {gap: [1s, 2s, 3s, 4s, 5s, 6s, 7s]}",
        reader=lambda: {"ok": True}, probe=ProbeSource(within=1.0),
    )  # fmt: skip
    (notice,) = [text for text in result.notices if "no trace" in text]
    assert notice.startswith("told (gap=1s), told (gap=2s), ")
    assert "and 2 more scenarios: they leave no trace in the probed state" in notice


def test_the_second_run_with_one_seed_speaks_of_other_entities(tmp_path: Path) -> None:
    fake = Fake(newest_wins)
    for _ in range(3):
        assert not rules(perform(tmp_path, fake, SHUFFLED, reader=fake.read))
    assert len(fake.state["users"]) == len(fake.events) // 2


def test_scenes_come_one_after_the_other_on_the_payload_clock(tmp_path: Path) -> None:
    fake = Fake(right)
    perform(tmp_path, fake, DUPLICATE, reader=fake.read)
    stamps = [event["event_ts"] for event in fake.events]
    assert stamps == sorted(stamps)
    assert stamps[-1] <= time.time() * 1000


def test_a_probe_that_fails_in_mid_run_is_a_breakage_and_no_violation(tmp_path: Path) -> None:
    fake = Fake(wrong)

    def read() -> Any:
        if len(fake.events) > 2:
            raise OSError("disk full")
        return fake.read()

    result = perform(tmp_path, fake, DUPLICATE, reader=read)
    assert not result.violations
    assert any("disk full" in text for text in result.breakages)


def test_a_receiver_that_limits_the_rate_is_not_compared(tmp_path: Path) -> None:
    def take(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        return 429 if len(fake.events) % 2 == 0 else wrong(fake, event, request_id)

    fake = Fake(take)
    assert not perform(tmp_path, fake, SHUFFLED, reader=fake.read).violations


def test_what_failed_only_in_the_second_play_is_no_finding(tmp_path: Path) -> None:
    def take(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        return 503 if len(fake.events) > 3 else right(fake, event, request_id)

    fake = Fake(take)
    result = perform(tmp_path, fake, DUPLICATE, reader=fake.read)
    assert not result.violations
    assert any("not compared with a second play" in notice for notice in result.notices)


def test_a_step_left_out_still_gives_its_values_to_others(tmp_path: Path) -> None:
    steps = """
  - name: starts
    send: meeting.rtms_started
    save: {stream: payload.rtms_stream_id}
  - name: stops
    send: meeting.rtms_stopped
    with: {payload.rtms_stream_id: "${stream}"}
    deliver: {times: 2}
"""
    fake = Fake(wrong)
    result = perform(tmp_path, fake, steps, reader=fake.read, effects=("*",))
    assert rules(result) == {"MZ501"}
    assert not result.breakages
