"""URL validation: the genuine challenge, and forged ones (MZ301 to MZ306)."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Iterator
from hashlib import blake2b

from msgspec.structs import replace

from mockzoom.engine.case import CHALLENGE, CaseName, Kind, TestCase
from mockzoom.engine.evidence import Evidence
from mockzoom.engine.runner import Runner
from mockzoom.engine.silence import SilenceLimit
from mockzoom.engine.suite import Examination, Suite
from mockzoom.errors import UsageError
from mockzoom.foreign_json import ForeignJSONError, read_json
from mockzoom.model import Failure, Response, Violation
from mockzoom.rules import Rule
from mockzoom.synth import encode
from mockzoom.zoom.forgeries import FORGERIES
from mockzoom.zoom.signing import encrypted_token

UNANSWERED = Rule("MZ301", "challenge-unanswered", "error")
WRONG_PLAIN_TOKEN = Rule("MZ302", "challenge-wrong-plain-token", "error")
WRONG_HASH = Rule("MZ303", "challenge-wrong-hash", "error")
SLOW = Rule("MZ304", "challenge-slow", "error")
UNSIGNED_ANSWERED = Rule("MZ305", "challenge-unsigned-answered", "warning")
SIGNING_ORACLE = Rule("MZ306", "challenge-signing-oracle", "error")

FORGERIES_TRIED = ("unsigned", "unsigned-bare", "wrong-secret")
"""The forgeries of URL validations; more are tried with events (`mockzoom.suites.authenticity`)."""
ORACLE_PREFIX = "v0:"
"""How a token begins whose hash would be a signature."""
OTHER_KEY = "it has the right form, so it was made with another key or another message"
"""The cause of MZ303 that another secret has."""
_LARGEST = 1024 * 1024
"""Bytes of an answer that are inflated at most."""
_EXPECTED = '200 and {"plainToken": "…", "encryptedToken": "…"} within 3 s'


# -- checks ----------------------------------------------------------------------------------------


def genuine_challenge(evidence: Evidence) -> Iterator[Violation]:
    """MZ301 to MZ304: judge the answer to a genuine, signed validation."""
    if evidence.throttled:
        return
    outcome, sent = evidence.attempt.outcome, evidence.case.plain_token
    if isinstance(outcome, Failure):
        rule = SLOW if outcome.kind == "timeout" else UNANSWERED
        yield evidence.violation(rule, f"URL validation: {outcome.message}", _EXPECTED)
        return
    tokens = answered_tokens(outcome)
    if isinstance(tokens, str):
        yield evidence.violation(UNANSWERED, f"URL validation: {tokens}", _EXPECTED, tokens)
        return
    plain, encrypted = tokens
    if plain != sent:
        message = f"plainToken comes back as {plain[:80]!r}, sent was {sent!r}"
        expected = f'"plainToken": "{sent}"'
        yield evidence.violation(WRONG_PLAIN_TOKEN, message, expected, "plain")
    if encrypted != encrypted_token(evidence.secret, sent):
        why = likely_cause(encrypted, plain, sent, evidence.secret)
        yield evidence.violation(
            WRONG_HASH,
            f"encryptedToken is not the hash of plainToken under the secret: {why}",
            "lower-case hex HMAC-SHA256(key = secret token, message = plainToken)",
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


def answered_tokens(response: Response) -> tuple[str, str] | str:
    """Return `(plainToken, encryptedToken)` of an answer, or what is wrong with it."""
    if response.status != 200:
        return f"answered {response.status} in place of 200"
    try:
        value = read_json(decoded_body(response))
    except ForeignJSONError:
        return "the answer is no JSON"
    if not isinstance(value, dict):
        return "the answer is no JSON object"
    for name in ("plainToken", "encryptedToken"):
        if not isinstance(value.get(name), str):
            return f"the answer lacks {name} (a string)"
    return value["plainToken"], value["encryptedToken"]


def decoded_body(response: Response) -> bytes:
    """Return the body without its content coding (we ask for gzip, as Zoom does)."""
    coding = (response.header("content-encoding") or "").strip().lower()
    try:
        if coding in ("gzip", "x-gzip", "deflate"):
            # 32 + MAX_WBITS reads both headers, gzip's and zlib's.
            return zlib.decompressobj(32 + zlib.MAX_WBITS).decompress(response.body, _LARGEST)
    except zlib.error:
        return b""
    return response.body


def likely_cause(encrypted: str, returned: str, token: str, secret: str) -> str:
    """Name the mistake that leads to `encrypted`, by making the frequent ones."""
    right = encrypted_token(secret, token)
    digest = bytes.fromhex(right)
    guesses = {
        right.upper(): "it is in upper case",
        f"v0={right}": "it carries the prefix v0= of a signature",
        base64.b64encode(digest).decode(): "it is base64, not hex",
        base64.urlsafe_b64encode(digest).decode().rstrip("="): "it is base64, not hex",
        base64.urlsafe_b64encode(digest).decode(): "it is base64, not hex",
        hashlib.sha256(token.encode()).hexdigest(): "it is plain SHA-256 without a key",
        encrypted_token("", token): "it is made with an empty key: the secret is not set",
        encrypted_token(token, secret): "key and message are exchanged",
        encrypted_token(secret, returned): "it is the hash of the altered plainToken",
        encrypted_token(secret.strip() + "\n", token): "the secret has a line feed at its end",
        token: "it repeats plainToken",
    }
    if encrypted in guesses:
        return guesses[encrypted]
    if len(encrypted) == 64 and not encrypted.strip("0123456789abcdef"):
        return OTHER_KEY
    return f"it has {len(encrypted)} characters, expected 64 lower-case hex digits"


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
    """Return a URL validation with this `plainToken`, at `at_ms` (epoch ms)."""
    body = {"payload": {"plainToken": token}, "event_ts": at_ms, "event": CHALLENGE}
    return TestCase(name, kind, CHALLENGE, encode(body), plain_token=token)


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
