"""Delivery over WebSocket: does the client send heartbeats, come back, and renew its token?

Its part of a run is `mockzoom.verify.websocket`, which disturbs the client; the checks judge what
was seen (MZ651 to MZ654).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from mockzoom.engine.suite import Suite
from mockzoom.model import NotJudged, Observation, Violation
from mockzoom.rules import Rule
from mockzoom.wording import counted, printable
from mockzoom.zoom.websocket.messages import HEARTBEAT_S, SERVER, Seen

HEARTBEAT_MISSING = Rule("MZ651", "heartbeat-missing", "error")
NO_RECONNECT = Rule("MZ652", "no-reconnect", "error")
EXPIRED_TOKEN_KEPT = Rule("MZ653", "expired-token-kept", "error")
CLIENT_RECONNECT_STORM = Rule("MZ654", "client-reconnect-storm", "warning")

SUITE = Suite(
    "websocket",
    "delivery over WebSocket",
    (HEARTBEAT_MISSING, NO_RECONNECT, EXPIRED_TOKEN_KEPT, CLIENT_RECONNECT_STORM),
    wanted=lambda suite, settings: settings.websocket,
)

STORM, STORM_S = 5, 10.0
"""Tries to connect that are fair within so many seconds."""
_ABSENT = (Seen.DROPPED, Seen.CLOSED, Seen.LEFT)
_TRIES = (Seen.TRIED, Seen.UNREACHABLE)
_DISTURBED = (Seen.DROPPED, Seen.CLOSED)
_LOST = (*_ABSENT, Seen.REPLACED)


class ClientTiming(Struct, frozen=True):
    """How long a client is waited for, in seconds: what Zoom expects, and room for a busy machine.

    What a client does by itself, such as its pauses between two tries, has no scale.
    """

    heartbeat: float = 1.5 * HEARTBEAT_S + 2
    """From the connection, or the heartbeat before, to the next one."""
    comeback: float = 60.0
    """From the end of a connection to the next one that is accepted."""

    @classmethod
    def scaled(cls, scale: float) -> ClientTiming:
        """Return the times for a client whose heartbeats come every 30 s times `scale`."""
        return cls(1.5 * HEARTBEAT_S * scale + 2, max(60.0 * scale, 10.0))


class ClientCase(Struct, frozen=True):
    """What was seen of a client, until `until` on the clock of the observations."""

    observations: tuple[Observation, ...]
    until: float
    timing: ClientTiming = ClientTiming()


ClientCheck: TypeAlias = Callable[[ClientCase], Iterator[Violation]]


def heartbeat_missing(case: ClientCase) -> Iterator[Violation]:
    """MZ651: a connection stood for longer than heartbeats are apart, and none came.

    One that is late once is none that is missing: a client may be busy for a moment.
    """
    limit = case.timing.heartbeat
    for connected, ended in connections(case):
        beats = [item for item in _of(case, Seen.HEARTBEAT) if item.socket == connected.socket]
        times = [connected.elapsed, *(item.elapsed for item in beats), ended]
        gaps = [later - before for before, later in pairwise(times)]
        late = [gap for gap in gaps if gap > limit]
        if len(late) > 1 or any(gap > 2 * limit for gap in late):
            others = [i for i in _of(case, Seen.OTHER) if i.socket == connected.socket]
            sent = f"; it sent {printable(others[0].message)!r}" if others else ""
            after = f" after {counted(len(beats), 'heartbeat')}" if beats else ""
            yield HEARTBEAT_MISSING.violation(
                f"{connected.socket}: no heartbeat for {max(late):.0f} s{after}", "missing",
                expected='{"module":"heartbeat"} every 30 s on every connection',
                actual=f"nothing for {max(late):.1f} s{sent}",
            )  # fmt: skip
            return


def no_reconnect(case: ClientCase) -> Iterator[Violation]:
    """MZ652: a connection was lost, and the client did not try to come back.

    Who tried in vain while the server was unreachable, and gave up, is warned only.
    """
    for lost in absences(case):
        tries = [item.recognised for item in _after(case, lost) if item.recognised in _TRIES]
        if Seen.TRIED in tries:
            continue
        tried = f"{counted(len(tries), 'try', 'tries')} while the server was unreachable, then none"
        events = [item for item in _before(case, lost) if item.recognised == Seen.EVENT]
        told = f" after {events[-1].message}" if events and lost.recognised == Seen.LEFT else ""
        found = NO_RECONNECT.violation(
            f"{lost.socket} was {_how(lost)}{told}, and nobody connected within"
            f" {case.timing.comeback:g} s", "gave up" if tries else "gone",
            expected="connect again; what happens until then is lost",
            actual=tried if tries else "no try",
        )  # fmt: skip
        yield replace(found, severity="warning") if tries else found
        return


def expired_token_kept(case: ClientCase) -> Iterator[Violation]:
    """MZ653: the token has ended, the client was refused, and it did not bring another one."""
    for lost in absences(case):
        refused = [item for item in _after(case, lost) if item.recognised == Seen.REFUSED]
        tries = [item for item in _after(case, lost) if item.recognised == Seen.TRIED]
        if refused and tries:
            used = counted(len(tries), "try", "tries")
            yield EXPIRED_TOKEN_KEPT.violation(
                f"the access token had ended, and the client brought no other one within"
                f" {case.timing.comeback:g} s: {used}, answered {refused[0].message!r}", "kept",
                expected="a new token from POST /oauth/token before the next try",
                actual=", ".join(dict.fromkeys(item.message for item in tries)),
            )  # fmt: skip
            return


def client_reconnect_storm(case: ClientCase) -> Iterator[Violation]:
    """MZ654: more than five tries to connect within ten seconds, with no fault of ours between."""
    times: list[float] = []
    most = 0
    for item in case.observations:
        if item.recognised in _DISTURBED:
            times.clear()
        elif item.recognised in _TRIES:
            times = [at for at in times if item.elapsed - at <= STORM_S] + [item.elapsed]
            most = max(most, len(times))
    if most > STORM:
        yield CLIENT_RECONNECT_STORM.violation(
            f"{most} tries to connect within {STORM_S:g} s", "storm",
            expected=f"at most {STORM} in {STORM_S:g} s: wait before the next try, longer each"
            " time",
            actual=f"{most} tries",
        )  # fmt: skip


CHECKS: tuple[ClientCheck, ...] = (
    heartbeat_missing, no_reconnect, expired_token_kept, client_reconnect_storm,
)  # fmt: skip


def judge_client(case: ClientCase) -> tuple[Violation, ...]:
    """Return every violation that a client shows."""
    return tuple(found for check in CHECKS for found in check(case))


def unjudged(case: ClientCase) -> tuple[NotJudged, ...]:
    """Return the rules for which there was no occasion, each with the reason."""
    found = {item.rule for item in judge_client(case)}
    watched = any(_is_watched(case, *each) for each in connections(case))
    lost = any(item.recognised in _DISTURBED for item in case.observations)
    ended = [item for item in case.observations if item.recognised == Seen.EXPIRED]
    tried = ended and any(item.recognised == Seen.TRIED for item in _after(case, ended[-1]))
    occasions = (
        (HEARTBEAT_MISSING, watched, "no connection stood for as long as heartbeats are apart"),
        (NO_RECONNECT, lost, "the server never went away"),
        (EXPIRED_TOKEN_KEPT, tried, "nobody tried to connect after the access token had ended"),
        (CLIENT_RECONNECT_STORM, lost, "the server never went away"),
    )
    return tuple(
        NotJudged(rule.id, why) for rule, judged, why in occasions
        if not judged and rule.id not in found
    )  # fmt: skip


def has_heartbeats(case: ClientCase) -> bool:
    """Return whether a connection had two heartbeats a good while apart: a timer sends them."""
    return any(_is_watched(case, *each) for each in connections(case))


def connections(case: ClientCase) -> Iterator[tuple[Observation, float]]:
    """Yield each accepted connection, with when it ended."""
    for item in _of(case, Seen.CONNECTED):
        ends = (
            seen.elapsed for seen in case.observations
            if seen.socket == item.socket and seen.recognised in _LOST
        )  # fmt: skip
        yield item, next(ends, case.until)


def absences(case: ClientCase) -> Iterator[Observation]:
    """Yield each end of the client's connection after which it did not come back in time."""
    for lost in case.observations:
        if lost.recognised not in _ABSENT or lost.socket == SERVER:
            continue
        due = lost.elapsed + case.timing.comeback
        came = [i for i in _after(case, lost) if i.recognised == Seen.CONNECTED]
        if case.until >= due and not any(item.elapsed <= due for item in came):
            yield lost


def _is_watched(case: ClientCase, connected: Observation, ended: float) -> bool:
    beats = [i.elapsed for i in _of(case, Seen.HEARTBEAT) if i.socket == connected.socket]
    apart = (case.timing.heartbeat - 2) / 3
    return len(beats) > 1 and beats[-1] - beats[0] >= apart


def _of(case: ClientCase, recognised: str) -> Iterator[Observation]:
    return (item for item in case.observations if item.recognised == recognised)


def _after(case: ClientCase, lost: Observation) -> list[Observation]:
    due = lost.elapsed + case.timing.comeback
    return [item for item in case.observations if lost.elapsed < item.elapsed <= due]


def _before(case: ClientCase, lost: Observation) -> list[Observation]:
    return [item for item in case.observations if item.elapsed < lost.elapsed]


def _how(lost: Observation) -> str:
    if lost.recognised != Seen.LEFT:
        return lost.recognised.replace("by the server", "by mockzoom")
    return f"closed by the client ({lost.message or lost.code or 'no reason'})"
