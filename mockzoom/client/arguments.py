"""What a stand-in is given, and what is said where that cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from mockzoom.contract import Contract
from mockzoom.errors import UsageError, nearest
from mockzoom.model import JSON, Event
from mockzoom.report import FAIL_ON
from mockzoom.report.accepted import parse_all_ignored
from mockzoom.settings import Settings
from mockzoom.synth import encode, override
from mockzoom.synth.pins import pins_of

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
