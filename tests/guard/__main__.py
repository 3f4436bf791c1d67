"""The guard of a refactoring: what mockzoom reports and delivers, recorded before and after.

    python -m tests.guard record before            # on the old code
    python -m tests.guard record after             # on the new code
    python -m tests.guard compare before after     # 0: equal, 1: the differences

`--only bytes|verify|play|send` (repeatable) records or compares a part. `--match WORD` (repeatable)
takes only the reports whose name has WORD in it. `--ignore KEY` (repeatable) leaves a key out of
the comparison, such as `message`, where a commit changes all texts on purpose.

What is recorded, each with a fixed seed and payload clock:

- `bytes`: the SHA-256 of every body that a test case has (shapes, ASCII twins, new fields, other
  documented values, spellings, malformed bodies, mutants), two seeds; `specs lint`, `events`,
  `play --plan`.
- `verify`: the reports on the repository's own receivers, correct and defective, and all requests
  that one of them gets.
- `play`: the reports of all bundled scenarios, and of some of them with a probe.
- `send`: what is printed for cases, forgeries, `--set` and `--body`.

Only the public command line is used, so that the guard runs on both sides of a restructuring. Three
places know more, and each is small: `bodies.py` (makes all test cases; no command prints them),
`reading.py` (the keys of the JSON report) and the imports of `tests.receivers` in `running.py`.

What differs from run to run is normalised away in `reading.py`, with the reason; what differs in
one report alone is in `comparing.VARIABLE`. Record twice on
unchanged code to see whether anything else does, above all on a busy machine: a correct receiver
that answers late is rightly reported.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.guard import recording
from tests.guard.comparing import VARIABLE, differences

PARTS: dict[str, Callable[[], recording.Reports]] = {
    "bytes": recording.bodies_and_texts,
    "verify": recording.verify_reports,
    "play": recording.play_reports,
    "send": recording.send_outputs,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Record or compare; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.guard", description="See the docstring.")
    commands = parser.add_subparsers(dest="command", required=True)
    record = commands.add_parser("record", help="record into a folder")
    record.add_argument("folder", type=Path)
    compare = commands.add_parser("compare", help="show what differs; exit code 1 if anything does")
    compare.add_argument("before", type=Path)
    compare.add_argument("after", type=Path)
    compare.add_argument("--ignore", action="append", default=[], metavar="KEY")
    for command in (record, compare):
        command.add_argument("--only", action="append", choices=tuple(PARTS))
        command.add_argument("--match", action="append", default=[], metavar="WORD")
    given = parser.parse_args(arguments)
    parts = given.only or list(PARTS)
    if given.command == "record":
        return _record(given.folder, parts, given.match)
    for folder in (given.before, given.after):
        if not folder.is_dir():
            parser.error(f"{folder} is no folder")
    return _compare(given.before, given.after, parts, given.match, given.ignore)


def _record(folder: Path, parts: Sequence[str], words: Sequence[str]) -> int:
    began = time.monotonic()
    for part in parts:
        for name, make in PARTS[part]().items():
            if not _matches(name, words):
                continue
            started = time.monotonic()
            recording.write(folder / part / f"{name}.json", make())
            print(f"{time.monotonic() - started:6.1f} s  {part}/{name}", flush=True)
    print(f"{time.monotonic() - began:6.1f} s  in all, in {folder}")
    return 0


def _compare(
    before: Path, after: Path, parts: Sequence[str], words: Sequence[str], ignored: Sequence[str]
) -> int:
    sides = [_files(folder, parts, words) for folder in (before, after)]
    different = 0
    for name in sorted(sides[0].keys() | sides[1].keys()):
        missing = [folder for folder, side in zip((before, after), sides, strict=True)
                   if name not in side]  # fmt: skip
        if missing:
            found = [f"not recorded in {missing[0]}"]
        else:
            one, other = (recording.read(side[name]) for side in sides)
            found = differences(one, other, (*ignored, *VARIABLE.get(name, ())))
        if found:
            different += 1
            print("\n".join([name, *(f"  {line}" for line in found)]))
    names = len(sides[0].keys() | sides[1].keys())
    print(f"{names} reports compared, {different} differ")
    return int(different > 0 or not names)


def _files(folder: Path, parts: Sequence[str], words: Sequence[str]) -> dict[str, Path]:
    return {
        f"{part}/{path.stem}": path
        for part in parts
        for path in (folder / part).glob("*.json")
        if _matches(path.stem, words)
    }


def _matches(name: str, words: Sequence[str]) -> bool:
    return not words or any(word in name for word in words)


if __name__ == "__main__":
    sys.exit(main())
