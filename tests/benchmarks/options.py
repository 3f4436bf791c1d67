"""What a benchmark run was asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """`quick` measures shortly and seldom; `progress` takes one line about what is going on."""

    quick: bool = False
    progress: Callable[[str], None] = lambda text: None

    def rounds(self, quick: int, full: int) -> int:
        """Return the number of rounds."""
        return quick if self.quick else full
