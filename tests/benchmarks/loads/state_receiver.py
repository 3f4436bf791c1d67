"""A correct receiver of `tests/receivers/stateful_flask.py` that keeps its state in some manner.

`prompt` works before it answers; `stamped` does, too, and shows a row of each event with a random
id and the time of its arrival; `parallel` works 1.5 s after each answer, each event on its own.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "receivers"))

from stateful_flask import KeepAlive, create_app
from stateful_flask_base import Receiver, acknowledged
from stateful_flask_store import Event, Store
from werkzeug.serving import make_server

WORK_S = 1.5


class Stamping(Store):
    """Shows what arrived, when, under an id of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.arrivals: list[dict[str, str]] = []

    def apply(self, event: Event) -> None:
        """Enter what the event says, and that it arrived."""
        super().apply(event)
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        entity = event.stream or event.session
        row = {"id": str(uuid.uuid4()), "event": event.name, "of": entity, "received_at": now}
        self.arrivals.append(row)

    def state(self) -> dict[str, Any]:
        """Return everything."""
        return {**super().state(), "arrivals": list(self.arrivals)}


class Stamped(Receiver):
    """Works before it answers."""

    store_type = Stamping


class Parallel(Receiver):
    """Answers, and works on each event on a thread of its own."""

    def take(self, event: Event) -> Any:
        """Claim the event, and answer."""
        with self.store.transaction():
            new = self.store.claim(self.key(event))
        if new:
            threading.Thread(target=self.work, args=(event,), daemon=True).start()
        return acknowledged()

    def work(self, event: Event) -> None:
        """Enter what the event says, later."""
        time.sleep(WORK_S)
        with self.store.transaction():
            self.store.apply(event)


MANNERS = {"prompt": Receiver, "stamped": Stamped, "parallel": Parallel}


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("manner", choices=MANNERS)
    parser.add_argument("secret")
    options = parser.parse_args()
    receiver = MANNERS[options.manner](options.secret.encode())
    app = create_app(receiver)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=KeepAlive)
    print(f"http://127.0.0.1:{server.server_port}/webhook", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
