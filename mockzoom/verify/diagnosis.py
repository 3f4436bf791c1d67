"""Why everything is refused: the probable cause, proved by an experiment where one can be made.

Where no valid event is acknowledged, nothing odd can be judged, and forty findings with one cause
help nobody. So each known mistake (`mockzoom.zoom.verifier_mistakes`) is tried: a request is made
as a receiver with that mistake expects it. The cause is proved where that is acknowledged twice,
while the genuine request, and the same experiment with another secret, are refused. Otherwise the
status says what to look at.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from urllib.parse import urlsplit

from msgspec import Struct

from mockzoom.engine.acknowledged import Refused
from mockzoom.engine.case import CHALLENGE, CaseName, TestCase, replace
from mockzoom.engine.evidence import outcome_key
from mockzoom.engine.suite import Examination
from mockzoom.model import Attempt, Failure
from mockzoom.suites.authenticity import NON_ASCII_REFUSED
from mockzoom.suites.challenge import SLOW, UNANSWERED, WRONG_HASH
from mockzoom.suites.events import (
    NO_RESPONSE,
    NOT_ACKNOWLEDGED,
    REDIRECTED,
    SLOW_ACKNOWLEDGEMENT,
)
from mockzoom.suites.statuses import meaning_of
from mockzoom.wording import counted
from mockzoom.zoom.headers import SIGNATURE, spelt
from mockzoom.zoom.url_validation import OTHER_KEY
from mockzoom.zoom.verifier_mistakes import MISTAKES, affects, with_another_secret

_TEXT = "text/plain"
_NEARLY_ALL = 0.9
"""The share of event types with the same refusal from which there is one cause for all."""
_MOST_PROBES = 3
"""Refused event types on which mistakes are tried, where others are acknowledged."""
_OTHER_SECRET = "wrong-secret"
_OF_HOSTS = re.compile(rb"disallowedhost|(invalid|blocked|untrusted) host|>bad request \(400\)<")
"""What Django, Starlette and Rails answer where a host name is not allowed, in lower case.

Django's page without DEBUG does not say why: a view seldom gives it otherwise.
"""
_ALLOW_HOST = (
    "Allow the host name in the URL, such as 127.0.0.1: `ALLOWED_HOSTS` (Django), `allowed_hosts`"
    " (Starlette), `config.hosts` (Rails)."
)
_NO_REDIRECT = (
    "Answer 200 or 204 in place of the redirect, which Zoom does not follow. The URL is right: the"
    " URL validation is answered there."
)
_WANTS_HTTPS = (
    "Give the https URL. Where the receiver has none without the proxy before it, switch the"
    " redirect off for this test: `SECURE_SSL_REDIRECT` (Django), `config.force_ssl` (Rails)."
)
_ANSWER_FIRST = "Answer first and work afterwards: put the event into a queue or a background task."


class Cause(Struct, frozen=True):
    """Why deliveries are refused, and what to do; both are empty where that is not known."""

    text: str = ""
    fix: str = ""
    mistake: str = ""
    """The name of the mistake that was proved."""


class _Experiment(Struct, frozen=True, eq=False):
    """A request as a receiver with a mistake expects it, and the same with another secret."""

    case: TestCase
    forged: TestCase
    cause: Cause


class Diagnosis:
    """Finds out why a receiver acknowledges no valid event, and says so in one finding."""

    def __init__(self, run: Examination) -> None:
        self._run = run
        self._runner = run.runner
        self._acknowledged = run.acknowledged

    async def play(self) -> None:
        """Put the cause into the finding about what was refused."""
        if self._acknowledged and await self._of_some():
            return
        refused = [one.exchange.last for one in self._acknowledged.refused.values()]
        if not refused:
            return
        ((outcome, number),) = Counter(outcome_key(each) for each in refused).most_common(1)
        total = len(refused) + len(list(self._acknowledged))
        if number >= _NEARLY_ALL * total:
            same = [each for each in refused if outcome_key(each) == outcome]
            await self._of_all(same, total)

    async def _of_all(self, refused: list[Attempt], total: int) -> None:
        """Say why (nearly) all of `total` event types got the same outcome."""
        first, number = refused[0], len(refused)
        what = f"{number} of {counted(total, 'event type')} {_outcome(first)}"
        if number == total == 1:
            what = f"the event {_outcome(first, one=True)}"
        elif number == total and first.status is None:
            tried = "" if total == len(self._run.specs) else "the first "
            what = f"none of {tried}{counted(total, 'event type')} was answered"
        elif number == total:
            what = f"all {counted(total, 'event type')} {_outcome(first)}"
        if self._acknowledged:
            cause = self._by_status(first, answered=True)
        else:
            self._runner.step("diagnosis", "why no event is acknowledged")
            context, cause = await self._cause(first)
            what += context
        self._report(_rule(first), outcome_key(first), what, cause)

    async def _of_some(self) -> bool:
        """Say why some event types are refused as forgeries are; return whether it is known."""
        forged = [one for one in self._acknowledged.first_refusals
                  if one.exchange.last.status in (401, 403)]  # fmt: skip
        for one in forged[:_MOST_PROBES]:
            cause = await self._proved(self._runner.anew(one.case), one.exchange.last)
            if cause.mistake:
                self._report_some(one, cause, forged)
                self._runner.genuine.explain(partial(_is_affected, cause.mistake))
                return True
        return False

    def _report_some(self, one: Refused, cause: Cause, forged: list[Refused]) -> None:
        affected = sum(
            other.exchange.last.status == one.exchange.last.status
            and affects(cause.mistake, other.case.body)
            for other in forged
        )
        seen = {case.event for case in self._acknowledged} | {each.case.event for each in forged}
        what = f"{affected} of {counted(len(seen), 'event type')} {_outcome(one.exchange.last)}"
        is_text = not one.case.body.isascii() and self._runner.findings.has(NON_ASCII_REFUSED.id)
        if is_text:
            self._report(NON_ASCII_REFUSED.id, "", what, cause)
        else:
            self._report(NOT_ACKNOWLEDGED.id, outcome_key(one.exchange.last), what, cause)

    def _report(self, rule: str, key: str, what: str, cause: Cause) -> None:
        """Put the cause into the finding of a rule, with the outcome `key` where one is given."""
        message = f"{what}: {cause.text}" if cause.text else what
        self._runner.findings.reword(rule, message, cause.fix, cause=key, leads=True)

    async def _cause(self, refused: Attempt) -> tuple[str, Cause]:
        """Return what the URL validation got, in words, and the cause."""
        challenge = self._runner.cases.prepare(CHALLENGE, CaseName("challenge", 1))
        answered = False
        if refused.timed_out and self._runner.findings.has(SLOW.id):
            same = True  # known already, and costs a deadline
        else:
            answer = await self._runner.send(challenge)
            answered = answer.last.acknowledged and not self._runner.verdict(challenge, answer)
            same = outcome_key(answer.last) == outcome_key(refused)
        cause = await self._proved(challenge if same else self._event(), refused)
        if not cause.text:
            cause = self._by_status(refused, answered=answered)
        if same and refused.status is None:
            return ", nor was the URL validation", cause
        if same:
            message = f"URL validation: answered {refused.status}, as the events were"
            self._runner.findings.reword(UNANSWERED.id, message, cause.fix)
            return ", and so was the URL validation", cause
        return ", but the URL validation was answered correctly" if answered else "", cause

    def _event(self) -> TestCase:
        """Return the refused event that needs the fewest before it, in ASCII words."""
        maker = self._runner.cases
        name = CaseName("valid", ascii_only=True)
        cases = [maker.prepare(event, name) for event in self._acknowledged.refused]
        return self._runner.anew(min(cases, key=lambda case: len(maker.prelude(case))))

    # -- experiments ---------------------------------------------------------------------------

    async def _proved(self, probe: TestCase, refused: Attempt) -> Cause:
        """Return the cause that an experiment proves; an empty one where none does."""
        if not refused.timed_out and refused.status not in (400, 401, 403, 422):
            return Cause()
        if not refused.timed_out and await self._is_acknowledged(probe):
            return Cause()  # refused by chance
        probe = replace(probe, prelude=())  # it was delivered just now
        for experiment in _by_content_type(probe) if refused.timed_out else _experiments(probe):
            if (
                await self._is_acknowledged(experiment.case)
                and not await self._is_acknowledged(experiment.forged)
                and (refused.timed_out or not await self._is_acknowledged(probe))
                and await self._is_acknowledged(experiment.case)
            ):
                return experiment.cause
        return Cause()

    async def _is_acknowledged(self, case: TestCase) -> bool:
        """Whether a delivery gets a 2xx, and a URL validation its tokens."""
        answer = await self._runner.send(case)
        if not answer.last.acknowledged:
            return False
        found = self._runner.verdict(case, answer) if case.event == CHALLENGE else ()
        return all(item.rule != UNANSWERED.id for item in found)

    # -- by status -----------------------------------------------------------------------------

    def _by_status(self, refused: Attempt, *, answered: bool) -> Cause:
        """Return what an outcome usually means, and what to do."""
        status, outcome = refused.status, refused.outcome
        if status is None or isinstance(outcome, Failure):
            if not refused.timed_out:
                return Cause()
            if answered:
                return Cause("it works before it answers, or waits for something", _ANSWER_FIRST)
            return Cause("the receiver answers nothing at all")
        if 300 <= status < 400:
            return self._redirected(outcome.header("location") or "", answered=answered)
        asked = outcome.header("www-authenticate")
        if status == 401 and asked and not self._run.settings.auth:
            return Cause(f"it asks for credentials ({asked})", "Give them with --auth.")
        said = outcome.body[:4096].lower()
        if status in (400, 403, 419, 422) and (b"csrf" in said or b"authenticity" in said):
            return Cause("a protection against CSRF refuses it", "Exempt this path from it.")
        if status in (400, 403, 421) and _OF_HOSTS.search(said):
            return Cause("it probably refuses the host name in the URL", _ALLOW_HOST)
        return self._by_number(status, answered=answered)

    def _redirected(self, where: str, *, answered: bool) -> Cause:
        cause = f"redirected to {where or 'no location'}"
        if answered:
            return Cause(cause, _NO_REDIRECT)
        here = self._runner.sender.transport.target.url
        if here.startswith("http:") and _without_port(where) == _without_port(f"https{here[4:]}"):
            return Cause(f"{cause}, the same URL with https", _WANTS_HTTPS)
        return Cause(cause, "Give the URL that it redirects to.")

    def _by_number(self, status: int, *, answered: bool) -> Cause:
        meaning = meaning_of(status)
        if status in (401, 403) and self._runner.findings.has(WRONG_HASH.id, OTHER_KEY):
            return Cause("the receiver verifies with another secret than --secret", meaning.fix)
        if answered:
            return Cause(meaning.cause_elsewhere, meaning.fix_elsewhere or meaning.fix)
        return Cause(meaning.cause, meaning.fix)


def _is_affected(mistake: str, body: bytes) -> bool:
    """Whether a receiver with this mistake refuses `body`; a malformed one is another matter."""
    with suppress(ValueError, RecursionError):
        return affects(mistake, body)
    return False


def _without_port(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.hostname or "").geturl()


def _experiments(probe: TestCase) -> Iterator[_Experiment]:
    """Yield requests as receivers with a mistake expect them, where they are not the genuine."""
    title = replace(probe, header_case="title-case")
    yield _Experiment(
        title,
        replace(title, forge=_OTHER_SECRET),
        Cause(
            f"the receiver looks headers up as `{spelt(SIGNATURE, 'title-case')}`, and Zoom writes"
            " them in lower case"
            " (a request sent that way is acknowledged)",
            "Look headers up in any case.",
            "title-case",
        ),
    )
    for name, mistake in MISTAKES.items():
        if affects(name, probe.body):
            cause = Cause(
                f"{mistake.about} (a request signed that way is acknowledged)", mistake.fix, name
            )
            forged = replace(probe, forge=with_another_secret(name))
            yield _Experiment(replace(probe, forge=name), forged, cause)


def _by_content_type(probe: TestCase) -> Iterator[_Experiment]:
    text = replace(probe, content_type=_TEXT)
    yield _Experiment(
        text,
        replace(text, forge=_OTHER_SECRET),
        Cause(
            f"the same sent as `{_TEXT}` is answered, so a JSON body parser reads the body before"
            " the code that waits for it",
            "Keep the raw body when the parser reads it (such as `verify` of `express.json`), or"
            " read it before the parser does.",
            "body-parser",
        ),
    )


def _outcome(attempt: Attempt, *, one: bool = False) -> str:
    """Return what event types got, in words."""
    was = "was" if one else "were"
    return (
        f"{was} answered {attempt.status}" if attempt.status is not None else f"{was} not answered"
    )


def _rule(attempt: Attempt) -> str:
    if attempt.timed_out:
        return SLOW_ACKNOWLEDGEMENT.id
    if attempt.status is None:
        return NO_RESPONSE.id
    return REDIRECTED.id if 300 <= attempt.status < 400 else NOT_ACKNOWLEDGED.id
