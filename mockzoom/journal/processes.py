"""Processes that write runs: how a journal names one, and whether it has ended.

A number of a process is used again, and a journal may be read on another machine or in another
container. So a name also says when the process began, and where its number counts.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

_BEGAN = 19
"""The place of a process's start among the fields of `/proc/PID/stat` after its state."""
_ENDED = frozenset("ZXx")
"""States of a process that has ended, and that its parent has not asked about yet."""


@cache
def _where() -> str:
    """Return where numbers of processes count: this boot and namespace; nothing if unknown."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot}/{os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def this_process() -> str:
    """Return the name of this process; nothing where the system (not Linux) does not tell."""
    began = _began(os.getpid())
    return f"{_where()}/{os.getpid()}/{began}" if _where() and began else ""


def has_ended(name: str) -> bool:
    """Return whether the process of this name has ended; False also where that cannot be known."""
    if not name:
        return False
    where, number, began = name.rsplit("/", 2)
    return where == _where() and _began(int(number)) != began


def _began(number: int) -> str:
    """Return when a process began, in ticks since the boot; nothing where there is none."""
    try:
        stat = Path(f"/proc/{number}/stat").read_text("utf-8", "replace")
    except OSError:
        return ""
    state, *fields = stat.rpartition(")")[2].split()
    return "" if state in _ENDED else fields[_BEGAN - 1]
