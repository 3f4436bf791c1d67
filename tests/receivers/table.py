"""Which rules `verify` must raise for each receiver: exactly these, at error and warning level.

The reasoning follows the rules and "How they are judged" of the project's design. Where these leave
a combination open, the case says how it is read and why.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """One receiver, run with one defect (or with none), and the rules that it must raise."""

    receiver: str
    """The script, without its ending: `flask_receiver`, `node/sample_port`."""
    defect: str
    """As in `--list-defects`; empty for the correct receiver."""
    rules: frozenset[str]
    about: str
    """The mistake as it is made in the real world."""
    options: tuple[str, ...] = ()
    """Further flags of `mockzoom verify`."""
    auth: str = ""
    """Endpoint authentication set in the Zoom app: `basic:USER:PASSWORD`, `bearer:TOKEN`,
    `header:NAME:VALUE`; given to the receiver, and to `verify` in its own flags."""
    needs: str = ""
    """A program that must be installed, such as `node`."""


def case(
    receiver: str,
    defect: str,
    rules: str,
    about: str,
    *options: str,
    auth: str = "",
    needs: str = "",
) -> Case:
    """Return a case; `rules` are ids separated by blanks, such as `MZ101 MZ301`."""
    return Case(receiver, defect, frozenset(rules.split()), about, options, auth, needs)


# A receiver whose one fault makes it refuse everything is judged by the baseline alone: MZ101, and
# MZ301 for the challenge, which goes the same way. The rest is not judged.
NOTHING_PASSES = "MZ101 MZ301"

# What anybody can get acknowledged, where the signature is not looked at (but the age is).
ANY_SIGNATURE = "MZ201 MZ202 MZ203 MZ204 MZ206"

BASIC = "basic:zoom:correct-horse"

FLASK = (
    case("flask_receiver", "", "", "Correct: keep-alive, 200 with JSON, 400 for no JSON."),
    case("flask_receiver", "", "", "Correct, and it enforces Basic authentication.", auth=BASIC),
    # Without --strict an acknowledgement of malformed events is legitimate; with it, it is MZ403.
    case("flask_receiver", "", "MZ403", "Correct, but acknowledges any object.", "--strict"),
    # 429 is obeyed and is never a violation.
    case("flask_receiver", "legit-rate-limited", "", "429 with Retry-After now and then."),
    case("flask_receiver", "refuses-one-event", "MZ101", "An event of the contract gets 400."),
    # The challenge is answered at once, so MZ102 alone; nothing is acknowledged in time, so the
    # rest is not judged.
    case("flask_receiver", "works-before-answering", "MZ102", "3.5 s of work before the answer."),
    case(
        "flask_receiver",
        "signs-parsed-json",
        "MZ207",
        "The signature is over compact JSON made from the parsed body.",
    ),
    # The order is signature, then dispatch: without the first, the challenge is open too (MZ305),
    # but the form of plainToken is still checked, so that it is no oracle (not MZ306). The age
    # went with the signature (MZ205).
    case(
        "flask_receiver",
        "no-signature-check",
        f"{ANY_SIGNATURE} MZ205 MZ305",
        "The signature is never looked at.",
    ),
    # The challenge is checked with the current secret alone, so MZ305 cannot fire, whichever wrong
    # signature the forged challenge carries.
    case(
        "flask_receiver",
        "old-secret-defaults-to-empty",
        "MZ206",
        "The secret before rotation is read with a default of an empty string.",
    ),
    # An unsigned delivery is a forgery too, but MZ209 excludes MZ210.
    case("flask_receiver", "missing-header-crash", "MZ209", "A missing header raises KeyError."),
    case("flask_receiver", "forgery-400", "MZ210", "Forgeries are called bad requests."),
    case("flask_receiver", "challenge-base64", "MZ303", "The challenge's hash in base64."),
    case(
        "flask_receiver",
        "challenge-oracle",
        "MZ305 MZ306",
        "The challenge is answered for anybody, whatever is to be signed.",
    ),
    case("flask_receiver", "basic-not-enforced", "MZ211", "Basic is not checked.", auth=BASIC),
    case("flask_receiver", "missing-field-crash", "MZ401", "KeyError for a missing session_id."),
    case("flask_receiver", "bad-json-crash", "MZ404", "The parser's exception is a 500."),
    # 200, then gone: what follows finds no listener. The lost connection calls for the canary, and
    # what a dead process does not answer is neither MZ402 nor MZ405.
    case("flask_receiver", "dies-after-answering", "MZ406", "Dies on an event without payload."),
    case("flask_receiver", "one-at-a-time", "MZ407", "A server without threads."),
)

STDLIB = (
    case("stdlib_receiver", "", "", "Correct: closes each connection, 200 with text, 422."),
    case("stdlib_receiver", "", "", "Correct, with a custom header.", auth="header:x-hook:s3cret"),
    case("stdlib_receiver", "legit-closes-unannounced", "", "Closes without Connection: close."),
    case("stdlib_receiver", "legit-interim-answers", "", "103 before each answer."),
    case("stdlib_receiver", "drops-one-event", "MZ103", "An exception drops the connection."),
    case("stdlib_receiver", "acknowledges-201", "MZ105", "Acknowledges with 201."),
    case("stdlib_receiver", "other-secret", NOTHING_PASSES, "Set up with another app's secret."),
    case(
        "stdlib_receiver",
        "signs-spaced-json",
        NOTHING_PASSES,
        "Signs json.dumps of the parsed body, with its spaces.",
    ),
    # Latin-1 has the accents but at other bytes, and no emoji: all non-ASCII text is refused.
    case("stdlib_receiver", "decodes-pieces", "MZ208", "body += chunk: each piece as it comes."),
    case("stdlib_receiver", "signs-latin-1", "MZ208", "Hashes the text in Latin-1."),
    # Every text begins with nothing, so a missing signature passes, for the challenge as well.
    # A signature cut short passes too, but is no case of its own in the rules.
    case("stdlib_receiver", "compares-prefix", "MZ202 MZ305", "expected.startswith(signature)"),
    case("stdlib_receiver", "drops-garbled-signature", "MZ209", "fromhex of a bad signature."),
    case("stdlib_receiver", "forgery-sent-to-login", "MZ210", "Forgeries get 302 to a login."),
    case("stdlib_receiver", "challenge-201", "MZ301", "The right answer with status 201."),
    case("stdlib_receiver", "challenge-other-key", "MZ303", "Hashed with the client secret."),
    case("stdlib_receiver", "any-credentials", "MZ211", "Basic: present is enough.", auth=BASIC),
    case("stdlib_receiver", "drops-wrong-type", "MZ402", "event_ts as text drops the connection."),
    case("stdlib_receiver", "drops-bad-json", "MZ405", "Bad JSON drops the connection."),
    case("stdlib_receiver", "waits-for-complete-json", "MZ405", "Reads on until it parses."),
    case("stdlib_receiver", "numbers-as-floats", "MZ404", "400 digits overflow a float."),
    case("stdlib_receiver", "exits-after-null", "MZ406", "A null payload ends the process."),
    case("stdlib_receiver", "one-at-a-time", "MZ407", "One connection after another."),
)

FASTAPI = (
    case("fastapi_receiver", "", "", "Correct: keep-alive, 200 without a body, 422."),
    case("fastapi_receiver", "", "", "Correct, with a bearer token.", auth="bearer:s3cret-token"),
    # Everything is redirected, the challenge too (which then is not 200); the rest is not judged.
    case("fastapi_receiver", "redirects-to-slash", "MZ104 MZ301", "The route ends in a slash."),
    # The event is acknowledged where it has the field: mutants and additional fields are judged
    # from such a one, and none of them may lack the field by chance.
    case("fastapi_receiver", "optional-field-required", "MZ101", "session_key as a required one."),
    case("fastapi_receiver", "forbids-extra-fields", "MZ108", 'pydantic with extra="forbid".'),
    case("fastapi_receiver", "session-id-must-be-text", "MZ109", "session_id as text alone."),
    case(
        "fastapi_receiver",
        "timestamp-in-milliseconds",
        NOTHING_PASSES,
        "The header's seconds are read as milliseconds.",
    ),
    # A missing signature is refused (not MZ202) and so is a stale one (not MZ205). The challenge
    # passes the same check: answered with a wrong signature, it is MZ305; unsigned it is not
    # answered, so it is no oracle in the sense of MZ306.
    case(
        "fastapi_receiver",
        "signature-present-is-enough",
        "MZ201 MZ203 MZ204 MZ206 MZ305",
        "The signature must be there, not right.",
    ),
    # Challenges are always checked, so MZ305 stays silent.
    case("fastapi_receiver", "unsigned-events-pass", "MZ202", "Checked only where present."),
    # Missing and garbled signatures are refused with 500 as well: MZ209, which excludes MZ210.
    case("fastapi_receiver", "forgery-raises", "MZ209", "A refusal is an unhandled exception."),
    # Only a missing header gets 422; an unsigned delivery is one of the forgeries of MZ210.
    case("fastapi_receiver", "headers-as-parameters", "MZ210", "Header(...): unsigned gets 422."),
    case("fastapi_receiver", "challenge-unsigned", "MZ305", "Challenges before the signature."),
    # 200, but no token in it. Nothing else follows from it.
    case("fastapi_receiver", "challenge-not-handled", "MZ301", "The challenge is just an event."),
    case("fastapi_receiver", "challenge-plain-sha256", "MZ303", "A hash without a key."),
    case(
        "fastapi_receiver",
        "bearer-not-enforced",
        "MZ211",
        "The token is not checked.",
        auth="bearer:s3cret-token",
    ),
    case("fastapi_receiver", "null-crash", "MZ401", "None has no attribute 'strip'."),
    case("fastapi_receiver", "waits-for-unknown-session", "MZ402", "Waits for what never comes."),
    # The malformed event itself is answered 200. What follows, malformed or genuine, is not
    # answered: since a genuine event fails as well, that is MZ406 and not MZ402 or MZ405.
    case("fastapi_receiver", "lock-never-released", "MZ406", "An exception under a lock."),
    case("fastapi_receiver", "lock-before-body", "MZ407", "A lock is held while the body comes."),
    # 10,000 levels are a size that Zoom never sends: a warning.
    case("fastapi_receiver", "masks-recursively", "MZ404", "RecursionError in its own code."),
)

HOOK = "header:x-hook-token:s3cret"

DJANGO = (
    case("django_receiver", "", "", "Correct: 204, 403 for forgeries, acknowledges all signed."),
    case("django_receiver", "", "", "Correct, with a custom header.", auth=HOOK),
    case("django_receiver", "legit-patient-challenge", "", "1.5 s for a challenge is in time."),
    case("django_receiver", "login-required", "MZ104 MZ301", "302 to the site's login page."),
    case("django_receiver", "csrf-protected", NOTHING_PASSES, "csrf_exempt was forgotten: 403."),
    case("django_receiver", "one-event-crash", "MZ101", "A field that is not there: 500."),
    case("django_receiver", "not-implemented-events", "MZ107", "501 for an unhandled event."),
    # 6 and 18 were observed in production: refusing them is MZ101. 5 is documented only: MZ109.
    case(
        "django_receiver",
        "listed-stop-reasons-only",
        "MZ101 MZ109",
        "An enum without 5, 6 and 18.",
    ),
    case("django_receiver", "ascii-only", "MZ208", "The body is decoded as ASCII."),
    case("django_receiver", "no-replay-check", "MZ205", "The timestamp's age is not checked."),
    case("django_receiver", "timestamp-crash", "MZ209", "int() of any header."),
    # Each refusal has another body than each acknowledgement: nothing forged was accepted.
    case("django_receiver", "errors-with-200", "", "Refusals are 200 with an error in the body."),
    case("django_receiver", "challenge-upper-case", "MZ303", "Upper-case hex."),
    case("django_receiver", "challenge-echoed", "MZ301", "encryptedToken is missing."),
    case("django_receiver", "custom-header-not-enforced", "MZ211", "Not checked.", auth=HOOK),
    case("django_receiver", "stores-in-sqlite", "MZ401", "NOT NULL, and more than 64 bits."),
    case("django_receiver", "charset-from-header", "MZ404", "IndexError without a charset."),
    case("django_receiver", "array-crash", "MZ404", "event.get of a list."),
)

AIOHTTP = (
    case("aiohttp_receiver", "", "", "Correct: keep-alive, 204, 400 for no JSON object."),
    case("aiohttp_receiver", "", "", "Correct, with Basic authentication.", auth=BASIC),
    case("aiohttp_receiver", "legit-chunked-answer", "", "200 with a chunked body."),
    case("aiohttp_receiver", "acknowledges-202", "MZ105", "202: work still to be done."),
    # No answer by the deadline is MZ102 (the challenge: MZ304), never MZ103 or MZ301.
    case("aiohttp_receiver", "never-answers", "MZ102 MZ304", "No answer to anything."),
    case("aiohttp_receiver", "one-event-slow", "MZ102", "Downloads before it acknowledges."),
    case("aiohttp_receiver", "unknown-namespace-404", "MZ107", "Routes by a fixed list."),
    case("aiohttp_receiver", "closed-payload", "MZ108", "additionalProperties: false."),
    # Literal accents get another signature (MZ208); so does white space (MZ207).
    case("aiohttp_receiver", "signs-escaped-json", "MZ207 MZ208", "json.dumps escapes accents."),
    # Shifted by up to two minutes a signature still passes. A challenge forged with a wrong key
    # does not.
    case("aiohttp_receiver", "tolerates-clock-skew", "MZ204", "Tries the seconds around."),
    case("aiohttp_receiver", "only-future-refused", "MZ205", "Subtracts the wrong way round."),
    case("aiohttp_receiver", "garbled-signature-crash", "MZ209", "IndexError, ValueError: 500."),
    case("aiohttp_receiver", "forgery-404", "MZ210", "Hides behind 404."),
    # encryptedToken is right for the token that was sent: not MZ303.
    case("aiohttp_receiver", "challenge-lower-case", "MZ302", "The token is normalised."),
    case("aiohttp_receiver", "challenge-slow", "MZ304", "3.5 s for a challenge."),
    case("aiohttp_receiver", "challenge-empty-key", "MZ303", "The key's setting is unset."),
    # sharing_details.content has a closed enum; if it were taken for one that Zoom extends, a new
    # value would be an evolved event, and this crash would belong to another rule.
    case("aiohttp_receiver", "enum-crash", "MZ401", "Enum(value) raises."),
    case("aiohttp_receiver", "wrong-type-hang", "MZ402", "Waits where a number is text."),
    case("aiohttp_receiver", "bad-json-hang", "MZ405", "Retries the parser for ever."),
    case("aiohttp_receiver", "utf-8-crash", "MZ404", "UnicodeDecodeError is not caught."),
    case("aiohttp_receiver", "logs-as-utf-8", "MZ404", "Half a surrogate pair in a log line."),
)

CONTRACT = (
    case("contract_receiver", "", "", "Correct, and it validates every event."),
    # It refuses every mutant of a constraint and takes what is evolved or another reading: a number
    # for session_id, text for issues, stop reasons, described enum values. A mutant that comes out
    # as such a reading is not malformed; judged as malformed it would raise MZ403 here.
    case("contract_receiver", "", "", "Correct, and nothing malformed passes.", "--strict"),
)

NODE = (
    case("node/correct", "", "", "Correct: keep-alive, 204, 400 for no JSON object.", needs="node"),
    case("node/correct", "", "", "Correct, with Basic.", auth=BASIC, needs="node"),
    case("node/sample_port", "", "MZ207", "JSON.stringify(req.body) is signed.", needs="node"),
)

CASES: tuple[Case, ...] = (*FLASK, *FASTAPI, *DJANGO, *AIOHTTP, *STDLIB, *CONTRACT, *NODE)
