"""The engine: one runner for every surface, and what it needs.

A `TestCase` (`case`) is delivered; what came of it is `Evidence` (`evidence`); its kind's check
judges that. `Runner` (`runner`) does all of it: it sends, sends again what was slow, fetches the
control, judges, and records. Around it: `SilenceLimit` bounds receivers that do not answer, `Batch`
delivers several at once, `Liveness` finds what killed a receiver, `SingleDeliveries` judges
without a run, `Findings` groups, `Reproducer` writes the command that repeats a finding.

The engine knows no rule: suites (`mockzoom.suites`) own rules, checks and test cases.
"""

from __future__ import annotations
