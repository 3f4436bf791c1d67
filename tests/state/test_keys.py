"""A row that mentions an entity only through keys of other rows belongs to it."""

from __future__ import annotations

from typing import Any

import pytest

from mockzoom.state.keys import with_entities
from mockzoom.state.roles import Roles, SentEvent

ONE, OTHER, USER = "one-session-1", "other-session-2", "user-0000001"


def roles(*ids: str) -> Roles:
    body = {"event": "session.started", "payload": {f"id{n}": each for n, each in enumerate(ids)}}
    return Roles([SentEvent("starts", 0, body)], {})


@pytest.mark.parametrize(
    "name", ["session_fk", "session_id", "sessionId", "session", "video_session_id", "fk_session"]
)
def test_what_refers_to_the_row_of_an_entity_mentions_it(name: str) -> None:
    state = {"sessions": [{"id": 17, "uuid": ONE}], "visits": [{"id": 3, name: 17, "n": 17}]}
    assert with_entities(state, roles(ONE)) == {
        "sessions": [{"id": ONE, "uuid": ONE}], "visits": [{"id": ONE, name: ONE, "n": 17}]
    }  # fmt: skip


def test_keys_are_followed_from_table_to_table() -> None:
    state: Any = {
        "notes": [{"visit_id": 3}],
        "visits": {"3": {"session_fk": 17}, "4": {"session_fk": 18}},
        "sessions": [{"id": 17, "uuid": ONE}, {"id": 18, "uuid": "somebody-else-9"}],
    }
    found = with_entities(state, roles(ONE))
    assert found["notes"] == [{"visit_id": ONE}]
    assert found["visits"] == {"3": {"session_fk": ONE}, "4": {"session_fk": 18}}
    assert found["sessions"][1] == {"id": 18, "uuid": "somebody-else-9"}


def test_two_plays_with_other_keys_leave_the_same() -> None:
    def state(session: str, key: int) -> Any:
        return {
            "sessions": [{"id": key, "uuid": session}],
            "visits": [{"id": 2 * key, "session_fk": key}, {"id": 2 * key + 1, "session_fk": key}],
        }

    one, other = (
        roles(session).rename(with_entities(state(session, key), roles(session)))
        for session, key in ((ONE, 17), (OTHER, 23))
    )
    assert one == other


def test_a_row_of_several_entities_is_that_of_its_own() -> None:
    state = {
        "visits": [{"id": 1, "session": ONE, "user": USER}, {"id": 2, "session": ONE}],
        "notes": [{"visit_id": 1}],
    }
    assert with_entities(state, roles(ONE, USER))["notes"] == [{"visit_id": USER}]


@pytest.mark.parametrize(
    "state",
    [
        {"sessions": [{"id": 17, "uuid": ONE}], "users": [{"room_id": 17, "count": 17}]},
        {"sessions": [{"uuid": ONE, "n": 17}], "visits": [{"session_fk": 17}]},
        {"sessions": [{"id": True, "uuid": ONE}], "visits": [{"session_fk": True}]},
        {"sessions": [{"id": 17, "uuid": "foreign-session-7"}], "visits": [{"session_fk": 17}]},
        {"streams": 17, "visits": [{"session_fk": 17}]},
        [{"id": 17, "uuid": ONE}],
        "text", None, 17, [], {},
    ],
)  # fmt: skip
def test_what_refers_to_no_row_of_the_play_stays_as_it_is(state: Any) -> None:
    visits = state.get("visits") if isinstance(state, dict) else None
    users = state.get("users") if isinstance(state, dict) else None
    found = with_entities(state, roles(ONE))
    if visits or users:
        assert found.get("visits") == visits
        assert found.get("users") == users
    else:
        assert found == state


def test_a_key_of_two_entities_stands_for_none() -> None:
    state = {
        "sessions": [{"id": 17, "uuid": ONE}, {"id": 17, "uuid": OTHER}],
        "visits": [{"session_fk": 17}],
    }
    assert with_entities(state, roles(ONE, OTHER))["visits"] == [{"session_fk": 17}]


@pytest.mark.parametrize(
    "word", ["lqzvhuu+gawKHGLHZGNxmQ==", "XY/FIZLAiomqnsuvnMTzpw", "VaDAkUwPAibH"]
)
def test_an_id_that_looks_like_a_word_is_one_where_it_was_delivered_as_one(word: str) -> None:
    body: Any = {
        "event": "session.started",
        "payload": {"object": {"id": word, "topic": "Townhall"}},
    }
    own = Roles([SentEvent("starts", 0, body)], {})
    state = {
        "rows": [{"id": "5f1c0a9e-77aa", "of": word}, {"id": "77d0b1e4-01bb", "of": "Townhall"}]
    }
    found = with_entities(state, own)["rows"]
    assert found == [{"id": word, "of": word}, state["rows"][1]]
    assert not own.is_own("Townhall")
