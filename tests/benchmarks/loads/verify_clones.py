"""Verifies a receiver against the contract in a file; prints seconds and deliveries as JSON."""

from __future__ import annotations

import argparse
import json
import time

from mockzoom.client.settings import load_contract
from mockzoom.client.verifying import verify
from mockzoom.settings import Settings
from tests.benchmarks.loads.pipeline import SECRET
from tests.benchmarks.loads.pipeline import resident_mb as resident

SUITES = ("challenge", "events", "evolution", "authenticity", "malformed")


def main() -> None:
    """Verify once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("spec")
    options = parser.parse_args()
    settings = Settings(secret=SECRET, spec=(options.spec,), suites=SUITES)
    start = time.perf_counter()
    events = len(load_contract(settings).events)
    loaded = time.perf_counter() - start
    start = time.perf_counter()
    result = verify(options.url, settings)
    print(
        json.dumps(
            {
                "events": events,
                "load_s": loaded,
                "verify_s": time.perf_counter() - start - loaded,
                "deliveries": result.deliveries,
                "resident_mb": resident(),
                "breakages": result.breakages,
            }
        )
    )


if __name__ == "__main__":
    main()
