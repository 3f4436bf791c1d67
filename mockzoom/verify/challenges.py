"""The challenge matrix: rules MZ301 to MZ306."""

from __future__ import annotations

from mockzoom.casebook import CHALLENGE, Case
from mockzoom.run import Run
from mockzoom.verify.baseline import Patience

GENUINE = ("MZ301", "MZ302", "MZ303", "MZ304")
FORGED = ("MZ305", "MZ306")
_UNSIGNED = ("unsigned", "unsigned-bare", "wrong-secret")


async def challenges(run: Run) -> None:
    """Validate the URL twice as Zoom does, then as a stranger would."""
    run.step("challenge", "URL validation, signed and unsigned")
    patience = Patience(run)
    failed = False
    for index in (1, 2):
        prepared = run.casebook.prepare(CHALLENGE, Case("challenge", index))
        exchange = await patience.send(prepared)
        if exchange is None:
            break
        run.count(CHALLENGE, *GENUINE)
        failed = bool(run.judge(prepared, exchange)) or exchange.last.status == 429 or failed
        if exchange.last.timed_out:
            break
    if failed:
        run.skip_rules("the genuine URL validation was not answered rightly", *FORGED)
        return
    for index, forge in enumerate(_UNSIGNED, start=3):
        prepared = run.casebook.prepare(CHALLENGE, Case("challenge", index))
        exchange = await patience.send(prepared, forge)
        if exchange is not None:
            run.count(CHALLENGE, "MZ305")
            run.judge(prepared, exchange)
    prepared = run.casebook.prepare(CHALLENGE, Case("oracle"))
    for forge in _UNSIGNED:
        exchange = await patience.send(prepared, forge)
        if exchange is not None:
            run.count(CHALLENGE, "MZ306")
            run.judge(prepared, exchange)
    patience.close("challenge")
