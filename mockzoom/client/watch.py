"""What a test's author needs to know of a run besides its outcome: where nothing was found."""

from __future__ import annotations

import asyncio

from mockzoom.model import Exchange, ExchangeFinished, RunEvent


class StatusWatch:
    """Listens to a run for the statuses that were answered, each once, and for silence."""

    def __init__(self) -> None:
        self._seen: dict[int | None, None] = {}
        self.timed_out = False

    def __call__(self, event: RunEvent) -> None:
        """Take one run event."""
        if isinstance(event, ExchangeFinished):
            exchange: Exchange = event.exchange
            self._seen.setdefault(exchange.last.status)
            self.timed_out = self.timed_out or exchange.last.timed_out

    @property
    def statuses(self) -> list[int | None]:
        """The statuses; None for no answer."""
        return list(self._seen)


def blocked(call: str) -> list[str]:
    """Say what to do where a test blocks the loop that its receiver may run on."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return []
    return [
        "the test blocks a running event loop meanwhile; a receiver on that loop cannot"
        f" answer: await asyncio.to_thread(mockzoom.{call}, …)"
    ]
