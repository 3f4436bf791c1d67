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

CASES: tuple[Case, ...] = (*FLASK, *STDLIB)
