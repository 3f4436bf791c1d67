"""Answers that are lost on the way: the receiver has the event, and gets it again."""

from __future__ import annotations

import json
import threading
from collections import Counter

import pytest

from mockzoom.client.playing import play
from mockzoom.client.scenarios import names_for
from mockzoom.client.settings import load_contract
from mockzoom.play import PlayPlan
from mockzoom.scenario import read_text
from mockzoom.settings import Settings
from tests.transport.servers import Peer, http, serving

TEXT = """
name: lost
steps:
  - send: session.started
    deliver: {lose_response: 2, lose_at: POINT}
  - wait: 30m
  - send: session.ended
"""


@pytest.mark.parametrize("point", ["mid-answer", "before-answer"])
def test_an_event_whose_answers_are_lost_comes_again_under_its_request_id(point: str) -> None:
    got: Counter[tuple[str, str]] = Counter()
    lock = threading.Lock()

    def answer(peer: Peer) -> None:
        while (request := peer.read()) is not None:
            with lock:
                event = json.loads(request.body)["event"]
                got[event, request.header("x-zm-request-id") or ""] += 1
            try:
                peer.sock.sendall(http(200))
            except OSError:
                return

    names = names_for(load_contract(Settings()))
    with serving(answer) as server:
        scenarios = read_text(TEXT.replace("POINT", point), "lost.yaml", names)
        result = play(server.url, Settings(secret="s3cret"), PlayPlan(scenarios))
    assert (result.violations, result.breakages) == ((), ())
    assert sorted((event, count) for (event, _), count in got.items()) == [
        ("session.ended", 1), ("session.started", 3)
    ]  # fmt: skip
