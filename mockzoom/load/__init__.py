"""Load: at which rate does a receiver stop to acknowledge events within three seconds?

Arrivals are open-loop: each event is due at a time of the profile (`arrivals`), whether those
before it were answered or not, as Zoom sends them. Latency counts from that time (`sender`). Spans
of some seconds are judged by themselves (`windows`); where one does not hold, other rates are tried
until the highest that holds for ten seconds is known. `run` is the whole of it.
"""

from __future__ import annotations

from mockzoom.load.arrivals import PROFILES, LoadPlan
from mockzoom.load.run import load

__all__ = ["PROFILES", "LoadPlan", "load"]
