"""What a scenario can wait for: conditions, met by how things are or by anything since a fault."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mockzoom.errors import UsageError, nearest
from mockzoom.zoom.rtms.protocol import MsgType

if TYPE_CHECKING:
    from mockzoom.zoom.rtms.stream import Stream

CONDITIONS: Mapping[str, str] = {
    "joined": "the signaling handshake is done",
    "ready": "CLIENT_READY_ACK has come, and no media that was lost is missing",
    "rejoined": "what the last fault took away is joined again",
    "closed": "the consumer has closed all sockets on which it had joined",
    "message": "a message of that name (or number) has come",
}


def parse_condition(text: str) -> str:
    """Return a condition in its one spelling; raise `UsageError` naming the nearest."""
    words = re.split(r"[\s:=]+", text.strip().removeprefix("stream."), maxsplit=1)
    if words[0] != "message":
        if words[0] not in CONDITIONS or len(words) > 1:
            raise UsageError(
                f"no stream condition is called {text!r}{nearest(words[0], CONDITIONS)}"
                f" (known: {', '.join(CONDITIONS)} NAME)"
            )
        return words[0]
    names = [item.name for item in MsgType]
    asked = words[1].strip().upper() if len(words) > 1 else ""
    if asked.isdecimal() and int(asked) in [int(item) for item in MsgType]:
        asked = MsgType(int(asked)).name
    if asked not in names:
        raise UsageError(
            f"await message: no message is called {asked!r}{nearest(asked, names)};"
            " expected a name or number of msg_type, such as CLIENT_READY_ACK"
        )
    return f"message {asked}"


class Conditions:
    """The conditions of one stream."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._reached: set[str] = set()
        self._joined_once = False
        self._event = asyncio.Event()
        self._holds: dict[str, Callable[[], bool]] = {
            "joined": self._joined,
            "ready": self._ready,
            "closed": self._closed,
        }

    def reached(self, condition: str) -> None:
        """Take note that a condition is met."""
        self._reached.add(condition)
        self._joined_once = self._joined_once or condition == "joined"
        self.changed()

    def reset(self) -> None:
        """Forget what was met: a fault is injected."""
        self._reached.clear()

    def changed(self) -> None:
        """Let whoever waits look again."""
        event, self._event = self._event, asyncio.Event()
        event.set()

    def met(self, condition: str) -> bool:
        """Return whether a condition is met."""
        holds = self._holds.get(condition)
        return condition in self._reached or (holds is not None and holds())

    async def pulse(self, seconds: float) -> None:
        """Wait until something changes, `seconds` at most."""
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            return

    async def wait(self, text: str, within: float) -> bool:
        """Wait up to `within` seconds for a condition."""
        condition = parse_condition(text)
        loop = asyncio.get_running_loop()
        ends = loop.time() + within
        while not self.met(condition):
            left = ends - loop.time()
            if left <= 0:
                return False
            await self.pulse(left)
        return True

    def _joined(self) -> bool:
        return self._stream.signaling is not None and self._stream.signaling.open

    def _ready(self) -> bool:
        return self._joined() and self._stream.ready and not self._stream.lost

    def _closed(self) -> bool:
        still = [item for item in self._stream.sockets if item.joined_at is not None]
        return self._joined_once and not still
