"""What is recorded: one entry a report, each with the way to make it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests.guard.running import (
    AT,
    AT_MS,
    Receiver,
    all_of,
    mockzoom,
    receivers,
    report,
    requests_of,
)
from tests.guard.stream_receiver import CLIENT_ID, CLIENT_SECRET

Reports = dict[str, Callable[[], Any]]
"""Ways to make reports, by the name under which each is recorded."""

SEEDS = (1, 2)
PART = (
    "meeting.rtms_interrupted", "meeting.rtms_stopped", "session.started", "session.user_joined",
    "session.user_left", "session.sharing_ended", "session.recording_completed",
)  # fmt: skip
"""A defect shows in one of these; `ALL_EVENTS` get all events, with the first seed."""
ALL_EVENTS = ("flask_receiver", "contract_receiver")
FEW = ("meeting.rtms_started", "session.started")

DEFECTS = (
    "flask_receiver refuses-one-event", "flask_receiver works-before-answering",
    "flask_receiver signs-parsed-json", "flask_receiver missing-header-crash",
    "flask_receiver challenge-oracle", "flask_receiver basic-not-enforced",
    "flask_receiver missing-field-crash", "flask_receiver dies-after-answering",
    "stdlib_receiver drops-one-event", "stdlib_receiver acknowledges-201",
    "stdlib_receiver other-secret", "stdlib_receiver compares-prefix",
    "stdlib_receiver drops-bad-json", "stdlib_receiver one-at-a-time",
    "fastapi_receiver redirects-to-slash", "fastapi_receiver optional-field-required",
    "fastapi_receiver forbids-extra-fields", "fastapi_receiver signature-present-is-enough",
    "fastapi_receiver unsigned-events-pass", "fastapi_receiver headers-as-parameters",
    "fastapi_receiver lock-never-released", "fastapi_receiver challenge-plain-sha256",
    "django_receiver not-implemented-events", "django_receiver listed-stop-reasons-only",
    "django_receiver errors-with-200", "django_receiver array-crash",
    "aiohttp_receiver never-answers", "aiohttp_receiver signs-escaped-json",
    "aiohttp_receiver tolerates-clock-skew", "aiohttp_receiver only-future-refused",
    "aiohttp_receiver challenge-lower-case", "aiohttp_receiver challenge-slow",
    "aiohttp_receiver wrong-type-hang",
)  # fmt: skip
"""One stack for each set of rules that a defect raises."""
BOTH_SEEDS = (
    "missing-field-crash", "optional-field-required", "signs-escaped-json",
    "listed-stop-reasons-only",
)  # fmt: skip
"""Defects that depend on the values sent; the others are recorded with the first seed."""

PLAYED = (
    Receiver("flask_receiver"), Receiver("aiohttp_receiver"),
    Receiver("fastapi_receiver", "redirects-to-slash"),
    Receiver("django_receiver", "not-implemented-events"),
    Receiver("stdlib_receiver", "other-secret"), Receiver("flask_receiver", "challenge-base64"),
)  # fmt: skip
PROBED = (
    Receiver("stateful_flask"), Receiver("stateful_flask", "no-deduplication"),
    Receiver("stateful_asyncio", "last-arrival-wins"),
    Receiver("stateful_flask", "lost-answer-processed-again"),
)  # fmt: skip
PROBED_SCENARIOS = (
    "rtms-duplicate-start", "rtms-failover", "rtms-stop-before-start", "video-sdk-late-left",
    "video-sdk-recording-twice", "reordered-session", "outage",
)  # fmt: skip

FIXED = ("--at", AT)


def write(file: Path, content: Any) -> None:
    """Write a recorded report, its folder made where it is missing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def read(file: Path) -> Any:
    """Read a recorded report."""
    return json.loads(file.read_text())


def bodies_and_texts() -> Reports:
    """Return the bytes of all test cases, and what is printed without a receiver."""
    found: Reports = {f"bodies-{seed}": partial(_digests, seed) for seed in SEEDS}
    found["lint"] = partial(mockzoom, "specs", "lint")
    found["events"] = partial(mockzoom, "events", "list")
    found["scenarios"] = partial(mockzoom, "play", "--list")
    found["plans"] = partial(mockzoom, "play", "all", "--plan", *FIXED)
    for event in FEW:
        found[f"show-{event}"] = partial(mockzoom, "events", "show", event)
        found[f"synth-{event}"] = partial(
            mockzoom, "events", "synth", event, "--count", "20", *FIXED
        )
        found[f"mutants-{event}"] = partial(
            mockzoom, "events", "synth", event, "--malformed", *FIXED
        )
    return found


def verify_reports() -> Reports:
    """Return the reports of `verify`."""
    found: Reports = {}
    named = {f"{item.script} {item.defect}": item for item in receivers()}
    for item in receivers():
        if not item.defect or item.defect.startswith("legit-"):
            odd = bool(item.auth or item.defect)
            for seed in SEEDS[:1] if odd else SEEDS:
                whole = not odd and seed == 1 and item.script in ALL_EVENTS
                events = () if whole else PART
                found[f"{item.name}-{seed}"] = partial(_verify, item, seed, events)
    for name in DEFECTS:
        item = named[name]
        for seed in SEEDS if item.defect in BOTH_SEEDS else SEEDS[:1]:
            found[f"{item.name}-{seed}"] = partial(_verify, item, seed, PART)
    for flag in ("--strict", "--ack-first"):
        for item in (Receiver("flask_receiver"), Receiver("django_receiver", "errors-with-200")):
            found[f"{item.name}-1{flag}"] = partial(_verify, item, 1, PART, flag)
    found["contract-correct-1--strict"] = partial(
        _verify, Receiver("contract_receiver"), 1, PART, "--strict"
    )
    for item in (Receiver("stream_receiver"), Receiver("stream_receiver", "webhooks-only")):
        found[f"{item.name}-1--streams"] = partial(
            _verify, item, 1, ("meeting.rtms_*", "session.rtms_*"), "--streams",
            "--stream-scale", "0.1", "--client-id", CLIENT_ID, "--client-secret", CLIENT_SECRET,
        )  # fmt: skip
    for seed in SEEDS:
        found[f"requests-{seed}"] = partial(_requests, seed)
    return found


def play_reports() -> Reports:
    """Return the reports of `play`: all scenarios, and a few with a probe."""
    found: Reports = {item.name: partial(_play, item, ("all",)) for item in PLAYED}
    for item in PROBED:
        found[f"{item.name}-probe"] = partial(
            _play, item, PROBED_SCENARIOS, "--probe", "/state", "--probe-reset", "/reset"
        )
    found["stateful_asyncio-drops-one-kind-effect"] = partial(
        _play, Receiver("stateful_asyncio", "drops-one-kind"), ("video-sdk-session",),
        "--probe", "/state", "--probe-reset", "/reset", "--effect", "session.user_joined",
    )  # fmt: skip
    rotation = Receiver("flask_receiver")
    found["rotation"] = partial(
        _play, rotation, ("secret-rotation",), "--next-secret", "another-secret-0987654321"
    )
    return found


def send_outputs() -> Reports:
    """Return what `send` prints, one report a receiver, by the words of the command."""
    return {
        f"{item.name}": partial(_send_all, item, table)
        for item, table in (
            (Receiver("flask_receiver"), (*ONE_EVENT, *CASES, *FORGERIES, *STRICT)),
            (Receiver("django_receiver", "errors-with-200"), FORGERIES[:9]),
            (Receiver("flask_receiver", "missing-field-crash"), ONE_EVENT),
            (Receiver("django_receiver", "array-crash"), CASES),
        )
    }


EVENT = "session.user_joined"
_BODY = (
    '{"event":"session.started","event_ts":1772600767000,"payload":{"account_id":"a","object":'
    '{"id":"irrUAP","session_id":%s,"session_name":"n","session_key":"k",'
    '"start_time":"2026-03-04T05:06:07Z"}}}'
)
ONE_EVENT: tuple[tuple[str, ...], ...] = (
    (EVENT,),
    ("session.started",),
    ("meeting.rtms_stopped", "--set", "payload.stop_reason=6"),
    ("meeting.rtms_stopped", "--set", "payload.stop_reason=99"),
    ("meeting.rtms_stopped", "--set", "payload.stop_reason=text"),
    ("session.started", "--set", "payload.object.session_name=Ångström"),
    ("session.started", "--set", "payload.object.session_id=null"),
    ("session.started", "--set", "payload.nowhere=1"),
    ("session.started", "--body", _BODY % '"irrUAP"'),
    ("session.started", "--body", _BODY % "5"),
    ("session.started", "--body", _BODY % "null"),
    ("session.started", "--body", '{"event":"session.started","event_ts":1,"payload":{}}'),
    ("session.started", "--body", '{"event":"session.started"}'),
    ("session.started", "--body", "{}"),
    ("session.started", "--body", "[]"),
    ("session.started", "--body", "{"),
    ("session.nothing", "--body", "{}"),
    ("endpoint.url_validation",),
    (EVENT, "--times", "2"),
)
CASES = tuple(
    (EVENT, "--case", case)
    for case in (
        "valid:0a", "valid:1.1", "unknown:0", "invented:0", "field:0:1", "variant:0:0", "spaced:0",
        "escaped:0", "non-ascii:0", "mutant:0:0", "mutant:0:5", "random-valid:0", "not-json:0",
        "cut-short:0", "empty:0", "top-level-array:0", "top-level-string:0", "top-level-number:0",
        "top-level-null:0", "duplicate-keys:0", "nan:0", "bom:0", "utf-16:0", "lone-surrogate:0",
        "wrong-content-type:0", "missing-content-type:0", "deep-nesting:0", "huge-number:0",
        "large:0", "no-kind:0",
    )
)  # fmt: skip
FORGERIES = tuple(
    (EVENT, "--forge", name)
    for name in (
        "wrong-secret", "unsigned", "tampered-text", "shifted-back", "stale", "empty-secret",
        "timestamp-word", "signature-long", "no-endpoint-auth", "unsigned-bare", "tampered-time",
        "shifted-ahead", "signature-empty", "signature-version-only", "signature-short",
        "signature-not-hex", "timestamp-missing", "timestamp-empty", "timestamp-huge",
        "timestamp-fraction", "wrong-endpoint-auth", "nothing",
    )
)  # fmt: skip
STRICT = (
    (EVENT, "--case", "mutant:0:0", "--strict"),
    ("session.started", "--body", _BODY % "null", "--strict"),
    ("endpoint.url_validation", "--case", "oracle:0"),
    ("endpoint.url_validation", "--forge", "wrong-secret"),
    (EVENT, "--print-curl"),
)


def _digests(seed: int) -> dict[str, str]:
    from tests.guard.bodies import digests

    return digests(seed, AT_MS)


def _verify(receiver: Receiver, seed: int, events: tuple[str, ...], *flags: str) -> dict[str, Any]:
    with receiver.run() as url:
        return _verified(url, receiver, seed, events, *flags)


def _verified(
    url: str, receiver: Receiver, seed: int, events: tuple[str, ...], *flags: str
) -> dict[str, Any]:
    chosen = [word for glob in events for word in ("--events", glob)]
    auth = ["--auth", receiver.auth] if receiver.auth else []
    return report("verify", url, "--seed", str(seed), *chosen, *auth, *flags, *FIXED)


def _requests(seed: int) -> dict[str, Any]:
    """Count all requests of `verify`, authentication of the endpoint included."""
    receiver = Receiver("wire_receiver", auth="header:x-hook:s3cret")
    with receiver.run() as url:
        _verified(url, receiver, seed, PART)
        return requests_of(url)


def _play(receiver: Receiver, scenarios: tuple[str, ...], *flags: str) -> dict[str, Any]:
    with receiver.run() as url:
        return report("play", *scenarios, "--to", url, *flags, *FIXED)


def _send_all(receiver: Receiver, table: tuple[tuple[str, ...], ...]) -> dict[str, Any]:
    with receiver.run() as url:
        outputs = all_of([("send", *words, "--to", url, *FIXED) for words in table])
    return dict(zip(map(" ".join, table), outputs, strict=True))
