"""What is seen of a client of delivery over WebSocket, and which of MZ651 to MZ654 that breaks."""

from __future__ import annotations

from mockzoom.model import Observation
from mockzoom.suites.websocket import ClientCase, judge_client, unjudged
from mockzoom.zoom.websocket.messages import Seen

DIRECTIONS = {Seen.HEARTBEAT: "in", Seen.OTHER: "in", Seen.EVENT: "out"}


def case(*seen: tuple[float, str, str], until: float) -> ClientCase:
    """A history of (second, socket, what)."""
    return ClientCase(
        tuple(
            Observation(DIRECTIONS.get(what, "note"), at, at, "websocket", socket, "", what)  # type: ignore[arg-type]
            for at, socket, what in seen
        ),
        until,
    )


def broken(*seen: tuple[float, str, str], until: float) -> list[str]:
    return [item.rule for item in judge_client(case(*seen, until=until))]


def connected(at: float, name: str = "a") -> list[tuple[float, str, str]]:
    return [(at, name, Seen.TRIED), (at, name, Seen.CONNECTED)]


def beats(*times: float, name: str = "a") -> list[tuple[float, str, str]]:
    return [(at, name, Seen.HEARTBEAT) for at in times]


def test_a_heartbeat_that_is_late_once_is_none_that_is_missing() -> None:
    assert broken(*connected(0), *beats(30, 60, 90), until=95) == []
    assert broken(*connected(0), *beats(30, 90, 120), until=125) == []
    assert broken(*connected(0), *beats(50, 100), until=101) == ["MZ651"]
    assert broken(*connected(0), *beats(1), until=96) == ["MZ651"]
    assert broken(*connected(0), until=95) == ["MZ651"]


def test_a_connection_that_ended_owes_no_heartbeat() -> None:
    history = [*connected(0), (40, "a", Seen.LEFT), *connected(41, "b")]
    assert broken(*history, until=80) == []


def test_a_client_may_take_a_minute_to_come_back() -> None:
    lost = [*connected(0), (5, "a", Seen.DROPPED)]
    assert broken(*lost, *connected(64, "b"), until=66) == []
    assert broken(*lost, until=64) == []
    assert broken(*lost, until=66) == ["MZ652"]
    assert broken(*lost, *connected(66, "b"), until=70) == ["MZ652"]


def test_who_gave_up_while_the_server_was_unreachable_is_warned() -> None:
    history = [*connected(0), (5, "a", Seen.DROPPED), (6, "b", Seen.UNREACHABLE)]
    (found,) = judge_client(case(*history, until=70))
    assert (found.rule, found.severity) == ("MZ652", "warning")


def test_one_try_with_the_token_that_has_ended_is_fair_where_another_one_follows() -> None:
    ended = [*connected(0), (5, "server", Seen.EXPIRED), (5, "a", Seen.CLOSED)]
    refused = [(6, "b", Seen.TRIED), (6, "b", Seen.REFUSED)]
    assert broken(*ended, *refused, *connected(36, "c"), until=70) == []
    assert broken(*ended, *refused, until=70) == ["MZ653"]


def test_five_tries_in_ten_seconds_are_fair_and_a_fault_of_ours_begins_anew() -> None:
    tries = [(float(at), "b", Seen.UNREACHABLE) for at in range(5)]
    more = [(at + 4.5, "b", Seen.UNREACHABLE) for at, _, _ in tries]
    assert broken(*tries, until=20) == []
    assert broken(*tries, *more, until=20) == ["MZ654"]
    assert broken(*tries, (4.2, "b", Seen.DROPPED), *more, until=20) == []


def test_what_there_was_no_occasion_for_is_not_judged() -> None:
    short = case(*connected(0), until=5)
    assert [item.rule for item in unjudged(short)] == ["MZ651", "MZ652", "MZ653", "MZ654"]
    missing = case(*connected(0), until=95)
    assert [item.rule for item in unjudged(missing)] == ["MZ652", "MZ653", "MZ654"]
