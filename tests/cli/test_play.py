"""`mockzoom play`: what it lists, checks, plans, plays and reports, and what it refuses."""

from __future__ import annotations

import hashlib
import hmac
import json
import signal
import threading
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from flask import Flask, request

from mockzoom.zoom.sample_receiver import serving as serving_app
from tests.cli.conftest import SECRET, Call
from tests.cli.test_bad_input import URL, refused
from tests.cli.test_verify_command import checking, interrupted
from tests.receivers.launch import SECRET as STATEFUL_SECRET
from tests.receivers.launch import running
from tests.scenario.scenario_reference import examples
from tests.transport.servers import Received, answering, http, serving

pytestmark = pytest.mark.slow

NEXT = "the-secret-after-the-rotation"
PLAN = """\
rtms-start-interrupt-stop  A stream's signaling connection breaks, nobody comes back within the minute, and the stream stops.
       +0s  send meeting.rtms_started
       +0s    d-1 meeting.rtms_started
       +0s  wait 10m
      +10m  interrupted: It is delivered 90 seconds later, when the stream has stopped.
      +10m  wait 1m: The minute in which the consumer could have come back.
      +11m  stopped: Stop reason 11, a connection timeout, asks for a fresh start.
      +11m    d-2 meeting.rtms_stopped
      +11m  wait 1m 2: The interruption arrives in this time.
   +11m30s    d-3 meeting.rtms_interrupted (interrupted)
"""  # noqa: E501
TWICE = "name: twice\nsteps: [{send: session.started, deliver: {times: 2}}]\n"


def played(call: Call, url: str, *words: str) -> int:
    return call("play", *words, "--to", url, "--secret", SECRET).code


# -- without sending ---------------------------------------------------------------------------


def test_list_shows_every_scenario_and_those_of_a_folder(call: Call, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("name: mine\nabout: Ours.\nsteps: [{wait: 1s}]\n")
    ended = call("play", "--list", "--scenarios", ".")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    names = [line.split()[0] for line in lines]
    assert "rtms-start-interrupt-stop" in names
    assert names == sorted(names)
    assert any(line.startswith("mine ") and line.endswith("Ours.") for line in lines)
    assert len(names) == len(call("play", "--list").out.splitlines()) + 1
    phone = call("play", "--list", "--product", "phone", "--scenarios", ".").out
    assert "phone-call-recorded" in phone
    assert "mine " in phone
    assert "rtms-start-stop" not in phone


def test_check_reads_and_sends_nothing(call: Call, tmp_path: Path) -> None:
    ended = call("play", "tomorrow", "--check")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "tomorrow: fine, 3 steps, scenarios/tomorrow.yaml\n"
    bad = "name: bad\nsteps:\n  - send: session.startd\n  - wait: 5\n"
    (tmp_path / "bad.yaml").write_text(bad)
    ended = call("play", "bad.yaml", "tomorrow", "--check")
    assert (ended.code, ended.out) == (2, "")
    assert "bad.yaml:3:11: no event is called 'session.startd'" in ended.err
    assert "bad.yaml:4:11: 5: a duration without a unit" in ended.err
    assert "did you mean session.started" in ended.err


def test_check_refuses_to_save_an_answer_that_never_comes(call: Call, tmp_path: Path) -> None:
    step = "name: lost\nsteps:\n  - send: session.started\n    save: {code: answer.status}\n"
    (tmp_path / "lost.yaml").write_text(step + "    deliver: {lose_response: 1, retry: none}\n")
    ended = call("play", "lost.yaml", "--check")
    assert (ended.code, ended.out) == (2, "")
    assert "lost.yaml:4:18: answer.status: the answers of all attempts are lost" in ended.err
    (tmp_path / "lost.yaml").write_text(step + "    deliver: {lose_response: 1}\n  - wait: 6m\n")
    assert call("play", "lost.yaml", "--check").code == 0


def test_check_bounds_what_a_scenario_grows_to(call: Call, tmp_path: Path) -> None:
    doubled = "".join(f"  a{n}: ['${{a{n - 1}}}', '${{a{n - 1}}}']\n" for n in range(1, 31))
    (tmp_path / "grows.yaml").write_text(
        f"name: grows\nlet:\n  a0: [x]\n{doubled}steps: [{{wait: 1s}}]\n"
    )
    ended = call("play", "grows.yaml", "--check")
    assert (ended.code, ended.out) == (2, "")
    assert "too many values once those of `let`, `matrix` and `repeat` are filled in" in ended.err
    assert "  expected: at most 200,000" in ended.err


def test_plan_shows_the_timeline(call: Call) -> None:
    ended = call("play", "rtms-start-interrupt-stop", "--plan")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == PLAN


def test_plan_goes_on_after_a_probe_and_a_call_that_save(call: Call, tmp_path: Path) -> None:
    (tmp_path / "saves.yaml").write_text(
        "name: saves\nprobe: {get: /state}\nsteps:\n"
        "  - {probe: true, save: {before: meetings}}\n"
        "  - {call: GET /rooms, save: {room: answer.body.id}, expect: {status: 200}}\n"
        "  - send: session.started\n"
        "    with: {payload.object.session_name: 'room ${room}'}\n"
        "    expect: {body: {seen: '${before}'}}\n"
        "  - send: session.ended\n"
    )
    ended = call("play", "saves.yaml", "--plan")
    assert (ended.code, ended.err) == (0, "")
    assert "call GET /rooms" in ended.out
    assert "d-2 session.ended" in ended.out


def test_plan_shows_retries_of_lost_answers_and_takes_let(call: Call) -> None:
    assert ", again at +5m" in call("play", "outage", "--plan").out
    webinar = call("play", "rtms-start-stop", "--plan", "--let", "kind=webinar").out
    assert "send webinar.rtms_started" in webinar
    assert "meeting." not in webinar


def test_plan_names_the_step_of_what_arrives_late(call: Call) -> None:
    lines = call("play", "meeting-rejoin", "--plan").out.splitlines()
    assert "   +11m55s    d-5 meeting.participant_left (guest drops out)" in lines
    assert sum(line.endswith(")") for line in lines) == 1


def test_what_is_left_out_of_all_is_said_on_standard_error(call: Call) -> None:
    for how in ("--check", "--plan"):
        ended = call("play", "all", "--product", "rtms", how)
        assert ended.code == 0
        assert "rtms-failover" in ended.out
        assert "burst" not in ended.out
        told = "mockzoom: burst was left out: it also sends events of video-sdk (add --product"
        assert told in ended.err


def test_all_is_about_the_products_that_are_named(call: Call) -> None:
    ended = call("play", "all", "--product", "meetings", "--check")
    names = {line.split()[0].rstrip(":") for line in ended.out.splitlines()}
    assert names == {
        "meeting-held-again",
        "meeting-leave-together",
        "meeting-overtaken",
        "meeting-recorded",
        "meeting-rejoin",
        "webinar-registrations",
    }
    assert ended.err == ""


# -- refused -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "no scenario: name one (`mockzoom play --list` shows them), or `all`"),
        (("all", "--product", "mail"), "no bundled scenario is about mail alone: name one"),
        (("webinr",), "no scenario is called 'webinr' in the bundled ones; did you mean webinar"),
        (("webinar", "--list", "--plan"), "--list, --check and --plan exclude each other"),
        (("webinar", "--virtual", "--real-time"),
         "--virtual, --real-time and --time-scale exclude each other"),
        (("webinar", "--time-scale", "1h"), "--time-scale '1h': expected TIME=TIME, such as 1h=1s"),
        (("webinar", "--time-scale", "1h=0s"), "--time-scale '1h=0s': both times have to be above"),
        (("webinar", "--time-scale", "1h=5"), "--time-scale '1h=5': '5': a duration without"),
        (("webinar", "--scenarios", "none"), "none: no such folder; expected one with scenarios"),
        (("webinar", "--probe", "/s", "--probe-command", "x"), "--probe, --probe-command and"),
        (("webinar", "--probe", "/s", "--probe-sql", "sqlite://", "x"), "--probe, --probe-command"),
        (("webinar", "--probe-sql", "app.db", "select 1"), "--probe-sql: no URL of a database"),
        (("webinar", "--probe-reset", "/r"), "--probe-reset says how to read a probe"),
        (("webinar", "--probe-ignore", "a"), "--probe-ignore says how to read a probe"),
        (("webinar", "--probe-within", "5s"), "--probe-within says how to read a probe"),
        (("webinar", "--probe", "/s", "--probe-within", "5"), "--probe-within '5': a duration"),
        (("webinar", "--effect", "meting.*"), "no event matches the effect 'meting.*'; did"),
        (("secret-rotation", "--next-secret", " "), "--next-secret is empty; expected the secret"),
        (("secret-rotation",), "scenarios/secret-rotation.yaml: secret-rotation signs with"),
        (("rtms-streamed", "--virtual"), "scenarios/rtms-streamed.yaml: rtms-streamed has"),
        (("webinar", "--report", "json=a", "--report", "text=a"), "--report: two reports go"),
    ],
)  # fmt: skip
def test_what_cannot_be_played_is_refused(call: Call, words: tuple[str, ...], why: str) -> None:
    assert refused(call, "play", *words, "--to", URL, "--secret", SECRET).startswith(why)


def test_without_a_receiver_or_a_secret_it_says_how_to_name_them(call: Call) -> None:
    assert refused(call, "play", "webinar").startswith("no receiver: pass --to URL")
    assert refused(call, "play", "webinar", "--to", URL).startswith("no secret: pass --secret")


def test_a_let_that_the_scenario_does_not_have_names_the_nearest(call: Call) -> None:
    words = ("play", "rtms-start-stop", "--let", "kin=webinar", "--plan")
    ended = call(*words)
    assert ended.code == 2
    assert "no value called 'kin' to be set" in ended.err
    assert "did you mean kind?" in ended.err


# -- played ------------------------------------------------------------------------------------


def test_all_against_a_correct_receiver_passes_and_is_brief(call: Call, receiver: str) -> None:
    ended = call("play", "all", "--to", receiver, "--secret", SECRET)
    assert ended.code == 0, ended.out
    assert "PASS: no violations" in ended.out
    assert "rtms-streamed was left out" in ended.out
    assert "secret-rotation was left out" in ended.out
    assert len(ended.err.splitlines()) < 60


def test_the_timeline_and_the_report_of_one_scenario(call: Call, receiver: str) -> None:
    ended = call("play", "rtms-start-interrupt-stop", "--to", receiver, "--secret", SECRET)
    assert ended.code == 0
    assert "+11m    d-2 meeting.rtms_stopped: 200 OK after" in ended.err
    assert "MZ501-MZ505: no probe shows what deliveries leave behind" in ended.out


def test_a_long_scenario_is_cut_short_but_for_what_failed(call: Call) -> None:
    def refusing_some(received: Received) -> bytes:
        return http(400 if b"session.user_left" in received.body else 200)

    with serving(answering(checking(refusing_some))) as server:
        ended = call("play", "burst", "--to", server.url, "--secret", SECRET)
    lines = ended.err.splitlines()
    assert ended.code == 1
    assert 100 < len(lines) < 150, len(lines)
    assert sum(" d-" in line and "session.user_left: 400" in line for line in lines) == 20
    assert sum("MZ101" in line for line in lines) == 20
    assert lines[-1].endswith(" more deliveries, 180 not acknowledged")
    assert lines[-2].strip() == "180 more findings: see the report"


def test_plays_for_comparison_are_told_in_a_line(call: Call) -> None:
    with running("stateful_asyncio") as url:
        ended = call("play", "rtms-start-interrupt-stop", "--to", url, "--secret",
                     STATEFUL_SECRET, "--probe", url.replace("/webhook", "/state"))  # fmt: skip
    assert ended.code == 0, ended.out
    told = [line.strip() for line in ended.err.splitlines()]
    assert told[-2:] == ["+0s  again: to compare what it leaves", "3 deliveries, all acknowledged"]
    assert sum("meeting.rtms_stopped: 2" in line for line in told) == 1


def test_a_refused_event_is_exit_code_1_and_each_case_of_junit_is_unique(
    call: Call, tmp_path: Path
) -> None:
    with serving(answering(checking(lambda received: http(400)))) as server:
        words = ("rtms-start-interrupt-stop", "webinar", "--report", "junit=r.xml",
                 "--report", "json=r.json")  # fmt: skip
        code = played(call, server.url, *words)
    assert code == 1
    found = json.loads((tmp_path / "r.json").read_text())["violations"]
    assert {item["rule"] for item in found} == {"MZ101"}
    assert found[0]["reproduce"].startswith("mockzoom play rtms-start-interrupt-stop --to http")
    cases = ET.parse(tmp_path / "r.xml").getroot().findall(".//testcase")
    keys = [(case.get("classname"), case.get("name")) for case in cases]
    assert len(keys) == len(set(keys))
    failed = {case.get("name") for case in cases if case.find("failure") is not None}
    assert {"meeting.rtms_started", "meeting.rtms_stopped", "webinar.rtms_started"} <= failed
    assert {case.get("classname") for case in cases if case.find("failure") is not None} == {
        "mockzoom.MZ101-not-acknowledged"
    }


def test_an_unreachable_receiver_is_exit_code_3(call: Call) -> None:
    ended = call("play", "webinar", "--to", URL, "--secret", STATEFUL_SECRET)
    assert ended.code == 3
    text = " ".join(ended.out.split())
    assert "receiver unreachable: connection to 127.0.0.1" in text
    assert "refused; start the receiver first, or check the port" in text
    assert "--wait" not in text


def test_secret_rotation_passes_where_both_secrets_are_known(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving_app(Knowing().app()) as url:
        assert played(call, url, "secret-rotation", "--next-secret", NEXT) == 0
        monkeypatch.setenv("MOCKZOOM_NEXT_SECRET", NEXT)
        assert played(call, url, "secret-rotation") == 0
        monkeypatch.setenv("MOCKZOOM_NEXT_SECRET", "unknown-to-it")
        ended = call("play", "secret-rotation", "--to", url, "--secret", SECRET)
    assert ended.code == 1
    assert '--next-secret "$MOCKZOOM_NEXT_SECRET"' in ended.out
    assert "unknown-to-it" not in ended.out + ended.err


def test_settings_come_from_the_environment_and_from_files(
    call: Call, receiver: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "twice.yaml").write_text(TWICE)
    (tmp_path / "mockzoom.toml").write_text('scenarios = ["."]\nprobe-within = "1s"\n')
    assert played(call, receiver, "twice") == 0
    monkeypatch.setenv("MOCKZOOM_TO", receiver)
    assert call("play", "twice", "--secret", SECRET).code == 0
    (tmp_path / "mockzoom.toml").write_text("next-secret = 'hunter2'\n")
    text = refused(call, "play", "webinar", "--plan")
    assert text == (
        "mockzoom.toml: 'next-secret' is a credential and this file gets committed; set"
        " MOCKZOOM_NEXT_SECRET"
    )
    (tmp_path / "mockzoom.toml").write_text("listing = true\n")
    assert "no setting is called 'listing'" in refused(call, "play", "webinar", "--plan")


def test_time_scale_waits_for_a_part_of_the_time(call: Call, receiver: str) -> None:
    began = time.monotonic()
    assert played(call, receiver, "rtms-start-interrupt-stop", "--time-scale", "11m=1s") == 0
    assert time.monotonic() - began >= 1.0


@pytest.mark.parametrize(("defect", "code"), [(None, 0), ("no-deduplication", 1)])
def test_a_probe_shows_duplicates_and_its_options_reach_the_reproduce_line(
    call: Call, tmp_path: Path, defect: str | None, code: int
) -> None:
    (tmp_path / "twice.yaml").write_text(TWICE)
    options = ("--probe", "/state", "--probe-within", "1s", "--probe-reset", "/reset",
               "--probe-ignore", "zzz", "--effect", "session.*")  # fmt: skip
    with running("stateful_flask", defect) as url:
        ended = call("play", "twice.yaml", "--to", url, "--secret", STATEFUL_SECRET, *options)
    assert ended.code == code, ended.out
    if defect:
        assert "ERROR MZ501 duplicate-processed" in ended.out
        assert f"mockzoom play twice.yaml --to {url} --seed 1 --probe /state" in ended.out
        assert "--probe-reset /reset --probe-ignore zzz --probe-within 1s --effect" in ended.out


def test_a_probe_that_gives_no_json_is_exit_code_3(call: Call, receiver: str) -> None:
    assert played(call, receiver, "webinar", "--probe", "/nowhere") == 3
    assert played(call, receiver, "webinar", "--probe-command", "no-such-command x") == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_finish_the_report_of_what_was_played(
    tmp_path: Path, number: signal.Signals
) -> None:
    started = threading.Event()

    def answer(received: Received) -> bytes:
        started.set()
        return http(204)

    with serving(answering(checking(answer))) as server:
        report = f"json={tmp_path / 'r.json'}"
        words = ["play", "rtms-start-stop", "--to", server.url, "--real-time", "--report", report]
        done = interrupted(words, started, number)
    assert "Traceback" not in done.stderr
    assert done.returncode == 3, done.stdout + done.stderr
    found = json.loads((tmp_path / "r.json").read_text())
    assert found["breakages"] == ["interrupted; what follows was not played"]
    assert found["verdict"] == "broken"


# -- everything there is -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["stateful_flask", "stateful_asyncio"])
def test_every_bundled_scenario_passes_against_the_stateful_receivers(
    call: Call, name: str
) -> None:
    with running(name) as url:
        ended = call("play", "all", "--to", url, "--secret", STATEFUL_SECRET)
    assert ended.code == 0, ended.out


class Knowing:
    """A receiver that knows two secrets, shows streams and sessions at /stats, and has rooms."""

    def __init__(self) -> None:
        self.streams: set[str] = set()
        self.sessions: dict[str, str] = {}
        self.began = time.monotonic()

    def app(self) -> Flask:
        app = Flask("knowing")

        @app.post("/webhook")
        def webhook() -> tuple[Any, int]:
            body = request.get_data()
            stamp = request.headers["x-zm-request-timestamp"].encode()
            signature = request.headers["x-zm-signature"]
            for secret in (SECRET, NEXT):
                if signature == "v0=" + digest(secret, b"v0:" + stamp + b":" + body):
                    return self.take(secret, json.loads(body))
            return "", 401

        @app.get("/stats")
        def stats() -> dict[str, Any]:
            sessions = [{"id": key, "status": value} for key, value in self.sessions.items()]
            uptime_s = time.monotonic() - self.began
            return {"streams": len(self.streams), "uptime_s": uptime_s, "sessions": sessions}

        @app.post("/admin/rooms")
        def create() -> tuple[dict[str, Any], int]:
            assert request.headers["x-api-key"] == "local"
            return {"id": f"room {request.get_json()['name']}"}, 201

        @app.get("/admin/rooms/<room>")
        def show(room: str) -> dict[str, Any]:
            return {"name": room.removeprefix("room "), "size": 1}

        return app

    def take(self, secret: str, event: dict[str, Any]) -> tuple[Any, int]:
        if event["event"] == "endpoint.url_validation":
            token = event["payload"]["plainToken"]
            return {"plainToken": token, "encryptedToken": digest(secret, token.encode())}, 200
        if event["event"].endswith(".rtms_started"):
            self.streams.add(event["payload"]["rtms_stream_id"])
        elif event["event"] in ("session.started", "session.ended"):
            session = event["payload"]["object"]["id"]
            self.sessions.setdefault(session, "running")
            if event["event"] == "session.ended":
                self.sessions[session] = "ended"
        return "", 204


def digest(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def needs_no_stream(text: str) -> bool:
    return not any(word in text for word in ("stream: ", "await: "))


@pytest.mark.parametrize(
    "text",
    [pytest.param(text, id=title) for title, text in examples() if needs_no_stream(text)],
)
def test_an_example_of_the_reference_passes_where_the_receiver_is_right(
    call: Call, tmp_path: Path, text: str
) -> None:
    (tmp_path / "example.yaml").write_text(text, encoding="utf-8")
    with serving_app(Knowing().app()) as url:
        ended = call("play", "example.yaml", "--to", url, "--secret", SECRET, "--next-secret", NEXT,
                     "--probe", "/stats", "--probe-ignore", "uptime_s", "--probe-within", "1s",
                     "--fail-on", "warning")  # fmt: skip
    assert ended.code == 0, ended.out


def test_most_examples_of_the_reference_need_no_stream() -> None:
    assert sum(needs_no_stream(text) for _, text in examples()) >= 12
