"""`python -m tests.benchmarks [--quick] [SECTION...]`: measure, and print one table of ratios."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version

from rich.console import Console

from tests.benchmarks import table
from tests.benchmarks.options import Options
from tests.benchmarks.rounds import Unmeasured
from tests.benchmarks.table import Row

SECTIONS = (
    "deliveries", "synth", "verify", "play", "start", "memory", "linear", "streams", "serve",
    "record",
)  # fmt: skip
_PACKAGES = ("mockzoom", "uvloop", "locust", "jsf", "schemathesis")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the sections asked for and print their rows; never fails for a number."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Ratios within one run on one machine; loopback only; every load bounded.",
    )
    parser.add_argument("--quick", action="store_true", help="short measurements, few rounds")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument(
        "sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)} (default: all)"
    )
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.sections if name not in SECTIONS]
    if unknown:
        parser.error(f"no section is called {unknown[0]!r} (known: {', '.join(SECTIONS)})")
    options = Options(asked.quick, _say)
    started = time.monotonic()
    sections = [list(_section(name, options)) for name in asked.sections or SECTIONS]
    took = time.monotonic() - started
    if asked.markdown:
        print(table.markdown(sections))
    else:
        table.console(sections, Console(width=None if sys.stdout.isatty() else 180))
    print(f"{_machine()}; {took:.0f} s in all{', --quick' if asked.quick else ''}")
    return 0


def _section(name: str, options: Options) -> Iterator[Row]:
    try:
        yield from importlib.import_module(f"tests.benchmarks.{name}").rows(options)
    except Unmeasured as reason:
        yield Row(name, how=str(reason))


def _say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


def _machine() -> str:
    found = []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} not installed")
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores{load},"
        f" Python {platform.python_version()}; {', '.join(found)}"
    )


if __name__ == "__main__":
    sys.exit(main())
