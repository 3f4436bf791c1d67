"""The program around a receiver: its options, its secret, and its end with standard input."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Callable, Collection
from typing import Any


def options(
    about: str | None, defects: Collection[str] = (), auth: Callable[[str], Any] | None = None
) -> argparse.Namespace:
    """Return `port`, `defect`, `auth` (where asked for) and `secret`; `--list-defects` ends here.

    A receiver without a list of defects takes any word for one.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--defect", choices=sorted(defects) or None, default=None)
    parser.add_argument("--list-defects", action="store_true")
    if auth is not None:
        parser.add_argument("--auth", type=auth, default="", help="basic:USER:PASSWORD, …")
    given = parser.parse_args()
    if given.list_defects:
        print("\n".join(defects))
        sys.exit()
    given.secret = os.environ.get("ZOOM_WEBHOOK_SECRET_TOKEN", "test-secret-1234567890")
    if not given.secret:
        sys.exit("ZOOM_WEBHOOK_SECRET_TOKEN is empty")
    return given


def end_with_input() -> None:
    """End the process when standard input ends."""
    threading.Thread(target=_exit_at_end_of_input, daemon=True).start()


def serve(server: Any) -> None:
    """Serve on a thread until standard input ends."""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"listening http://127.0.0.1:{server.server_port}/webhook", flush=True)
    _exit_at_end_of_input()


def _exit_at_end_of_input() -> None:
    sys.stdin.read()
    os._exit(0)
