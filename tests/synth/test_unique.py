"""What is unique in a run, and twins in ASCII that keep length and class."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from mockzoom import contract
from mockzoom.free_text import ascii_twin, non_ascii_twin, text_class, words
from mockzoom.model import EventSpec
from mockzoom.synth import (
    DEFAULT_AT_MS,
    EntitySet,
    free_text,
    shapes,
    synthesise,
    with_ascii,
    with_non_ascii,
)  # fmt: skip

from .conftest import every_event

ALL = contract.load()
TELLING = (
    "meeting.created", "meeting.registration_created", "meeting.participant_joined",
    "recording.completed", "user.created", "phone.callee_ended", "phone.recording_completed",
    "session.user_joined",
)  # fmt: skip
KINDS = {
    "name": r"user_name|display_name|last_name|(caller|callee|session)_name|name",
    "e-mail": r"(.*_)?email|operator",
    "number": r"(.*_)?phone_number|(caller|callee)_(did_)?number|extension_number|user_id|id"
    r"|call_id|pmi",
    "topic": r"topic",
}
"""What is unique, and the names of the fields that hold it."""
ENTITY_SETS = 500


def named(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from named(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from named(item, name)
    else:
        yield name, value


def met_twice(numbers: list[int]) -> dict[str, set[Any]]:
    """Return the values of each kind that two entity sets have."""
    homes: dict[str, dict[Any, int]] = defaultdict(dict)
    twice: dict[str, set[Any]] = defaultdict(set)
    for number in numbers:
        for event in TELLING:
            spec = ALL.known[event]
            body = synthesise(spec, seed=5, entities=number).payload
            for name, value in named(body):
                for kind, pattern in KINDS.items():
                    fits = re.fullmatch(pattern, name) and value != ""
                    if fits and homes[kind].setdefault(value, number) != number:
                        twice[kind].add(value)
    assert homes.keys() == KINDS.keys()
    assert all(len(found) >= len(numbers) for found in homes.values())
    return twice


@pytest.mark.slow
def test_no_two_of_500_entity_sets_share_a_name_an_address_a_number_or_a_topic() -> None:
    assert met_twice(list(range(ENTITY_SETS))) == {}


@pytest.mark.slow
def test_no_two_runs_of_a_play_share_them_either() -> None:
    # A run's entity sets begin at a multiple of 4096, counted from its clock in milliseconds.
    first = DEFAULT_AT_MS + 1
    numbers = [(first + run) * 4096 + own for run in range(ENTITY_SETS // 2) for own in (0, 1)]
    assert met_twice(numbers) == {}


def test_a_twin_has_the_length_of_its_text_and_the_class_of_each_character() -> None:
    met = set()
    for seed in range(40):
        pools = words(seed)
        for pool in (pools.given, pools.family, pools.people, pools.titles, pools.sentences):
            for text, twin in pool:
                assert twin.isascii()
                assert [text_class(char) for char in twin] == [text_class(char) for char in text]
                met.add(text)
    assert len(met) > 200


@pytest.mark.parametrize(
    ("text", "twin"),
    [
        ("Müller", "Muller"), ("O’Brien", "O'Brien"), ("Łódź — €5", "Lodz - $5"),
        ("Шевченко", "Sevcenko"), ("Αλέξης", "Alexis"), ("x²", "x2"), ("a\u00a0b", "a b"),
        ("🎉", "*"), ("plain", "plain"), ("", ""),
    ],
)  # fmt: skip
def test_a_text_is_written_in_ascii_character_by_character(text: str, twin: str) -> None:
    assert ascii_twin(text) == twin


def test_letters_of_other_scripts_keep_length_class_and_difference() -> None:
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    for place in range(4):
        made = [non_ascii_twin("-" * place + letter) for letter in letters]
        assert len(set(made)) == len(made)
        for text in made:
            assert len(text) == place + 1
            assert not text.isascii()
            assert text_class(text[-1]) == "letter"
    assert non_ascii_twin("12, é!") == "12, é!"


def test_any_character_has_a_twin_of_its_class() -> None:
    for code in [*range(0x3000), *range(0x4E00, 0x4F00), *range(0x1D400, 0x1D800), 0x1F389]:
        char = chr(code)
        twin = ascii_twin(char)
        assert len(twin) == 1
        assert twin.isascii()
        assert text_class(twin) == text_class(char), hex(code)


@every_event
def test_an_event_in_ascii_has_texts_of_the_same_length(spec: EventSpec) -> None:
    for index in range(min(shapes(spec), 4)):
        rich, plain = (
            list(named(synthesise(spec, index=index, entities=9, ascii_only=ascii_only).body))
            for ascii_only in (False, True)
        )
        for (name, one), (other, two) in zip(rich, plain, strict=True):
            assert name == other
            assert len(str(one)) == len(str(two)), name


@every_event
def test_free_text_written_by_hand_has_a_twin_of_its_length_too(spec: EventSpec) -> None:
    event = synthesise(spec)
    rich = with_non_ascii(spec, event)
    if rich is None:
        return
    plain = with_ascii(spec, rich)
    pairs = list(zip(named(rich.body), named(plain.body), strict=True))
    assert free_text(spec, event)
    for (name, one), (_, two) in pairs:
        assert len(str(one)) == len(str(two)), name
        if isinstance(one, str):
            assert [text_class(char) for char in one] == [text_class(char) for char in two], name


def test_entity_sets_of_one_manner_have_texts_of_one_length_and_class() -> None:
    spec = ALL.known["meeting.participant_left"]
    told = [
        synthesise(spec, entities=EntitySet(3, DEFAULT_AT_MS, number, manner=77)).payload["object"]
        for number in range(20)
    ]
    topics = {found["topic"] for found in told}
    assert len(topics) == 20
    assert len({tuple(map(text_class, topic)) for topic in topics}) == 1
    others = {
        synthesise(spec, entities=own).payload["object"]["topic"]
        for own in (EntitySet(3, DEFAULT_AT_MS, 1, manner=manner) for manner in range(20))
    }
    assert len(set(map(len, others))) > 2
