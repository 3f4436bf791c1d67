"""The journal: runs and deliveries in one SQLite file, with their requests and answers.

`Writer` owns the file, `Recorder` keeps a run that goes on, `Archive` reads what is there.
"""

from __future__ import annotations

from mockzoom.journal.archive import (
    Archive,
    AttemptRow,
    DeliveryRow,
    FeedRow,
    RunRow,
    StepRow,
    ViolationRow,
)
from mockzoom.journal.database import JournalError
from mockzoom.journal.recorder import Recorder, RunDescription
from mockzoom.journal.retention import Retention
from mockzoom.journal.writer import Writer
from mockzoom.redact import REDACTED, Redactor

__all__ = [
    "REDACTED",
    "Archive",
    "AttemptRow",
    "DeliveryRow",
    "FeedRow",
    "JournalError",
    "Recorder",
    "Redactor",
    "Retention",
    "RunDescription",
    "RunRow",
    "StepRow",
    "ViolationRow",
    "Writer",
]  # fmt: skip
