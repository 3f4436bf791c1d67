"""A correct receiver that counts what it is sent: GET /requests shows how often it got what.

Each request is named by its event, the hash of its body, whether it is signed rightly, and the
names of its headers, so that the requests of two runs can be compared.
"""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "receivers"))

import stdlib_receiver

COUNTED: Counter[str] = Counter()
LOCK = threading.Lock()


class Counting(stdlib_receiver.Receiver):
    """The standard library's receiver, keeping a count."""

    def read_body(self) -> bytes | None:
        body = super().read_body()
        if body is not None:
            with LOCK:
                COUNTED[self.described(body)] += 1
        return body

    def described(self, body: bytes) -> str:
        try:
            event = str(json.loads(body)["event"])
        except (ValueError, KeyError, TypeError, RecursionError):
            event = "no event"
        signed = "genuine" if self.is_authentic(body) else "forged"
        headers = hashlib.sha256(" ".join(sorted({*map(str.lower, self.headers)})).encode())
        content = hashlib.sha256(body).hexdigest()[:16]
        return f"{event} {content} {signed} headers {headers.hexdigest()[:6]}"

    def do_GET(self) -> None:
        with LOCK:
            text = json.dumps(dict(sorted(COUNTED.items()))).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


if __name__ == "__main__":
    stdlib_receiver.Receiver = Counting  # type: ignore[misc]
    stdlib_receiver.main()
