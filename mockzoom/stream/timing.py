"""The protocol's times, each a setting; tests and impatient people scale them explicitly."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self

from mockzoom.errors import UsageError


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of wall time, as Zoom documents them."""

    keep_alive: float = 10.0
    """Between two keep-alives on one socket; the next one is also when an answer is missed."""
    first_join: float = 60.0
    """From an acknowledged start (or the start of a fail-over) to the signaling handshake."""
    handshake: float = 10.0
    """What a connection may take until its handshake; then it is closed."""
    ready: float = 10.0
    """From the first media handshake to CLIENT_READY_ACK."""
    signaling_window: float = 60.0
    """From an interruption to the next signaling handshake."""
    media_window: float = 65.0
    """From the loss of a media socket to its next handshake (older pages say 30 s)."""
    leave: float = 10.0
    """From the end of a stream to its last socket closed by the consumer."""
    late: float = 5.0
    """After the end of a stream, a handshake that was under way may still arrive."""
    storm: float = 10.0
    """The window in which more than five signaling handshakes are a storm."""
    alive: float = 1.0
    """What the first of two signaling sockets may take to show (by a pong) that it is alive."""

    def __post_init__(self) -> None:
        for item in fields(self):
            seconds = getattr(self, item.name)
            if not 0 < seconds < 1e6:
                raise UsageError(f"timing: {item.name} is {seconds!r}; expected seconds above 0")

    def scaled(self, factor: float) -> Self:
        """Return these times multiplied by `factor`, such as 0.1; `alive` stays as it is."""
        return replace(
            self,
            **{
                item.name: getattr(self, item.name) * factor
                for item in fields(self)
                if item.name != "alive"
            },
        )


MISSES = 3
"""Unanswered keep-alives in a row after which a socket counts as lost."""
