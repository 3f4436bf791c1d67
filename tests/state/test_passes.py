"""Scenarios with a probe are played in passes: all of them, all again in order, few alone."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from mockzoom.client.playing import play
from mockzoom.client.scenarios import load_scenarios
from mockzoom.client.settings import load_contract
from mockzoom.model import RunEvent, RunResult, StepStarted
from mockzoom.play import PlayPlan
from mockzoom.settings import Settings
from mockzoom.state.ownership import differing
from mockzoom.state.probe import StateReader
from tests.play.fakes import SECRET, Fake, right, rules, wrong

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_looks")]

SCRIPTS = {
    "plain": "  - {send: meeting.rtms_started}\n  - {send: meeting.rtms_stopped}\n",
    "twice": "  - {name: starts, send: meeting.rtms_started, deliver: {times: 2}}\n",
    "lost": "  - {name: begins, send: webinar.rtms_started, deliver: {lose_response: 1}}\n",
    "order": (
        "  - name: order\n    shuffle:\n"
        "      - {name: joins, send: session.user_joined}\n"
        "      - {name: leaves, send: session.user_left}\n"
    ),
    "two": (
        "  - {name: starts, send: session.started}\n"
        "  - {name: other starts, send: session.started, entities: 1}\n"
        "  - {send: session.ended}\n"
    ),
    "calm": "  - {send: session.started}\n  - {send: session.ended}\n",
}
AGAIN = "scenarios again"


class Played:
    """The outcome of some scenarios, and which were played again."""

    def __init__(self, folder: Path, fake: Fake, *names: str, **plan: Any) -> None:
        chosen = names or tuple(name for name in SCRIPTS if name != "two")
        for name in chosen:
            (folder / f"{name}.yaml").write_text(f"name: {name}\nsteps:\n{SCRIPTS[name]}")
        settings = Settings(secret=SECRET, seed=1)
        told = load_scenarios([folder / f"{name}.yaml" for name in chosen], load_contract(settings))
        self.again: list[str] = []
        plan = {"reader": fake.read, **plan}
        self.result: RunResult = play(fake, settings, PlayPlan(told, **plan), self._listen)

    def _listen(self, event: RunEvent) -> None:
        if isinstance(event, StepStarted) and event.aside:
            self.again.append(event.name)

    @property
    def alone(self) -> set[str]:
        """The scenarios that were played again alone."""
        return {name.partition(":")[0] for name in self.again if name != AGAIN}


def keyed(fake: Fake, event: dict[str, Any], request_id: str) -> int:
    """Keep the events of each stream or session, each once; totals beside them."""
    if request_id in fake.seen:
        return 200
    fake.seen.add(request_id)
    return keeps_all(fake, event, request_id)


def keeps_all(fake: Fake, event: dict[str, Any], request_id: str) -> int:
    payload = event["payload"]
    key = payload.get("rtms_stream_id") or payload["object"]["session_id"]
    fake.state.setdefault("things", {}).setdefault(key, []).append(event["event"])
    return 200


def newest_wins(fake: Fake, event: dict[str, Any], request_id: str) -> int:
    payload = event["payload"]
    key = payload.get("rtms_stream_id") or payload["object"]["session_id"]
    things = fake.state.setdefault("things", {})
    if event["event_ts"] >= things.get(key, {"ts": 0})["ts"]:
        things[key] = {"ts": event["event_ts"], "is": event["event"]}
    return 200


def test_where_nothing_differs_all_are_played_twice_and_none_alone(tmp_path: Path) -> None:
    fake = Fake(newest_wins)
    played = Played(tmp_path, fake, "plain", "twice", "lost", "calm")
    assert not rules(played.result), played.result.violations
    assert played.alone == set()
    assert played.again == [AGAIN]  # once and in order, in ASCII words
    assert len(fake.events) == 2 * 6 + 2  # the copy, and the retry


def test_a_receiver_that_counts_each_delivery_once_passes(tmp_path: Path) -> None:
    played = Played(tmp_path, Fake(right), "plain", "twice", "lost", "calm")
    assert not rules(played.result)
    assert played.alone == set()


def test_only_the_scenarios_that_differ_are_played_alone(tmp_path: Path) -> None:
    played = Played(tmp_path, Fake(keeps_all), "plain", "twice", "lost", "calm")
    assert rules(played.result) == {"MZ501", "MZ503"}
    assert played.alone == {"twice", "lost"}
    messages = " ".join(item.message for item in played.result.violations)
    assert "starts" in messages
    assert "begins" in messages


def test_a_total_that_differs_is_traced_to_its_scenario(tmp_path: Path) -> None:
    played = Played(tmp_path, Fake(wrong), "plain", "twice", "calm")
    assert rules(played.result) == {"MZ501"}
    assert played.alone == {"twice"}


def test_a_total_of_a_slow_worker_is_traced_by_the_shortest_of_each_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "mockzoom.state.settling.Settling.is_immediate", property(lambda self: False)
    )
    played = Played(tmp_path, Fake(wrong), "plain", "twice", "calm", budget=None)
    assert rules(played.result) == {"MZ501"}
    assert "twice" in played.alone
    assert "calm" not in played.alone
    assert played.again.count(AGAIN) <= 4  # and no halves


def test_an_order_that_counts_is_found(tmp_path: Path) -> None:
    def last_wins(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        payload = event["payload"]
        key = payload.get("rtms_stream_id") or payload["object"]["session_id"]
        fake.state.setdefault("things", {})[key] = event["event"]
        return 200

    played = Played(tmp_path, Fake(last_wins))
    assert rules(played.result) == {"MZ502"}
    assert played.alone == {"order"}


def test_what_varies_by_itself_is_left_out_everywhere(tmp_path: Path) -> None:
    def receipts(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        if request_id not in fake.seen:
            fake.seen.add(request_id)
            payload = event["payload"]
            key = payload.get("rtms_stream_id") or payload["object"]["session_id"]
            fake.state.setdefault("things", {})[key] = {"received_at": time.time_ns(), "ok": True}
        return 200

    played = Played(tmp_path, Fake(receipts), "plain", "twice", "lost", "calm")
    assert not rules(played.result)
    assert played.alone == set()
    assert played.again.count(AGAIN) == 3


def test_a_list_of_the_newest_is_read_after_each_scenario(tmp_path: Path) -> None:
    def newest(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        payload = event["payload"]
        key = payload.get("rtms_stream_id") or payload["object"]["session_id"]
        rows = fake.state.setdefault("newest", [])
        rows.append({"of": key, "what": event["event"]})
        del rows[:-5]
        return 200

    played = Played(tmp_path, Fake(newest), "plain", "calm", "twice", "lost")
    assert rules(played.result) == {"MZ501", "MZ503"}


@pytest.mark.parametrize("is_right", [True, False])
def test_a_feed_of_the_newest_types_is_left_out_and_named(tmp_path: Path, is_right: bool) -> None:
    def feeds(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        if request_id in fake.seen and is_right:
            return 200
        feed = fake.state.setdefault("feed", {}).setdefault("recent", [])
        feed.append({"type": event["event"], "at": time.strftime("%H:%M:%S")})
        del feed[:-6]
        return keyed(fake, event, request_id) if is_right else keeps_all(fake, event, request_id)

    played = Played(tmp_path, Fake(feeds), "plain", "twice", "lost", "calm")
    assert rules(played.result) == (set() if is_right else {"MZ501", "MZ503"})
    [notice] = [text for text in played.result.notices if "newest" in text]
    assert notice.startswith("feed.recent of the probed state holds the newest 6 entries only")
    assert not played.result.breakages


def test_the_budget_ends_the_comparisons_and_says_of_which(tmp_path: Path) -> None:
    played = Played(tmp_path, Fake(keeps_all), "plain", "twice", "lost", "calm", budget=0.0)
    assert not rules(played.result)
    assert played.alone == set()
    [notice] = [text for text in played.result.notices if "--budget" in text]
    assert "twice, lost: not compared, since the budget of 0 s was spent" in notice
    [broken] = played.result.breakages
    assert broken.startswith("MZ501, MZ503 not checked: twice, lost: not compared")


def test_a_table_of_what_came_is_compared_row_by_row(tmp_path: Path) -> None:
    def rows(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        if request_id not in fake.seen:
            fake.seen.add(request_id)
            payload = event["payload"]
            of = payload.get("rtms_stream_id") or payload["object"]["session_id"]
            row = {"at": time.time_ns(), "id": str(uuid4()), "of": of, "what": event["event"]}
            fake.state.setdefault("rows", []).append(row)
        return 200

    played = Played(tmp_path, Fake(rows))
    assert not rules(played.result)
    assert played.alone == set()


def test_effects_name_the_scenarios_in_which_they_differ() -> None:
    one = {"things": {"<#1 a/x>": 1, "<#2 a/x>": [1]}, "total": {"by": 3}}
    assert differing(one, one) == (set(), False)
    assert differing(one, {**one, "things": {"<#1 a/x>": 1}}) == ({2}, False)
    assert differing(one, {**one, "total": {"by": 4}}) == (set(), True)
    rows = {"added": [{"of": "<#3 b/y>"}, {"of": "<#4 b/y>"}]}
    assert differing(rows, {"added": rows["added"][:1]}) == ({4}, False)
    assert differing({"added": [1, 2]}, {"added": [1]}) == (set(), True)


class Tables(Fake):
    """Has keys of its own: a visit mentions no session, but the key of its row."""

    def __init__(self, *, is_right: bool) -> None:
        super().__init__(self.note)
        self.is_right = is_right
        self.state = {"sessions": [], "visits": []}
        self.number = 0

    def key(self) -> int:
        self.number += 1 + self.number % 3
        return self.number

    def note(self, fake: Fake, event: dict[str, Any], request_id: str) -> int:
        if self.is_right and request_id in self.seen:
            return 200
        self.seen.add(request_id)
        payload = event["payload"]
        name = payload.get("rtms_stream_id") or payload["object"]["session_id"]
        rows = [row for row in self.state["sessions"] if row["uuid"] == name]
        if not rows:
            rows = [{"id": self.key(), "uuid": name}]
            self.state["sessions"] += rows
        visit = {"id": self.key(), "session_fk": rows[0]["id"], "what": event["event"]}
        self.state["visits"].append(visit)
        return 200


@pytest.mark.parametrize(("is_right", "expected"), [(True, set()), (False, {"MZ501"})])
@pytest.mark.parametrize("is_prompt", [True, False])
def test_rows_belong_to_a_scenario_through_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_prompt: bool, is_right: bool,
    expected: set[str],
) -> None:  # fmt: skip
    prompt = property(lambda self: is_prompt)
    monkeypatch.setattr("mockzoom.state.settling.Settling.is_prompt", prompt)
    fake = Tables(is_right=is_right)
    played = Played(tmp_path, fake, "plain", "twice", "calm", budget=None)
    assert rules(played.result) == expected
    assert played.alone == ({"twice"} if expected else set())
    assert played.again.count(AGAIN) == (3 if expected else 1)  # no halves are played


def spends(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each reading of the state take so many seconds of the budget, and no time."""
    now = [0.0]

    async def read(reader: StateReader) -> Any:
        now[0] += seconds
        return await real(reader)

    real = StateReader.read
    monkeypatch.setattr(StateReader, "read", read)
    monkeypatch.setattr("mockzoom.play.comparison_budget.monotonic", lambda: now[0])


@pytest.mark.parametrize("seconds", [0.1, 0.5, 1, 1.5, 2, 3, 5])
def test_the_budget_ends_a_comparison_under_way_as_incomplete_or_with_what_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    monkeypatch.setattr("mockzoom.state.settling.Settling.is_prompt", property(lambda self: False))
    spends(seconds, monkeypatch)
    played = Played(tmp_path, Fake(wrong), "plain", "twice", "lost", "calm", budget=100.0)
    found = rules(played.result)
    assert found <= {"MZ501", "MZ503"}
    if played.result.breakages:
        [broken] = played.result.breakages
        assert "not checked: " in broken
        assert "since the budget of 100 s was spent" in broken
        assert found != {"MZ501", "MZ503"}
    else:
        assert found == {"MZ501", "MZ503"}


def arrivals(fake: Fake, event: dict[str, Any], request_id: str) -> int:
    """Keep a row of each delivery, copies included, under a random key."""
    payload = event["payload"]
    of = payload.get("rtms_stream_id") or payload["object"]["session_id"]
    fake.state.setdefault("rows", []).append({"id": str(uuid4()), "of": of, "at": time.time_ns()})
    return 200


@pytest.mark.parametrize("seconds", [1, 2.5, 3])
def test_a_difference_that_the_budget_leaves_unexplained_is_never_a_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    monkeypatch.setattr("mockzoom.state.settling.Settling.is_prompt", property(lambda self: False))
    spends(seconds, monkeypatch)
    played = Played(tmp_path, Fake(arrivals), "plain", "twice", "calm", budget=100.0)
    assert rules(played.result) == {"MZ501"} or played.result.breakages


def test_a_receiver_that_ignores_a_type_may_show_what_another_type_has_brought(
    tmp_path: Path,
) -> None:
    def ends(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        return keyed(fake, event, request_id) if event["event"] == "session.ended" else 200

    def first_starts(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        if event["event"] == "session.started" and "running" in fake.seen:
            return 200
        (fake.seen.add if event["event"] == "session.started" else fake.seen.discard)("running")
        return keyed(fake, event, request_id)

    assert not rules(Played(tmp_path, Fake(ends), "two", "calm").result)
    assert rules(Played(tmp_path, Fake(first_starts), "two").result) == {"MZ505"}


def test_an_event_that_is_dropped_for_its_letters_is_found(tmp_path: Path) -> None:
    def in_ascii_alone(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        return keyed(fake, event, request_id) if str(event).isascii() else 200

    played = Played(tmp_path, Fake(in_ascii_alone), "plain", "calm")
    assert rules(played.result) == {"MZ505"}
    assert played.alone == {"calm"}
    assert "with letters of other scripts and emoji" in played.result.violations[0].message


def test_a_text_whose_letters_are_lost_is_a_notice(tmp_path: Path) -> None:
    def in_latin(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        about = event["payload"]["object"]
        if event["event"] not in ("session.started", "session.ended"):
            return 200
        name = about["session_name"].encode("latin-1", "ignore").decode("latin-1")
        fake.state.setdefault("things", {})[about["session_id"]] = {"name": name}
        return 200

    for names in (("calm",), ("calm", "order")):
        played = Played(tmp_path, Fake(in_latin), *names)
        assert not rules(played.result)
        [notice] = [text for text in played.result.notices if "letters of other scripts" in text]
        assert notice.startswith("the probed state shows <session.started/payload/object/session_n")


def test_a_scenario_alone_is_no_longer_compared_once_the_budget_is_spent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spends(4, monkeypatch)
    played = Played(tmp_path, Fake(wrong), "twice", budget=100.0)
    assert not rules(played.result)
    [broken] = played.result.breakages
    assert broken.startswith("MZ501 not checked: twice: not compared, since the budget of 100 s")


def test_types_of_events_that_never_change_the_state_are_listed_once(tmp_path: Path) -> None:
    def starts(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        if event["event"] == "session.started" and request_id not in fake.seen:
            fake.seen.add(request_id)
            fake.add("sessions")
        return 200

    played = Played(tmp_path, Fake(starts), "calm", "order")
    [note] = [text for text in played.result.not_observable if "no effect found" in text]
    assert "after session.ended, session.user_joined, session.user_left, so" in note
    assert not rules(played.result)
    assert not Played(tmp_path, Fake(keyed), "calm", "order").result.not_observable
