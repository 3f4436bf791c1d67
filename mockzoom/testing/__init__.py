"""For tests: an object that stands in for Zoom before one receiver, and failures that explain.

It needs no test framework; `mockzoom.pytest_plugin` hands it to pytest's tests as a fixture.
"""

from __future__ import annotations

from mockzoom.scenario.model import ProbeSource
from mockzoom.testing.outcome import ContractFailure, Delivered, Played, Verified
from mockzoom.testing.stand_in import Mockzoom

__all__ = ["ContractFailure", "Delivered", "Mockzoom", "Played", "ProbeSource", "Verified"]
