"""jsf's side of synthesis: values a second for the same schemas, as JSON.

The generator is made once for each schema, which is the faster way to use it.
"""

from __future__ import annotations

import argparse
import json

from jsf import JSF  # type: ignore[import-untyped]

from mockzoom.contract import load
from mockzoom.model import EventSpec
from mockzoom.schema.validators import valid
from tests.benchmarks.loads.make_ours import rate

_LOOKED_AT = 100


def rates(spec: EventSpec, seconds: float) -> dict[str, float]:
    """Return the rate for one event, and which share of a hundred values was valid."""
    generator = JSF(json.loads(json.dumps(spec.schema)))

    def value(index: int) -> int:
        generator.generate()
        return 1

    def body(index: int) -> int:
        json.dumps(generator.generate(), separators=(",", ":"), ensure_ascii=False).encode()
        return 1

    fitting = sum(valid(spec, generator.generate()) for _ in range(_LOOKED_AT))
    return {
        "valid": rate(value, seconds),
        "valid, encoded": rate(body, seconds),
        "share": fitting / _LOOKED_AT,
    }


def main() -> None:
    """Measure the events named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("events", nargs="+")
    parser.add_argument("--seconds", type=float, default=0.5)
    options = parser.parse_args()
    contract = load()
    print(json.dumps({name: rates(contract.get(name), options.seconds) for name in options.events}))


if __name__ == "__main__":
    main()
