"""Runs `python -m mockzoom` and the receivers, and gives what came out, normalised."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from tests.guard.reading import normalised_report, normalised_text
from tests.receivers.launch import SECRET, running
from tests.receivers.table import CASES

AT = "2026-03-04T05:06:07Z"
AT_MS = 1772600767000
ROOT = Path(__file__).resolve().parents[2]
MAY_TAKE_S = 300


@dataclass(frozen=True, slots=True)
class Receiver:
    """A receiver of `tests/receivers` or `tests/guard`, and what it does wrong."""

    script: str
    defect: str = ""
    auth: str = ""

    @property
    def name(self) -> str:
        words = (self.script.removesuffix("_receiver"), self.defect or "correct")
        return "-".join((*words, self.auth.partition(":")[0])).rstrip("-")

    @contextmanager
    def run(self) -> Iterator[str]:
        """Run it for the length of the block and give its URL."""
        here = Path(__file__).parent / f"{self.script}.py"
        script = f"../guard/{self.script}" if here.exists() else self.script
        with running(script, self.defect or None, auth=self.auth or None) as url:
            yield url


def receivers() -> list[Receiver]:
    """Return all receivers of the table that are written in Python."""
    found = [Receiver(case.receiver, case.defect, case.auth) for case in CASES if not case.needs]
    return list(dict.fromkeys(found))


def mockzoom(*words: str) -> dict[str, Any]:
    """Return exit code, standard output and standard error of a command."""
    return all_of([words])[0]


def all_of(commands: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """Return the same of several commands, run one after another."""
    lines = "".join(json.dumps(words) + "\n" for words in commands)
    done = _python("tests.guard.forking", given=lines)
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(results) == len(commands), done.stderr
    for result in results:
        start = result.pop("start")
        for stream in ("stdout", "stderr"):
            result[stream] = normalised_text(result[stream], start, ROOT).splitlines()
    return results


def report(*words: str) -> dict[str, Any]:
    """Return the JSON report of a command that takes `--report`, with its exit code."""
    start = time.time()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.json"
        done = _python("mockzoom", *words, "--report", f"json={file}")
        written = json.loads(file.read_text()) if file.exists() else {}
    found: dict[str, Any] = {"exit": done.returncode, **normalised_report(written, start, ROOT)}
    if done.returncode not in (0, 1):
        found["stderr"] = normalised_text(done.stderr, start, ROOT).splitlines()
    return found


def requests_of(url: str) -> dict[str, int]:
    """Return how often `wire_receiver` got which request."""
    with urlopen(url.replace("/webhook", "/requests"), timeout=10) as answer:
        found: dict[str, int] = json.load(answer)
    return found


def _python(module: str, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("MOCKZOOM_")}
    return subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=ROOT,
        env={**kept, "MOCKZOOM_SECRET": SECRET, "COLUMNS": "100", "NO_COLOR": "1"},
        input=given,
        capture_output=True,
        text=True,
        timeout=MAY_TAKE_S,
        check=False,
    )
