"""Where messages of HTTP/1.1 begin and end in a stream of bytes (RFC 9112, 6).

For a proxy that passes bytes on unchanged: it has to know which bytes are a head, and when a
message is over, and changes neither.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator

from msgspec import Struct

from mockzoom.model import Headers

MAX_HEAD = 64 * 1024
"""Bytes of a head up to which it is understood."""
KEPT_BODY = 1024 * 1024
"""Bytes of a body that are kept."""
_END = b"\r\n\r\n"
_REQUEST_LINE = re.compile(r"[!#-'*+.^_`|~0-9A-Za-z-]+ \S+ HTTP/1\.[01]")
_STATUS_LINE = re.compile(r"HTTP/1\.[01] [1-5][0-9]{2}( .*)?")
_LENGTH = re.compile(rb"[0-9]{1,15}")
_SIZE = re.compile(rb"([0-9a-fA-F]{1,12})\s*(?:;.*)?", re.DOTALL)


class FramingError(ValueError):
    """The bytes are no HTTP/1.1, or more than is understood."""


class Head(bytes):
    """The bytes of a whole head, with the empty line that ends it."""


class HttpMessage(Struct, frozen=True):
    """A whole request or answer; `start` is its first line."""

    start: str
    headers: Headers
    body: bytes
    size: int
    """Bytes of the body, of which at most `KEPT_BODY` are kept."""

    @property
    def status(self) -> int:
        """The status of an answer."""
        return int(self.start.split(" ", 2)[1])

    def header(self, name: str) -> str | None:
        """Return the first value of a header, by its name in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), None)


class Framing:
    """Takes the bytes of one direction of a connection, and gives the messages in them.

    `answers` says that they are answers: then `expect` has to be told the method of each request.
    Each head is a piece of its own. Raises `FramingError`
    for what is not understood; nothing more can be taken after that.
    """

    def __init__(self, *, answers: bool = False) -> None:
        self._answers = answers
        self._methods: deque[str] = deque()
        self._held = b""
        self._start = ""
        self._headers: Headers = ()
        self._body: list[bytes] = []
        self._size = 0
        self._left: int | None = 0
        """Bytes of the body, or of its chunk, still to come; None up to the end of the stream."""
        self._state = "head"
        self._chunked = False

    def expect(self, method: str) -> None:
        """Note the method of a request, whose answer comes in its turn."""
        self._methods.append(method)

    @property
    def is_between(self) -> bool:
        """Whether no message has begun that is not over."""
        return self._state == "head" and not self._held

    @property
    def held(self) -> bytes:
        """Bytes that were taken and are not among the pieces yet."""
        return self._held

    def feed(self, data: bytes) -> Iterator[bytes | HttpMessage]:
        """Yield the bytes in pieces, each head as a whole, and each message after its last byte."""
        self._held += data
        while True:
            before = (self._state, len(self._held))
            yield from self._step()
            if (self._state, len(self._held)) == before:
                return

    def end(self) -> HttpMessage | None:
        """Return the message that ends with the stream, if one does."""
        if self._state == "body" and self._left is None:
            return self._over()
        return None

    def _step(self) -> Iterator[bytes | HttpMessage]:
        if self._state == "head":
            yield from self._take_head()
        elif self._state == "body":
            yield from self._take_body()
        else:
            yield from self._take_line()

    def _take_head(self) -> Iterator[bytes | HttpMessage]:
        end = self._held.find(_END)
        if end < 0:
            if len(self._held) > MAX_HEAD:
                raise FramingError(f"a head of more than {MAX_HEAD} bytes")
            return
        head = self._held[: end + 4]
        self._read_head(head[:-4])
        self._held = self._held[end + 4 :]
        yield Head(head)
        if self._state == "head":
            yield self._over()

    def _read_head(self, head: bytes) -> None:
        start, *lines = head.decode("latin-1").split("\r\n")
        headers = []
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon or not name or name != name.strip():
                raise FramingError(f"no header: {line[:80]!r}")
            headers.append((name, value.strip()))
        parts = start.split(" ", 2)
        form = _STATUS_LINE if self._answers else _REQUEST_LINE
        if not form.fullmatch(start):
            raise FramingError(f"no HTTP: {start[:80]!r}")
        self._start, self._headers = start, tuple(headers)
        self._body, self._size, self._chunked = [], 0, False
        self._begin_body(parts)

    def _begin_body(self, parts: list[str]) -> None:
        if self._answers:
            status = int(parts[1])
            interim = status < 200
            method = "" if interim else (self._methods.popleft() if self._methods else "")
            if interim or method == "HEAD" or status in (204, 304):
                return
        coding = ", ".join(self._values("transfer-encoding")).lower()
        lengths = {value.strip() for text in self._values("content-length")
                   for value in text.split(",")}  # fmt: skip
        if coding:
            if coding != "chunked" or lengths:
                raise FramingError(f"a body framed as {coding[:40]!r}")
            self._state, self._chunked = "size", True
        elif lengths:
            length = lengths.pop().encode("latin-1")
            if lengths or not _LENGTH.fullmatch(length):
                raise FramingError("a content-length that is no number")
            self._left = int(length)
            self._state = "body" if self._left else "head"
        elif self._answers:
            self._left, self._state = None, "body"

    def _values(self, name: str) -> list[str]:
        return [value for key, value in self._headers if key.lower() == name]

    def _take_body(self) -> Iterator[bytes | HttpMessage]:
        taken = self._held if self._left is None else self._held[: self._left]
        self._held = self._held[len(taken) :]
        if taken:
            room = KEPT_BODY - min(self._size, KEPT_BODY)
            self._body.append(taken[:room])
            self._size += len(taken)
            yield taken
        if self._left is None:
            return
        self._left -= len(taken)
        if self._left:
            return
        if self._chunked:
            self._state = "after chunk"
        else:
            yield self._over()

    def _take_line(self) -> Iterator[bytes | HttpMessage]:
        end = self._held.find(b"\r\n")
        if end < 0:
            if len(self._held) > MAX_HEAD:
                raise FramingError("a chunk without a size")
            return
        line, self._held = self._held[: end + 2], self._held[end + 2 :]
        yield line
        text = line[:-2]
        if self._state == "size":
            size = _SIZE.fullmatch(text)
            if size is None:
                raise FramingError(f"no size of a chunk: {text[:40]!r}")
            self._left = int(size[1], 16)
            self._state = "body" if self._left else "trailer"
        elif self._state == "after chunk":
            if text:
                raise FramingError("a chunk is longer than its size")
            self._state = "size"
        elif not text:
            yield self._over()

    def _over(self) -> HttpMessage:
        self._state = "head"
        return HttpMessage(self._start, self._headers, b"".join(self._body), self._size)
