"""Values that are frozen, and yet cheap to make: a run makes a dozen of them for each delivery.

The `__init__` of a frozen dataclass calls `object.__setattr__` for each field, the most part of
what a value costs. Here the fields are stored while the new instance belongs to a twin, a class of
the same slots that is not frozen. Fields with a `default_factory` are not supported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any, ParamSpec, TypeVar, cast

_Value = TypeVar("_Value", bound=type)
_Made = TypeVar("_Made")
_Fields = ParamSpec("_Fields")


def cheap(cls: _Value) -> _Value:
    """Give a frozen, slotted dataclass an `__init__` that takes a third of the time."""
    scope: dict[str, Any] = {"_become": object.__setattr__}
    made = _function(cls, "__init__", "self", "_become(self, '__class__', _twin)", "", scope)
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    made.__annotations__ = cls.__dict__["__init__"].__annotations__
    setattr(cls, "__init__", made)  # noqa: B010 - mypy takes the assignment for unsound
    return cls


def maker(cls: Callable[_Fields, _Made]) -> Callable[_Fields, _Made]:
    """Return a function that makes values of `cls`, a frozen, slotted dataclass.

    It takes half the time that calling the class does, cheap or not; for what every delivery makes.
    """
    made = _function(cast(type, cls), "make", "", "self = _twin()", "return self", {})
    return cast(Callable[_Fields, _Made], made)


def _function(
    cls: type, name: str, first: str, begin: str, end: str, scope: dict[str, Any]
) -> Callable[..., Any]:
    """Compile a function that stores its parameters in a twin, which becomes a `cls`."""
    settable = [item for item in fields(cls) if item.init]
    slots = tuple(item.name for item in fields(cls))
    scope |= {"_twin": type(cls.__name__, (), {"__slots__": slots}), "_frozen": cls}
    parameters = [first] if first else []
    for item in settable:
        parameters.append(item.name)
        if item.default is not MISSING:
            scope[f"_default_{item.name}"] = item.default
            parameters[-1] += f"=_default_{item.name}"
    stores = [f"self.{item.name} = {item.name}" for item in settable]
    lines = [begin, *stores, "self.__class__ = _frozen", *([end] if end else [])]
    head = f"def {name}({', '.join(parameters)}):\n"
    exec(head + "".join(f"    {line}\n" for line in lines), scope)  # as dataclasses does
    return cast(Callable[..., Any], scope[name])
