"""What a process may open: thousands of sockets need more than the usual limit."""

from __future__ import annotations

import resource


def raise_open_files() -> int:
    """Raise the number of open files to the most that is allowed, and return it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most
