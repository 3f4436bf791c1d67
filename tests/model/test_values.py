"""The values of the model are frozen, and equal where their fields are."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from mockzoom import model
from mockzoom.engine.case import CaseName, TestCase
from mockzoom.engine.evidence import Evidence
from mockzoom.model import Attempt, Delivery, Exchange, Failure, Request, Timings
from mockzoom.suites import KINDS

CLASSES = [
    value
    for name in model.__all__
    if isinstance(value := getattr(model, name), type) and issubclass(value, Struct)
]
DELIVERY = Delivery("a", "valid:0", "meeting.rtms_started", b"{}", "b")
ATTEMPT = Attempt(
    Request("POST", "http://localhost/", (("host", "localhost"),), b"{}"),
    Failure("refused", "nobody listens"),
    Timings(),
    1.5,
)
EXCHANGE = Exchange(DELIVERY, (ATTEMPT,))


def test_every_value_of_the_model_is_frozen() -> None:
    assert len(CLASSES) > 20
    for value in CLASSES:
        assert value.__struct_config__.frozen, value


def test_a_value_cannot_be_changed_and_takes_no_other_attribute() -> None:
    value: Any = DELIVERY
    for name in ("body", "more"):
        with pytest.raises(AttributeError):
            setattr(value, name, b"x")
    with pytest.raises(AttributeError):
        del value.body


def test_values_with_equal_fields_are_equal_and_have_one_hash() -> None:
    for twin in (copy.deepcopy(EXCHANGE), pickle.loads(pickle.dumps(EXCHANGE))):
        assert twin == EXCHANGE
        assert hash(twin) == hash(EXCHANGE)
    other = replace(EXCHANGE, schedule=(1.0,))
    assert other != EXCHANGE
    assert other.delivery is DELIVERY


def test_a_field_without_a_default_is_required() -> None:
    make: Any = Delivery
    with pytest.raises(TypeError, match="Missing required argument"):
        make("a")
    with pytest.raises(TypeError, match="Unexpected keyword argument"):
        make("a", "b", "c", b"", "d", size=1)


def test_a_case_that_is_judged_does_not_show_the_secret() -> None:
    case = TestCase(CaseName("valid"), KINDS["valid"], "a.b", b"{}", "odd")
    evidence = Evidence(case, EXCHANGE, secret="hushed")
    for shown in (repr(evidence), str(evidence), str(evidence.__rich_repr__())):
        assert "hushed" not in shown
        assert "odd" in shown
    assert repr(evidence).startswith("Evidence(case=TestCase(")
