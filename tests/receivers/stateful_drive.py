"""Drives a stateful receiver with hand-made signed requests, and says what came out wrong.

Made for the proof of the receivers themselves; nothing here is the product's.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import socket
import struct
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.receivers.launch import SECRET

TIMEOUT_S = 3.0
RETRIES = 3


@dataclass
class Sent:
    """An event on its way: its bytes, its request id, and how often it has been signed."""

    body: bytes
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()).replace("-", "_"))
    signed: int = 0


def event(name: str, at: int, payload: dict[str, Any]) -> Sent:
    """Return an event of `name` that happened at `at` (epoch ms)."""
    content = {"event": name, "event_ts": at, "payload": payload}
    return Sent(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())


class Driver:
    """Sends to one receiver, and keeps the statuses and the slowest answer (s)."""

    def __init__(self, url: str, secret: str = SECRET) -> None:
        parts = urlsplit(url)
        self.address = (parts.hostname or "", parts.port or 0)
        self.secret = secret.encode()
        self.statuses: Counter[int] = Counter()
        self.late = 0

    def headers(self, sent: Sent, shift: int = 0) -> dict[str, str]:
        """Sign the bytes anew: no copy bears a timestamp that another has."""
        stamp = str(int(time.time()) - 7 * sent.signed + shift)
        sent.signed += 1
        message = b"v0:%b:%b" % (stamp.encode(), sent.body)
        return {
            "content-type": "application/json; charset=utf-8",
            "x-zm-request-timestamp": stamp,
            "x-zm-signature": "v0=" + hmac.new(self.secret, message, hashlib.sha256).hexdigest(),
            "x-zm-request-id": sent.request_id,
        }

    def call(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(*self.address, timeout=TIMEOUT_S)
        try:
            connection.request(method, path, body or None, headers or {})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def post(self, sent: Sent) -> int:
        """Deliver once; -1 if no answer came in time."""
        try:
            status, _ = self.call("POST", "/webhook", sent.body, self.headers(sent))
        except TimeoutError:
            status = -1
            self.late += 1
        self.statuses[status] += 1
        return status

    def deliver(self, sent: Sent) -> None:
        """Deliver, and again while the answer is >= 500 or does not come."""
        for _ in range(1 + RETRIES):
            status = self.post(sent)
            if 0 < status < 500:
                return
            # After a timeout the receiver is given the time to finish, as Zoom's 5 minutes do.
            time.sleep(0.6 if status < 0 else 0.02)

    def lose(self, sent: Sent, *, read: bool) -> None:
        """Deliver, and reset the connection: at the first bytes of the answer, or at once."""
        with socket.create_connection(self.address, timeout=TIMEOUT_S) as connection:
            lines = [
                "POST /webhook HTTP/1.1",
                "host: receiver",
                f"content-length: {len(sent.body)}",
            ]
            lines += [f"{name}: {value}" for name, value in self.headers(sent).items()]
            connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + sent.body)
            if read:
                connection.recv(16)
            else:
                time.sleep(0.05)
            linger = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        time.sleep(0.35)
        self.deliver(sent)

    def together(self, sent: Sequence[Sent]) -> None:
        with ThreadPoolExecutor(len(sent)) as pool:
            list(pool.map(self.deliver, sent))

    def twice_at_once(self, sent: Sent) -> None:
        self.together([sent, sent])

    def state(self) -> dict[str, Any]:
        status, body = self.call("GET", "/state")
        assert status == 200
        found: dict[str, Any] = json.loads(body)
        return found

    def reset(self) -> None:
        self.statuses.clear()
        self.late = 0
        assert self.call("POST", "/reset")[0] == 204


DOUBLE = {
    "once": "MZ503",  # nobody sent a copy but the retry that the receiver brought on itself
    "duplicate": "MZ501",
    "lost": "MZ503",
    "concurrent": "MZ504",
    "shuffle": "MZ503",
    "burst": "MZ503",
}


def symptoms(
    driver: Driver, play: str, right: dict[str, Any], once: dict[str, Any] | None = None
) -> set[str]:
    """Compare with the right state, and in shuffles with this receiver's own natural one."""
    state = driver.state()
    found = set()
    if any(status >= 400 for status in driver.statuses):
        found.add("MZ101")
    if driver.late:
        found.add("MZ102")
    said, due = Counter(state["events"]), Counter(right["events"])
    if "MZ101" not in found or due == said:
        found |= {DOUBLE[play]} if said - due else set()
        found |= {"MZ505"} if due - said else set()
        if said == due:
            more = (state["counts"][name] > due for name, due in right["counts"].items())
            if play == "once" and any(more):
                found.add("MZ501")
    if play == "shuffle" and once is not None and state != once:
        found.add("MZ502")
    return found
