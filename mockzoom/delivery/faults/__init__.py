"""Ways of sending a request wrongly, one small file each; README.md says how to add another.

A correct receiver waits for the rest, or closes: it is judged only by whether genuine events still
pass afterwards.
"""

from __future__ import annotations

from mockzoom.delivery.faults.chunked import CHUNKED
from mockzoom.delivery.faults.declared_longer import DECLARED_LONGER
from mockzoom.delivery.faults.dripped import DRIPPED
from mockzoom.delivery.faults.kind import Fault
from mockzoom.delivery.faults.reset_mid_body import RESET_MID_BODY
from mockzoom.errors import UsageError, nearest

FAULTS: tuple[Fault, ...] = (DECLARED_LONGER, DRIPPED, RESET_MID_BODY, CHUNKED)


def fault_named(name: str) -> Fault:
    """Return the fault called `name`; raise `UsageError` with the nearest names."""
    for fault in FAULTS:
        if fault.name == name:
            return fault
    names = [fault.name for fault in FAULTS]
    raise UsageError(
        f"no fault is called {name!r}{nearest(name, names)} (known: {', '.join(names)})"
    )


__all__ = ["FAULTS", "Fault", "fault_named"]
