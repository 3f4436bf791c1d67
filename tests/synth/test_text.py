"""One event told in every script and in ASCII words."""

from __future__ import annotations

from typing import Any

from mockzoom import contract
from mockzoom.contract import Contract
from mockzoom.model import EventSpec
from mockzoom.synth import encode, free_text, shapes, synthesise, with_ascii, with_non_ascii

from .conftest import every_event, spec_of


@every_event
def test_twins_differ_in_free_text_alone(spec: EventSpec) -> None:
    for index in range(shapes(spec)):
        event = synthesise(spec, index=index)
        rich = with_non_ascii(spec, event)
        assert (rich is None) == (free_text(spec, event) == ())
        if rich is None:
            continue
        plain = with_ascii(spec, rich)
        assert not encode(rich.body).isascii()
        assert encode(plain.body).isascii()
        assert _but(rich.body, free_text(spec, event)) == _but(plain.body, free_text(spec, event))
        assert contract.valid_by_both(spec, rich.body)
        assert contract.valid_by_both(spec, plain.body)


def _but(value: Any, places: tuple[str, ...], here: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _but(item, places, f"{here}/{key}") for key, item in value.items()}
    if isinstance(value, list):
        return [_but(item, places, f"{here}/{number}") for number, item in enumerate(value)]
    return "text" if here in places else value


def test_every_free_text_place_has_text_of_several_scripts(contract: Contract) -> None:
    spec = contract.get("session.user_left")
    rich = with_non_ascii(spec, synthesise(spec))
    assert rich is not None
    session = rich.payload["object"]
    assert not session["session_name"].isascii()
    assert any(ord(char) > 0xFFFF for char in session["session_name"] + session["user"]["name"])
    assert session["user"]["leave_reason"].startswith(session["user"]["name"])


def test_ids_keys_urls_and_enums_are_no_free_text(contract: Contract) -> None:
    spec = contract.get("session.live_streaming_started")
    assert free_text(spec, synthesise(spec)) == ("/payload/object/session_name",)


def test_free_text_within_a_pattern_or_an_enum_is_left_alone() -> None:
    spec = spec_of({"type": "object", "properties": {
        "topic": {"type": "string", "pattern": "^[a-z]+$"}, "title": {"enum": ["a", "b"]},
        "message": {"type": "string", "maxLength": 6},
    }})  # fmt: skip
    event = synthesise(spec)
    assert free_text(spec, event) == ("/payload/message",)
    rich = with_non_ascii(spec, event)
    assert rich is not None
    assert 0 < len(rich.payload["message"]) <= 6
    assert contract.valid_by_both(spec, rich.body)


def test_an_event_without_free_text_has_no_non_ascii_twin(contract: Contract) -> None:
    spec = contract.get("meeting.rtms_started")
    assert with_non_ascii(spec, synthesise(spec)) is None
