"""The baseline: a file of accepted findings, by rule, event and cause.

It is JSON, sorted, one entry a line, so that its history reads well. `reason` may be written into
an entry by hand; it stays there when the file is written again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from mockzoom.errors import UsageError, nearest
from mockzoom.model import RunKind
from mockzoom.report.file import check_writable, write
from mockzoom.suites import RULES

VERSION = 1
_LARGEST = 16 * 1024 * 1024
_TEXTS = ("rule", "event", "cause", "run")
_FORM = (
    'expected {"mockzoom_baseline": 1, "accepted": [{"rule": …, "event": …, "cause": …,'
    ' "run": …}]}, as --write-baseline writes it'
)
Key = tuple[str, str, str]


def known_rule(name: str, where: str) -> str:
    """Return the id of the rule with this id or slug; raise `UsageError` if there is none."""
    if name.upper() in RULES:
        return name.upper()
    slugs = {rule.slug: rule.id for rule in RULES.values()}
    if name.lower() not in slugs:
        close = nearest(name.upper(), RULES) or nearest(name.lower(), slugs)
        raise UsageError(
            f"{where}: no rule is called {name!r}{close}; `mockzoom explain` lists them"
        )
    return slugs[name.lower()]


@dataclass(frozen=True, slots=True, order=True)
class AcceptedFinding:
    """One accepted finding with one event, which is "" where it has none.

    `run` is the kind of run that found it; it is accepted in every kind.
    """

    rule: str
    event: str
    cause: str
    run: RunKind = "verify"
    reason: str = ""

    @property
    def key(self) -> Key:
        """What a finding is recognised by."""
        return self.rule, self.event, self.cause

    def __str__(self) -> str:
        return " ".join(filter(None, (self.rule, self.event, f"({self.cause})")))


@dataclass(frozen=True, slots=True)
class Baseline:
    """The accepted findings of a file."""

    path: Path
    entries: tuple[AcceptedFinding, ...] = ()

    def entry(self, rule: str, event: str, cause: str) -> AcceptedFinding | None:
        """Return the entry of a finding, if there is one."""
        key = rule, event, cause
        return next((item for item in self.entries if item.key == key), None)


def read_baseline(path: Path, *, may_miss: bool = False) -> Baseline:
    """Read a baseline; raise `UsageError` where that cannot be done.

    `may_miss` is for a file that is about to be written.
    """
    where = f"--baseline {path}"
    if may_miss and not path.exists():
        return Baseline(path)
    try:
        if path.stat().st_size > _LARGEST:
            raise UsageError(f"{where}: the file is larger than 16 MB; {_FORM}")
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{where}: no such file; write it with --write-baseline") from None
    except OSError as error:
        raise UsageError(f"{where}: cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise UsageError(f"{where}: no JSON: {why}; {_FORM}") from None
    if not isinstance(document, dict) or not isinstance(document.get("accepted"), list):
        raise UsageError(f"{where}: no baseline; {_FORM}")
    version = document.get("mockzoom_baseline")
    if version != VERSION or isinstance(version, bool):
        raise UsageError(
            f"{where}#/mockzoom_baseline: is {json.dumps(version)[:40]}, expected {VERSION}; write"
            " the file again with --write-baseline, or update mockzoom"
        )
    accepted = enumerate(document["accepted"])
    return Baseline(path, tuple(_entry(item, f"{where}#/accepted/{at}") for at, item in accepted))


def _entry(item: Any, where: str) -> AcceptedFinding:
    if not isinstance(item, dict):
        raise UsageError(f"{where}: is no object; {_FORM}")
    for key in (*_TEXTS, *item):
        if key not in (*_TEXTS, "reason"):
            raise UsageError(f"{where}: no key is called {key!r}; {_FORM}")
        if not isinstance(item.get(key), str):
            raise UsageError(f"{where}/{key}: is missing or no text; {_FORM}")
    if item["run"] not in get_args(RunKind):
        raise UsageError(
            f"{where}/run: is {item['run']!r}, expected one of {', '.join(get_args(RunKind))}"
        )
    known_rule(item["rule"], f"{where}/rule")
    return AcceptedFinding(**item)


def check_baseline(path: Path) -> None:
    """Raise `UsageError` where no baseline can be written to `path`."""
    check_writable(path, "--baseline")


def write_baseline(path: Path, entries: Iterable[AcceptedFinding]) -> None:
    """Write a baseline whole or not at all; raises `UsageError`."""
    rows = []
    for item in sorted(entries):
        row = {key: getattr(item, key) for key in _TEXTS}
        if item.reason:
            row["reason"] = item.reason
        rows.append("    " + json.dumps(row, ensure_ascii=False))
    listed = "[\n" + ",\n".join(rows) + "\n  ]" if rows else "[]"
    write(path, f'{{\n  "mockzoom_baseline": {VERSION},\n  "accepted": {listed}\n}}\n')
