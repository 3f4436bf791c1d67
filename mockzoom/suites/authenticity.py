"""The signature matrix: forgeries must be refused, genuine bytes must not (MZ201 to MZ213)."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator, Mapping

from mockzoom.engine.acknowledged import Acknowledged, check_alive
from mockzoom.engine.case import CHALLENGE, CaseMaker, CaseName, Kind, TestCase, replace
from mockzoom.engine.evidence import Evidence, summary
from mockzoom.engine.findings import Findings
from mockzoom.engine.runner import Runner
from mockzoom.engine.silence import SilenceLimit
from mockzoom.engine.suite import Examination, Suite
from mockzoom.model import EventSpec, Exchange, Failure, HeaderCase, Violation
from mockzoom.rules import Rule
from mockzoom.settings import Settings
from mockzoom.suites.challenge import challenge_case
from mockzoom.suites.challenge import forged as forged_challenge
from mockzoom.synth import encode, respell, with_non_ascii
from mockzoom.zoom.forgeries import FORGERIES
from mockzoom.zoom.headers import SIGNATURE, spelt

WRONG_SECRET = Rule("MZ201", "wrong-secret-accepted", "error", by_status=True)
UNSIGNED = Rule("MZ202", "unsigned-accepted", "error", by_status=True)
TAMPERED = Rule("MZ203", "tampered-body-accepted", "error", by_status=True)
UNBOUND_TIMESTAMP = Rule("MZ204", "unbound-timestamp-accepted", "error", by_status=True)
STALE = Rule("MZ205", "stale-timestamp-accepted", "warning", by_status=True)
EMPTY_SECRET = Rule("MZ206", "empty-secret-accepted", "error", by_status=True)
CANONICAL_ONLY = Rule("MZ207", "canonical-only", "warning", by_status=True, by_refusal=True)
NON_ASCII_REFUSED = Rule("MZ208", "non-ascii-refused", "error", by_status=True, by_refusal=True)
CRASH = Rule("MZ209", "bad-signature-crash", "error", by_status=True, by_refusal=True)
NOT_REFUSED_CLEANLY = Rule(
    "MZ210", "forgery-not-refused-cleanly", "warning", by_status=True, by_refusal=True
)
FUTURE = Rule("MZ212", "future-timestamp-accepted", "warning", by_status=True)
CASE_SENSITIVE = Rule("MZ213", "header-case-sensitive", "warning", by_status=True, by_refusal=True)
ENDPOINT_AUTH = Rule("MZ211", "endpoint-auth-not-enforced", "error", by_status=True)

_ACCEPTED = (
    (WRONG_SECRET, "wrong-secret"),
    (UNSIGNED, "unsigned unsigned-bare signature-empty signature-version-only signature-short"
               " signature-not-hex signature-long signature-non-ascii"),
    (TAMPERED, "tampered-text tampered-time"),
    (UNBOUND_TIMESTAMP, "shifted-back shifted-ahead timestamp-missing timestamp-empty"
                        " timestamp-word timestamp-huge timestamp-fraction timestamp-non-ascii"
                        " timestamp-superscript"),
    (STALE, "stale"),
    (FUTURE, "future"),
    (EMPTY_SECRET, "empty-secret"),
    (ENDPOINT_AUTH, "no-endpoint-auth wrong-endpoint-auth"),
)  # fmt: skip
ACCEPTED_RULE: Mapping[str, Rule] = {
    name: rule for rule, names in _ACCEPTED for name in names.split()
}
"""The rule that a 2xx answer to each forgery breaks."""
GARBLED = (
    "unsigned", "unsigned-bare", "signature-empty", "signature-version-only", "signature-short",
    "signature-not-hex", "signature-long", "timestamp-missing", "timestamp-empty",
    "timestamp-word", "timestamp-huge", "timestamp-fraction", "signature-non-ascii",
    "timestamp-non-ascii", "timestamp-superscript",
)  # fmt: skip
"""Forgeries with a garbled or missing signature or timestamp header (MZ209)."""
CLEAN = (
    "wrong-secret", "unsigned", "unsigned-bare", "tampered-text", "tampered-time", "shifted-back",
    "shifted-ahead", "empty-secret",
)  # fmt: skip
"""Forgeries that a receiver should answer with 401 or 403 (MZ210)."""
ACCEPTED = "accepted"
ACCEPTED_GARBLED = "accepted, garbled"
"""The cause where what was accepted is merely garbled: a whole forgery explains it."""


# -- checks ----------------------------------------------------------------------------------------


def forgery_accepted(evidence: Evidence) -> Iterator[Violation]:
    """MZ201 to MZ206 and MZ211: the forgery was acknowledged."""
    if not evidence.attempt.acknowledged:
        return
    forge = evidence.case.forge
    about = _ANY_AGE if evidence.case.detail == _ANY_AGE else FORGERIES[forge].about
    message = f"accepted although {about}"
    yield evidence.violation(ACCEPTED_RULE[forge], message, "401 or 403", accepted_cause(forge))


def accepted_cause(forge: str) -> str:
    """Return what groups accepted forgeries: whether they are merely garbled."""
    return ACCEPTED_GARBLED if forge in GARBLED and forge not in CLEAN else ACCEPTED


def bad_signature_crash(evidence: Evidence) -> Iterator[Violation]:
    """MZ209: a garbled or missing header made the receiver fail."""
    forge, status = evidence.case.forge, evidence.attempt.status
    if forge in GARBLED and (status is None or status >= 500):
        message = f"fails where {FORGERIES[forge].about}: {summary(evidence.attempt)}"
        yield evidence.violation(CRASH, message, "401 or 403")


def forgery_not_refused_cleanly(evidence: Evidence) -> Iterator[Violation]:
    """MZ210: refused, but with a status that does not say why."""
    forge, status = evidence.case.forge, evidence.attempt.status
    if forge not in CLEAN or status is None or evidence.throttled:
        return
    if 200 <= status < 300 or status in (401, 403):
        return
    message = f"answered {status} where {FORGERIES[forge].about}"
    yield evidence.violation(NOT_REFUSED_CLEANLY, message, "401 or 403")


def forgery(evidence: Evidence) -> Iterator[Violation]:
    """Judge the answer to a forgery by all of these."""
    yield from forgery_accepted(evidence)
    yield from bad_signature_crash(evidence)
    yield from forgery_not_refused_cleanly(evidence)


def _refused(
    evidence: Evidence, rule: Rule, when: str, expected: str, fix: str = ""
) -> Iterator[Violation]:
    attempt = evidence.attempt
    if evidence.throttled or attempt.acknowledged or isinstance(attempt.outcome, Failure):
        return
    event = f"{evidence.event}: " * (rule is NON_ASCII_REFUSED)
    message = f"{event}refused with {attempt.status} when {when}"
    yield evidence.violation(rule, message, expected, "refused", fix=fix)


def canonical_only(evidence: Evidence) -> Iterator[Violation]:
    """MZ207: the same JSON value in other bytes, rightly signed, was refused."""
    if evidence.controlled:
        when = f"the same JSON is {evidence.case.detail}, although these very bytes are signed"
        expected = "200 or 204: the signature is over the raw bytes"
        yield from _refused(evidence, CANONICAL_ONLY, when, expected)


def header_case_sensitive(evidence: Evidence) -> Iterator[Violation]:
    """MZ213: the same delivery was refused because its header names are spelt in another case."""
    when = f"the header names are {evidence.case.detail}"
    expected = "200 or 204: names of headers are the same in any case (RFC 9110, 5.1)"
    yield from _refused(evidence, CASE_SENSITIVE, when, expected)


def non_ascii_refused(evidence: Evidence) -> Iterator[Violation]:
    """MZ208: literal non-ASCII text was refused where ASCII words were acknowledged."""
    if evidence.throttled or evidence.attempt.acknowledged:
        return
    if evidence.control is None or not evidence.control.last.acknowledged:
        return
    yield evidence.violation(
        NON_ASCII_REFUSED,
        f"{evidence.event}: refused with literal non-ASCII text"
        f" ({summary(evidence.attempt)}), acknowledged with ASCII words",
        "200 or 204 for both",
        "non-ascii",
    )


def parted_character_refused(evidence: Evidence) -> Iterator[Violation]:
    """MZ208: the same event was refused when one of its characters came in two pieces."""
    when = (
        "the body comes in two pieces that part a character of several bytes, acknowledged when it"
        " comes in one"
    )
    fix = (
        "Collect the pieces as bytes, join them, and decode the whole: `Buffer.concat(chunks)`,"
        " not `body += chunk`."
    )
    expected = "200 or 204: a network may part a body anywhere"
    yield from _refused(evidence, NON_ASCII_REFUSED, when, expected, fix)


# -- test cases ------------------------------------------------------------------------------------


def _respelt(cases: CaseMaker, spec: EventSpec, name: CaseName) -> Iterator[TestCase]:
    kind = SPACED if name.kind == "spaced" else ESCAPED
    detail = "written with white space" if kind is SPACED else "written with \\u escapes"
    body = respell(encode(cases.event(spec, name).body), name.kind)
    yield TestCase(name, kind, spec.name, body, detail)


def _in_case(cases: CaseMaker, spec: EventSpec, name: CaseName) -> Iterator[TestCase]:
    how: HeaderCase = "title-case" if name.kind == "title-case" else "upper-case"
    detail = f"spelt as in {HEADER_CASE_EXAMPLES[how]}"
    body = encode(cases.event(spec, name).body)
    yield TestCase(name, HEADER_CASES[how], spec.name, body, detail, header_case=how)


def _non_ascii(cases: CaseMaker, spec: EventSpec, name: CaseName) -> Iterator[TestCase]:
    odd = with_non_ascii(spec, cases.event(spec, name))
    if odd is not None:
        twin = cases.prepare(spec.name, replace(name, kind="valid", part=None, ascii_only=True))
        yield TestCase(name, NON_ASCII, spec.name, encode(odd.body), control=twin)


def _parted(cases: CaseMaker, spec: EventSpec, name: CaseName) -> Iterator[TestCase]:
    for whole in _non_ascii(cases, spec, replace(name, kind=NON_ASCII.name)):
        control = replace(whole, control=None)
        yield replace(whole, name=name, kind=PARTED, control=control, in_pieces=True)


FORGERY = Kind("forgery", (), forgery)
SPACED = Kind("spaced", ("MZ207",), canonical_only, _respelt, control="genuine")
ESCAPED = Kind("escaped", ("MZ207",), canonical_only, _respelt, control="genuine")
HEADER_CASE_EXAMPLES: Mapping[HeaderCase, str] = {
    "title-case": spelt(SIGNATURE, "title-case"), "upper-case": spelt(SIGNATURE, "upper-case"),
}  # fmt: skip
"""How proxies and gateways write the names of headers."""
HEADER_CASES = {
    name: Kind(name, ("MZ213",), header_case_sensitive, _in_case, control="genuine")
    for name in HEADER_CASE_EXAMPLES
}
NON_ASCII = Kind("non-ascii", ("MZ208",), non_ascii_refused, _non_ascii, control="ascii")
PARTED = Kind("parted", ("MZ208",), parted_character_refused, _parted, control="genuine")


def forged(case: TestCase, forge: str) -> TestCase:
    """Return a case as it is delivered with the forgery named `forge`; the case itself for none."""
    if not forge:
        return case
    if case.event == CHALLENGE:
        return forged_challenge(case, forge)
    rules = [ACCEPTED_RULE[forge].id]
    rules += [CRASH.id] if forge in GARBLED else []
    rules += [NOT_REFUSED_CLEANLY.id] if forge in CLEAN else []
    made = case.forged(forge, FORGERIES[forge].about, FORGERY, *rules)
    challenge = challenge_case(_TWIN, zlib.crc32(case.body), int(time.time() * 1000))
    made = replace(made, twin=forged_challenge(challenge, forge))
    if ACCEPTED_RULE[forge] is FUTURE:
        made = replace(made, sibling=replace(forged(case, "stale"), detail=_ANY_AGE))
    return made


_TWIN = CaseName("challenge", 9)
_ANY_AGE = "its signature is of any age, 24 hours old or 24 hours ahead"


def needs_endpoint_auth(forge: str) -> bool:
    """Whether a forgery leaves credentials of the endpoint away, which it then has to have."""
    return ACCEPTED_RULE[forge] is ENDPOINT_AUTH


def explain(findings: Findings) -> None:
    """Drop findings that another one explains.

    Where garbled headers crash the receiver, MZ210 has nothing to add; where whole forgeries are
    accepted, garbled ones have nothing to add.
    """
    if findings.has(CRASH.id):
        findings.drop(NOT_REFUSED_CLEANLY.id)
    for rule in (UNSIGNED.id, UNBOUND_TIMESTAMP.id):
        if findings.has(WRONG_SECRET.id) or findings.has(rule, ACCEPTED):
            findings.drop(rule, ACCEPTED_GARBLED)


# -- the run ---------------------------------------------------------------------------------------


class Authenticity:
    """Forges an acknowledged event of each namespace in every way, and spells it in others."""

    def __init__(
        self,
        runner: Runner,
        acknowledged: Acknowledged,
        *,
        endpoint_auth: bool,
        through_proxy: bool = False,
        traced: frozenset[str] = frozenset(),
    ) -> None:
        """`traced` are the forgeries that were judged by what they leave in the probed state."""
        self._runner = runner
        self._acknowledged = acknowledged
        self._endpoint_auth = endpoint_auth
        self._through_proxy = through_proxy
        self._traced = traced

    async def play(self) -> None:
        """Deliver forgeries, other spellings of body and headers, and literal non-ASCII text."""
        about = "forged, stale and garbled deliveries; other JSON spellings"
        self._runner.step("authenticity", about)
        await self._forgeries()
        await self._spellings()
        await self._header_cases()
        await self._non_ascii()

    async def _forgeries(self) -> None:
        try:
            await self._each_forgery()
        finally:
            explain(self._runner.findings)

    async def _each_forgery(self) -> None:
        limit = SilenceLimit(self._runner)
        for base in self._acknowledged.one_per_namespace():
            for forge in FORGERIES:
                if forge in self._traced or (
                    needs_endpoint_auth(forge) and not self._endpoint_auth
                ):
                    continue
                case = forged(self._runner.anew(base), forge).compared_with(base)
                judged = await self._runner.examine(case, limit.send)
                if judged is not None:
                    self._after(judged.exchange, forge)
        limit.close("forgeries")

    def _after(self, exchange: Exchange, forge: str) -> None:
        if isinstance(exchange.last.outcome, Failure) and forge not in GARBLED:
            self._runner.notice(
                f"where {FORGERIES[forge].about} there is no answer at all; 401 would say why"
            )

    async def _spellings(self) -> None:
        limit = SilenceLimit(self._runner)
        for base in self._acknowledged.one_per_namespace():
            for kind in (SPACED, ESCAPED):
                name = replace(base.name, kind=kind.name)
                case = self._runner.cases.prepare(base.event, name).compared_with(base)
                await self._runner.examine(self._runner.anew(case), limit.send)
        limit.close("spellings")

    async def _header_cases(self) -> None:
        """Deliver the event that passed first with the names of its headers in other cases."""
        transport = self._runner.sender.transport
        if not transport.wire or self._through_proxy:
            where = "through a proxy" if transport.wire else "to an application in this process"
            why = f"{where}, the case of header names does not arrive as it was sent"
            self._runner.skip_rules(why, CASE_SENSITIVE.id)
            return
        limit = SilenceLimit(self._runner)
        base = self._acknowledged.first
        for kind in HEADER_CASES:
            case = self._runner.cases.prepare(base.event, replace(base.name, kind=kind))
            case = self._runner.anew(case.compared_with(base))
            await self._runner.examine(case, limit.send)
        limit.close("header names")

    async def _non_ascii(self) -> None:
        """Deliver one event of each namespace that has free text."""
        limit = SilenceLimit(self._runner)
        done: set[str] = set()
        for base in self._acknowledged:
            namespace = base.event.split(".", 1)[0]
            if namespace in done:
                continue
            name = CaseName(NON_ASCII.name, base.name.index)
            case = next(iter(self._runner.cases.parts(base.event, name)), None)
            if case is None:
                continue
            done.add(namespace)
            judged = await self._runner.examine(self._runner.anew(case), limit.send)
            if judged is not None and judged.exchange.last.acknowledged:
                await self._parted(base, limit)
        if not done:
            why = "no acknowledged event has a field of free text"
            self._runner.skip_rules(why, NON_ASCII_REFUSED.id)
        limit.close("non-ASCII text")

    async def _parted(self, base: TestCase, limit: SilenceLimit) -> None:
        """Deliver literal non-ASCII text in two pieces, where there is a wire for that."""
        if not self._runner.sender.transport.wire:
            return
        name = CaseName(PARTED.name, base.name.index)
        for case in self._runner.cases.parts(base.event, name):
            await self._runner.examine(self._runner.anew(case), limit.send)


async def play(run: Examination) -> None:
    """Deliver the signature matrix; then check that forgeries have not locked us out."""
    settings = run.settings
    await Authenticity(
        run.runner,
        run.acknowledged,
        endpoint_auth=bool(settings.auth),
        through_proxy=bool(settings.proxy),
        traced=run.traced,
    ).play()
    await check_alive(run.runner, run.acknowledged, "forgeries")


def _unasked(settings: Settings) -> Mapping[str, str]:
    why = "no endpoint authentication is configured (--auth)"
    return {} if settings.auth else {ENDPOINT_AUTH.id: why}


SUITE = Suite(
    "authenticity",
    "authenticity",
    (
        WRONG_SECRET, UNSIGNED, TAMPERED, UNBOUND_TIMESTAMP, STALE, EMPTY_SECRET, CANONICAL_ONLY,
        NON_ASCII_REFUSED, CRASH, NOT_REFUSED_CLEANLY, ENDPOINT_AUTH, FUTURE, CASE_SENSITIVE,
    ),
    (FORGERY, SPACED, ESCAPED, *HEADER_CASES.values(), NON_ASCII, PARTED),
    play,
    unasked=_unasked,
)  # fmt: skip
