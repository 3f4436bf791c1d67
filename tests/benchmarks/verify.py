"""Cases a second: `mockzoom verify` against `schemathesis run`, both at the sample receiver."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from urllib.request import urlopen

from mockzoom.contract import load
from tests.benchmarks.contract import as_paths
from tests.benchmarks.deliveries import prepared
from tests.benchmarks.loads.pipeline import SECRET
from tests.benchmarks.options import Options
from tests.benchmarks.programs import (
    finished,
    need_package,
    program,
    served,
    wrk,
    wrk_script,
)
from tests.benchmarks.rounds import Unmeasured, interleaved, samples_of
from tests.benchmarks.table import Row, against, share, times

_FEW = (
    "meeting.rtms_started", "meeting.rtms_stopped", "session.user_joined",
    "session.recording_completed",
)  # fmt: skip
_MAY_TAKE_S = 900


def rows(options: Options) -> Iterator[Row]:
    """Yield the ratio, and how much of what the receiver can take is reached."""
    contract = load()
    events = _FEW if options.quick else tuple(contract.events)
    rounds = options.rounds(quick=1, full=3)
    examples = 20
    with (
        served("receiver", SECRET) as url,
        tempfile.TemporaryDirectory(prefix="mockzoom-verify-") as name,
    ):
        folder = Path(name)
        document = folder / "openapi.json"
        document.write_text(json.dumps(as_paths([contract.get(event) for event in events])))
        script = folder / "post.lua"
        script.write_text(wrk_script(prepared(url)))
        found = interleaved(
            {
                "mockzoom verify": partial(ours, url, folder),
                "schemathesis run": partial(schemathesis, url, document, examples),
                "wrk": lambda: {"rate": wrk(url, script, 1, 2)},
            },
            rounds,
            options.progress,
        )
    rates = {who: samples_of(outcome, "rate") for who, outcome in found.items()}
    how = (
        f"whole commands, start included, {rounds} rounds, requests counted by the receiver;"
        f" ours: {len(contract.events)} events, all suites"
    )
    yield against(
        "cases of verify, to schemathesis run's", rates["mockzoom verify"],
        rates["schemathesis run"], at_least=10,
        how=f"{how}; Schemathesis: {len(events)} events as paths, signed by a hook,"
        f" --max-examples {examples}, one check, no shrinking",
    )  # fmt: skip
    how = "wrk -t1 -c1 posting one prepared event to the same receiver"
    yield share(
        "cases of verify, of what the receiver can take", rates["mockzoom verify"], rates["wrk"],
        how=how,
    )  # fmt: skip
    yield times(
        "time of verify, to wrk's for as many requests", rates["mockzoom verify"], rates["wrk"],
        how=how,
    )  # fmt: skip


def ours(url: str, folder: Path) -> Mapping[str, float]:
    """Run `mockzoom verify` once."""
    report = folder / "report.json"
    command = [program("mockzoom"), "verify", url, "--secret", SECRET]
    command += ["--report", f"json={report}"]
    rate = _cases_a_second(command, url, folder)
    verdict = json.loads(report.read_text())["verdict"]
    if verdict != "pass":
        raise Unmeasured(f"mockzoom verify of the sample receiver ended with {verdict!r}")
    return {"rate": rate}


def schemathesis(url: str, document: Path, examples: int) -> Mapping[str, float]:
    """Run `schemathesis run` once."""
    need_package("schemathesis")
    command = [
        program("schemathesis"), "run", str(document), "--url", url.removesuffix("/webhook"),
        "--checks", "not_a_server_error", "--no-shrink", "--max-examples", str(examples),
        "--generation-database", "none", "--no-color",
    ]  # fmt: skip
    return {"rate": _cases_a_second(command, url, document.parent)}


def _cases_a_second(command: Sequence[str], url: str, folder: Path) -> float:
    hook = {
        "SCHEMATHESIS_HOOKS": "tests.benchmarks.loads.signing_hook",
        "BENCHMARK_SECRET": SECRET,
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    }
    (before, passed), start = _counted(url), time.perf_counter()
    done = finished(command, _MAY_TAKE_S, folder, hook)
    took = time.perf_counter() - start
    # Ctrl-C, usage and internal errors are 2 and above; 1 is a finding.
    if done.returncode not in (0, 1):
        last = ((done.stderr + done.stdout).strip().splitlines() or ["no output"])[-1]
        raise Unmeasured(f"{Path(command[0]).name} ended with {done.returncode}: {last[:200]}")
    seen, acknowledged = _counted(url)
    if acknowledged - passed < (seen - before) / 4:
        raise Unmeasured(f"{Path(command[0]).name}: the receiver took {acknowledged - passed} only")
    return (seen - before) / took


def _counted(url: str) -> tuple[int, int]:
    """Return how many requests the receiver has answered, and how many with 2xx."""
    with urlopen(f"{url.removesuffix('/webhook')}/count", timeout=10) as answer:
        seen, acknowledged = answer.read().split()
    return int(seen), int(acknowledged)
