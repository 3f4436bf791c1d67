"""One HTTP/1.1 client connection on asyncio, with the bytes and the timing in our own hands.

A delivery tester has to own the bytes: header order, truncated and dripped bodies, resets, and the
time of each phase. `Connection` writes what it is given and lets llhttp (httptools) read the
answer; `mockzoom.transport.pool` decides which connection carries a request. All times of an
exchange are punctual time (`mockzoom.transport.punctual`): our own lateness is not the receiver's.
"""

from __future__ import annotations

import asyncio
import os
import select
import socket
import struct
from time import perf_counter
from typing import TypeAlias, cast

from mockzoom.model import Failure, Response, Timings
from mockzoom.transport.answer import AnswerParser
from mockzoom.transport.punctual import Deadline, punctual_clock

SENDING_BOUND = 10
"""How many deadlines a receiver may take to read a request: its own runs from fully sent."""
READ_BYTES = 32 * 1024
"""Bytes of an answer that are read at a time."""
JUST_NOW_S = 0.005
"""Seconds after an answer in which nothing else is looked for, where it is the last one again."""
DELAYED_ACK_S = 0.02
"""A gap inside one answer from which our kernel's delayed acknowledgement is the likely cause."""


Outcome: TypeAlias = Response | Failure


class Connection(asyncio.BufferedProtocol):
    """A connection that carries one request at a time.

    `reusable` is true while the connection may carry another request: the last answer was read to
    its end, asked for no close, and nothing follows it.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._clock = punctual_clock()
        self._deadline = Deadline(self._clock)
        self._poll: select.poll | None = None
        self._parser = AnswerParser()
        # One buffer for all answers: asyncio would allocate 256 KB for each of them.
        self._buffer = memoryview(bytearray(READ_BYTES))
        self._timeout = 3.0
        self._paused = False
        self._unsent = 0
        self._lost = False
        self._ack_at_once = False
        self.sock: socket.socket | None = None
        """The socket below the transport, where there is one."""
        self.reusable = False
        self._started = self._sent_at = self._first_at = self._done_at = 0.0
        self._ended = 0.0
        self._failure: Failure | None = None

    # -- asyncio.BufferedProtocol --------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport; every byte not yet handed to the kernel counts as unsent.

        Over TLS it counts as sent once it is encrypted, since no loop tells what comes of it then.
        """
        self._transport = cast(asyncio.Transport, transport)
        # Not 0: TLS transports, asyncio's and uvloop's, compare with >=, so that an empty buffer is
        # full, and every reading and writing would pause and resume the writing in turn.
        self._transport.set_write_buffer_limits(high=1, low=0)
        self.reusable = True
        sock = transport.get_extra_info("socket")
        if sock is not None and hasattr(select, "poll"):
            self._poll = select.poll()
            self._poll.register(sock.fileno(), select.POLLIN)

    def pause_writing(self) -> None:
        """The kernel has not taken all bytes yet."""
        self._paused = True
        self._unsent = self._transport.get_write_buffer_size() if self._transport else 0

    def resume_writing(self) -> None:
        """The kernel has taken all bytes: from here the deadline runs."""
        self._paused = False
        self.mark_sent()

    def get_buffer(self, sizehint: int) -> memoryview:
        """Give the place where what comes next is put."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Feed the parser; a byte that nobody asked for makes the connection unusable."""
        if self._waiter is None:
            self.abort()
            return
        now = self._clock.time()
        if not self._first_at:
            self._first_at = now
        if self._ack_at_once:
            self._acknowledge()
        parser = self._parser
        parser.feed(bytes(self._buffer[:nbytes]))
        if parser.error:
            self._fail("protocol", parser.error)
            self._end(now)
        elif parser.response is not None:
            self.reusable = parser.keep_alive and self._sent_at > 0.0 and not self._lost
            self._end(now)

    def eof_received(self) -> bool:
        """End an answer that has no length of its own; otherwise the answer is cut short."""
        self._ended_by_peer("closed")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, whoever closed it."""
        self._lost = True
        self.reusable = False
        if self._timer is not None:
            self._timer.cancel()
        self._ended_by_peer("reset" if isinstance(exc, ConnectionError) else "closed")

    # -- one request ---------------------------------------------------------------------------

    @property
    def stale(self) -> bool:
        """Whether the peer has closed (or sent something) since the last answer."""
        if self._lost or not self.reusable:
            return True
        if self._poll is None:
            return False
        # What followed such an answer the last time was nothing, and asking is a system call.
        just_now = perf_counter() - self._ended < JUST_NOW_S
        return not (just_now and self._parser.repeated) and bool(self._poll.poll(0))

    def begin(self, timeout: float) -> asyncio.Future[None]:
        """Start an exchange; the future ends with the answer, a failure, or the deadline."""
        self._parser.begin()
        self._failure = None
        self._sent_at = self._first_at = self._done_at = 0.0
        self.reusable = False
        if timeout < self._timeout and self._timer is not None:
            self._timer.cancel()  # armed for a later moment
            self._timer = None
        self._timeout = timeout
        waiter = self._waiter = self._loop.create_future()
        self._clock.enter()
        self._started = self._set_deadline()
        if self._lost:
            self._ended_by_peer("closed")
        return waiter

    def write(self, data: bytes) -> None:
        """Write `data` now; does nothing once the connection is gone."""
        if self._transport is not None and not self._lost:
            self._transport.write(data)
            if self._ack_at_once:
                self._acknowledge()

    def mark_sent(self) -> None:
        """Note that the request is out, as soon as the kernel has all of it."""
        if not self._paused and not self._sent_at and self._waiter is not None:
            self._sent_at = self._deadline.set(self._timeout)  # the timer is armed, for before

    def send(self, data: bytes, timeout: float) -> asyncio.Future[None]:
        """Send a whole request; the future ends as that of `begin`, `timeout` from fully sent."""
        waiter = self.begin(timeout)
        self.write(data)
        self.mark_sent()
        return waiter

    @property
    def outcome(self) -> Outcome:
        """What the exchange that has ended got."""
        ended = self._parser.response or self._failure
        return ended or Failure("closed", "the exchange has not ended")

    def timings(self, since: float | None = None) -> Timings:
        """Return when each phase of the exchange ended, counted from its start or from `since`.

        That is a reading of the loop's punctual clock, such as one from before the connection was
        opened.
        """
        started, sent, first, done = self._started, self._sent_at, self._first_at, self._done_at
        begin = started if since is None else since
        return Timings(
            started - begin,
            sent - begin if sent else None,
            first - begin if first else None,
            done - begin if done else None,
        )

    @property
    def answering(self) -> bool:
        """Whether the first byte of the answer has come."""
        return bool(self._first_at)

    def close(self) -> None:
        """Close the connection in good manners."""
        self.reusable = False
        if self._transport is not None and not self._lost:
            self._transport.close()

    def cancel(self, message: str) -> None:
        """End the exchange from our side: close, and record it as closed for `message`."""
        self._fail("closed", message)
        self._end(self._clock.time())

    def reset(self, message: str) -> None:
        """End the exchange from our side with a TCP reset."""
        if self.sock is not None and not self._lost:
            with socket.socket(fileno=os.dup(self.sock.fileno())) as twin:
                twin.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._fail("reset", message)
        self._end(self._clock.time())

    def abort(self) -> None:
        """Throw the connection away at once."""
        self.reusable = False
        if self._transport is not None:
            self._transport.abort()

    # -- ending --------------------------------------------------------------------------------

    def _set_deadline(self) -> float:
        """Move the deadline; one timer a connection is re-armed lazily, since it rarely fires."""
        now = self._deadline.set(self._timeout)
        if self._timer is None:
            self._timer = self._loop.call_later(self._timeout, self._on_timer)
        return now

    def _on_timer(self) -> None:
        self._timer = None
        if self._waiter is None or self._lost:
            return
        left = self._deadline.left()
        if left:
            self._timer = self._loop.call_later(left, self._on_timer)
            return
        if self._still_sending():
            self._set_deadline()
            return
        if not self._sent_at:
            what = "the request was not taken"
        elif self._first_at:
            what = "the answer was not complete"
        else:
            what = "no answer"
        self._fail("timeout", f"{what} within {self._timeout:g} s")
        self._end(self._clock.time())

    def _still_sending(self) -> bool:
        """Whether the peer goes on taking a request that is not out yet, however slowly."""
        if self._sent_at or self._transport is None:
            return False
        before, self._unsent = self._unsent, self._transport.get_write_buffer_size()
        took = self._clock.time() - self._started
        return self._unsent < before and took < SENDING_BOUND * self._timeout

    def _ended_by_peer(self, kind: str) -> None:
        if self._waiter is None or self._parser.response or self._failure is not None:
            return
        if kind == "closed" and self._parser.finish():
            pass  # an answer that ends with its connection
        elif self._first_at:
            self._fail("reset" if kind == "reset" else "closed", "the answer was cut short")
        elif kind == "reset":
            self._fail("reset", "the connection was reset before an answer")
        else:
            self._fail("closed", "the connection was closed without an answer")
        self.reusable = False
        self._end(self._clock.time())

    def _acknowledge(self) -> None:
        """Ask our kernel not to delay its acknowledgements (Linux; it forgets, so every time).

        A receiver that writes head and body apart waits for the acknowledgement of the head
        (Nagle's algorithm), which the kernel delays by 40 ms.
        """
        if self.sock is not None and not self._lost:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def _fail(self, kind: str, message: str) -> None:
        self._failure = Failure(kind, message)  # type: ignore[arg-type]

    def _end(self, now: float) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is None:
            return
        self._clock.leave()
        self._done_at, self._ended = now, perf_counter()
        if self._first_at and now - self._first_at > DELAYED_ACK_S:
            self._ack_at_once = hasattr(socket, "TCP_QUICKACK")
        if self._failure is not None:
            self.abort()
        if not waiter.done():
            waiter.set_result(None)
