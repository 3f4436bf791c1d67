"""Where everything is refused, the report leads with the cause, proved where it can be."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from mockzoom import Mockzoom
from mockzoom.model import RunResult, Violation
from mockzoom.report.verdict import worst_first
from mockzoom.zoom.verifier_mistakes import MISTAKES
from tests.receivers.field import Answer, Right
from tests.receivers.launch import SECRET

pytestmark = pytest.mark.slow

EVENTS = ("meeting.rtms_*",)


def mac(message: bytes, secret: str = SECRET) -> bytes:
    return hmac.new(secret.encode(), message, hashlib.sha256).digest()


class Mistaken(Right):
    """Verifies as `signature(timestamp, raw body)` says, the timestamp in `unit` seconds."""

    def __init__(self, signature: Callable[[str, bytes], str], unit: float = 1.0) -> None:
        self.signature = signature
        self.unit = unit

    def is_genuine(self, environ: dict[str, Any], raw: bytes) -> bool:
        stamp = environ.get("HTTP_X_ZM_REQUEST_TIMESTAMP", "")
        if not stamp.isdigit() or abs(time.time() - int(stamp) * self.unit) > 300:
            return False
        return bool(environ.get("HTTP_X_ZM_SIGNATURE") == self.signature(stamp, raw))


class Answers(Right):
    """Answers everything, or all but the URL validation, with one status and perhaps a body."""

    def __init__(self, status: int, body: Any = None, *, validates: bool = False) -> None:
        self.status = status
        self.body = body
        self.validates = validates

    def answer(self, environ: dict[str, Any], raw: bytes) -> Answer:
        if self.validates and b"plainToken" in raw:
            return super().answer(environ, raw)
        return self.status, self.body


class Redirects(Answers):
    """Redirects to `location`, in which HOST and PATH are those of the request."""

    def __init__(self, location: str, *, validates: bool = False) -> None:
        super().__init__(302, validates=validates)
        self.location = location

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        host = environ["HTTP_HOST"].partition(":")[0]
        where = self.location.replace("HOST", host).replace("PATH", environ["PATH_INFO"])

        def start(status: str, headers: list[tuple[str, str]]) -> Any:
            more = [("location", where)] if status.startswith("302") else []
            return start_response(status, headers + more)

        return super().__call__(environ, start)


def over(spell: Callable[[bytes], bytes]) -> Callable[[str, bytes], str]:
    return lambda stamp, raw: "v0=" + mac(b"v0:" + stamp.encode() + b":" + spell(raw)).hex()


def reprinted(raw: bytes, **how: Any) -> bytes:
    return json.dumps(json.loads(raw), **how).encode()


MISTAKEN: dict[str, Right] = {
    "reprinted": Mistaken(over(reprinted)),
    "reprinted-unicode": Mistaken(over(lambda raw: reprinted(raw, ensure_ascii=False))),
    "reprinted-slashes": Mistaken(
        over(lambda raw: reprinted(raw, separators=(",", ":")).replace(b"/", b"\\/"))
    ),
    "reprinted-sorted": Mistaken(
        over(lambda raw: reprinted(raw, separators=(",", ":"), sort_keys=True))
    ),
    "reprinted-escaped": Mistaken(over(lambda raw: reprinted(raw, separators=(",", ":")))),
    "ascii-only": Mistaken(over(lambda raw: raw.decode().encode("ascii", "ignore"))),
    "latin-1": Mistaken(over(lambda raw: raw.decode().encode("latin-1", "replace"))),
    "milliseconds": Mistaken(over(bytes), unit=0.001),
    "no-body": Mistaken(over(lambda raw: b"")),
    "no-body-object": Mistaken(over(lambda raw: b"{}")),
    "no-body-undefined": Mistaken(over(lambda raw: b"undefined")),
    "object-as-text": Mistaken(over(lambda raw: b"[object Object]")),
    "body-alone": Mistaken(lambda stamp, raw: "v0=" + mac(raw).hex()),
    "without-version": Mistaken(lambda stamp, raw: mac(f"v0:{stamp}:".encode() + raw).hex()),
    "capitals": Mistaken(
        lambda stamp, raw: "v0=" + mac(f"v0:{stamp}:".encode() + raw).hex().upper()
    ),
    "base64": Mistaken(
        lambda stamp, raw: "v0=" + base64.b64encode(mac(f"v0:{stamp}:".encode() + raw)).decode()
    ),
}


def examined(receiver: Right, *events: str) -> RunResult:
    with Mockzoom(receiver, SECRET) as zoom:
        return zoom.verify(events=events or EVENTS).result


def leading(result: RunResult) -> Violation:
    first = worst_first(result)[0]
    assert first.leads
    return first


PARTLY = ("reprinted-escaped", "reprinted-slashes", "reprinted-sorted", "ascii-only", "latin-1")
"""Mistakes that refuse only some bodies: those beyond ASCII, with a slash, or in another order."""


@pytest.mark.parametrize("name", PARTLY)
def test_a_mistake_that_refuses_some_bodies_is_proved_by_one_of_them(name: str) -> None:
    result = examined(MISTAKEN[name], "meeting.rtms_*", "session.user_*", "session.started")
    found = leading(result)
    assert found.rule in ("MZ101", "MZ208")
    assert re.match(r"\d+ of \d+ event types were answered 401: the receiver ", found.message)
    _, _, cause = found.message.partition(": ")
    assert cause.startswith(MISTAKES[name].about.split(",")[0])


def test_what_a_proved_mistake_refuses_is_no_failure_by_chance() -> None:
    result = examined(MISTAKEN["reprinted-slashes"], "meeting.rtms_interrupted", "session.started")
    refusals = [item for item in result.violations if item.rule in ("MZ101", "MZ208")]
    assert refusals == [leading(result)]
    assert not {"MZ107", "MZ108", "MZ109", "MZ213"} & {item.rule for item in result.violations}
    assert not result.breakages


@pytest.mark.parametrize("name", [name for name in MISTAKES if name not in PARTLY])
def test_each_known_mistake_is_proved_by_a_request_that_it_accepts(name: str) -> None:
    result = examined(MISTAKEN[name])
    found = leading(result)
    assert found.rule == "MZ101"
    start, _, cause = found.message.partition(": ")
    assert re.match(r"all \d event types were answered 401", start)
    if name == "reprinted-unicode":
        assert cause.startswith(
            "the receiver computes the signature over JSON that it prints again"
        )
    else:
        assert cause == f"{MISTAKES[name].about} (a request signed that way is acknowledged)"
    assert {item.rule for item in result.violations} <= {"MZ101", "MZ301"}


@pytest.mark.parametrize(
    ("receiver", "cause"),
    [
        (Mistaken(lambda stamp, raw: "no"), "probably --secret is not what the receiver verifies"),
        (Answers(404), "probably the path of the URL is not the receiver's"),
        (Answers(404, validates=True), "the receiver has no handler for these events"),
        (Answers(403, validates=True), "the secret is right, so something else is wrong"),
        (Answers(403, validates=True), "`--entity account_id=…` sends those of one"),
        (Answers(403), "`--entity account_id=…` sends those of one"),
        (Answers(404, validates=True), "`--entity account_id=…` sends those of one"),
        (Answers(400, validates=True), "other events only, or its parser refuses fields of these"),
        (Answers(501, validates=True), "the receiver seems to handle other events only"),
        (Answers(400, "<h1>Bad Request (400)</h1>"), "it probably refuses the host name"),
        (Answers(400, "Invalid host header"), "it probably refuses the host name"),
        (Answers(403, "<h1>Blocked hosts: 127.0.0.1</h1>"), "it probably refuses the host name"),
    ],
)  # fmt: skip
def test_otherwise_the_status_says_what_is_probable(receiver: Right, cause: str) -> None:
    found = leading(examined(receiver))
    assert found.rule == "MZ101"
    assert cause in found.message
    assert found.count == 3


@pytest.mark.parametrize("status", [301, 401, 404, 500])
def test_a_url_validation_refused_as_the_events_are_has_their_advice(status: int) -> None:
    found = {item.rule: item for item in examined(Answers(status)).violations}
    leads = next(item for item in found.values() if item.leads)
    assert found["MZ301"].message == f"URL validation: answered {status}, as the events were"
    assert found["MZ301"].fix == leads.fix != ""


@pytest.mark.parametrize(
    ("location", "validates", "fix"),
    [
        ("https://HOST:8443PATH", False, "switch the redirect off for this test"),
        ("http://HOSTPATH/", False, "Give the URL that it redirects to."),
        ("/thanks", True, "Answer 200 or 204 in place of the redirect"),
    ],
)
def test_the_advice_on_a_redirect_goes_by_where_it_leads(
    location: str, validates: bool, fix: str
) -> None:
    found = leading(examined(Redirects(location, validates=validates)))
    assert found.rule == "MZ104"
    assert fix in (found.fix or "")


def test_an_error_on_every_event_points_to_the_log() -> None:
    found = leading(examined(Answers(500, validates=True)))
    assert found.message == (
        "all 3 event types were answered 500, but the URL validation was answered correctly"
    )
    assert "log" in found.fix


def test_a_receiver_that_takes_some_events_gets_no_diagnosis() -> None:
    class Half(Right):
        def take(self, event: dict[str, Any]) -> Answer:
            return (200 if event["event"] == "meeting.rtms_started" else 400), None

    result = examined(Half())
    assert not any(item.leads for item in result.violations)
    assert "MZ101" in {item.rule for item in result.violations}


def test_nothing_that_depends_on_the_cause_is_judged() -> None:
    result = examined(Answers(401))
    skipped = {item.rule for item in result.not_judged}
    assert {"MZ107", "MZ201", "MZ213", "MZ401", "MZ406"} <= skipped
