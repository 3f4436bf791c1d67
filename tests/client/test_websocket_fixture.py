"""The server for a client over WebSocket in tests: the object, and the fixture that makes it."""

from __future__ import annotations

import base64
import json
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from mockzoom.client.outcome import ContractFailure
from mockzoom.client.websocket import MockzoomWebsocket, listening
from mockzoom.errors import UsageError
from tests.test_pytest_plugin import PLUGIN

pytest_plugins = ["pytester"]

FIXTURE_TEST = """
    import pytest
    from websockets.sync.client import connect

    @pytest.fixture
    def mockzoom_stream_settings():
        return {"client_id": "an-id", "client_secret": "a-secret", "scale": 0.1, "tls": False}

    def test_it_serves_a_client(mockzoom_websocket):
        told = mockzoom_websocket.environment
        assert told["ZOOM_CLIENT_ID"] == "an-id"
        with connect(told["ZOOM_WEBSOCKET_URL"]) as socket:
            assert "token is empty" in socket.recv()
        assert not mockzoom_websocket.send("session.started")
        mockzoom_websocket.assert_ok()
"""


@pytest.fixture
def zoom() -> Iterator[MockzoomWebsocket]:
    with MockzoomWebsocket(scale=0.01) as server:
        yield server


@contextmanager
def joined(zoom: MockzoomWebsocket) -> Iterator[ClientConnection]:
    """A client that is connected, after it was told so."""
    told = zoom.environment
    asked = urllib.request.Request(
        f"{told['ZOOM_TOKEN_URL']}?grant_type=client_credentials", b"", method="POST",
        headers={"Authorization": "Basic " + base64.b64encode(b"a:b").decode()},
    )  # fmt: skip
    with urllib.request.urlopen(asked, timeout=20) as answer:
        token = json.load(answer)["access_token"]
    with connect(f"{told['ZOOM_WEBSOCKET_URL']}&access_token={token}") as socket:
        assert json.loads(socket.recv())["success"] is True
        yield socket


def test_it_delivers_an_example_or_a_body_and_disturbs_the_client(zoom: MockzoomWebsocket) -> None:
    with joined(zoom) as socket:
        assert zoom.wait_connected(5)
        assert zoom.send("session.started")
        assert json.loads(json.loads(socket.recv())["content"])["event"] == "session.started"
        assert zoom.send({"event": "mine.happened", "number": 1.0})
        assert json.loads(socket.recv())["content"] == '{"event":"mine.happened","number":1}'
        zoom.drop(unreachable=0.3)
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=20)
    assert not zoom.send("session.started")
    assert not zoom.wait_connected(0)
    with pytest.raises(InvalidStatus, match="503"), joined(zoom):
        pass
    zoom.assert_ok("warning")


def test_it_raises_what_the_client_did_wrong(zoom: MockzoomWebsocket) -> None:
    zoom.drop(unreachable=60)
    for _ in range(7):
        with suppress(InvalidStatus), joined(zoom):
            pass
    assert [item.rule for item in zoom.violations] == ["MZ654"]
    with pytest.raises(ContractFailure, match="client-reconnect-storm"):
        zoom.assert_ok("warning")


@pytest.mark.parametrize("knows_copies", [True, False])
def test_it_plays_scenarios_and_judges_what_they_leave_behind(knows_copies: bool) -> None:
    counts: Counter[str] = Counter()

    def take(socket: ClientConnection) -> None:
        seen: set[str] = set()
        for text in socket:
            said = json.loads(text)
            if said["module"] != "message" or (knows_copies and said["content"] in seen):
                continue
            seen.add(said["content"])
            counts[json.loads(said["content"])["payload"]["rtms_stream_id"]] += 1

    with MockzoomWebsocket() as zoom, joined(zoom) as socket:
        taking = threading.Thread(target=take, args=(socket,))
        taking.start()
        played = zoom.play("rtms-duplicate-start", probe=lambda: dict(counts))
        zoom.close()
        taking.join()
    assert played.result.breakages == ()
    assert [item.rule for item in played.violations] == ([] if knows_copies else ["MZ501", "MZ504"])
    for found in played.violations:
        assert found.reproduce == (
            "mockzoom_websocket.play('rtms-duplicate-start', probe=…, seed=1)"
        )
    assert {item.rule for item in played.result.not_judged} == {"MZ502", "MZ503"}


def test_what_cannot_be_played_is_bad_usage(zoom: MockzoomWebsocket) -> None:
    with pytest.raises(UsageError, match="none of these scenarios has a copy"):
        zoom.play("rtms-start-stop", probe=dict)
    with pytest.raises(UsageError, match="none of these scenarios has a copy"):
        zoom.play("outage", probe=dict, events=("meeting.*",))
    with pytest.raises(UsageError, match="probe '/state': expected a URL of the client's app"):
        zoom.play("outage", probe="/state")
    with pytest.raises(UsageError, match="no probe shows what deliveries leave behind"):
        zoom.play("outage", probe=None)


def test_a_port_that_is_taken_is_bad_usage() -> None:
    sock, url = listening(0)
    with sock, pytest.raises(UsageError, match="choose another --websocket-port"):
        listening(int(url.rsplit(":", 1)[1].removesuffix("/ws")))


@pytest.mark.slow
def test_the_fixture_serves_a_client(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(FIXTURE_TEST)
    pytester.runpytest_inprocess(*PLUGIN, "-q").assert_outcomes(passed=1)
