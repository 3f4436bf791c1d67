"""What a status means where a genuine event gets it: one table of causes and advice.

Sources: receivers of the field, and what their frameworks answer where something is wrong.
"""

from __future__ import annotations

from msgspec import Struct


class StatusMeaning(Struct, frozen=True):
    """What to look at for some statuses, and why (nearly) all events may get one of them."""

    first: int
    last: int
    fix: str
    cause: str = ""
    """Why all events get it; nothing where the status alone does not say."""
    cause_elsewhere: str = ""
    """The same where other deliveries, such as the URL validation, are answered rightly."""
    fix_elsewhere: str = ""
    """What to do then, where it is not the same."""
    fix_of_one: str = ""
    """What to do where nothing is known of other events, where it is not the same."""


_ACCOUNTS = (
    "; or it takes events of its own accounts only: `--entity account_id=…` sends those of one"
)
_OTHERS_ONLY = "the receiver seems to handle other events only"
_CHOOSE = "Answer 200 also to events that you do not use; `--events` chooses what is sent."
_UNAUTHORISED = (
    "Verify with the app's secret token over the raw body; look headers up in any case; compare the"
    " timestamp in seconds, with a clock that is right.",
    f"probably --secret is not what the receiver verifies with{_ACCOUNTS}",
    f"the secret is right, so something else is wrong with the receiver's check{_ACCOUNTS}",
)
_PATH = "Look at the path of the URL and at the methods that it takes: Zoom sends POST."
_NO_ROUTE = (
    _PATH,
    "probably the path of the URL is not the receiver's",
    f"the receiver has no handler for these events{_ACCOUNTS}", _CHOOSE,
    f"{_PATH} Where other events are acknowledged there, answer 200 to this one, too.",
)  # fmt: skip
_UNREADABLE = (
    "Look at what parses the body: fields that it does not know, content type, size. Answer 200"
    " also to events that you do not use.",
    "", f"{_OTHERS_ONLY}, or its parser refuses fields of these",
    f"Let the parser ignore fields that it does not know. {_CHOOSE}",
)  # fmt: skip
_TOO_LARGE = (
    "Raise the limit for the size of a body, in the application (`limit` of `express.json`) and in"
    " a proxy before it (`client_max_body_size` of nginx).",
    "the receiver, or a proxy before it, takes only smaller bodies",
)
_GATEWAY = "a proxy or gateway answers for the receiver, which it does not reach, or which fails"
MEANINGS: tuple[StatusMeaning, ...] = (
    StatusMeaning(401, 401, *_UNAUTHORISED),
    StatusMeaning(403, 403, *_UNAUTHORISED),
    StatusMeaning(404, 405, *_NO_ROUTE),
    StatusMeaning(400, 400, *_UNREADABLE),
    StatusMeaning(413, 413, *_TOO_LARGE),
    StatusMeaning(415, 415, *_UNREADABLE),
    StatusMeaning(422, 422, *_UNREADABLE),
    StatusMeaning(
        501, 501, "Answer 200 also to events that you do not use: Zoom retries after a 501.",
        "", _OTHERS_ONLY, _CHOOSE,
    ),
    StatusMeaning(
        502, 502, "Look into the log of the application and of the proxy before it: the application"
        " fails on this event, or the proxy does not reach it.", _GATEWAY,
    ),
    StatusMeaning(
        503, 503, "Look into the application's log, and at limits of the rate: some proxies answer"
        " 503 above theirs (`limit_req` of nginx). `--rate` sends slower.",
    ),
    StatusMeaning(
        504, 504, "Look into the log of the proxy before the application: the application does not"
        " answer it in time.", _GATEWAY,
    ),
    StatusMeaning(500, 999, "Look into the application's log: it fails on this event."),
)  # fmt: skip
"""The first row that has the status holds."""
_UNKNOWN = StatusMeaning(0, 0, "")


def meaning_of(status: int) -> StatusMeaning:
    """Return what a status means; without advice where it is no help."""
    return next((row for row in MEANINGS if row.first <= status <= row.last), _UNKNOWN)


def advice(status: int) -> str:
    """Return what to look at where a genuine event gets `status`; nothing where that is no help."""
    meaning = meaning_of(status)
    return meaning.fix_of_one or meaning.fix
