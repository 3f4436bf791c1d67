"""How a receiver is reached and what it is held to; checked before anything is sent."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mockzoom import catalog as contract
from mockzoom.delivery import Permit
from mockzoom.errors import UsageError
from mockzoom.verify import SUITES, fuzz

Application = Callable[..., Any]
Receiver = str | Application | tuple[Application, str]
"""A URL; a WSGI or ASGI application; or one and the path or URL that it is called at."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to reach a receiver and what to hold it to; the names are the command line's.

    `timeout` and `wait` are seconds, `at` is the payload clock in epoch milliseconds (None: now),
    `rate` the most deliveries a second (0: no limit), `fuzz` the number of random bodies. Only what
    `permit` allows is connected to, where there is one.
    """

    secret: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    events: Sequence[str] = ()
    suites: Sequence[str] = SUITES
    spec: Sequence[str | Path] = ()
    errata: Sequence[str | Path] = ()
    seed: int = 1
    at: int | None = None
    timeout: float = 3.0
    wait: float = 0.0
    rate: float = 0.0
    auth: str = field(default="", repr=False)
    proxy: str | None = None
    cafile: str | None = None
    insecure: bool = False
    ack_first: bool = False
    strict: bool = False
    fuzz: int = 0
    streams: bool = False
    stream_scale: float = 1.0
    show_secrets: bool = False
    permit: Permit | None = None

    def at_ms(self) -> int:
        """Return the payload clock's now."""
        return int(time.time() * 1000) if self.at is None else self.at


def load_catalog(settings: Settings) -> contract.Catalog:
    """Return the contract that `settings` name."""
    return contract.load(settings.spec, errata=settings.errata or None)


def check(settings: Settings) -> None:
    """Raise `UsageError` for settings that no delivery can go out with."""
    if not settings.secret:
        raise UsageError(
            "no secret: pass --secret or --secret-file, or set MOCKZOOM_SECRET; it is the secret"
            " token of the app's event subscription, which the receiver verifies signatures with"
        )
    if not 0 < settings.timeout < math.inf:
        raise UsageError(f"--timeout {settings.timeout:g}: expected seconds above 0 (Zoom's are 3)")
    for name, number in (("rate", settings.rate), ("wait", settings.wait)):
        if not 0 <= number < math.inf:
            raise UsageError(f"--{name} {number:g}: expected a number that is 0 or more")
    if settings.streams:
        from mockzoom.play.streams import check_credentials

        check_credentials(settings.client_id, settings.client_secret)
    if settings.fuzz:
        fuzz.check(settings.fuzz)
    unknown = [name for name in settings.suites if name not in SUITES]
    if unknown:
        raise UsageError(f"no suite is called {unknown[0]!r} (known: {', '.join(SUITES)})")
