"""A receiver on the standard library's `http.server`, and its defective variants.

Legitimate choices made here: HTTP/1.0 (every connection is closed), 200 with a line of text,
422 for what is signed but malformed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from typing import Any

MAX_BODY = 2 * 1024 * 1024
WINDOW_S = 300
CHALLENGE = "endpoint.url_validation"
INBOX: deque[tuple[str, Any]] = deque(maxlen=1000)


class QuietServer(ThreadingHTTPServer):
    """One thread a connection; a handler that raises drops its connection, without a word."""

    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


class SerialServer(HTTPServer):
    """One connection after another."""

    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


class Receiver(BaseHTTPRequestHandler):
    """The correct receiver. A defect is a subclass that gets one step wrong."""

    server_class: type[HTTPServer] = QuietServer
    secret = ""
    auth: tuple[str, str] | None = None
    challenge_status = 200
    timeout = 30
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.read_body()
        if body is None:
            return
        if self.path != "/webhook":
            self.answer(404, "no such endpoint")
        elif not (self.may_enter() and self.is_authentic(body)):
            self.refuse()
        else:
            self.receive(body)

    def receive(self, body: bytes) -> None:
        try:
            event = self.parse(body)
        except (ValueError, RecursionError):
            self.answer(422, "not JSON")
            return
        if not isinstance(event, dict) or not isinstance(event.get("event"), str):
            self.answer(422, "not an event")
        elif event["event"] == CHALLENGE:
            self.answer_challenge(event)
        else:
            self.process(event)
            self.acknowledge(event)

    def read_body(self) -> bytes | None:
        length = self.headers.get("content-length", "")
        if not re.fullmatch("[0-9]{1,9}", length):
            self.answer(411, "length required")
            return None
        if int(length) > MAX_BODY:
            self.answer(413, "too large")
            return None
        body = self.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            return None
        return body

    def read(self, length: int) -> bytes:
        return self.rfile.read(length)

    def may_enter(self) -> bool:
        if self.auth is None:
            return True
        name, value = self.auth
        return hmac.compare_digest(self.headers.get(name, "").encode("latin-1"), value.encode())

    def is_authentic(self, body: bytes) -> bool:
        timestamp = self.headers.get("x-zm-request-timestamp", "")
        signature = self.headers.get("x-zm-signature", "")
        if not re.fullmatch("[0-9]{1,12}", timestamp):
            return False
        if abs(time.time() - int(timestamp)) > WINDOW_S:
            return False
        return self.signature_matches(timestamp, body, signature)

    def signature_matches(self, timestamp: str, body: bytes, signature: str) -> bool:
        message = b"v0:" + timestamp.encode() + b":" + body
        expected = "v0=" + hmac.new(self.secret.encode(), message, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))

    def refuse(self) -> None:
        self.answer(401, "not authentic")

    def parse(self, body: bytes) -> Any:
        return json.loads(body)

    def answer_challenge(self, event: dict[str, Any]) -> None:
        payload = event.get("payload")
        plain = payload.get("plainToken") if isinstance(payload, dict) else None
        if not isinstance(plain, str) or not re.fullmatch("[A-Za-z0-9_+/=-]{8,128}", plain):
            self.answer(422, "not a challenge")
            return
        tokens = {"plainToken": plain, "encryptedToken": self.encrypt(plain)}
        self.answer(self.challenge_status, json.dumps(tokens), "application/json")

    def encrypt(self, plain: str) -> str:
        return hmac.new(self.secret.encode(), plain.encode(), hashlib.sha256).hexdigest()

    def process(self, event: dict[str, Any]) -> None:
        """Note the event for later; no field beyond its name is relied upon."""
        INBOX.append((event["event"], event.get("payload")))

    def acknowledge(self, event: dict[str, Any]) -> None:
        self.answer(200, "ok")

    def answer(self, status: int, text: str, content_type: str = "text/plain") -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class ClosesUnannounced(Receiver):
    """No defect: speaks HTTP/1.1 and closes after each answer without having said so."""

    protocol_version = "HTTP/1.1"

    def answer(self, status: int, text: str, content_type: str = "text/plain") -> None:
        super().answer(status, text, content_type)
        self.close_connection = True


class InterimAnswers(Receiver):
    """No defect: sends an interim answer (103) before the final one, as a proxy may."""

    protocol_version = "HTTP/1.1"

    def answer(self, status: int, text: str, content_type: str = "text/plain") -> None:
        self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n")
        super().answer(status, text, content_type)


class DropsOneEvent(Receiver):
    """An exception for one kind of event closes the connection without an answer."""

    def process(self, event: dict[str, Any]) -> None:
        if event["event"] == "session.sharing_ended":
            raise NotImplementedError(event["event"])


class AcknowledgesCreated(Receiver):
    """Answers 201, as for a thing created."""

    def acknowledge(self, event: dict[str, Any]) -> None:
        self.answer(201, "created")


class OtherSecret(Receiver):
    """Runs with the secret token of another app: everything genuine is refused."""

    def signature_matches(self, timestamp: str, body: bytes, signature: str) -> bool:
        message = b"v0:" + timestamp.encode() + b":" + body
        expected = "v0=" + hmac.new(b"of-another-app", message, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))


class SignsSpacedJson(Receiver):
    """Signs `json.dumps` of the parsed body, spaces and all: everything genuine is refused."""

    def is_authentic(self, body: bytes) -> bool:
        try:
            return super().is_authentic(json.dumps(json.loads(body)).encode())
        except (ValueError, RecursionError):
            return False


class DecodesPieces(Receiver):
    """Decodes each piece of the body as it comes: a character that two pieces share is lost."""

    def read(self, length: int) -> bytes:
        text, got = "", 0
        while got < length and (piece := self.rfile.read1(length - got)):
            got += len(piece)
            text += piece.decode(errors="replace")
        return text.encode()


class SignsLatin1(Receiver):
    """Hashes the text in Latin-1: accents give another signature, emoji cannot be encoded."""

    def is_authentic(self, body: bytes) -> bool:
        try:
            return super().is_authentic(body.decode().encode("latin-1"))
        except UnicodeError:
            return False


class ComparesPrefix(Receiver):
    """Accepts whatever the right signature begins with, a missing one too."""

    def signature_matches(self, timestamp: str, body: bytes, signature: str) -> bool:
        message = b"v0:" + timestamp.encode() + b":" + body
        expected = "v0=" + hmac.new(self.secret.encode(), message, hashlib.sha256).hexdigest()
        return expected.startswith(signature)


class DropsGarbledSignature(Receiver):
    """A signature that is no hex raises, and the connection is closed without an answer."""

    def signature_matches(self, timestamp: str, body: bytes, signature: str) -> bool:
        message = b"v0:" + timestamp.encode() + b":" + body
        expected = hmac.new(self.secret.encode(), message, hashlib.sha256).digest()
        return hmac.compare_digest(expected, bytes.fromhex(signature.removeprefix("v0=")))


class ForgerySentToLogin(Receiver):
    """Sends whoever is not authentic to a login page."""

    def refuse(self) -> None:
        self.send_response(302)
        self.send_header("location", "/login")
        self.send_header("content-length", "0")
        self.end_headers()


class ChallengeCreated(Receiver):
    """Answers the challenge rightly, but with 201."""

    challenge_status = 201


class ChallengeOtherKey(Receiver):
    """Hashes the challenge with the client secret instead of the secret token."""

    def encrypt(self, plain: str) -> str:
        return hmac.new(b"client-secret-of-the-app", plain.encode(), hashlib.sha256).hexdigest()


class AnyCredentials(Receiver):
    """Is content with an Authorization header, whatever it says."""

    def may_enter(self) -> bool:
        return self.auth is None or bool(self.headers.get(self.auth[0]))


class DropsWrongType(Receiver):
    """Arithmetic on a time that is no number raises: the connection is closed."""

    def process(self, event: dict[str, Any]) -> None:
        time.gmtime(event.get("event_ts", 0) / 1000)


class DropsBadJson(Receiver):
    """Nothing catches the parser's exception: the connection is closed."""

    def receive(self, body: bytes) -> None:
        self.parse(body)
        super().receive(body)


class WaitsForCompleteJson(Receiver):
    """Reads on until the text is complete JSON, which it never becomes."""

    def parse(self, body: bytes) -> Any:
        while True:
            try:
                return json.loads(body)
            except json.JSONDecodeError:
                more = self.rfile.read(1)
                if not more:
                    raise
                body += more


class NumbersAsFloats(Receiver):
    """Turns every number into a float: one of 400 digits overflows."""

    def receive(self, body: bytes) -> None:
        try:
            super().receive(body)
        except OverflowError:
            self.answer(500, "int too large to convert to float")

    def process(self, event: dict[str, Any]) -> None:
        left: list[Any] = [event]
        while left:
            value = left.pop()
            if isinstance(value, dict):
                left.extend(value.values())
            elif isinstance(value, list):
                left.extend(value)
            elif isinstance(value, int):
                float(value)


class ExitsAfterNull(Receiver):
    """Answers, then works: a null ends the process."""

    def acknowledge(self, event: dict[str, Any]) -> None:
        super().acknowledge(event)
        if event.get("payload") is None:
            os._exit(1)


class OneAtATime(Receiver):
    """Serves one connection after another, so that a slow sender holds up the rest."""

    server_class = SerialServer


DEFECTS: dict[str, type[Receiver]] = {
    "legit-closes-unannounced": ClosesUnannounced,
    "legit-interim-answers": InterimAnswers,
    "drops-one-event": DropsOneEvent,
    "acknowledges-201": AcknowledgesCreated,
    "other-secret": OtherSecret,
    "signs-spaced-json": SignsSpacedJson,
    "decodes-pieces": DecodesPieces,
    "signs-latin-1": SignsLatin1,
    "compares-prefix": ComparesPrefix,
    "drops-garbled-signature": DropsGarbledSignature,
    "forgery-sent-to-login": ForgerySentToLogin,
    "challenge-201": ChallengeCreated,
    "challenge-other-key": ChallengeOtherKey,
    "any-credentials": AnyCredentials,
    "drops-wrong-type": DropsWrongType,
    "drops-bad-json": DropsBadJson,
    "waits-for-complete-json": WaitsForCompleteJson,
    "numbers-as-floats": NumbersAsFloats,
    "exits-after-null": ExitsAfterNull,
    "one-at-a-time": OneAtATime,
}


def expected_header(auth: str) -> tuple[str, str] | None:
    """Return the header that `basic:USER:PASSWORD`, `bearer:TOKEN` or `header:NAME:VALUE` asks."""
    kind, _, rest = auth.partition(":")
    if kind == "basic":
        return "authorization", "Basic " + base64.b64encode(rest.encode()).decode()
    if kind == "bearer":
        return "authorization", "Bearer " + rest
    name, _, value = rest.partition(":")
    return (name, value) if kind == "header" else None


def main() -> None:
    from program import options, serve

    given = options(__doc__, DEFECTS, expected_header)
    receiver = DEFECTS[given.defect] if given.defect else Receiver
    receiver.auth = given.auth
    receiver.secret = given.secret
    server = receiver.server_class(("127.0.0.1", given.port), receiver)
    serve(server)


if __name__ == "__main__":
    main()
