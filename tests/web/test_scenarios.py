"""Scenarios over the API: listed, uploaded, checked, and played step by step under control."""

from __future__ import annotations

import json
import re
import time
import xml.etree.ElementTree as ET
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from flask.testing import FlaskClient

from mockzoom.journal.archive import RunRow
from mockzoom.service import Service
from mockzoom.service.scenarios import MOST_BYTES
from mockzoom.state.probe import ProbeConnection, ProbeError
from mockzoom.transport import Permit, WSGITransport
from mockzoom.web import views
from mockzoom.web.contract import load, validator
from tests.report.results import RESULT
from tests.web.conftest import MINE, until

pytestmark = pytest.mark.slow


@pytest.fixture
def name(client: FlaskClient, receiver: str) -> str:
    """The id of a subscription."""
    made = client.post("/api/v1/subscriptions", json={"url": receiver})
    return str(made.get_json()["id"])


@pytest.fixture
def mine(client: FlaskClient) -> str:
    """The name of an uploaded scenario."""
    assert client.post("/api/v1/scenarios", json={"text": MINE}).status_code == 201
    return "mine"


def play(client: FlaskClient, name: str, scenario: str, **more: Any) -> Any:
    body = {"kind": "play", "scenario": scenario, "subscription": name, **more}
    return client.post("/api/v1/runs", json=body)


def started(client: FlaskClient, name: str, scenario: str, **more: Any) -> int:
    answer = play(client, name, scenario, **more)
    assert answer.status_code == 202, answer.get_json()
    return int(answer.get_json()["id"])


def ended(client: FlaskClient, number: int) -> Any:
    def look() -> Any:
        found = client.get(f"/api/v1/runs/{number}").get_json()
        return found if found["state"] == "finished" else None

    return until(look, 60)


def steps(client: FlaskClient, number: int) -> Any:
    document, _ = load()
    found = client.get(f"/api/v1/runs/{number}/steps").get_json()
    schema = {"$ref": "#/components/schemas/Steps"}
    assert not list(validator(document, schema).iter_errors(found))
    return found


def statuses(client: FlaskClient, number: int) -> list[str]:
    return [step["status"] for step in steps(client, number)["steps"]]


def steer(client: FlaskClient, number: int, command: str, **more: Any) -> Any:
    body = {"command": command, **more}
    answer = client.post(f"/api/v1/runs/{number}/control", json=body)
    assert answer.status_code == 202, answer.get_json()
    return answer.get_json()


def reaches(client: FlaskClient, number: int, wanted: list[str]) -> None:
    until(lambda: statuses(client, number) == wanted, 60)


def sent(client: FlaskClient, number: int) -> list[Any]:
    found = client.get(f"/api/v1/deliveries?run={number}").get_json()["items"]
    return list(reversed(found))


def refusal(answer: Any, status: int) -> str:
    assert answer.status_code == status, answer.get_json()
    return str(answer.get_json()["detail"])


# -- the shelf ---------------------------------------------------------------------------------


def test_bundled_and_uploaded_scenarios_are_listed_with_what_they_need(
    client: FlaskClient, mine: str
) -> None:
    found = {item["name"]: item for item in client.get("/api/v1/scenarios").get_json()}
    assert found["rtms-start-stop"]["because"].startswith("The everyday life of a stream")
    assert not found["rtms-start-stop"]["uploaded"]
    assert found["rtms-streamed"]["needs"] == ["client_id", "client_secret"]
    assert found["secret-rotation"]["needs"] == ["next_secret"]
    assert found[mine]["uploaded"]
    assert found[mine]["needs"] == []
    assert found[mine]["about"] == "Two events of a session."


def test_a_scenario_about_a_product_that_was_not_selected_is_listed_and_played(
    client: FlaskClient, name: str
) -> None:
    listed = client.get("/api/v1/scenarios").get_json()
    shown = {item["name"]: item["about"] for item in listed}
    assert shown["user-lifecycle"].startswith("A user is created")
    assert not [about for about in shown.values() if "cannot be played" in about]
    run = ended(client, started(client, name, "user-lifecycle"))
    assert (run["verdict"], run["deliveries"]) == ("pass", 7)


def test_a_scenario_is_shown_with_its_text_its_variants_and_its_steps(
    client: FlaskClient, mine: str
) -> None:
    found = client.get(f"/api/v1/scenarios/{mine}").get_json()
    assert found["text"] == MINE
    assert found["steps"][0] == {"name": "begun", "what": "send session.started", "about": ""}
    bundled = client.get("/api/v1/scenarios/rtms-start-stop").get_json()
    assert bundled["variants"][0] == "rtms-start-stop (kind=meeting)"
    assert bundled["steps"][0]["name"] == "started"


def test_a_scenario_is_uploaded_as_plain_yaml_and_replaced(client: FlaskClient, mine: str) -> None:
    text = MINE.replace("Two events", "A beginning and an end")
    made = client.post("/api/v1/scenarios", data=text, content_type="application/yaml")
    assert made.status_code == 201
    assert made.headers["location"].endswith("/api/v1/scenarios/mine")
    found = client.get("/api/v1/scenarios/mine").get_json()
    assert found["about"].startswith("A beginning")


def test_an_uploaded_scenario_is_deleted_and_a_bundled_one_is_not(
    client: FlaskClient, mine: str
) -> None:
    assert client.delete(f"/api/v1/scenarios/{mine}").status_code == 204
    assert "no scenario is called 'mine'" in refusal(client.get("/api/v1/scenarios/mine"), 404)
    assert refusal(client.delete("/api/v1/scenarios/mine"), 404)
    told = refusal(client.delete("/api/v1/scenarios/burst"), 409)
    assert "'burst' comes with mockzoom" in told


def test_reset_forgets_uploaded_scenarios(client: FlaskClient, mine: str) -> None:
    assert client.post("/api/v1/reset").status_code == 204
    assert client.get(f"/api/v1/scenarios/{mine}").status_code == 404


def test_mistakes_are_told_as_data_with_line_and_column(client: FlaskClient) -> None:
    text = MINE.replace("session.ended", "session.endet")
    found = client.post("/api/v1/scenarios/check", json={"text": text}).get_json()
    assert not found["valid"]
    (wrong,) = found["mistakes"]
    assert (wrong["line"], wrong["column"]) == (8, 11)
    assert "session.endet" in wrong["message"]
    assert "session.ended" in wrong["hint"]
    assert wrong["source"] == "    send: session.endet"
    refused = client.post("/api/v1/scenarios", json={"text": text})
    assert refusal(refused, 422) == "the scenario cannot be played as written: one mistake"
    assert refused.get_json()["errors"] == found["mistakes"]
    assert client.post("/api/v1/scenarios/check", json={"text": MINE}).get_json()["valid"]


def test_an_upload_that_grows_without_end_is_refused_with_its_place(client: FlaskClient) -> None:
    doubled = "".join(f"  a{n}: '${{a{n - 1}}}${{a{n - 1}}}'\n" for n in range(1, 31))
    text = f"name: grows\nlet:\n  a0: aaaaaaaa\n{doubled}steps: [{{wait: 1s}}]\n"
    found = client.post("/api/v1/scenarios/check", json={"text": text}).get_json()
    (wrong,) = found["mistakes"]
    assert (wrong["line"], wrong["column"]) == (16, 8)
    assert "characters once its values are filled in" in wrong["message"]


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ("  - probe: {run: [touch, /tmp/harm]}", "an uploaded scenario may not run commands"),
        ("  - play: /etc/passwd", "an uploaded scenario may not play files"),
        ("  - play: ./mine.yaml", "an uploaded scenario may not play files"),
    ],
)  # fmt: skip
def test_an_upload_may_not_run_commands_or_read_files(
    client: FlaskClient, steps: str, reason: str
) -> None:
    text = f"name: harm\nsteps:\n{steps}\n"
    answer = client.post("/api/v1/scenarios", json={"text": text})
    assert refusal(answer, 422)
    assert reason in [item["message"] for item in answer.get_json()["errors"]]


def test_an_upload_that_is_too_large_is_refused(client: FlaskClient) -> None:
    text = MINE + "#" * MOST_BYTES
    for path in ("/api/v1/scenarios", "/api/v1/scenarios/check"):
        told = refusal(client.post(path, json={"text": text}), 413)
        assert f"expected {MOST_BYTES} at most" in told


def test_one_upload_too_many_is_refused_and_a_replacement_is_not(
    client: FlaskClient, mine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mockzoom.service.scenarios.MOST_UPLOADS", 1)
    other = MINE.replace("name: mine", "name: other")
    told = refusal(client.post("/api/v1/scenarios", json={"text": other}), 409)
    assert told == "1 scenarios are uploaded already; delete one"
    assert client.post("/api/v1/scenarios", json={"text": MINE}).status_code == 201


def test_an_upload_may_not_take_a_bundled_name(client: FlaskClient) -> None:
    text = MINE.replace("name: mine", "name: burst")
    told = refusal(client.post("/api/v1/scenarios", json={"text": text}), 409)
    assert told == "a bundled scenario is called 'burst'; choose another `name`"


def test_check_is_an_operation_and_no_scenario(client: FlaskClient) -> None:
    text = MINE.replace("name: mine", "name: check")
    told = refusal(client.post("/api/v1/scenarios", json={"text": text}), 409)
    assert told.startswith("'check' is what checking a scenario is called")
    answer = client.get("/api/v1/scenarios/check")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"POST", "OPTIONS"}


def test_a_body_that_is_no_text_is_refused(client: FlaskClient) -> None:
    answer = client.post("/api/v1/scenarios", data=b"\xff", content_type="application/yaml")
    assert "no text in UTF-8" in refusal(answer, 400)
    answer = client.post("/api/v1/scenarios", data=b"name: x", content_type="text/plain")
    assert "application/json or application/yaml" in refusal(answer, 415)


# -- playing -----------------------------------------------------------------------------------


def test_a_scenario_is_played_to_its_end_and_kept(client: FlaskClient, name: str) -> None:
    number = started(client, name, "rtms-start-stop", let={"kind": "meeting"}, seed=5)
    found = ended(client, number)
    assert (found["kind"], found["verdict"], found["seed"]) == ("play", "pass", 5)
    assert [item["event"] for item in sent(client, number)] == [
        "meeting.rtms_started", "meeting.rtms_stopped",
    ]  # fmt: skip
    shown = steps(client, number)
    assert shown["title"] == "rtms-start-stop"
    assert shown["finished"]
    assert [step["status"] for step in shown["steps"]] == ["done"] * 3
    (exchange,) = shown["steps"][0]["exchanges"]
    assert exchange["delivery"] == sent(client, number)[0]["id"]
    assert (exchange["status"], exchange["attempts"]) == (200, 1)


def test_a_paused_play_goes_step_by_step(client: FlaskClient, name: str, mine: str) -> None:
    number = started(client, name, mine, paused=True)
    reaches(client, number, ["next", "waiting"])
    assert sent(client, number) == []
    steer(client, number, "next")
    reaches(client, number, ["done", "next"])
    until(lambda: [item["event"] for item in sent(client, number)] == ["session.started"])
    steer(client, number, "resend")
    until(lambda: len(sent(client, number)) == 2)
    steer(client, number, "duplicate")
    until(lambda: len(sent(client, number)) == 3)
    made = sent(client, number)
    ids = [item["request_id"] for item in made]
    assert ids[0] != ids[1]
    assert made[2]["replay_of"] == made[ids.index(ids[2])]["id"]
    assert '<span class="mark">duplicate</span>' in client.get("/deliveries?origin=runs").text
    steer(client, number, "play")
    assert ended(client, number)["deliveries"] == 4
    assert statuses(client, number) == ["done", "done"]


def test_a_run_that_ends_while_it_is_read_still_goes_on() -> None:
    """Its figures are those of the row, which was read before the result."""
    row = RunRow(1, "play", "http://receiver.test", None, 1, 4, 1.0, None, 3)
    shown = views.run(row, RESULT)
    assert (shown["state"], shown["deliveries"], shown["verdict"]) == ("running", 3, None)
    assert views.run(replace(row, finished_at=2.0, deliveries=4), RESULT)["state"] == "finished"


def test_a_step_is_left_out(client: FlaskClient, name: str, mine: str) -> None:
    number = started(client, name, mine, paused=True)
    steer(client, number, "skip")
    reaches(client, number, ["skipped", "next"])
    assert not steer(client, number, "play")["paused"]
    ended(client, number)
    assert [item["event"] for item in sent(client, number)] == ["session.ended"]
    assert statuses(client, number) == ["skipped", "done"]


def test_the_next_delivery_is_edited_and_made_faulty(
    client: FlaskClient, name: str, mine: str
) -> None:
    number = started(client, name, mine, paused=True)
    body = {"event": "session.started", "event_ts": 1, "payload": {}}
    assert steer(client, number, "edit", body=body)["edited"]
    assert not steer(client, number, "edit", body=None)["edited"]
    steer(client, number, "edit", body=body)
    assert steer(client, number, "inject", fault="chunked")["fault"] == "chunked"
    steer(client, number, "play")
    ended(client, number)
    faulty = next(row for row in sent(client, number) if row["event"] == "session.started")
    first = client.get(f"/api/v1/deliveries/{faulty['id']}").get_json()
    assert json.loads(first["body"]["content"]) == body
    drawn = client.get(f"/api/v1/runs/{number}/diagram").get_data(as_text=True)
    assert "fault: chunked" in drawn


def test_a_play_is_stopped_and_is_not_called_broken(
    client: FlaskClient, name: str, mine: str
) -> None:
    number = started(client, name, mine, paused=True)
    reaches(client, number, ["next", "waiting"])
    steer(client, number, "stop")
    assert ended(client, number)["verdict"] == "pass"
    report = client.get(f"/api/v1/runs/{number}/report?format=json").get_json()
    assert "stopped at the controls; what follows was not played" in report["notices"]


def test_a_play_that_waits_long_is_stopped_soon(client: FlaskClient, name: str) -> None:
    text = MINE.replace("  - name: ended", "  - wait: 1h\n  - name: ended")
    client.post("/api/v1/scenarios", json={"text": text})
    number = started(client, name, "mine", clock="real")
    reaches(client, number, ["done", "playing", "waiting"])
    assert client.post(f"/api/v1/runs/{number}/stop").status_code == 202
    assert ended(client, number)["verdict"] == "pass"


def test_retries_and_late_events_show_when_they_are_due(client: FlaskClient, name: str) -> None:
    text = MINE.replace("session.started", "session.started\n    deliver: {late: 10m}").replace(
        "session.ended", "session.ended\n    deliver: {lose_response: 1}"
    )
    client.post("/api/v1/scenarios", json={"text": text})
    number = started(client, name, "mine", clock="real")

    def shown() -> Any:
        late, retried = steps(client, number)["steps"] or ({}, {"exchanges": ()})
        retries = [one["retry_in"] for one in retried["exchanges"]]
        return (late["due_in"], *retries) if retries and None not in retries else None

    due_in, retry_in = until(shown, 60)
    assert 540 < due_in <= 600
    assert 240 < retry_in <= 300
    page = client.get(f"/runs/{number}").text
    assert re.search(r"goes out in (10m|9m\d+s)\b", page)
    assert re.search(r"again in (5m|4m\d+s)\b", page)
    client.post(f"/api/v1/runs/{number}/stop")
    ended(client, number)


def test_the_feed_tells_whenever_the_controls_change(
    client: FlaskClient, service: Service, name: str, mine: str
) -> None:
    number = started(client, name, mine, paused=True)

    def told() -> list[Any]:
        rows = service.feed(number, 0)
        return [json.loads(row.data) for row in rows if row.kind == "controls"]

    until(lambda: told() and told()[-1]["steps"][0]["status"] == "next")
    steer(client, number, "next")
    until(lambda: told()[-1]["steps"][0]["status"] == "done")
    steer(client, number, "play")
    ended(client, number)
    kinds = [row.kind for row in service.feed(number, 0)]
    assert kinds[-2:] == ["controls", "finished"]
    assert {"run": number, **told()[-1]} == steps(client, number)


def test_a_run_is_drawn_while_it_goes_on_and_after(
    client: FlaskClient, name: str, mine: str
) -> None:
    number = started(client, name, mine, paused=True)
    steer(client, number, "next")
    path = f"/api/v1/runs/{number}/diagram"
    until(lambda: "session.started" in client.get(path).get_data(as_text=True))
    assert "session.ended" not in client.get(path).get_data(as_text=True)
    steer(client, number, "play")
    ended(client, number)
    answer = client.get(path)
    assert answer.content_type == "image/svg+xml; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    words = [item.text for item in ET.fromstring(answer.get_data()).iter() if item.text]
    assert [word for word in words if word.endswith("· begun")]
    assert "session.ended" in words


# -- refused -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({"scenario": "no-such"}, 404, "no scenario is called 'no-such'"),
        ({"scenario": "rtms-streamed"}, 422, "needs client_id and client_secret"),
        ({"scenario": "secret-rotation"}, 422, "needs next_secret"),
        ({"scenario": "mine", "subscription": "nobody"}, 404, "no subscription 'nobody'"),
        ({"scenario": "mine", "clock": "fast"}, 400, "does not fit"),
        ({"scenario": "mine", "probe": {"run": ["ls"]}}, 400, "does not fit"),
        ({"scenario": "mine", "let": {"kind": "x"}}, 422, "one mistake"),
        ({"scenario": "mine", "kind": "dance"}, 400, "does not fit"),
        ({"scenario": "mine", "probe": {"get": "http://169.254.169.254/x"}}, 403, "metadata"),
        ({"scenario": "mine", "probe": {"get": "//192.0.2.1/x"}}, 403, "neither a loopback"),
        ({"scenario": "mine", "probe": {"get": "/state", "reset": "http://8.8.8.8/"}}, 403,
         "neither a loopback"),
    ],
)  # fmt: skip
def test_a_play_that_cannot_be_is_refused_with_the_reason(
    client: FlaskClient, name: str, mine: str, body: dict[str, Any], status: int, reason: str
) -> None:
    given = {"kind": "play", "subscription": name, **body}
    assert reason in refusal(client.post("/api/v1/runs", json=given), status)
    assert client.get("/api/v1/runs").get_json()["items"] == []


def test_what_is_wrong_with_a_body_of_several_forms_is_told_of_the_one_meant(
    client: FlaskClient, name: str
) -> None:
    answer = play(client, name, "mine", clock="fast")
    (wrong,) = answer.get_json()["errors"]
    assert wrong["pointer"] == "/clock"
    assert "'fast' is not one of" in wrong["message"]


def test_the_probe_of_an_upload_is_held_to_the_allowed_targets(
    client: FlaskClient, name: str
) -> None:
    text = MINE.replace("steps:\n", "probe: {get: 'http://192.0.2.7/state'}\nsteps:\n")
    assert client.post("/api/v1/scenarios", json={"text": text}).status_code == 201
    told = refusal(play(client, name, "mine"), 403)
    assert told.startswith("http://192.0.2.7/state: 192.0.2.7 is neither a loopback")


class _State(BaseHTTPRequestHandler):
    """A probe's URL: /state shows a state, /elsewhere leads to it."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/state" else 302)
        self.send_header("location", "/state")
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


def test_a_probe_within_the_allowed_targets_is_read_and_redirects_are_not_followed(
    client: FlaskClient, name: str, mine: str
) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _State)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        where = f"http://127.0.0.1:{server.server_port}"
        probe = {"get": f"{where}/state", "within": 2}
        assert ended(client, started(client, name, mine, probe=probe))["verdict"] == "pass"
        number = started(client, name, mine, probe={"get": f"{where}/elsewhere", "within": 2})
        assert ended(client, number)["verdict"] == "broken"
        report = client.get(f"/api/v1/runs/{number}/report?format=json").get_json()
        assert "answered 302; expected 200 with JSON" in str(report)
    finally:
        server.shutdown()
        server.server_close()


def test_a_probe_whose_name_leads_elsewhere_is_stopped_at_its_connection() -> None:
    connection = ProbeConnection(
        WSGITransport(lambda *_: [], "http://receiver.test/"), permit=Permit()
    )
    with pytest.raises(ProbeError, match="neither a loopback nor a private address"):
        connection._over_http("GET", "http://192.0.2.1/state")


def test_controls_of_an_unknown_or_ended_run_are_refused(
    client: FlaskClient, name: str, mine: str
) -> None:
    def control(number: int, **body: Any) -> Any:
        return client.post(f"/api/v1/runs/{number}/control", json=body)

    assert "no run 77" in refusal(control(77, command="play"), 404)
    assert "no run 77" in refusal(client.get("/api/v1/runs/77/steps"), 404)
    assert "no run 77" in refusal(client.get("/api/v1/runs/77/diagram"), 404)
    number = started(client, name, mine)
    ended(client, number)
    told = refusal(control(number, command="pause"), 409)
    assert told == f"run {number} has ended; it can no longer be steered"


def test_controls_that_say_nothing_that_can_be_done_are_refused(
    client: FlaskClient, name: str, mine: str
) -> None:
    number = started(client, name, mine, paused=True)

    def told(status: int, **body: Any) -> str:
        return refusal(client.post(f"/api/v1/runs/{number}/control", json=body), status)

    assert told(422, command="inject", fault="chunkd").startswith("no fault is called 'chunkd'")
    assert told(422, command="inject") == "inject needs `fault`"
    assert told(422, command="edit") == "edit needs `body`"
    assert told(422, command="pause", fault="chunked") == "pause takes no `fault`"
    assert "does not fit" in told(400, command="rewind")
    assert "does not fit" in told(400, command="edit", body=[1])
    reaches(client, number, ["next", "waiting"])


def test_a_verify_run_has_no_steps_and_is_not_steered(client: FlaskClient, name: str) -> None:
    body = {"kind": "verify", "subscription": name, "suites": ["challenge"]}
    number = int(client.post("/api/v1/runs", json=body).get_json()["id"])
    ended(client, number)
    told = refusal(client.get(f"/api/v1/runs/{number}/steps"), 409)
    assert told == f"run {number} is no play with steps: it is a run of verify"
    drawn = client.get(f"/api/v1/runs/{number}/diagram").get_data(as_text=True)
    assert "endpoint.url_validation" in drawn


def test_plays_that_wait_end_with_the_server_at_once_and_have_their_results(
    client: FlaskClient, service: Service, name: str, mine: str
) -> None:
    numbers = [int(play(client, name, mine, paused=True).get_json()["id"]) for _ in range(4)]
    for number in numbers:
        reaches(client, number, ["next", "waiting"])
    began = time.monotonic()
    service.runs.stop_all()
    assert time.monotonic() - began < 60
    assert service.runs.playing() == []
    for number in numbers:
        result = service.runs.result(number)
        assert result is not None
        assert len([*result.notices, *result.breakages]) == 1  # which says that it was stopped


def test_credentials_of_a_play_stand_nowhere(
    client: FlaskClient, service: Service, name: str, mine: str
) -> None:
    secret = "the-client-secret-of-the-play"
    answer = play(client, name, mine, client_id="me", client_secret=secret, next_secret=secret)
    assert secret not in answer.get_data(as_text=True)
    number = int(answer.get_json()["id"])
    ended(client, number)
    for path in ("", "/steps", "/diagram", "/report?format=json"):
        assert secret not in client.get(f"/api/v1/runs/{number}{path}").get_data(as_text=True)
    assert secret.encode() not in service.settings.db.read_bytes()


def test_a_delivery_of_a_play_is_replayed(client: FlaskClient, name: str, mine: str) -> None:
    client.post(f"/api/v1/subscriptions/{name}/validate")
    number = started(client, name, mine)
    ended(client, number)
    first = sent(client, number)[0]
    again = client.post(f"/api/v1/deliveries/{first['id']}/replay").get_json()

    def look() -> Any:
        found = client.get(f"/api/v1/deliveries/{again['id']}").get_json()
        return found if found["state"] not in ("pending", "sending") else None

    assert until(look)["state"] == "delivered"
