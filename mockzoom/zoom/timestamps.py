"""Which second a body is signed at: always the present one, and none twice for two deliveries.

A signature covers the timestamp (whole seconds) and the body. Zoom never gives two deliveries the
same one, so a receiver may refuse a signature that it has seen: another delivery of the same bytes
waits for the next second. A copy of one delivery, under the same request id, does not: it may carry
the same signature, as a packet that is replayed does. Zoom's copies never do, so one that is
refused is made again with a signature of its own.
"""

from __future__ import annotations

from typing import TypeAlias

from mockzoom.clock import Clock

_REMEMBERED_BODIES = 4096
_REMEMBERED_TURNS = 100_000
_MOST_AGAIN = 60
"""Refused copies of a run that are made again; each may take a second, though most are made at
once. The bundled scenarios have some 30 for a receiver that refuses each signature it has seen."""
_MOST_WAITS = 60
"""Copies of a run that wait for a signature of their own."""
_IN_VAIN = 3
"""So many were refused again: this receiver refuses copies whatever their signature."""


_Use: TypeAlias = tuple[int, str, int]
"""The last second at which a body was signed, the request id, and for how many copies."""


class Timestamps:
    """The seconds used recently, for all senders of one run."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # The last use of each body, in two generations.
        self._used: dict[int, _Use] = {}
        self._used_before: dict[int, _Use] = {}
        self._turns: dict[int, int] = {}
        self._turn_of: dict[tuple[int, str], int] = {}
        self._again_left = _MOST_AGAIN
        self._in_vain = 0
        self._waits_left = _MOST_WAITS

    async def next(self, body: bytes, request_id: str, *, own: bool = False) -> int:
        """Return now, in epoch seconds, once no other delivery has signed `body` at it.

        With `own`, nor has any copy of this one.
        """
        while (second := self.take(body, request_id, own=own)) is None:
            await self._clock.sleep(1 - self._clock.now() % 1)
        return second

    def take(
        self, body: bytes, request_id: str, *, own: bool = False, early: bool = False
    ) -> int | None:
        """Return now, in epoch seconds; None where another delivery has signed `body` at it.

        If `early`, and nobody has signed `body` yet, it is the second before: of copies that follow
        none has to wait then.
        """
        key, second, copies = hash(body), int(self._clock.now()), 1
        last = self._last(key)
        if last is None:
            second -= early
        elif last[0] == second:
            if own or last[1] != request_id:
                return None
            copies += last[2]
        if len(self._used) > _REMEMBERED_BODIES:
            self._used, self._used_before = {}, self._used
        self._used[key] = (second, request_id, copies)
        return second

    async def until_unused(self, body: bytes) -> None:
        """Wait, for a second at most, until nothing has signed `body` in the present second.

        After so many waits of a run it does not wait any more: what they show has been shown.
        """
        last = self._last(hash(body))
        if not self._waits_left or last is None or last[0] != int(self._clock.now()):
            return
        self._waits_left -= 1
        while last[0] == int(self._clock.now()):
            await self._clock.sleep(1 - self._clock.now() % 1)

    def turn(self, body: bytes, request_id: str, *, own: bool = False) -> int | None:
        """Return the second at which it is this delivery's turn to sign `body`; None: it is now.

        Who asks is given a second that no other delivery has, and asks again then. `own` is as
        for `next`.
        """
        key, now = hash(body), int(self._clock.now())
        last = self._last(key)
        if last is None or last[0] != now or (last[1] == request_id and not own):
            mine = self._turn_of.pop((key, request_id), None)
            if (mine is not None and mine <= now) or self._turns.get(key, 0) < now:
                self._turns[key] = max(now, self._turns.get(key, 0))
                return None
        if len(self._turn_of) > _REMEMBERED_TURNS:
            self._turns, self._turn_of = {}, {}  # who has waited asks anew
        second = max(now, self._turns.get(key, 0)) + 1
        self._turns[key] = self._turn_of[key, request_id] = second
        return second

    def copied(self, body: bytes, second: int) -> bool:
        """Whether `body` has gone out more than once with the signature of `second`.

        False, too, once such copies have been made again often enough, or in vain.
        """
        last = self._last(hash(body))
        if last is None or last[0] != second or last[2] < 2 or not self._again_left:
            return False
        self._again_left -= 1
        return True

    def _last(self, key: int) -> _Use | None:
        last = self._used.get(key)
        return self._used_before.get(key) if last is None else last

    def made_again(self, *, acknowledged: bool) -> None:
        """Note what came of a refused copy with a signature of its own."""
        self._in_vain = 0 if acknowledged else self._in_vain + 1
        if self._in_vain >= _IN_VAIN:
            self._again_left = 0
