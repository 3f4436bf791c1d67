"""The blocking facade: what the command line, pytest and scripts call.

The engine is asyncio; here it runs on a loop and thread of its own, so that it may be called from
any code, also from within a running event loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockzoom.session.examining import examine, verify
from mockzoom.session.opening import open_courier, open_transport, reproducer
from mockzoom.session.sending import Sent, prepare, prepare_body, request, send
from mockzoom.session.settings import Application, Receiver, Settings, check, load_catalog

if TYPE_CHECKING:
    from mockzoom.session.playing import check_play, perform, play, rehearse, with_credentials
    from mockzoom.session.recording import recorder, redactor
    from mockzoom.session.reproducing import PlayReproducer
    from mockzoom.session.scenarios import ALL, load_scenarios, names_for, shelf

__all__ = [
    "ALL",
    "Application",
    "PlayReproducer",
    "Receiver",
    "Sent",
    "Settings",
    "check",
    "check_play",
    "examine",
    "load_catalog",
    "load_scenarios",
    "names_for",
    "open_courier",
    "open_transport",
    "perform",
    "play",
    "prepare",
    "prepare_body",
    "recorder",
    "redactor",
    "rehearse",
    "reproducer",
    "request",
    "send",
    "shelf",
    "verify",
    "with_credentials",
]

_PLAYS = {
    "playing": ("check_play", "perform", "play", "rehearse", "with_credentials"),
    "recording": ("recorder", "redactor"),
    "reproducing": ("PlayReproducer",),
    "scenarios": ("ALL", "load_scenarios", "names_for", "shelf"),
}


def __getattr__(name: str) -> object:
    """Import what plays and records when it is first asked for: `verify` starts without it."""
    from importlib import import_module

    for module, names in _PLAYS.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
