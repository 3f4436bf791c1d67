"""The exceptions that leave mockzoom's public functions.

Each carries a whole message: what, where, what was expected, and what to do. A broken rule of a
receiver is never an exception: that is a `Violation`, a value.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class MockzoomError(Exception):
    """Anything mockzoom refuses to go on with; `exit_code` is what the command line ends with."""

    exit_code = 3


class UsageError(MockzoomError):
    """The caller's input cannot be used: an option, a document, a path, an event's name."""

    exit_code = 2


class SpecError(UsageError):
    """A contract document cannot be read at all."""


class SynthesisError(MockzoomError):
    """No value was found that satisfies a place of an event's schema, within the bounded search.

    `event` is the event's name, `place` the path into its body (`*` stands for any array item),
    `reason` what could not be met there.
    """

    def __init__(self, event: str, place: str, reason: str) -> None:
        self.event, self.place, self.reason = event, place or "/", reason
        super().__init__(
            f"{event}: no value fits at {self.place}: {reason}; "
            "`mockzoom specs lint` names contradictions in the document"
        )


class NotFound(UsageError):
    """Nothing has that id or name."""


class Forbidden(UsageError):
    """This server may not deliver to the target."""


class Busy(MockzoomError):
    """As much goes on as is allowed; try again later."""


def nearest(name: str, known: Iterable[str], count: int = 3) -> str:
    """Return `"; did you mean A, B or C?"` for the nearest of `known`, or an empty string."""
    close = difflib.get_close_matches(name, sorted(known), n=count, cutoff=0.5)
    if not close:
        return ""
    listed = close[0] if len(close) == 1 else ", ".join(close[:-1]) + " or " + close[-1]
    return f"; did you mean {listed}?"
