"""Why everything is refused: the probable cause, proved by an experiment where one can be made.

Where no valid event is acknowledged, nothing odd can be judged, and forty findings with one cause
help nobody. So each known mistake (`mockzoom.delivery.mistakes`) is tried: a request is made as a
receiver with that mistake expects it, and where it is acknowledged, the cause is known. Otherwise
the status says what to look at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from mockzoom.delivery.mistakes import MISTAKES
from mockzoom.engine.case import CHALLENGE, CaseName, TestCase, replace
from mockzoom.engine.suite import Examination
from mockzoom.model import Attempt
from mockzoom.suites.authenticity import NON_ASCII_REFUSED
from mockzoom.suites.challenge import SLOW, WRONG_HASH
from mockzoom.suites.events import advice
from mockzoom.wording import counted

_RAW_BODY = "Compute the signature over the raw bytes of the body, before any parser reads them."
_TEXT = "text/plain"
NEARLY_ALL = 0.9
"""The share of event types with the same refusal from which there is one cause for all."""


class Diagnosis:
    """Finds out why a receiver acknowledges no valid event, and says so in one finding."""

    def __init__(self, run: Examination) -> None:
        self._runner = run.runner
        self._acknowledged = run.acknowledged

    async def play(self) -> None:
        """Put the cause into the finding about what was refused."""
        refused = self._acknowledged.refused
        total = len(refused) + len(list(self._acknowledged))
        outcomes = Counter(_outcome(one.exchange.last) for one in refused.values())
        if self._acknowledged and await self._of_some(total):
            return
        if not outcomes or outcomes.most_common(1)[0][1] < NEARLY_ALL * total:
            return
        outcome = outcomes.most_common(1)[0][0]
        attempts = [one.exchange.last for one in refused.values()]
        await self._of_all([each for each in attempts if _outcome(each) == outcome], total)

    async def _of_all(self, alike: list[Attempt], total: int) -> None:
        """Say why (nearly) all of `total` event types got the same outcome."""
        first = alike[0]
        what = f"{len(alike)} of {counted(total, 'event type')} {_told(first)}"
        if first.status is None and len(alike) == total:
            what = f"none of {counted(total, 'event type')} was answered"
        elif len(alike) == total:
            what = f"all {counted(total, 'event type')} {_told(first)}"
        if self._acknowledged:
            cause, fix = self._by_status(first, answered=True)
        else:
            self._runner.step("diagnosis", "why no event is acknowledged")
            context, cause, fix = await self._cause(first)
            what += context
        message = f"{what}: {cause}" if cause else what
        self._runner.findings.reword(_rule(first), message, fix, leads=True)

    async def _of_some(self, total: int) -> bool:
        """Say why some event types are refused as forgeries are; tell whether a mistake is why."""
        forged = [
            one for one in self._acknowledged.ever_refused if one.exchange.last.status in (401, 403)
        ]
        if not forged:
            return False
        first = forged[0]
        cause, fix = await self._proved(self._runner.anew(first.case), first.exchange.last)
        if not cause:
            return False
        findings = self._runner.findings
        rule = NON_ASCII_REFUSED.id if findings.has(NON_ASCII_REFUSED.id) else "MZ101"
        what = f"{len(forged)} of {counted(total, 'event type')} {_told(first.exchange.last)}"
        findings.reword(rule, f"{what}: {cause}", fix, leads=True)
        return True

    async def _cause(self, refused: Attempt) -> tuple[str, str, str]:
        """Return what the URL validation got, the cause, and what to do."""
        challenge = self._runner.cases.prepare(CHALLENGE, CaseName("challenge", 1))
        answered = False
        if refused.timed_out and self._runner.findings.has(SLOW.id):
            alike = True  # known already, and costs a deadline
        else:
            answer = await self._runner.send(challenge)
            answered = answer.last.acknowledged and not self._runner.verdict(challenge, answer)
            alike = _outcome(answer.last) == _outcome(refused)
        cause, fix = await self._proved(challenge if alike else self._event(), refused)
        if not cause:
            cause, fix = self._by_status(refused, answered=answered)
        if alike:
            neither = refused.status is None
            what = ", nor was the URL validation" if neither else ", and so was the URL validation"
            return what, cause, fix
        if answered:
            return ", but the URL validation was answered correctly", cause, fix
        return "", cause, fix

    def _event(self) -> TestCase:
        """Return the refused event that needs the fewest before it, in ASCII words."""
        maker = self._runner.cases
        name = CaseName("valid", entities=self._runner.next_entities(), ascii_only=True)
        cases = (maker.prepare(event, name) for event in self._acknowledged.refused)
        return min(cases, key=lambda case: len(maker.prelude(case)))

    async def _proved(self, probe: TestCase, refused: Attempt) -> tuple[str, str]:
        """Return the cause that an experiment proves, and what to do; two empty texts for none."""
        if refused.timed_out:
            if await self._is_taken(replace(probe, content_type=_TEXT, detail="as plain text")):
                return (
                    f"the same sent as `{_TEXT}` is answered, so a JSON body parser reads the body"
                    " before the code that waits for it",
                    "Keep the raw body when the parser reads it (such as `verify` of"
                    " `express.json`), or read it before the parser does.",
                )
            return "", ""
        if refused.status not in (400, 401, 403, 422):
            return "", ""
        for case, about, fix in _experiments(probe):
            if await self._is_taken(case):
                return f"{about} (a request made so is acknowledged)", fix
        return "", ""

    async def _is_taken(self, case: TestCase) -> bool:
        return (await self._runner.send(case)).last.acknowledged

    def _by_status(self, refused: Attempt, *, answered: bool) -> tuple[str, str]:
        """Return what the status usually means, and what to do."""
        status = refused.status
        if status is None:
            return ("the receiver answers nothing at all", "") if refused.timed_out else ("", "")
        fix = advice(status)
        if status in (401, 403):
            if self._runner.findings.has(WRONG_HASH.id):
                return "the receiver verifies with another secret than --secret", fix
            if answered:
                return (
                    "the secret is right, so something else is wrong with the receiver's check",
                    fix,
                )
            return "probably --secret is not what the receiver verifies with", fix
        if status in (404, 405):
            if answered:
                return "the receiver has no handler for these events", fix
            return "probably the path of the URL is not the receiver's", fix
        if status in (400, 415, 422, 501) and answered:
            return (
                "the receiver seems to handle other events only",
                "Answer 200 also to events that you do not use; `--events` chooses what is sent.",
            )
        return "", fix


def _experiments(probe: TestCase) -> Iterator[tuple[TestCase, str, str]]:
    """Yield requests as receivers with a mistake expect them, with the mistake and its remedy."""
    title = replace(probe, header_case="title-case")
    fix = "Look headers up in any case: Zoom writes `x-zm-signature`."
    yield (
        title,
        "the receiver looks headers up as `X-Zm-Signature`, and Zoom writes them in lower case",
        fix,
    )
    for name, mistake in MISTAKES.items():
        remedy = _RAW_BODY
        if name == "milliseconds":
            remedy = "Compare `x-zm-request-timestamp` in seconds."
        elif name in ("body-alone", "without-version", "base64"):
            remedy = "Compare `v0=` and the hex HMAC-SHA256 of `v0:{timestamp}:{raw body}`."
        yield replace(probe, forge=name), mistake.about, remedy


def _outcome(attempt: Attempt) -> str:
    return str(attempt.status or ("timeout" if attempt.timed_out else "lost"))


def _told(attempt: Attempt) -> str:
    if attempt.status is not None:
        return f"were answered {attempt.status}"
    return "were not answered"


def _rule(attempt: Attempt) -> str:
    if attempt.timed_out:
        return "MZ102"
    if attempt.status is None:
        return "MZ103"
    return "MZ104" if 300 <= attempt.status < 400 else "MZ101"
