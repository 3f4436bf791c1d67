"""The defective variants of `stateful_flask.py`, by name."""

from __future__ import annotations

import hashlib
import re
import socket
import time
from collections.abc import Iterator

from flask import Response
from stateful_flask_base import (
    NOTICES_LOSS_S,
    Receiver,
    RollsBack,
    StateMachine,
    WorksAfterAnswering,
    acknowledged,
    answer,
    hung_up,
)
from stateful_flask_store import ALWAYS, Event, Store

UNHANDLED = re.compile(r"rtms\.|.*\.(alert|sharing_|live_streaming_|stream_ingestion_)")
HANDLED = re.compile(r"(meeting|webinar|session|contact_center)\.")
HEAVY = re.compile(r".*rtms_started$|session\.recording_completed$")
"""Events that one is tempted to work on before answering: they open streams, download files."""


class LostAnswerProcessedAgain(RollsBack):
    """Forgets the request id when its answer is lost, but not what it has done."""

    def steps(self, event: Event, connection: socket.socket) -> Iterator[str]:
        with self.store.transaction():
            new = self.store.claim(self.key(event))
            if new:
                self.store.apply(event)
        delivered = False
        try:
            yield '{"status":'
            time.sleep(NOTICES_LOSS_S)
            delivered = not hung_up(connection)
            yield '"received"}'
        finally:
            if new and not delivered:
                with self.store.transaction():
                    self.store.db.execute("DELETE FROM seen WHERE key = ?", (self.key(event),))


class SeenBeforeProcessed(RollsBack):
    """Notes the request id at once, then gives up the work when the answer is lost."""

    def steps(self, event: Event, connection: socket.socket) -> Iterator[str]:
        with self.store.transaction():
            new = self.store.claim(self.key(event))
        yield '{"status":'
        time.sleep(NOTICES_LOSS_S)
        if hung_up(connection):
            return
        if new:
            with self.store.transaction():
                self.store.apply(event)
        yield '"received"}'


class CountsEach(Store):
    streams_counted = recordings_counted = "*"


class NoDeduplication(Receiver):
    """Takes whatever comes for new."""

    store_type = CountsEach

    def take(self, event: Event) -> Response:
        with self.store.transaction():
            self.store.apply(event)
        return acknowledged()


class KeyHasSignature(Receiver):
    """De-duplicates by request id and signature: a retry is signed anew."""

    def key(self, event: Event) -> str:
        return f"{event.request_id}:{event.signature}"


class KeyIsTimestamp(Receiver):
    """De-duplicates by the timestamp header: one event a second."""

    def key(self, event: Event) -> str:
        return event.timestamp


class CountsCompletions(Store):
    recordings_counted = "*"


class KeyIsBodyHash(Receiver):
    """De-duplicates by a hash of the body, and takes each body for another recording."""

    store_type = CountsCompletions

    def key(self, event: Event) -> str:
        return hashlib.sha256(event.raw).hexdigest()


class KeyIsStreamId(Receiver):
    """De-duplicates starts by the stream id alone: a fail-over is taken for a duplicate."""

    def key(self, event: Event) -> str:
        started = event.stream and event.verb == "started"
        return f"start:{event.stream}" if started else super().key(event)


class MarksAfterProcessing(Receiver):
    """Looks whether the event is new, works, then notes it: two at once are both new."""

    def take(self, event: Event) -> Response:
        if not self.store.knows(self.key(event)):
            time.sleep(0.15)
            with self.store.transaction():
                self.store.apply(event)
                self.store.claim(self.key(event))
        return acknowledged()


class UnknownStreamsIgnored(Store):
    def enter_stream(self, event: Event) -> None:
        if event.verb == "started" or event.stream in self.facts("stream"):
            super().enter_stream(event)


class StopBeforeStartIgnored(Receiver):
    """Counts a stop or an interruption of a stream it does not know, and does nothing else."""

    store_type = UnknownStreamsIgnored


class LastArrival(Store):
    wins = ALWAYS


class LastArrivalWins(Receiver):
    """Overwrites with whatever comes last; `event_ts` is not looked at."""

    store_type = LastArrival


class LeftIsLeft(Store):
    def winner(self, event: Event) -> str:
        return ALWAYS if event.name == "session.user_left" else super().winner(event)


class LateLeftWins(Receiver):
    """Marks a user gone even where "left" is older than the user's last join."""

    store_type = LeftIsLeft


class WorksBeforeAnswering(Receiver):
    """Opens the stream, downloads the files, then answers; the retry meets a known id."""

    def take(self, event: Event) -> Response:
        with self.store.transaction():
            new = self.store.claim(self.key(event))
        if new:
            if HEAVY.match(event.name):
                time.sleep(3.5)
            with self.store.transaction():
                self.store.apply(event)
        return acknowledged()


class WorksBeforeAnsweringTwice(NoDeduplication):
    """Opens the stream, downloads the files, then answers; and again for each retry."""

    def take(self, event: Event) -> Response:
        if HEAVY.match(event.name):
            time.sleep(3.5)
        return super().take(event)


class DropsOneKind(Receiver):
    """Acknowledges stops and does nothing about them."""

    def take(self, event: Event) -> Response:
        return acknowledged() if event.name.endswith("rtms_stopped") else super().take(event)


class DropsEverySecond(Store):
    applied = 0

    def apply(self, event: Event) -> None:
        self.applied += 1
        if self.applied % 2:
            super().apply(event)


class EverySecondDropped(Receiver):
    """Two workers share the queue, and one of them is dead."""

    store_type = DropsEverySecond


class Unhandled501(Receiver):
    """Answers 501 to what it has no handler for: Zoom sends it again, three times."""

    def take(self, event: Event) -> Response:
        if UNHANDLED.match(event.name) or not HANDLED.match(event.name):
            return answer(501, error="not implemented")
        return super().take(event)


class DuplicateConflict(Receiver):
    """Answers 409 to a request id that it knows."""

    def take(self, event: Event) -> Response:
        with self.store.transaction():
            if not self.store.claim(self.key(event)):
                return answer(409, error="seen before")
            self.store.apply(event)
        return acknowledged()


class DuplicateCrash(Receiver):
    """The UNIQUE constraint holds, and nothing catches its exception: 500."""

    def take(self, event: Event) -> Response:
        with self.store.transaction():
            self.store.db.execute("INSERT INTO seen VALUES (?)", (self.key(event),))
            self.store.apply(event)
        return acknowledged()


class PresentCounter(Store):
    """Counts those present up and down, never below none, in the order of arrival."""

    here = 0

    def enter(self, event: Event) -> None:
        super().enter(event)
        if event.name == "session.user_joined":
            self.here += 1
        elif event.name == "session.user_left":
            self.here = max(0, self.here - 1)

    def reset(self) -> None:
        super().reset()
        self.here = 0

    def present(self) -> int:
        return self.here


class RejoinCountedTwice(Receiver):
    """Where a "left" comes before its join, the user is counted as present for good."""

    store_type = PresentCounter


class NewestOnly(Store):
    newest = 0

    def enter(self, event: Event) -> None:
        if event.ts >= self.newest:
            self.newest = event.ts
            super().enter(event)

    def reset(self) -> None:
        super().reset()
        self.newest = 0


class OlderThanNewestDiscarded(Receiver):
    """Counts an event older than the newest of *all* entities, and discards what it says."""

    store_type = NewestOnly


VARIANTS: dict[str, type[Receiver]] = {
    "legit-works-after-answering": WorksAfterAnswering,
    "legit-state-machine": StateMachine,
    "legit-rolls-back": RollsBack,
    "no-deduplication": NoDeduplication,
    "key-has-signature": KeyHasSignature,
    "key-is-timestamp": KeyIsTimestamp,
    "key-is-body-hash": KeyIsBodyHash,
    "key-is-stream-id": KeyIsStreamId,
    "marks-after-processing": MarksAfterProcessing,
    "stop-before-start-ignored": StopBeforeStartIgnored,
    "last-arrival-wins": LastArrivalWins,
    "late-left-wins": LateLeftWins,
    "works-before-answering": WorksBeforeAnswering,
    "works-before-answering-twice": WorksBeforeAnsweringTwice,
    "drops-one-kind": DropsOneKind,
    "drops-every-second": EverySecondDropped,
    "unhandled-501": Unhandled501,
    "duplicate-409": DuplicateConflict,
    "duplicate-crash": DuplicateCrash,
    "lost-answer-processed-again": LostAnswerProcessedAgain,
    "seen-before-processed": SeenBeforeProcessed,
    "rejoin-counted-twice": RejoinCountedTwice,
    "older-than-newest-discarded": OlderThanNewestDiscarded,
}
