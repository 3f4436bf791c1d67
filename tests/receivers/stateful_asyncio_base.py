"""The correct receivers of `stateful_asyncio.py`: one that works at once, and three other styles.

One event loop, so what lies between two awaits is atomic.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import random
import string
import time
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from stateful_asyncio_book import Book, Note

WINDOW_S = 300
TOKEN_LETTERS = set(string.ascii_letters + string.digits + "-_+/=")
HEAD_START_S = 0.15
"""From the head of an answer to its end: time in which a lost connection is noticed."""


@dataclass
class Post:
    """A delivery that was found authentic."""

    request: web.Request
    raw: bytes
    note: Note
    page: int

    def header(self, name: str) -> str:
        return str(self.request.headers.get(name, ""))

    @property
    def request_id(self) -> str:
        return self.header("x-zm-request-id") or self.raw.hex()


class Receiver:
    """The correct receiver. A defect is a subclass that gets one step wrong."""

    book_type: type[Book] = Book

    def __init__(self, secret: str) -> None:
        self.secret = secret.encode()
        self.book = self.book_type()
        self.tasks: set[asyncio.Task[None]] = set()

    async def webhook(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        if not self.genuine(request, raw):
            return web.Response(status=403)
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError):
            return web.Response(status=422, text="not JSON")
        if not isinstance(body, dict):
            return web.Response(status=422, text="not an object")
        if body.get("event") == "endpoint.url_validation":
            return self.validate(body.get("payload"))
        self.book.arrivals += 1
        at = body.get("event_ts")
        if not isinstance(at, int):
            at = time.time_ns() // 1_000_000
        note = Note(self.book.arrivals, str(body.get("event")), at, body)
        return await self.take(Post(request, raw, note, self.book.page))

    def genuine(self, request: web.Request, raw: bytes) -> bool:
        stamp = request.headers.get("x-zm-request-timestamp", "")
        if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
            return False
        if abs(time.time() - int(stamp)) > WINDOW_S:
            return False
        digest = hmac.digest(self.secret, b"v0:" + stamp.encode() + b":" + raw, "sha256")
        given = request.headers.get("x-zm-signature", "").encode("utf-8", "surrogateescape")
        return hmac.compare_digest(b"v0=" + digest.hex().encode(), given)

    def validate(self, payload: Any) -> web.Response:
        token = payload.get("plainToken") if isinstance(payload, dict) else None
        if not isinstance(token, str) or not 8 <= len(token) <= 128 or set(token) - TOKEN_LETTERS:
            return web.Response(status=422, text="not a token")
        digest = hmac.digest(self.secret, token.encode(), "sha256").hex()
        return web.json_response({"plainToken": token, "encryptedToken": digest})

    def key(self, post: Post) -> Hashable:
        return post.request_id

    def first(self, post: Post) -> bool:
        """Note the delivery's key; tell whether it was new."""
        key = self.key(post)
        if key in self.book.known:
            return False
        self.book.known.add(key)
        return True

    def write(self, post: Post) -> None:
        """Take the event down, unless the book was turned to a new page since it came."""
        if post.page == self.book.page:
            self.book.write(post.note)

    async def take(self, post: Post) -> web.StreamResponse:
        if self.first(post):
            self.write(post)
        return self.acknowledged()

    def acknowledged(self) -> web.StreamResponse:
        return web.Response(status=204)


class WorksAfterAnswering(Receiver):
    """No defect: notes the key, answers, and works in a task of its own."""

    async def take(self, post: Post) -> web.StreamResponse:
        if self.first(post):
            task = asyncio.create_task(self.work(post))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        return self.acknowledged()

    async def work(self, post: Post) -> None:
        await asyncio.sleep(random.uniform(0.05, 0.4))
        self.write(post)


class StateMachine(Receiver):
    """No defect: a transition is known by event, entity and event_ts, whoever asks for it.

    What it brings (URLs, files, a reason) is part of it, as two may have one millisecond; events
    that are no transitions are known by their bytes.
    """

    def key(self, post: Post) -> Hashable:
        note = post.note
        when = (note.name, note.at)
        if note.stream_id:
            brought = (note.fields.get("server_urls"), note.fields.get("stop_reason"))
            return (*when, note.stream_id, repr(brought))
        if note.name in ("session.user_joined", "session.user_left") and note.inner("user", "id"):
            return (*when, note.session_id, note.inner("user", "id"))
        if note.name in ("session.started", "session.ended") and note.session_id:
            return (*when, note.session_id)
        if note.name == "session.recording_completed" and note.session_id:
            return (*when, note.session_id, *note.urls)
        return post.raw


class RollsBack(Receiver):
    """No defect: takes the event down only while the sender still listens, else the retry does.

    The head of the answer goes out first; its end follows the work.
    """

    async def take(self, post: Post) -> web.StreamResponse:
        response = web.StreamResponse()
        try:
            await response.prepare(post.request)
            await response.write(b"rece")
            await asyncio.sleep(HEAD_START_S)
            if self.listening(post.request):
                await super().take(post)
                await response.write(b"ived")
        except ConnectionError:
            pass
        return response

    @staticmethod
    def listening(request: web.Request) -> bool:
        return request.transport is not None and not request.transport.is_closing()
