"""The blocking client: what the command line, pytest and scripts call.

`Mockzoom` stands in for Zoom before one receiver; it needs no test framework. The engine is
asyncio; here it runs on a loop and thread of its own, so that it may be called from any code, also
from within a running event loop.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockzoom.client.by_hand import ByHand, Sent
    from mockzoom.client.checking import check_captured
    from mockzoom.client.connect import (
        open_courier,
        open_runner,
        open_transport,
        redactor,
        reproducer_for,
    )
    from mockzoom.client.loading import load
    from mockzoom.client.mockzoom import Mockzoom
    from mockzoom.client.outcome import ContractFailure, Delivered, Played, Verified
    from mockzoom.client.playing import check_play, perform, play, rehearse, with_credentials
    from mockzoom.client.proxying import record
    from mockzoom.client.recording import recorded_events, recorder
    from mockzoom.client.reproduce import PlayReproducer
    from mockzoom.client.scenarios import ALL, load_scenarios, names_for, shelf
    from mockzoom.client.settings import Application, Receiver, check, load_contract
    from mockzoom.client.verifying import examine, verify
    from mockzoom.scenario.model import ProbeSource
    from mockzoom.settings import Settings

_HOMES = {
    "checking": ("check_captured",),
    "connect": ("open_courier", "open_runner", "open_transport", "redactor", "reproducer_for"),
    "loading": ("load",),
    "mockzoom": ("Mockzoom",),
    "outcome": ("ContractFailure", "Delivered", "Played", "Verified"),
    "playing": ("check_play", "perform", "play", "rehearse", "with_credentials"),
    "proxying": ("record",),
    "recording": ("recorded_events", "recorder"),
    "reproduce": ("PlayReproducer",),
    "scenarios": ("ALL", "load_scenarios", "names_for", "shelf"),
    "by_hand": ("ByHand", "Sent"),
    "settings": ("Application", "Receiver", "check", "load_contract"),
    "verifying": ("examine", "verify"),
}
_ELSEWHERE = {"ProbeSource": "mockzoom.scenario.model", "Settings": "mockzoom.settings"}

__all__ = [
    "ALL",
    "Application",
    "ByHand",
    "ContractFailure",
    "Delivered",
    "Mockzoom",
    "PlayReproducer",
    "Played",
    "ProbeSource",
    "Receiver",
    "Sent",
    "Settings",
    "Verified",
    "check",
    "check_captured",
    "check_play",
    "examine",
    "load",
    "load_contract",
    "load_scenarios",
    "names_for",
    "open_courier",
    "open_runner",
    "open_transport",
    "perform",
    "play",
    "record",
    "recorded_events",
    "recorder",
    "redactor",
    "rehearse",
    "reproducer_for",
    "shelf",
    "verify",
    "with_credentials",
]


def __getattr__(name: str) -> object:
    """Import what is asked for when it is first asked for: `verify` starts without plays."""
    if name in _ELSEWHERE:
        return getattr(import_module(_ELSEWHERE[name]), name)
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
