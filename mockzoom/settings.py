"""Settings: how a receiver is reached and what it is held to; frozen, passed down as they are."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING

from mockzoom.model import FailOn, Ignored
from mockzoom.redact import REDACTED
from mockzoom.transport import Permit

if TYPE_CHECKING:
    from mockzoom.probe_source import ProbeSource

_CREDENTIALS = re.compile(r"(?<=://)[^/]*(?=@)")


@dataclass(frozen=True, slots=True)
class Settings:
    """How to reach a receiver and what to hold it to; the names are the command line's.

    `timeout` and `wait` are seconds, `at` is the payload clock in epoch milliseconds (None: now),
    `rate` the most deliveries a second (0: no limit), `fuzz` the number of random bodies. `product`
    names products of Zoom, such as `meetings` (none: RTMS and the Video SDK). `suites` names suites
    of `mockzoom.suites` (None: all that no flag asks for; `events` always runs). `ignore` and the
    file `baseline` hold accepted findings; `write_baseline` writes that file with what a run finds.
    `entities` pins values of entities, such as `account_id` (`mockzoom.zoom.entities`); without
    them each scenario run and entity set has its own. `media` are the kinds of media, separated by
    commas, that the app of `streams` has scopes for (none: all). `websocket_client` is the command
    that starts the client of `websocket` (none: it is started elsewhere). Only what
    `permit` allows is connected to, where there is one. `source` is the receiver's file that
    reports point to, `secret_in_shell` what a shell makes the secret of in `reproduce` lines,
    `probe` where `verify` reads what forged events leave in the receiver's state.

    To add a flag of `verify`: a field here, its option in `mockzoom/cli/verify.py`, and the suite
    or `mockzoom/verify/plan.py` that acts on it.
    """

    secret: str = field(default="", repr=False)
    secret_in_shell: str = field(default="$MOCKZOOM_SECRET", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    events: Sequence[str] = ()
    suites: Sequence[str] | None = None
    product: Sequence[str] = ()
    spec: Sequence[str | Path] = ()
    errata: Sequence[str | Path] = ()
    entities: Mapping[str, str] = field(default_factory=dict)
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
    websocket: bool = False
    websocket_client: str = ""
    stream_scale: float = 1.0
    media: str = ""
    show_secrets: bool = False
    fail_on: FailOn = "error"
    ignore: Sequence[Ignored] = ()
    baseline: str | Path | None = None
    write_baseline: bool = False
    permit: Permit | None = None
    source: str = ""
    probe: ProbeSource | None = field(default=None, repr=False)

    def told(self) -> Mapping[str, str]:
        """Return what differs from the defaults, for reports: without credentials.

        These are the fields that `repr` leaves out, and what stands before the @ of a proxy.
        """
        shown = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if item.repr and item.name != "permit" and value and value != item.default:
                shown[item.name.replace("_", "-")] = _spelt(value)
        if self.proxy:
            shown["proxy"] = _CREDENTIALS.sub(REDACTED, self.proxy)
        return shown

    def at_ms(self) -> int:
        """Return the payload clock's now."""
        return int(time.time() * 1000) if self.at is None else self.at


def _spelt(value: object) -> str:
    """Return a setting's value as a person writes it."""
    if value is True:
        return "yes"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={item}" for name, item in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(str, value))
    return str(value)
