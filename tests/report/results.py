"""A small result for the tests of reports."""

from __future__ import annotations

from msgspec.structs import replace

from mockzoom.model import Coverage, NotJudged, RunResult, Violation

WORST = Violation(
    rule="MZ201",
    slug="wrong-secret-accepted",
    severity="error",
    message="accepted although it is signed with another secret",
    cause="accepted",
    event="meeting.rtms_started",
    events=("meeting.rtms_started", "session.ended"),
    delivery="d-17",
    deliveries=("d-17", "d-44"),
    count=2,
    expected="401 or 403",
    actual='200 OK after 2 ms: {"ok": true}',
    reproduce="mockzoom send meeting.rtms_started --to http://127.0.0.1:5000/webhook"
    ' --case valid:0 --forge wrong-secret --seed 1 --at 1790000000000 --secret "$MOCKZOOM_SECRET"',
    fix="Compare x-zm-signature with `v0=` + hex HMAC-SHA256(secret, `v0:{timestamp}:{raw body}`),"
    " in constant time, and answer 401 where they differ.",
)
MILD = Violation(
    rule="MZ105",
    slug="unusual-success",
    severity="warning",
    message="session.ended: acknowledged with 202 – naïve 😀",
    cause="202",
    event="session.ended",
    delivery="d-3",
    deliveries=("d-3",),
    expected="200 or 204",
    actual="202 Accepted",
    fix="Answer 200 or 204.",
)
RESULT = RunResult(
    target="http://127.0.0.1:5000/webhook",
    seed=1,
    elapsed=1.23456,
    deliveries=812,
    coverage=Coverage((47, 48), (1629, 1630)),
    violations=(MILD, WORST),
    not_judged=(
        NotJudged("MZ208", "no acknowledged event has a field of free text"),
        NotJudged("MZ211", "no endpoint authentication is configured (--auth)"),
        NotJudged("MZ407", "no endpoint authentication is configured (--auth)"),
    ),
    notices=("d-9 (session.ended) had no answer in time, its repetition had: not reported",),
    breakages=("interrupted; what follows was not checked",),
)
CLEAN = replace(RESULT, violations=(), not_judged=(), notices=(), breakages=())
