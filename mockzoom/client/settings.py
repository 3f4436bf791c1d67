"""Checks settings and values before anything is sent, and loads the contract that they name."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

from mockzoom.client.accepting import acceptance
from mockzoom.contract import Contract, load
from mockzoom.errors import UsageError, nearest
from mockzoom.model import JSON, Event
from mockzoom.report import FAIL_ON
from mockzoom.report.accepted import parse_all_ignored
from mockzoom.settings import Settings
from mockzoom.suites import EXAMINED, fuzz
from mockzoom.synth import encode, override
from mockzoom.synth.pins import pins_of

Application = Callable[..., Any]
Receiver = str | Application | tuple[Application, str]
"""A URL; a WSGI or ASGI application; or one and the path or URL that it is called at."""


def load_contract(settings: Settings) -> Contract:
    """Return the contract that `settings` name."""
    return load(settings.spec, errata=settings.errata or None, products=settings.product)


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


NO_RECEIVER = (
    "no receiver: pass one to Mockzoom(receiver, secret=…); with pytest, override the fixture"
    " mockzoom_receiver so that it returns a URL, a WSGI or ASGI application, or such an"
    " application with its path, (app, '/zoom'); or pass --mockzoom-url, or set mockzoom_url in"
    " the ini file or MOCKZOOM_URL in the environment"
)
NO_SECRET = (
    "no secret: pass one to Mockzoom(receiver, secret=…); with pytest, override the fixture"
    " mockzoom_secret, or pass --mockzoom-secret, or set MOCKZOOM_SECRET in the environment or"
    " mockzoom_secret in the ini file; it is the secret token that the receiver verifies"
    " signatures with"
)


def changed(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """Return `settings` with `changes`; raise `UsageError` for a name that there is not."""
    __tracebackhide__ = True
    known = [item.name for item in fields(Settings)]
    for name in changes:
        if name not in known:
            raise UsageError(f"no setting is called {name!r}{nearest(name, known)}")
    if "ignore" in changes:
        changes = {**changes, "ignore": parse_all_ignored(changes["ignore"], "ignore")}
    if "entities" in changes:
        entities = {name: str(value) for name, value in dict(changes["entities"]).items()}
        pins_of(entities)
        changes = {**changes, "entities": entities}
    if changes.get("fail_on", "error") not in FAIL_ON:
        raise UsageError(
            f"fail_on={changes['fail_on']!r}: expected one of {', '.join(map(repr, FAIL_ON))}"
        )
    several = {
        name: (value,) if isinstance(value, str) else value
        for name, value in changes.items()
        if name in ("events", "suites", "product", "spec", "errata")
    }
    return replace(settings, **{**changes, **several})


def with_values(
    event: Event, set: Mapping[str, JSON] | None, overrides: Mapping[str, JSON], contract: Contract
) -> Event:
    """Return `event` with single values changed: by dotted paths, or keywords with `__` for dots.

    Raises `UsageError` for a value that is no JSON, and for a path that leads nowhere.
    """
    __tracebackhide__ = True
    changes = dict(set or {})
    changes.update((key.replace("__", "."), value) for key, value in overrides.items())
    for path, value in changes.items():
        event = override(event, path, _as_json(path, value), contract.known.get(event.name))
    return event


def _as_json(path: str, value: object) -> JSON:
    """Return `value`; raise `UsageError`, with its `path`, if it is no JSON."""
    __tracebackhide__ = True
    try:
        encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"{path}: {value!r} cannot be written as JSON: {error}") from None
    return value
