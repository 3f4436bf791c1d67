"""What can be commanded of a stream: an action with a name, and parameters that are checked."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from mockzoom.errors import UsageError, nearest
from mockzoom.zoom.rtms.protocol import MEDIA

if TYPE_CHECKING:
    from mockzoom.zoom.rtms.stream import Stream


@dataclass(frozen=True, slots=True)
class StreamAction:
    """Something that can be done to a stream.

    `play(stream, **parameters)` does it at once and returns, in words, what was done. The types of
    its parameters are those of their defaults.
    """

    name: str
    about: str
    play: Callable[..., str]
    only: Literal["", "meeting", "engagement"] = ""
    """Whether it happens in Contact Center's engagements only, or everywhere else."""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The parameters with their defaults."""
        return {
            name: item.default
            for name, item in inspect.signature(self.play).parameters.items()
            if name != "stream"
        }

    def arguments(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters given, checked; raise `UsageError` naming the nearest."""
        known = self.parameters
        for name, value in given.items():
            if name not in known:
                raise UsageError(
                    f"{self.name} has no parameter {name!r}{nearest(name, known)}"
                    f" (known: {', '.join(known) or 'none'})"
                )
            if not _fits(value, known[name]):
                expected = type(known[name]).__name__
                raise UsageError(f"{self.name}: {name} is {value!r}; expected {expected}")
        return dict(given)


def _fits(value: object, default: object) -> bool:
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    if isinstance(default, float):
        return isinstance(value, int | float) and math.isfinite(value)
    return isinstance(value, type(default))


A = TypeVar("A", bound=StreamAction)


def named(name: str, actions: Iterable[A], noun: str) -> A:
    """Return the action called `name`; raise `UsageError` with the nearest names."""
    known = {item.name: item for item in actions}
    if name not in known:
        raise UsageError(
            f"no {noun} is called {name!r}{nearest(name, known)} (known: {', '.join(known)})"
        )
    return known[name]


def one_of(action: str, parameter: str, value: str, known: Iterable[str]) -> str:
    """Return `value` where it is one of `known`; raise `UsageError` naming the nearest."""
    choices = list(known)
    if value not in choices:
        raise UsageError(
            f"{action}: {parameter} is {value!r}{nearest(value, choices)}"
            f" (known: {', '.join(choices)})"
        )
    return value


def number_from(action: str, parameter: str, value: float, least: float, most: float) -> None:
    """Raise `UsageError` where `value` lies outside of `least` to `most`."""
    if not least <= value <= most:
        raise UsageError(f"{action}: {parameter} is {value!r}; expected {least:g} to {most:g}")


def target_sockets(stream: Stream, action: str, socket: str) -> list[Any]:
    """Return the open, joined sockets that `signaling`, `media`, `all` or a kind of media means."""
    one_of(action, "socket", socket, ("signaling", "media", "all", *MEDIA))
    found = []
    if socket in ("signaling", "all") and stream.signaling is not None:
        found.append(stream.signaling)
    for kind, item in stream.media.items():
        if socket in ("media", "all", kind) and item not in found:
            found.append(item)
    return found
