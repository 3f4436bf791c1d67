"""URL validation: the genuine challenge, and forged ones (MZ301 to MZ306)."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from hashlib import blake2b

from msgspec.structs import replace

from mockzoom.engine.case import CHALLENGE, CaseName, Kind, TestCase
from mockzoom.engine.evidence import Evidence
from mockzoom.engine.runner import Runner
from mockzoom.engine.silence import SilenceLimit
from mockzoom.engine.suite import Examination, Suite
from mockzoom.errors import UsageError
from mockzoom.model import Failure, Violation
from mockzoom.rules import Rule
from mockzoom.zoom.forgeries import FORGERIES
from mockzoom.zoom.signing import encrypted_token
from mockzoom.zoom.url_validation import (
    ENCRYPTED,
    EXPECTED,
    HASH,
    ORACLE_PREFIX,
    PLAIN,
    answered_tokens,
    challenge_body,
    decoded_body,
    likely_cause,
)

UNANSWERED = Rule("MZ301", "challenge-unanswered", "error")
WRONG_PLAIN_TOKEN = Rule("MZ302", "challenge-wrong-plain-token", "error")
WRONG_HASH = Rule("MZ303", "challenge-wrong-hash", "error")
SLOW = Rule("MZ304", "challenge-slow", "error")
UNSIGNED_ANSWERED = Rule("MZ305", "challenge-unsigned-answered", "warning")
SIGNING_ORACLE = Rule("MZ306", "challenge-signing-oracle", "error")

FORGERIES_TRIED = ("unsigned", "unsigned-bare", "wrong-secret")
"""The forgeries of URL validations; more are tried with events (`mockzoom.suites.authenticity`)."""


# -- checks ----------------------------------------------------------------------------------------


def genuine_challenge(evidence: Evidence) -> Iterator[Violation]:
    """MZ301 to MZ304: judge the answer to a genuine, signed validation."""
    if evidence.throttled:
        return
    outcome, sent = evidence.attempt.outcome, evidence.case.plain_token
    if isinstance(outcome, Failure):
        rule = SLOW if outcome.kind == "timeout" else UNANSWERED
        yield evidence.violation(rule, f"URL validation: {outcome.message}", EXPECTED)
        return
    tokens = answered_tokens(outcome)
    if isinstance(tokens, str):
        yield evidence.violation(UNANSWERED, f"URL validation: {tokens}", EXPECTED, tokens)
        return
    plain, encrypted = tokens
    if plain != sent:
        message = f"{PLAIN} comes back as {plain[:80]!r}, sent was {sent!r}"
        expected = f'"{PLAIN}": "{sent}"'
        yield evidence.violation(WRONG_PLAIN_TOKEN, message, expected, "plain")
    if encrypted != encrypted_token(evidence.secret, sent):
        why = likely_cause(encrypted, plain, sent, evidence.secret)
        yield evidence.violation(
            WRONG_HASH,
            f"{ENCRYPTED} is not the hash of {PLAIN} under the secret: {why}",
            HASH,
            why,
        )


def forged_challenge(evidence: Evidence) -> Iterator[Violation]:
    """MZ305: a validation without a valid signature was answered with the right hash."""
    outcome = evidence.attempt.outcome
    if isinstance(outcome, Failure) or not 200 <= outcome.status < 300:
        return
    tokens = answered_tokens(outcome)
    # Of whichever token: that of a tampered body is another one than was made.
    if not isinstance(tokens, str) and tokens[1] == encrypted_token(evidence.secret, tokens[0]):
        message = f"a URL validation is answered although {evidence.case.detail}"
        yield evidence.violation(UNSIGNED_ANSWERED, message, "401 or 403", "answered")


def signing_oracle(evidence: Evidence) -> Iterator[Violation]:
    """MZ306: the answer to a forged validation gives away a signature, whatever form it has."""
    outcome = evidence.attempt.outcome
    if isinstance(outcome, Failure) or not 200 <= outcome.status < 300:
        return
    right = encrypted_token(evidence.secret, evidence.case.plain_token)
    if right.encode() in decoded_body(outcome):
        found = evidence.violation(
            SIGNING_ORACLE,
            "the hash that answers a URL validation is a valid signature for a forged event,"
            f" although {evidence.case.detail}",
            "401 or 403",
            "oracle",
        )
        yield replace(found, actual=f"{outcome.status}, with the hash in its body")


# -- test cases ------------------------------------------------------------------------------------

# A repetition about other entities would carry another token than the one that is judged.
GENUINE = Kind(
    "challenge",
    ("MZ301", "MZ302", "MZ303", "MZ304"),
    genuine_challenge,
    plain=True,
    has_entities=False,
)
FORGED = Kind("forged-challenge", ("MZ305",), forged_challenge, has_entities=False)
ORACLE = Kind("oracle", ("MZ306",), signing_oracle, has_entities=False)


def challenge_case(name: CaseName, seed: int, at_ms: int) -> TestCase:
    """Return a URL validation: `challenge:N`, or `oracle:N`, whose token is what a signature signs.

    Raises `UsageError` for another name.
    """
    if name.kind == "oracle":
        forged_body = '{"event":"meeting.rtms_started"}'
        return challenge_with(name, ORACLE, f"{ORACLE_PREFIX}{at_ms // 1000}:{forged_body}", at_ms)
    if name.kind != "challenge":
        raise UsageError(f"{CHALLENGE} has the cases challenge:N and oracle:N, not {name}")
    key = f"{seed}|{name.index}|{name.entities}|{at_ms}".encode()
    digest = blake2b(key, digest_size=16).digest()
    token = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return challenge_with(name, GENUINE, token, at_ms)


def challenge_with(name: CaseName, kind: Kind, token: str, at_ms: int) -> TestCase:
    """Return the URL validation of a token, at `at_ms` (epoch ms)."""
    return TestCase(name, kind, CHALLENGE, challenge_body(token, at_ms), plain_token=token)


def forged(case: TestCase, forge: str) -> TestCase:
    """Return a URL validation that is authenticated by a forgery."""
    kind = ORACLE if case.plain_token.startswith(ORACLE_PREFIX) else FORGED
    return case.forged(forge, FORGERIES[forge].about, kind)


# -- the run ---------------------------------------------------------------------------------------


async def play(run: Examination) -> None:
    """Validate the URL twice as Zoom does, then as a stranger would."""
    runner = run.runner
    runner.step("challenge", "URL validation, signed and unsigned")
    limit = SilenceLimit(runner)
    failed = False
    for index in (1, 2):
        exchange = await limit.send(case := runner.cases.prepare(CHALLENGE, _name(index)))
        if exchange is None:
            break
        exchange = await runner.repeat_server_error(case, exchange)
        found = runner.judge(case, exchange)
        failed = failed or bool(found) or exchange.last.status == 429
        if exchange.last.timed_out:
            break
    if failed:
        why = "the genuine URL validation was not answered rightly"
        runner.skip_rules(why, *FORGED.rules, *ORACLE.rules)
        return
    for index, forge in enumerate(FORGERIES_TRIED, start=3):
        await _forged(runner, limit, runner.cases.prepare(CHALLENGE, _name(index)), forge)
    for forge in FORGERIES_TRIED:
        await _forged(runner, limit, runner.cases.prepare(CHALLENGE, CaseName("oracle")), forge)
    limit.close("challenge")


def _name(index: int) -> CaseName:
    return CaseName("challenge", index)


async def _forged(runner: Runner, limit: SilenceLimit, case: TestCase, forge: str) -> None:
    case = forged(case, forge)
    exchange = await limit.send(case)
    if exchange is not None:
        runner.judge(case, exchange)


SUITE = Suite(
    "challenge",
    "URL validation",
    (UNANSWERED, WRONG_PLAIN_TOKEN, WRONG_HASH, SLOW, UNSIGNED_ANSWERED, SIGNING_ORACLE),
    (GENUINE, FORGED, ORACLE),
    play,
)
