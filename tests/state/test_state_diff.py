"""Two plays about different entities leave comparable effects."""

from __future__ import annotations

from typing import Any

import pytest

from mockzoom.state.differences import differences
from mockzoom.state.nondeterminism import MissingEntry, between_equal, masked, named
from mockzoom.state.paths import without
from mockzoom.state.roles import Roles, SentEvent
from mockzoom.state.rows import row_by_row, sorted_rows, unordered
from mockzoom.state.state_diff import FULL, GONE, UNCHANGED, has_less, state_diff


def roles(stream: str, at: int, *, step: str = "start", entities: int = 0) -> Roles:
    body = {"event": "meeting.rtms_started", "event_ts": at, "payload": {"stream": stream}}
    return Roles([SentEvent(step, entities, body)], {"start": 0, "stop": 1})


def test_ids_and_times_are_named_by_their_roles_in_keys_and_values() -> None:
    found = roles("abcdef123456", 1_770_000_000_000).rename(
        {"streams": {"abcdef123456": {"at": 1_770_000_000_000, "s": 1_770_000_000}}, "n": 6}
    )
    stream = {"at": "<start/event_ts>", "s": "<start/event_ts>/1000"}
    assert found == {"streams": {"<start/payload/stream>": stream}, "n": 6}


def test_an_id_within_a_longer_text_is_named_by_its_role_too() -> None:
    found = roles("abcdef123456", 1_770_000_000_000).rename(["stream:abcdef123456:1", "abc"])
    assert found == ["stream:<start/payload/stream>:1", "abc"]


def test_two_plays_of_one_scenario_have_equal_state_diffs() -> None:
    one, other = roles("a" * 32, 1_770_000_000_000), roles("b" * 32, 1_770_000_999_000)

    def tree(own: Roles, key: str, at: int) -> Any:
        return own.rename(state_diff({"n": 1}, {"n": 2, key: {"at": at}}))

    assert tree(one, "a" * 32, 1_770_000_000_000) == tree(other, "b" * 32, 1_770_000_999_000)


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"n": 1}, {"n": 1}, UNCHANGED),
        ({"n": 1}, {"n": 3}, {"n": {"by": 2}}),
        ({}, {"n": 1}, {"n": {"by": 1}}),
        ({"a": "x"}, {}, {"a": GONE}),
        ({"a": {"b": 1, "c": 1}}, {"a": {"b": 1, "c": 2}}, {"a": {"c": {"by": 1}}}),
        ({"l": [1, 2]}, {"l": [1, 2, 2]}, {"l": {"added": [2]}}),
        ({"l": [1, 2]}, {"l": [2]}, {"l": {"gone": [1]}}),
        ({"l": [1, 2]}, {"l": [2, 1]}, {"l": {"reordered": [2, 1]}}),
        ({"a": True}, {"a": False}, {"a": False}),
        ({"a": 1}, {"a": "one"}, {"a": "one"}),
        ([], {}, {}),
        (None, {"n": 1}, {"n": 1}),
    ],
)
def test_a_state_diff_is_what_has_changed(before: Any, after: Any, found: Any) -> None:
    assert state_diff(before, after) == found


OWN, OTHER, ANOTHER = "0wn-stream-of-1", "other-stream-2", "another-stream-3"
AT = 1_770_000_000_000


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ([OTHER, ANOTHER], [ANOTHER, OWN], {"added": [OWN]}),
        ([{"id": OTHER, "at": AT}], [{"id": OWN, "at": AT}], {"added": [{"id": OWN, "at": AT}]}),
        ([OWN + "!", OTHER], [OTHER, OWN], {"added": [OWN], "gone": [OWN + "!"]}),
        ([OTHER, ANOTHER], [ANOTHER, "new"], {"added": ["new"], "gone": [OTHER]}),
        ([OTHER, ANOTHER], [ANOTHER], {"gone": [OTHER]}),
        ([["a", 1]], [[OWN, 2]], {"added": [[OWN, 2]], "gone": [["a", 1]]}),
        ([OTHER] * 5, [OWN + each for each in "abcde"], FULL),
        ({OTHER: 1, ANOTHER: 2}, {ANOTHER: 2, OWN: {}}, {OWN: {}}),
        ({"latest": OTHER}, {OWN: {}}, {"latest": GONE, OWN: {}}),
        ({"12345678": "x"}, {"new": {}}, {"12345678": GONE, "new": {}}),
    ],
)
def test_what_makes_room_for_a_plays_own_entries_is_no_change(
    before: Any, after: Any, found: Any
) -> None:
    assert state_diff(before, after, roles(OWN, AT)) == found


@pytest.mark.parametrize(
    "session", ["qTbFzKmWvRxLpNsYhJcGdA==", "qTbFzKmWvRxLpNsYhJcGdA", "abcdef123456"]
)
def test_an_id_without_digits_is_an_entity_as_well(session: str) -> None:
    """One in forty ids of 22 letters in base64 has no digit."""
    other = session[::-1].strip("=")
    before, after = ["a", "b", other], ["b", "a", session]
    play = roles(session, 1_770_000_000_000)
    assert state_diff(before, after, play) == {"added": [session]}
    assert play.rename([f"stream:{session}:1"]) == ["stream:<start/payload/stream>:1"]


@pytest.mark.parametrize("word", ["speaker_view", "ConnectionLost", "Cloud Recording of Anne"])
def test_a_word_is_no_entity(word: str) -> None:
    play = roles("abcdef123456", 1_770_000_000_000)
    added, gone = ["abcdef123456"], [word]
    assert state_diff([*gone, 1], [1, *added], play) == {"added": added, "gone": gone}


def test_a_state_that_was_empty_at_first_counts_the_same_later() -> None:
    assert state_diff({}, {"n": 1}) == state_diff({"n": 1}, {"n": 2})


def test_a_clock_in_the_state_is_nondeterminism_and_a_missing_entity_is_none() -> None:
    one = {"clock": 5, "streams": {"<start>": {"status": "on"}}}
    other = {"clock": 9, "streams": {"<start>": {"status": "on"}}}
    equal = between_equal(one, other)
    assert equal.places == {("clock",)}
    assert not equal.missing
    assert masked(one, equal.places) == masked(other, equal.places)
    assert between_equal(one, {"clock": 9, "streams": {}}).missing == (
        MissingEntry(("streams", "<start>")),
    )


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ((), "the whole state"),
        (("counts", "streams", "by"), "counts.streams"),
        (("*",), "any entry of the state"),
        (("added",), "the whole state"),
        (("jobs", "*"), "any entry of jobs"),
        (("rows", "added", "*", "id"), "rows.*.id"),
    ],
)
def test_a_place_is_named_as_it_is_called_in_the_state(place: tuple[str, ...], name: str) -> None:
    assert named(place) == name


def test_what_differs_between_equal_plays_is_named_even_where_it_is_everything() -> None:
    assert (
        str(between_equal("one", "other")) == "equal plays leave different states (the whole state)"
    )
    started = {"sessions": {"added": [], "<starts/id>": {"at": 1}}}
    missing = between_equal(started, {"sessions": {"added": []}})
    assert str(missing) == "equal plays leave different states (sessions.<starts/id>)"
    assert missing.missing[0].is_own
    row = between_equal({"rows": {"new": {"of": "<starts/id>"}}}, {"rows": {}}).missing[0]
    assert (str(row), row.is_own) == ("rows.new: <starts/id>", True)
    nothing = between_equal({"n": {"by": 1}, "rows": {"new": {"of": "<starts/id>"}}}, UNCHANGED)
    assert [(str(entry), entry.is_own) for entry in nothing.missing] == [
        ("n", False), ("rows: <starts/id>", True)
    ]  # fmt: skip
    gone = between_equal({"rows": {"gone": ["<starts/id>"]}}, {"rows": {}}).missing[0]
    assert (str(gone), gone.is_own) == ("rows: <starts/id>", False)


def test_keys_at_random_are_nondeterminism_but_how_many_there_are_is_none() -> None:
    one, other = {"jobs": {"k1": "a", "k2": "b"}}, {"jobs": {"x7": "b", "x9": "a"}}
    equal = between_equal(one, other)
    assert masked(one, equal.places) == masked(other, equal.places)
    third = {"jobs": {"k3": "a", "k4": "b", "k5": "b"}}
    assert masked(third, equal.places) != masked(one, equal.places)
    assert between_equal(one, third).missing


def test_places_to_be_ignored_are_left_out_with_any_key_for_a_star() -> None:
    state = {"uptime": 3, "streams": {"a": {"at": 1, "on": True}}, "list": [{"at": 2, "n": 1}]}
    assert without(state, ["uptime", "streams.*.at", "list.*.at", "nothing.here"]) == {
        "streams": {"a": {"on": True}},
        "list": [{"n": 1}],
    }


@pytest.mark.parametrize(
    ("tree", "found"),
    [
        ([{"n": 1, "id": "<b/id>"}, {"n": 2, "id": "<a/id>"}],
         [{"n": 2, "id": "<a/id>"}, {"n": 1, "id": "<b/id>"}]),
        ({"added": [{"<b/id>": 1}, {"<a/id>": 1}]}, {"added": [{"<a/id>": 1}, {"<b/id>": 1}]}),
        ([{"id": "<b/id>", "n": 2}, {"id": "<b/id>", "n": 1}],
         [{"id": "<b/id>", "n": 2}, {"id": "<b/id>", "n": 1}]),
        (["<b/id>", "<a/id>"], ["<b/id>", "<a/id>"]),
        ([{"is": "left"}, {"is": "joined"}], [{"is": "left"}, {"is": "joined"}]),
    ],
)  # fmt: skip
def test_rows_of_an_entity_each_have_no_order(tree: Any, found: Any) -> None:
    assert sorted_rows(tree) == found


def test_lists_whose_order_does_not_count_are_sorted() -> None:
    one = {"active": {"added": ["b", "a"]}, "log": {"added": ["b", "a"]}}
    assert unordered(one, ["active"]) == {
        "active": {"added": ["a", "b"]},
        "log": {"added": ["b", "a"]},
    }


def test_differences_name_the_place_and_both_values() -> None:
    shown = list(differences({"n": {"by": 1}, "a": "x"}, {"n": {"by": 2}}))
    assert shown == ["n: +2, expected +1", "a: (unchanged), expected x"]


def test_of_a_list_the_items_that_differ_are_named() -> None:
    (shown,) = differences({"rows": {"added": ["a", "b"]}}, {"rows": {"added": ["a", "b", "b"]}})
    assert shown == 'rows: "b" is not expected'
    (shown,) = differences({"rows": {"added": ["a", "b"]}}, {"rows": {"added": ["a", "c"]}})
    assert shown == 'rows: "c" is not expected; "b" is missing'


def test_of_a_row_the_fields_that_differ_are_named_by_the_entity_that_it_is_about() -> None:
    rows = [
        {"id": f"<joins {number}/id>", "about": "x" * 60, "present": True} for number in range(9)
    ]
    other = [*rows[:8], {"id": "<joins 8/id>", "about": "x" * 60, "left": 1}]
    shown = list(differences({"users": {"added": rows}}, {"users": {"added": other}}))
    assert shown == [
        "users.<joins 8/id>.present: missing, expected true",
        "users.<joins 8/id>.left: 1, expected missing",
    ]
    (shown,) = differences({"users": {"added": rows}}, {"users": {"added": rows[:8]}})
    assert shown.startswith('users: {"about": "xxx')
    assert shown.endswith(" is missing")


def test_of_a_long_text_the_part_that_differs_is_shown_with_what_is_around_it() -> None:
    (shown,) = differences({"log": "a" * 500 + "left" + "b" * 9}, {"log": "a" * 500 + "here"})
    assert shown == f"log: …{'a' * 24}here, expected …{'a' * 24}leftbbbbbbbbb"


def test_rows_that_are_numbered_by_rank_are_a_list() -> None:
    roles = Roles([SentEvent("joins", 0, {"id": "user-0815"})], {"joins": 0})
    known = {"1": {"id": "user-1111"}, "2": {"id": "user-2222"}}
    first = {"1": {"id": "user-0815"}, "2": known["1"], "3": known["2"]}
    last = {**known, "3": {"id": "user-0815"}}
    expected = {"users": {"added": [{"id": "user-0815"}]}}
    for now in (first, last):
        assert state_diff({"users": known}, {"users": now}, roles) == expected
    assert state_diff({"users": {}}, {"users": {"1": first["1"]}}, roles) == expected
    hours = {"0": {"events": 1}}, {"0": {"events": 2}, "1": {"events": 1}}
    assert state_diff(*hours, roles) == {"0": {"events": {"by": 1}}, "1": {"events": 1}}


def test_an_empty_text_is_shown_in_quotes() -> None:
    one, other = ({"users": {"<a/id>": {"dept": dept}}} for dept in ("Sales", ""))
    assert list(differences(one, other)) == ['users.<a/id>.dept: "", expected Sales']


def test_only_in_what_an_entity_has_the_order_of_plain_lists_counts() -> None:
    def is_same(one: Any, other: Any) -> bool:
        return bool(row_by_row(one) == row_by_row(other))

    assert is_same({"log": {"added": ["a", "b"]}}, {"log": {"added": ["b", "a"]}})
    assert is_same({"log": [{"type": "a"}, {"type": "b"}]}, {"log": [{"type": "b"}, {"type": "a"}]})
    assert not is_same({"log": ["a", "b"]}, {"log": ["a", "a"]})
    one, other = {"was": ["joined", "left"]}, {"was": ["left", "joined"]}
    assert not is_same({"users": {"<a/id>": one}}, {"users": {"<a/id>": other}})
    of = {"of": {"id": "<a/id>"}}
    assert not is_same({"users": [{**of, **one}]}, {"users": [{**of, **other}]})


def test_where_only_the_order_of_a_list_differs_it_is_said_how_a_log_is_left_out() -> None:
    one, other = {"recent": {"added": ["a", "b"]}}, {"recent": {"added": ["b", "a"]}}
    (shown,) = differences(one, other)
    assert shown.startswith('recent: ["b", "a"], expected ["a", "b"] (the same items: ')
    assert shown.endswith("--probe-unordered recent)")
    assert unordered(one, ["recent"]) == unordered(other, ["recent"])
    (shown,) = differences({"of": {"<starts/id>": one}}, {"of": {"<starts/id>": other}})
    assert shown.endswith("--probe-unordered of.*.recent)")
    (shown,) = differences(one, {"recent": {"added": ["b", "b"]}})
    assert "--probe-unordered" not in shown


@pytest.mark.parametrize(
    ("found", "less"),
    [
        ({"n": {"by": 2}, "s": {"a": 1}}, False),
        ({"n": {"by": 3}, "s": {"a": 1}}, False),
        ({"n": {"by": 1}, "s": {"a": 1}}, True),
        ({"n": {"by": 2}}, True),
        ({"n": {"by": 2}, "s": {}}, True),
    ],
)
def test_something_is_missing_where_less_is_counted_or_known(found: Any, less: bool) -> None:
    assert has_less({"n": {"by": 2}, "s": {"a": 1}}, found) is less


def test_a_pinned_value_belongs_to_no_play() -> None:
    body = {"payload": {"account_id": "uWTwc7deY5lQGDJhrWUmqQ", "uuid": "4BwiBpNfPcsUPtHrmUBCYA=="}}
    sent = [SentEvent("start", 0, body)]
    roles = Roles(sent, {}, pinned=["uWTwc7deY5lQGDJhrWUmqQ"])
    assert not roles.mentions({"account": "uWTwc7deY5lQGDJhrWUmqQ"})
    assert not roles.is_foreign({"account": "uWTwc7deY5lQGDJhrWUmqQ"})
    assert roles.mentions({"row": "4BwiBpNfPcsUPtHrmUBCYA=="})
    assert Roles(sent, {}).mentions({"account": "uWTwc7deY5lQGDJhrWUmqQ"})


def test_of_long_rows_the_field_that_differs_is_shown_under_the_entity_and_times_come_last() -> (
    None
):
    def row(role: str, **changed: str) -> dict[str, str]:
        filled = {f"column_{number:02}": f"text {number}" for number in range(37)}
        return {"at": "<a/event_ts>", "seen": "<a/event_ts>", "of": role, **filled, **changed}

    mine = [row("<a/payload/id>", status="ended"), row("<b/payload/id>", status="ended")]
    late = {"at": "<b/event_ts>", "seen": "<b/event_ts>"}
    theirs = [row("<b/payload/id>", status="ended"), row("<a/payload/id>", status="left", **late)]
    assert list(differences(mine, theirs)) == [
        "<a/payload/id>.status: left, expected ended",
        "<a/payload/id>.at: <b/event_ts>, expected <a/event_ts>",
        "<a/payload/id>.seen: <b/event_ts>, expected <a/event_ts>",
    ]
