"""Checks settings before anything is sent, and loads the contract that they name."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from mockzoom import contract as documents
from mockzoom.client.accepting import acceptance
from mockzoom.errors import UsageError
from mockzoom.settings import Settings
from mockzoom.suites import EXAMINED, fuzz

Application = Callable[..., Any]
Receiver = str | Application | tuple[Application, str]
"""A URL; a WSGI or ASGI application; or one and the path or URL that it is called at."""


def load_contract(settings: Settings) -> documents.Contract:
    """Return the contract that `settings` name."""
    return documents.load(settings.spec, errata=settings.errata or None, products=settings.product)


def check(settings: Settings) -> None:
    """Raise `UsageError` for settings that no delivery can go out with."""
    if not settings.secret and not settings.websocket:
        raise UsageError(
            "no secret: pass --secret or --secret-file, or set MOCKZOOM_SECRET; it is the secret"
            " token of the app's event subscription, which the receiver verifies signatures with"
        )
    if not 0 < settings.timeout < math.inf:
        raise UsageError(f"--timeout {settings.timeout:g}: expected seconds above 0 (Zoom's are 3)")
    for name, number in (("rate", settings.rate), ("wait", settings.wait)):
        if not 0 <= number < math.inf:
            raise UsageError(f"--{name} {number:g}: expected a number that is 0 or more")
    acceptance(settings)
    if settings.streams:
        from mockzoom.play.streams import check_credentials
        from mockzoom.zoom.rtms import media_named

        check_credentials(settings.client_id, settings.client_secret)
        media_named(settings.media)
    if settings.websocket and not 0 < settings.stream_scale < math.inf:
        raise UsageError(f"--stream-scale {settings.stream_scale:g}: expected a number above 0")
    if settings.fuzz:
        fuzz.check(settings.fuzz)
    unknown = [name for name in settings.suites or () if name not in EXAMINED]
    if unknown:
        raise UsageError(f"no suite is called {unknown[0]!r} (known: {', '.join(EXAMINED)})")
