"""The defective variants of `stateful_asyncio.py`, by name."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Hashable

from aiohttp import web
from stateful_asyncio_base import (
    HEAD_START_S,
    Post,
    Receiver,
    RollsBack,
    StateMachine,
    WorksAfterAnswering,
)
from stateful_asyncio_book import RECORDING_PREFIX, Book, Note

PARTICIPANTS = ("session.user_joined", "session.user_left")


def slow(note: Note) -> bool:
    """Tell whether one is tempted to work on the event before answering."""
    started = note.stream_id != "" and note.action == "started"
    return started or note.name == RECORDING_PREFIX + "completed"


class Tally(Book):
    """Counts notes where it ought to count things."""

    def streams_started(self) -> int:
        return len(self.starts())

    def recordings_made(self) -> int:
        return len(self.named(RECORDING_PREFIX + "completed"))


class NoDeduplication(Receiver):
    """Each delivery is an event."""

    book_type = Tally

    def first(self, post: Post) -> bool:
        return True


class KeyHasSignature(Receiver):
    """Notes which signatures it has seen: a retry is signed anew."""

    def key(self, post: Post) -> Hashable:
        return post.header("x-zm-signature")


class KeyHasTimestamp(Receiver):
    """De-duplicates by the body and the time in the *header*, which a retry has anew."""

    def key(self, post: Post) -> Hashable:
        return post.header("x-zm-request-timestamp"), post.raw


class RecordingsTallied(Book):
    def recordings_made(self) -> int:
        return len(self.named(RECORDING_PREFIX + "completed"))


class KeyIsBodyHash(Receiver):
    """Knows a body by its hash, and a recording by its body."""

    book_type = RecordingsTallied

    def key(self, post: Post) -> Hashable:
        return hashlib.sha256(post.raw).digest()


class KeyIsPayloadHash(Receiver):
    """Knows an event by name and payload, without event_ts: a second interruption is the first."""

    def key(self, post: Post) -> Hashable:
        return post.note.name, json.dumps(post.note.body.get("payload"))


class KeyIsStreamId(Receiver):
    """A stream that has started cannot start: a fail-over is taken for a duplicate."""

    def key(self, post: Post) -> Hashable:
        if post.note.stream_id and post.note.action == "started":
            return "stream", post.note.stream_id
        return super().key(post)


class MarksAfterProcessing(Receiver):
    """Looks, works, then notes the key: of two at once, neither finds the other's."""

    async def take(self, post: Post) -> web.StreamResponse:
        if self.key(post) not in self.book.known:
            await asyncio.sleep(0.15)
            self.write(post)
            self.book.known.add(self.key(post))
        return self.acknowledged()


class StopBeforeStartIgnored(Receiver):
    """A stop of a stream that has not started yet is counted, and forgotten."""

    def write(self, post: Post) -> None:
        note = post.note
        unknown = note.stream_id and note.stream_id not in self.book.starts()
        note.void = bool(unknown) and note.action != "started"
        super().write(post)


class ByArrival(Book):
    def order(self, note: Note) -> tuple[int, int]:
        return 0, note.arrival


class LastArrivalWins(Receiver):
    """Tells the story in the order in which it was heard."""

    book_type = ByArrival


class PresenceByArrival(Book):
    def order_of_presence(self, note: Note) -> tuple[int, int]:
        return 0, note.arrival


class LateLeftWins(Receiver):
    """Believes what it last heard of a user: a late "left" ends the rejoin."""

    book_type = PresenceByArrival


class WorksBeforeAnswering(Receiver):
    """Works for 3.5 s, then answers; the retry meets a known id."""

    async def take(self, post: Post) -> web.StreamResponse:
        if self.first(post):
            if slow(post.note):
                await asyncio.sleep(3.5)
            self.write(post)
        return self.acknowledged()


class WorksBeforeAnsweringTwice(NoDeduplication):
    """Works for 3.5 s, then answers; and again for each retry."""

    async def take(self, post: Post) -> web.StreamResponse:
        if slow(post.note):
            await asyncio.sleep(3.5)
        return await super().take(post)


class DropsOneKind(Receiver):
    """The handler for joins returns too early."""

    def write(self, post: Post) -> None:
        if post.note.name != "session.user_joined":
            super().write(post)


class DropsEverySecond(Receiver):
    """Every second event goes to a worker that is not there."""

    turn = False

    def write(self, post: Post) -> None:
        self.turn = not self.turn
        if self.turn:
            super().write(post)


class Unhandled501(Receiver):
    """Answers 501 to what it has no handler for: Zoom sends it again, three times."""

    async def take(self, post: Post) -> web.StreamResponse:
        note = post.note
        handled = (*PARTICIPANTS, "session.started", "session.ended")
        if (
            note.stream_id
            or note.name in handled
            or note.name.startswith(RECORDING_PREFIX)
            or "_callout_" in note.name
        ):
            return await super().take(post)
        return web.Response(status=501)


class DuplicateConflict(Receiver):
    """Answers 409 to a request id that it knows."""

    async def take(self, post: Post) -> web.StreamResponse:
        if not self.first(post):
            return web.Response(status=409)
        self.write(post)
        return self.acknowledged()


class LostAnswerProcessedAgain(RollsBack):
    """Forgets the key when its answer is lost, but not the event."""

    async def take(self, post: Post) -> web.StreamResponse:
        new = self.first(post)
        if new:
            self.write(post)
        response = web.StreamResponse()
        try:
            await response.prepare(post.request)
            await response.write(b"rece")
            await asyncio.sleep(HEAD_START_S)
            if not self.listening(post.request):
                raise ConnectionResetError
            await response.write(b"ived")
        except ConnectionError:
            if new:
                self.book.known.discard(self.key(post))
        return response


class SeenBeforeProcessed(RollsBack):
    """Notes the key at once, then gives up the work when the answer is lost."""

    async def take(self, post: Post) -> web.StreamResponse:
        new = self.first(post)
        response = web.StreamResponse()
        try:
            await response.prepare(post.request)
            await response.write(b"rece")
            await asyncio.sleep(HEAD_START_S)
            if self.listening(post.request):
                if new:
                    self.write(post)
                await response.write(b"ived")
        except ConnectionError:
            pass
        return response


class CountedUpAndDown(Book):
    """Keeps a number of those present, never below none."""

    def reset(self) -> None:
        super().reset()
        self.here = 0

    def write(self, note: Note) -> None:
        super().write(note)
        if note.name in PARTICIPANTS:
            self.here = max(0, self.here + (1 if note.action == "joined" else -1))

    def present(self, sessions: object) -> int:
        return self.here


class RejoinCountedTwice(Receiver):
    """Where a "left" comes before its join, the user is counted as present for good."""

    book_type = CountedUpAndDown


class OlderThanNewestDiscarded(Receiver):
    """Voids an event older than the newest of *all* entities."""

    def write(self, post: Post) -> None:
        newest = max((note.at for note in self.book.notes), default=0)
        post.note.void = post.note.at < newest
        super().write(post)


class InboxOverflows(WorksAfterAnswering):
    """Forty may wait for the worker; another is acknowledged, and nobody sees it again."""

    async def take(self, post: Post) -> web.StreamResponse:
        if len(self.tasks) >= 40:
            self.first(post)
            return self.acknowledged()
        return await super().take(post)

    async def work(self, post: Post) -> None:
        await asyncio.sleep(1.0)
        self.write(post)


VARIANTS: dict[str, type[Receiver]] = {
    "legit-works-after-answering": WorksAfterAnswering,
    "legit-state-machine": StateMachine,
    "legit-rolls-back": RollsBack,
    "no-deduplication": NoDeduplication,
    "key-has-signature": KeyHasSignature,
    "key-has-timestamp": KeyHasTimestamp,
    "key-is-body-hash": KeyIsBodyHash,
    "key-is-payload-hash": KeyIsPayloadHash,
    "key-is-stream-id": KeyIsStreamId,
    "marks-after-processing": MarksAfterProcessing,
    "stop-before-start-ignored": StopBeforeStartIgnored,
    "last-arrival-wins": LastArrivalWins,
    "late-left-wins": LateLeftWins,
    "works-before-answering": WorksBeforeAnswering,
    "works-before-answering-twice": WorksBeforeAnsweringTwice,
    "drops-one-kind": DropsOneKind,
    "drops-every-second": DropsEverySecond,
    "unhandled-501": Unhandled501,
    "duplicate-409": DuplicateConflict,
    "lost-answer-processed-again": LostAnswerProcessedAgain,
    "seen-before-processed": SeenBeforeProcessed,
    "rejoin-counted-twice": RejoinCountedTwice,
    "older-than-newest-discarded": OlderThanNewestDiscarded,
    "inbox-overflows": InboxOverflows,
}
