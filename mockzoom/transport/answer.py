"""Reading an answer: llhttp (httptools) parses it, and this keeps it within bounds."""

from __future__ import annotations

import httptools

from mockzoom.model import Headers, Response

KEPT_BODY = 64 * 1024
"""Bytes of an answer's body that are kept; the rest is read and dropped."""
KEPT_STATE = 64 * 1024 * 1024
"""The same of a receiver's state, which is read in process."""
MAX_HEADER_BYTES = 64 * 1024
MAX_HEADERS = 1000
_REMEMBERED = 4096
"""Bytes of an answer that is compared with the next one."""
_TOO_MANY = f"the answer has more than {MAX_HEADERS} headers or {MAX_HEADER_BYTES} bytes of headers"


class AnswerParser:
    """Parses one answer after the other on a connection.

    After `feed`, either `response` is the whole answer, or `error` says why it is none, or both are
    empty and more must come. `keep_alive` says whether the connection may carry another request,
    `repeated` that the answer is the last one again, byte for byte.
    """

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._last_bytes = b""
        self._last: Response | None = None
        self.begin()
        self._forget_parts()

    def begin(self) -> None:
        """Forget the last answer."""
        self.response: Response | None = None
        self.error = ""
        self.keep_alive = False
        self.repeated = False
        self._bytes = 0

    def _forget_parts(self) -> None:
        """Forget what the last answer was made of, before another is parsed."""
        self._reason = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._headers_done = False
        self._chunks: list[bytes] = []
        self._body_bytes = 0

    def feed(self, data: bytes) -> None:
        """Take what came from the receiver.

        Receivers say the same for minutes on end, but for their clock: a whole answer that is the
        last one again, byte for byte, is not parsed again.
        """
        first = not self._bytes
        self._bytes += len(data)
        if first:
            if data == self._last_bytes:
                self.response, self.keep_alive, self.repeated = self._last, True, True
                return
            self._forget_parts()
        self._parse(data)
        if first and self.keep_alive and len(data) <= _REMEMBERED:
            self._last_bytes, self._last = data, self.response

    def _parse(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # status 101, which `on_message_complete` has refused
        except httptools.HttpParserError as error:
            self.keep_alive = False
            self._refuse(f"the answer is no HTTP: {str(error) or type(error).__name__}")
        if self.response is None and self._headers_exceed():
            self._refuse(_TOO_MANY)

    def finish(self) -> bool:
        """End an answer whose end is the connection's end; False where it was cut short."""
        if self._bytes and self._headers_done and not self.error:
            names = {name.lower() for name, _ in self._headers}
            if not names & {b"content-length", b"transfer-encoding"}:
                self._take()
        return self.response is not None

    def _headers_exceed(self) -> bool:
        """Whether the headers are out of bounds; so few bytes as most answers have never are."""
        if self._bytes <= MAX_HEADER_BYTES and len(self._headers) <= MAX_HEADERS:
            return False
        # The parser hands on a header when it is whole: one without end needs a bound too.
        known = sum([len(name) + len(value) for name, value in self._headers])
        size = known if self._headers_done else self._bytes
        return size > MAX_HEADER_BYTES or len(self._headers) > MAX_HEADERS

    def _refuse(self, why: str) -> None:
        if self.response is None and not self.error:
            self.error = why

    def _take(self) -> None:
        """Keep the answer as it is now: what follows it changes nothing."""
        self.response = Response(
            self._parser.get_status_code(),
            self._reason.decode("latin-1"),
            _text_headers(self._headers),
            b"".join(self._chunks),
            self._body_bytes > KEPT_BODY,
        )

    # -- httptools callbacks -------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Note that something follows the answer: the connection cannot be used again."""
        self.keep_alive = False

    def on_status(self, status: bytes) -> None:
        """Take (a part of) the reason phrase."""
        self._reason += status[:256]

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one header."""
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Note that the body comes now."""
        self._headers_done = True

    def on_body(self, body: bytes) -> None:
        """Keep the beginning of the body."""
        room = KEPT_BODY - self._body_bytes
        if room > 0:
            self._chunks.append(body[:room])
        self._body_bytes += len(body)

    def on_message_complete(self) -> None:
        """Take the answer, unless it is an interim 1xx."""
        if self.response is not None or self.error:
            return
        status = self._parser.get_status_code()
        if self._headers_exceed():
            self._refuse(_TOO_MANY)
        elif status == 101:
            self._refuse("the answer switches protocols, which nobody asked for")
        elif 100 <= status < 200:
            self._reason, self._headers, self._headers_done = b"", [], False
        else:
            self._take()
            self.keep_alive = self._parser.should_keep_alive()


_DECODED: dict[bytes, str] = {}


def _text_headers(raw: list[tuple[bytes, bytes]]) -> Headers:
    """Decode headers as Latin-1 (RFC 9110: opaque octets); names recur, so they are remembered."""
    decoded = []
    for name, value in raw:
        text = _DECODED.get(name)
        if text is None:
            text = name.decode("latin-1")
            if len(_DECODED) < 512:
                _DECODED[name] = text
        decoded.append((text, value.decode("latin-1")))
    return tuple(decoded)
