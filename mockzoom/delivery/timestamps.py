"""Which second a body is signed at: always the present one, and none twice for two deliveries.

A signature covers the timestamp (whole seconds) and the body. Zoom never gives two deliveries the
same one, so a receiver may refuse a signature that it has seen: another delivery of the same bytes
waits for the next second. A copy of one delivery, under the same request id, does not: it may carry
the same signature, as a packet that is replayed does.
"""

from __future__ import annotations

from mockzoom.clock import Clock

_REMEMBERED_BODIES = 4096


class Timestamps:
    """The seconds used of late, for all couriers of one run."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # The second and the request id that a body was signed at and for last, in two generations.
        self._used: dict[int, tuple[int, str]] = {}
        self._used_before: dict[int, tuple[int, str]] = {}

    async def next(self, body: bytes, request_id: str) -> int:
        """Return now, in epoch seconds, once no other delivery has signed `body` at it."""
        while (second := self.take(body, request_id)) is None:
            await self._clock.sleep(1 - self._clock.now() % 1)
        return second

    def take(self, body: bytes, request_id: str) -> int | None:
        """Return now, in epoch seconds; None where another delivery has signed `body` at it."""
        key, second = hash(body), int(self._clock.now())
        last = self._used.get(key) or self._used_before.get(key)
        if last is not None and last[0] == second and last[1] != request_id:
            return None
        if len(self._used) > _REMEMBERED_BODIES:
            self._used, self._used_before = {}, self._used
        self._used[key] = (second, request_id)
        return second
