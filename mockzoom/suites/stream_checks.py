"""The checks of streams (MZ601 to MZ613): what a consumer did, as the stream server saw it.

Each check is a function of one case, whose observations are in the order of time. What takes
knowledge of the wire (a wrong signature, a duplicate, unanswered keep-alives, sockets left open)
was noted when it happened; here it is held against the protocol's times and the faults.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from msgspec.structs import replace

from mockzoom.model import NotJudged, Observation, Violation
from mockzoom.suites.stream_history import (
    ENDS,
    SIGNALING,
    back,
    comes_after_the_end,
    handshakes,
    last_end,
    media_due_from,
    notes,
    passed,
    seen,
    sent,
    told_of,
    tries,
    violation,
)
from mockzoom.suites.streams import FORGED_START_FOLLOWED
from mockzoom.wording import counted
from mockzoom.zoom.rtms import SIGNED, HoneypotCase, Note, StreamCase

STORM = 5
"""Tries at signaling within the storm's window that are still fair."""
_DISTINCT = 5
"""Flaws of messages that are told apart."""

StreamCheck: TypeAlias = Callable[[StreamCase], Iterable[Violation]]


def never_joined(case: StreamCase) -> Iterator[Violation]:
    """MZ601 and MZ607: no signaling handshake after an acknowledged start, the first or another.

    Who joins at the new URLs and still tries the old ones does not follow the fail-over either.
    """
    judged: set[int] = set()
    for start in notes(case, Note.WEBHOOK_STARTED):
        generation = start.code or 0
        ended = last_end(case, start.elapsed)
        since = ended.elapsed if ended is not None else -1.0
        if ended is not None and not any(item.elapsed > since for item in tries(case)):
            judged.discard(generation)
        due = start.elapsed + case.timing.first_join
        if generation in judged or not passed(case, start.elapsed, due):
            continue
        judged.add(generation)
        came = [item.elapsed for item in tries(case, generation) if item.elapsed > since]
        if any(elapsed <= due for elapsed in came):
            continue
        first = min(came, default=None)
        late = "" if first is None else f"; the first one came after {first - start.elapsed:.1f} s"
        within = f"within {case.timing.first_join:g} s of the acknowledged {case.event}"
        if generation == 0:
            yield violation("MZ601", case, f"no signaling handshake {within}{late}", "never",
                             f"a WebSocket to server_urls and SIGNALING_HAND_SHAKE_REQ {within}",
                             seen(case))  # fmt: skip
        elif any(True for _ in tries(case)):
            yield violation("MZ607", case, "no signaling handshake at the new server_urls"
                             f" {within} that names them{late}", "ignored",
                             "leave the old sockets, and join at the URLs of the newest start",
                             start.message)  # fmt: skip


def old_urls_tried(case: StreamCase) -> Iterator[Violation]:
    """MZ607: tries at the old URLs, long after their server has ended."""
    fair, tried = case.timing.old_tries, list[Observation]()
    for ended in notes(case, Note.OLD_SERVER_ENDED):
        tried += [
            item
            for item in notes(case, Note.OLD_URL)
            if item.elapsed - ended.elapsed > fair and item not in tried
        ]
    if tried and not any(item.rule == "MZ607" for item in never_joined(case)):
        yield violation(
            "MZ607", case, f"{tried[0].socket} was tried at the old server_urls more than"
            f" {fair:g} s after their server had ended", "old server",
            "leave the old URLs for those of the newest start", f"{len(tried)} tries", len(tried),
        )  # fmt: skip


def bad_signature(case: StreamCase) -> Iterator[Violation]:
    """MZ602: a handshake whose signature, or whose ids, are not those of the stream."""
    found = notes(case, Note.BAD_SIGNATURE)
    if found:
        yield violation(
            "MZ602", case, f"the signature of {found[0].message}", "signature",
            SIGNED, sent(case, found[0]), len(found),
        )  # fmt: skip


def bad_message(case: StreamCase) -> Iterator[Violation]:
    """MZ603: messages that are not JSON, lack a field or have a wrong type.

    What Zoom accepts all the same is a warning.
    """
    flaws: dict[str, list[Observation]] = {}
    for item in (*notes(case, Note.BAD_MESSAGE), *notes(case, Note.LAPSE)):
        if item.message in flaws or len(flaws) < _DISTINCT:
            flaws.setdefault(item.message, []).append(item)
    for flaw, items in flaws.items():
        found = violation(
            "MZ603", case, f"{items[0].socket}: {flaw}", flaw,
            "a JSON object with the fields of the event reference", sent(case, items[0]),
            len(items),
        )  # fmt: skip
        accepted = items[0].recognised == Note.LAPSE
        yield replace(found, severity="warning") if accepted else found


def not_ready(case: StreamCase) -> Iterator[Violation]:
    """MZ604: media sockets have shaken hands, and CLIENT_READY_ACK does not come."""
    ready, since, why = False, None, ""
    disturbed = (Note.FAULT, Note.INTERRUPTED, *ENDS, Note.MEDIA_LOST)
    limit = case.timing.ready
    for item in case.observations:
        late = since is not None and item.elapsed - since > limit
        if late or item.direction != "note":
            if late:
                break
            continue
        if item.recognised == Note.JOINED:
            ready, since = False, None
        elif item.recognised == Note.READY:
            ready, since = True, None
        elif item.recognised == Note.EARLY_READY:
            why = f"; the one that came was too early or wrong: {item.message}"
        elif item.recognised in disturbed:
            since = None
        elif item.recognised == Note.MEDIA_JOINED and not ready and since is None:
            since = item.elapsed
    if since is not None and case.until - since > limit:
        yield violation(
            "MZ604", case, f"no CLIENT_READY_ACK on signaling within {limit:g} s of the first"
            f" media handshake{why}", "not ready",
            "CLIENT_READY_ACK on the signaling socket once a media handshake is answered",
            "media handshake answered with status 0, then nothing",
        )  # fmt: skip


def keep_alive_unanswered(case: StreamCase) -> Iterator[Violation]:
    """MZ605: three keep-alives in a row on signaling, or all for 65 s on media, unanswered."""
    for role in ("signaling", "media"):
        found = [
            item
            for item in notes(case, Note.KEEP_ALIVE_LOST)
            if item.socket.startswith("signaling") == (role == "signaling")
        ]
        if found:
            yield violation(
                "MZ605", case, f"{found[0].socket}: KEEP_ALIVE_REQ without an answer:"
                f" {found[0].message}", role,
                "KEEP_ALIVE_RESP with the timestamp, on the same socket",
                found[0].message, len(found),
            )  # fmt: skip


def duplicate_join(case: StreamCase) -> Iterator[Violation]:
    """MZ606: a second signaling handshake while the first socket is healthy and undisturbed."""
    found = notes(case, Note.DUPLICATE)
    if found:
        yield violation(
            "MZ606", case, f"{found[0].socket} shook hands for a stream whose signaling socket was"
            " healthy", "duplicate", "one signaling connection a stream; a repeated"
            f" {case.event} with the same server_urls changes nothing",
            sent(case, found[0]), len(found),
        )  # fmt: skip


def no_rejoin(case: StreamCase) -> Iterator[Violation]:
    """MZ608: signaling was lost, the consumer knows, and does not come back.

    Who tried in vain in an outage, and gave up, is warned only.
    """
    for lost in notes(case, Note.INTERRUPTED):
        since = told_of(case, lost)
        if not lost.code or since is None:
            continue
        due = since + case.timing.signaling_window
        if not passed(case, lost.elapsed, due):
            continue
        after = [item.elapsed for item in tries(case) if item.elapsed > lost.elapsed]
        if any(elapsed <= due for elapsed in after):
            continue
        late = f"; it came after {after[0] - since:.1f} s" if after else ""
        window = f"{case.timing.signaling_window:g} s"
        in_vain = [item for item in notes(case, Note.UNREACHABLE) if item.elapsed > lost.elapsed]
        if in_vain:
            late += f"; it gave up after {counted(len(in_vain), 'try', 'tries')} in an outage"
        found = violation(
            "MZ608", case, f"{lost.socket} was lost, and no signaling handshake came within"
            f" {window} of the interruption{late}", "gave up" if in_vain else "no rejoin",
            f"shake hands again within {window}, at the server_urls of the start",
            f"{lost.socket} {lost.message}",
        )  # fmt: skip
        yield replace(found, severity="warning") if in_vain else found
        return


def left_open(case: StreamCase) -> Iterator[Violation]:
    """MZ609: sockets are still open after the end of the stream."""
    for item in notes(case, Note.LEFT_OPEN)[:1]:
        yield violation(
            "MZ609", case, f"still open {case.timing.leave:g} s after the end of the stream:"
            f" {item.message}", "left open",
            "close every socket of a stream when it has ended", item.message,
        )  # fmt: skip


def join_after_stop(case: StreamCase) -> Iterator[Violation]:
    """MZ610: a handshake for a stream that has ended, long after that."""
    found = [item for item in handshakes(case) if comes_after_the_end(case, item)]
    if found:
        end = last_end(case, found[0].elapsed)
        after = found[0].elapsed - (end.elapsed if end is not None else 0.0)
        yield violation(
            "MZ610", case, f"{found[0].socket} shook hands {after:.1f} s after the end of the"
            " stream", "after stop", "no connection for a stream that has ended, unless its reason"
            " (10 to 19, 24) asks for a fresh start", sent(case, found[0]), len(found),
        )  # fmt: skip


def media_not_rejoined(case: StreamCase) -> Iterator[Violation]:
    """MZ611: media was lost, signaling stands (or is back), and media does not come back."""
    for lost in notes(case, Note.MEDIA_LOST):
        since = media_due_from(case, lost)
        if not lost.code or since is None:
            continue
        due = since + case.timing.media_window
        if not passed(case, lost.elapsed, due):
            continue
        missing = [kind for kind in lost.message.split() if not back(case, kind, lost, due)]
        if missing:
            yield violation(
                "MZ611", case, f"{lost.socket} was lost, and {' and '.join(missing)} did not come"
                f" back within {case.timing.media_window:g} s", "media",
                "shake hands again on a media socket of each kind that was lost",
                f"{lost.socket} lost",
            )  # fmt: skip
            return


def reconnect_storm(case: StreamCase) -> Iterator[Violation]:
    """MZ612: more than five tries at signaling within ten seconds, with no fault between them.

    A try is a handshake, or a connection that an outage refuses.
    """
    times: list[float] = []
    most, window = 0, case.timing.storm
    for item in case.observations:
        if item.recognised == Note.FAULT:
            times.clear()
        refused = item.recognised == Note.UNREACHABLE and item.socket == "signaling"
        if item.recognised == SIGNALING or refused:
            times = [at for at in times if item.elapsed - at <= window] + [item.elapsed]
            most = max(most, len(times))
    if most > STORM:
        yield violation(
            "MZ612", case, f"{most} tries at signaling within {window:g} s", "storm",
            f"at most {STORM} in {window:g} s: wait 3 s before the next try, doubling up to 30 s",
            f"{most} tries",
        )  # fmt: skip


def forged_start_followed(case: HoneypotCase) -> Iterator[Violation]:
    """MZ613: somebody connected to the URL that only a forged start named."""
    found = [item for item in case.observations if item.recognised == Note.HONEYPOT]
    if found:
        yield FORGED_START_FOLLOWED.violation(
            f"a forged {case.event} was followed: its server_urls were connected to", "followed",
            event=case.event, events=(case.event,), count=len(found),
            expected=f"no connection to {case.url} (watched for {case.watched:.1f} s)",
            actual=found[0].message,
        )  # fmt: skip


STREAM_CHECKS: tuple[StreamCheck, ...] = (
    never_joined, old_urls_tried, bad_signature, bad_message, not_ready, keep_alive_unanswered,
    duplicate_join, no_rejoin, left_open, join_after_stop, media_not_rejoined, reconnect_storm,
)  # fmt: skip


def judge_stream(case: StreamCase) -> tuple[Violation, ...]:
    """Return every violation that a stream shows; take the case after `Stream.settle`."""
    found = [item for check in STREAM_CHECKS for item in check(case)]
    return tuple(sorted(found, key=lambda item: item.rule))


def judge_honeypot(case: HoneypotCase) -> tuple[Violation, ...]:
    """Return the violation that a honeypot shows, if any."""
    return tuple(forged_start_followed(case))


def unjudged(case: StreamCase) -> tuple[NotJudged, ...]:
    """Return the rules for which this case offers no occasion, each with the reason."""
    starts = notes(case, Note.WEBHOOK_STARTED)
    waited = any(
        passed(case, item.elapsed, item.elapsed + case.timing.first_join) for item in starts
    )
    lost = [item for item in notes(case, Note.INTERRUPTED) if item.code]
    joined = notes(case, Note.JOINED)
    told = any(told_of(case, item) is not None for item in lost)
    came_back = any(one.elapsed > other.elapsed for one in joined for other in lost)
    media = [item for item in notes(case, Note.MEDIA_LOST) if item.code]
    joins = list(tries(case))
    ended = last_end(case, case.until + 1) is not None
    occasions = (
        ("MZ601", bool(joins) or waited, "no start was acknowledged and then waited for"),
        ("MZ602", bool(joins), "the consumer sent no handshake"),
        ("MZ603", bool(joins), "the consumer sent no message"),
        ("MZ604", bool(notes(case, Note.MEDIA_JOINED)), "no media socket shook hands"),
        ("MZ605", "KEEP_ALIVE_REQ" in _names(case), "no keep-alive was sent"),
        ("MZ606", len(starts) > 1 and bool(joined), "no start was repeated while it was joined"),
        ("MZ607", any(item.code for item in starts), "no start named other server_urls"),
        (
            "MZ608",
            told or came_back,
            "no interruption was sent" if lost else "signaling was never lost",
        ),
        ("MZ609", ended and bool(joined), "the stream did not end"),
        ("MZ610", ended, "the stream did not end"),
        ("MZ611", bool(media), "no media socket was lost"),
        ("MZ612", bool(joins), "the consumer sent no handshake"),
    )
    return tuple(NotJudged(rule, why) for rule, judged, why in occasions if not judged)


def _names(case: StreamCase) -> set[str]:
    return {item.recognised for item in case.observations}
