"""A probe whose URL has placeholders reads each entity of the events, one by one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from mockzoom.client.playing import play
from mockzoom.client.scenarios import load_scenarios
from mockzoom.client.settings import load_contract
from mockzoom.errors import UsageError
from mockzoom.model import RunResult
from mockzoom.play import PlayPlan
from mockzoom.play.scenario_events import ScenarioEvents
from mockzoom.probe_source import ProbeSource, filled_url, mistake_in
from mockzoom.scenario.mistakes import ScenarioError
from mockzoom.scenario.model import Place, Send
from mockzoom.settings import Settings
from mockzoom.state.probe import ProbedEntities, TooManyEntities
from mockzoom.state.roles import SentEvent
from mockzoom.suites.cases import TestCases
from mockzoom.synth import DEFAULT_AT_MS
from tests.each import each
from tests.play.fakes import SECRET, Fake, rules

pytestmark = pytest.mark.usefixtures("quick_looks")

TWICE = "  - {name: starts, send: session.started, deliver: {times: 2}}\n"
ONCE = "  - {name: begins, send: session.started}\n  - {name: ends, send: session.ended}\n"
ORDER = (
    "  - name: order\n    shuffle:\n"
    "      - {name: joins, send: session.user_joined}\n"
    "      - {name: leaves, send: session.user_left}\n"
)
URL = "/sessions/{payload.object.session_id}"


class Sessions(Fake):
    """Shows each session at an address of its own, and nothing else."""

    def __init__(self, take: Any) -> None:
        super().__init__(take)
        self.reads: list[str] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            return super().__call__(environ, start_response)
        name = unquote(environ["PATH_INFO"].encode("latin-1").decode()).removeprefix("/sessions/")
        self.reads.append(name)
        with self.lock:
            found = self.state.get(name)
            body = json.dumps(found).encode()
        start_response("404 Not Found" if found is None else "200 OK", [])
        return [body]


def counts(fake: Fake, event: dict[str, Any], request_id: str) -> int:
    row = fake.state.setdefault(event["payload"]["object"]["session_id"], {})
    row[event["event"]] = row.get(event["event"], 0) + 1
    return 200


def once(fake: Fake, event: dict[str, Any], request_id: str) -> int:
    if request_id in fake.seen:
        return 200
    fake.seen.add(request_id)
    return counts(fake, event, request_id)


def played(folder: Path, fake: Fake, *scripts: str, url: str = URL, **plan: Any) -> RunResult:
    paths = []
    for number, steps in enumerate(scripts):
        paths.append(folder / f"told-{number}.yaml")
        paths[-1].write_text(f"name: told-{number}\nsteps:\n{steps}")
    settings = Settings(secret=SECRET, seed=1)
    scenarios = load_scenarios(paths, load_contract(settings))
    probe = ProbeSource(get=url, within=2.0)
    return play(fake, settings, PlayPlan(scenarios, probe=probe, **plan))


@pytest.mark.slow
@pytest.mark.parametrize("scripts", [(TWICE,), (TWICE, ONCE, ORDER)], ids=["alone", "passes"])
def test_a_copy_that_counts_is_found_in_its_entity(
    tmp_path: Path, scripts: tuple[str, ...]
) -> None:
    fake = Sessions(counts)
    result = played(tmp_path, fake, *scripts)
    assert rules(result) == {"MZ501"}
    assert "<starts/payload/object/id>.session.started: 2" in result.violations[0].message
    fake = Sessions(once)
    result = played(tmp_path, fake, *scripts)
    assert not result.violations
    assert not result.notices
    assert not result.breakages
    assert fake.reads


@pytest.mark.slow
def test_no_id_has_a_slash_where_it_stands_in_the_path_of_the_probe(tmp_path: Path) -> None:
    """Routers of Flask, FastAPI and Go find no page for such an id, even written as `%2F`."""
    steps = (
        "  - repeat: 8\n    steps:\n"
        "      - {name: joins, send: session.user_joined, entities: '${item}',"
        " deliver: {times: 2}}\n"
    )
    fake = Sessions(once)
    result = played(tmp_path, fake, steps)
    assert not result.violations
    assert len({*fake.reads}) >= 8
    assert not [name for name in fake.reads if "/" in name]


def test_entity_sets_without_a_slash_are_found_for_every_run() -> None:
    """Three forms of ids in four have one on purpose, and chance puts it into others."""
    step = Send(name="joins", place=Place("made-up.yaml", 1, 1), event="session.user_joined")
    cases = TestCases(load_contract(Settings(secret=SECRET)), 1, DEFAULT_AT_MS)
    for number in range(2000):
        events = ScenarioEvents(cases, number, DEFAULT_AT_MS, steps=[step], read_at=URL)
        events.author(step, 0, number % 16)
        assert "/" not in events.sent[0].body["payload"]["object"]["session_id"]


@pytest.mark.slow
def test_no_entity_at_all_is_a_state_like_any_other(tmp_path: Path) -> None:
    """A session that was deleted is answered 404; one that comes back is a defect."""

    def deletes(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        session = event["payload"]["object"]["session_id"]
        if event["event"] == "session.user_left":
            fake.state.pop(session, None)
        else:
            fake.state[session] = {"open": True}
        return 200

    result = played(tmp_path, Sessions(deletes), ORDER, "  - {send: session.started}\n")
    assert rules(result) == {"MZ502"}


@pytest.mark.slow
def test_a_pinned_entity_is_compared_by_what_a_play_has_changed(tmp_path: Path) -> None:
    steps = "  - {name: starts, send: session.started, deliver: {times: 2}}\n"
    for take, expected in ((counts, {"MZ501"}), (once, set[str]())):
        fake = Sessions(take)
        (tmp_path / "told.yaml").write_text(f"name: told\nsteps:\n{steps}")
        settings = Settings(
            secret=SECRET, seed=1, entities={"session_id": "aB3dEfGhIjKlMnOpQrStUv=="}
        )
        scenarios = load_scenarios([tmp_path / "told.yaml"], load_contract(settings))
        result = play(fake, settings, PlayPlan(scenarios, probe=ProbeSource(get=URL, within=2.0)))
        assert rules(result) == expected
        assert not result.breakages


@pytest.mark.slow
def test_a_path_that_no_event_has_makes_the_run_incomplete(tmp_path: Path) -> None:
    result = played(tmp_path, Sessions(once), TWICE, url="/x/{payload.object.sesion_id}")
    assert not result.violations
    [broken] = result.breakages
    assert broken == (
        "probe /x/{payload.object.sesion_id}: no event that was delivered has"
        " payload.object.sesion_id, so nothing was read"
    )


@pytest.mark.slow
def test_a_probe_step_reads_the_entities_of_the_events_before_it(tmp_path: Path) -> None:
    steps = ONCE + "  - {name: seen, probe: true, expect: {schema: {minProperties: 1}}}\n"
    assert not rules(played(tmp_path, Sessions(once), steps, compare=False))
    result = played(tmp_path, Sessions(lambda *_: 200), steps, compare=False)
    assert rules(result) == {"MZ510"}


def test_values_are_filled_in_percent_encoded() -> None:
    body = {"event": "x", "payload": {"object": {"id": "a/b==", "number": 7, "flag": True}}}
    url = "/m/{payload.object.id}?n={payload.object.number}"
    assert filled_url(url, body) == (("a/b==", "7"), "/m/a%2Fb%3D%3D?n=7")
    assert filled_url("/m/{payload.object.flag}", body) is None
    assert filled_url("/m/{payload.other}", body) is None
    assert filled_url("/m/{payload.object}", body) is None


@each(
    ("url", "reason"),
    [
        ("/m/{}", "{} is no path of an event; expected one such as {payload.object.id}"),
        ("/m/{payload..id}", "{payload..id} is no path of an event"),
        ("/m/{a b}", "{a b} is no path of an event"),
        ("/m/{payload.id", "a brace has no partner"),
        ("/m/payload.id}", "a brace has no partner"),
        ("/m/{{payload.id}}", "a brace has no partner"),
        ("http://{payload.host}/m", "a placeholder stands in the host"),
    ],
)
def test_wrong_placeholders_are_refused_with_the_reason(url: str, reason: str) -> None:
    assert reason in mistake_in(url)


def test_right_placeholders_are_not_refused() -> None:
    assert not mistake_in("/m/{payload.object.id}/{event_ts}?x=${saved}")


def test_a_play_with_wrong_placeholders_sends_nothing(tmp_path: Path) -> None:
    fake = Sessions(once)
    with pytest.raises(UsageError, match="a brace has no partner"):
        played(tmp_path, fake, TWICE, url="/sessions/{payload.object.session_id")
    assert not fake.events


def test_a_scenario_with_wrong_placeholders_is_refused_where_they_are(tmp_path: Path) -> None:
    path = tmp_path / "told.yaml"
    path.write_text("name: told\nprobe: {get: '/m/{}'}\nsteps:\n  - {send: session.started}\n")
    with pytest.raises(ScenarioError, match=r"told.yaml:2:14: `get`: \{\} is no path of an event"):
        load_scenarios([path], load_contract(Settings()))


def test_the_entities_of_one_play_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockzoom.state.probe.MOST_ENTITIES", 3)
    entities = ProbedEntities("/m/{payload.id}")
    entities.add(SentEvent("s", 0, {"payload": {"id": f"id-{n}"}}) for n in range(3))
    entities.add([SentEvent("s", 0, {"payload": {"id": "id-1"}})])
    with pytest.raises(TooManyEntities, match="more than 3 entities in one play"):
        entities.add([SentEvent("s", 0, {"payload": {"id": "id-9"}})])
    entities.forget()
    assert not entities.urls
