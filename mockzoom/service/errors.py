"""Why the service refuses something, told apart by what the caller can do about it."""

from __future__ import annotations

from mockzoom.errors import MockzoomError, UsageError


class NotFound(UsageError):
    """There is nothing of that id."""


class Busy(MockzoomError):
    """As much goes on as is allowed; try again later."""


class Forbidden(UsageError):
    """The target is none that this server may deliver to."""
