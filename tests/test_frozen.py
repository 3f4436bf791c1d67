"""Values made cheaply are those that a frozen dataclass makes, and as frozen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, replace

import pytest

from mockzoom.frozen import cheap, maker


@cheap
@dataclass(frozen=True, slots=True)
class Value:
    """A value with a default."""

    name: str
    count: int = 3


WAYS = pytest.mark.parametrize("make", [Value, maker(Value)], ids=["cheap", "maker"])


@WAYS
def test_a_value_is_what_its_class_and_fields_say(make: Callable[..., Value]) -> None:
    value = make("a")
    assert type(value) is Value
    assert (value.name, value.count) == ("a", 3)
    assert value == make(name="a", count=3) != make("a", 4)
    assert hash(value) == hash(make("a"))
    assert replace(value, count=5) == make("a", 5)
    assert repr(value) == "Value(name='a', count=3)"


@WAYS
def test_a_value_cannot_be_changed(make: Callable[..., Value]) -> None:
    value = make("a")
    with pytest.raises(FrozenInstanceError):
        value.count = 4  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del value.name
    with pytest.raises((AttributeError, TypeError)):
        value.more = 1  # type: ignore[attr-defined]


@WAYS
def test_a_field_without_a_default_is_required(make: Callable[..., Value]) -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'name'"):
        make()
    with pytest.raises(TypeError, match="unexpected keyword argument 'size'"):
        make("a", size=1)
