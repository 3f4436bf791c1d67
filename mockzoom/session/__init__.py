"""The blocking facade: what the command line, pytest and scripts call.

The engine is asyncio; here it runs on a loop and thread of its own, so that it may be called from
any code, also from within a running event loop.
"""

from __future__ import annotations

from mockzoom.session.examining import examine, verify
from mockzoom.session.opening import open_courier, open_transport, reproducer
from mockzoom.session.playing import PlayReproducer, perform, play, rehearse, with_credentials
from mockzoom.session.recording import recorder, redactor
from mockzoom.session.scenarios import load_scenarios, names_for, shelf
from mockzoom.session.sending import Sent, prepare, prepare_body, request, send
from mockzoom.session.settings import Application, Receiver, Settings, check, load_catalog

__all__ = [
    "Application",
    "PlayReproducer",
    "Receiver",
    "Sent",
    "Settings",
    "check",
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
