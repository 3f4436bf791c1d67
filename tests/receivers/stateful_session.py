"""A receiver for sessions, streams and recordings, in process: what it knows, and its defects.

It keeps each event once, by its request id, and works out what is so from the events in the order
of their `event_ts`. A defect is a `Book` that gets one step wrong; `VARIANTS` has them by name.
Those that begin with `legit-` are right in another way.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import re
import threading
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

Told = dict[str, Any]
"""An event, as it was received."""
State = dict[str, Any]


def verb_of(told: Told) -> str:
    """Return what happened: the last word of an event's name."""
    return re.split(r"[._]", str(told["event"]))[-1]


class Book:
    """What the correct receiver knows."""

    arrivals: re.Pattern[str] | None = None
    """Events that are told in the order of their arrival."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.told: list[Told] = []
        self.seen: set[str] = set()
        self.challenges = 0
        self.requests = 0

    # -- steps that a defect gets wrong --------------------------------------------------------

    def status(self, told: Told) -> int:
        """Return what an event is answered; below 300, it is kept."""
        return 200

    def take(self, told: Told, request_id: str) -> None:
        """Keep an event, unless it is a copy of one."""
        with self.lock:
            if self.key(told, request_id) not in self.seen:
                self.seen.add(self.key(told, request_id))
                self.told.append(told)

    def key(self, told: Told, request_id: str) -> str:
        return request_id

    def validates(self) -> bool:
        """Tell whether the challenge now is answered."""
        return True

    def ordered(self) -> list[Told]:
        """Return the events in the order in which they happened."""
        ranks = {id(told): number for number, told in enumerate(self.told)}
        late = self.arrivals
        times = [told["event_ts"] for told in self.told]

        def when(told: Told) -> tuple[int, int]:
            # What goes by its arrival happens after all that came before it.
            at = told["event_ts"]
            if late is not None and late.fullmatch(told["event"]):
                at = max(times[: ranks[id(told)] + 1])
            return at, ranks[id(told)]

        return sorted(self.told, key=when)

    def state(self) -> State:
        """Return all that is known."""
        with self.lock:
            found: State = {"counts": {}, "streams": {}, "sessions": {}, "account": {}}
            for told in self.ordered():
                self.happens(found, told)
            return found

    def happens(self, state: State, told: Told) -> None:
        state["counts"][told["event"]] = state["counts"].get(told["event"], 0) + 1
        payload = told["payload"]
        if "rtms_stream_id" in payload and told["event"].count("rtms") == 1:
            self.of_stream(state["streams"].setdefault(payload["rtms_stream_id"], {}), told)
        elif told["event"].startswith("rtms."):
            state["account"][told["event"]] = payload.get("concurrency_number")
        elif isinstance(payload.get("object"), dict):
            about = payload["object"]
            session = str(about.get("session_id") or about.get("uuid") or about["id"])
            self.of_session(state["sessions"].setdefault(session, {}), told, about)

    def of_stream(self, stream: State, told: Told) -> None:
        stream["status"] = verb_of(told)
        for name in ("server_urls", "stop_reason"):
            if name in told["payload"]:
                stream[name] = told["payload"][name]

    def of_session(self, session: State, told: Told, about: State) -> None:
        name, verb = told["event"].removeprefix("session."), verb_of(told)
        if name in ("user_joined", "user_left"):
            session.setdefault("users", {})[about["user"]["user_key"]] = verb
        elif name == "alert":
            session["issues"] = about["issues"]
        elif "callout" in name:
            self.of_call(session.setdefault("calls", {}), told, about)
        elif name.startswith("recording_transcript"):
            self.of_transcript(session, verb)
        elif name == "recording_completed":
            session["recording"] = verb
            for file in about["recording_files"]:
                session.setdefault("files", {})[file["id"]] = file["download_url"]
        elif name.startswith("stream_ingestion"):
            software = session.setdefault("software", {})
            software[about["stream_ingestion"]["stream_id"]] = verb
        else:
            session[name.rpartition("_")[0] or "status"] = verb

    def of_call(self, calls: State, told: Told, about: State) -> None:
        called = about.get("message_id") or about["participant"]["phone_number"]
        calls[str(called)] = verb_of(told)

    def of_transcript(self, session: State, verb: str) -> None:
        session["transcript"] = verb


class Receiver:
    """Takes signed events into a book, as a WSGI application, and shows what is in it."""

    def __init__(self, secrets: Iterable[str], book: Book) -> None:
        self.secrets = [secret.encode() for secret in secrets]
        self.book = book

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        status, content = self._answer(environ)
        start_response(f"{status} {HTTPStatus(status).phrase}", [])
        return [b"" if content is None else json.dumps(content).encode()]

    def _answer(self, environ: dict[str, Any]) -> tuple[int, Any]:
        if environ["REQUEST_METHOD"] == "GET":
            return 200, self.book.state()
        raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        secret = next((one for one in self.secrets if _is_genuine(environ, raw, one)), None)
        if secret is None:
            return 401, None
        told = json.loads(raw)
        if told["event"] == "endpoint.url_validation":
            self.book.challenges += 1
            if not self.book.validates():
                return 404, None
            token = told["payload"]["plainToken"]
            made = hmac.new(secret, token.encode(), hashlib.sha256).hexdigest()
            return 200, {"plainToken": token, "encryptedToken": made}
        self.book.requests += 1
        status = self.book.status(told)
        if status < 300:
            self.book.take(told, environ["HTTP_X_ZM_REQUEST_ID"])
        return status, None


def _is_genuine(environ: dict[str, Any], raw: bytes, secret: bytes) -> bool:
    stamp = environ.get("HTTP_X_ZM_REQUEST_TIMESTAMP", "")
    due = hmac.new(secret, b"v0:%b:%b" % (stamp.encode(), raw), hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"v0={due}", environ.get("HTTP_X_ZM_SIGNATURE", ""))


# -- right in another way ------------------------------------------------------------------------


class Rows(Book):
    """Shows lists of rows with keys of its own, which a row keeps."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: dict[str, int] = {}

    def state(self) -> State:
        found = super().state()
        for part in ("streams", "sessions"):
            rows = found[part].items()
            found[part] = [
                {"key": self.keys.setdefault(id, len(self.keys)), "id": id, **row}
                for id, row in rows
            ]
        return found


class Shuffled(Book):
    """Shows lists of rows in another order each time, as a map of Go does."""

    def state(self) -> State:
        found = super().state()
        for part in ("streams", "sessions"):
            found[part] = [{"id": id, **row} for id, row in found[part].items()]
            random.shuffle(found[part])
        return found


class Arrivals(Book):
    """Shows beside what it knows a log of what came when, which mentions nobody."""

    def state(self) -> State:
        found = super().state()
        with self.lock:
            found["log"] = [
                {"key": key, "event": told["event"], "received_at": told["received_at"]}
                for key, told in enumerate(self.told)
            ]
        return found

    def take(self, told: Told, request_id: str) -> None:
        super().take({**told, "received_at": time.time()}, request_id)


class LastOnly(Book):
    """Knows of a session what happened last, and for how many ms it has gone on."""

    def of_session(self, session: State, told: Told, about: State) -> None:
        session["last"] = told["event"]
        session.setdefault("from", told["event_ts"])
        session["lasted_ms"] = told["event_ts"] - session["from"]


# -- defects -------------------------------------------------------------------------------------


def by_arrival(pattern: str) -> type[Book]:
    """Return a book in which the last arrival decides about some events."""
    return type("ByArrival", (Book,), {"arrivals": re.compile(pattern)})


def refusing(refuses: Callable[[Book, Told], bool], status: int) -> type[Book]:
    """Return a book whose receiver refuses some events."""
    return type(
        "Refusing",
        (Book,),
        {"status": lambda self, told: status if refuses(self, told) else 200},
    )


class CountsCopies(Book):
    """Keeps each delivery, whatever its request id."""

    def take(self, told: Told, request_id: str) -> None:
        with self.lock:
            self.told.append(told)


class LooksThenNotes(Book):
    """Looks for the request id, which takes a while, and then notes it."""

    def take(self, told: Told, request_id: str) -> None:
        is_new = request_id not in self.seen
        time.sleep(0.003)
        with self.lock:
            self.seen.add(request_id)
            if is_new:
                self.told.append(told)


class LosesUpdates(Book):
    """Reads all that it knows, adds an event, and writes it back."""

    def take(self, told: Told, request_id: str) -> None:
        known = list(self.told)
        time.sleep(0.003)
        if request_id not in self.seen:
            self.seen.add(request_id)
            self.told = [*known, told]


class OnePerMillisecond(Book):
    """Knows a copy by the event's type, session and time."""

    def key(self, told: Told, request_id: str) -> str:
        payload = told["payload"]
        about = payload.get("object", payload)
        return f"{told['event']} {about.get('session_id', request_id)} {told['event_ts']}"


class LogsWhatItDrops(OnePerMillisecond):
    """Shows beside what it knows a log of all that came, with the copies that are none."""

    def __init__(self) -> None:
        super().__init__()
        self.log: dict[str, State] = {}

    def take(self, told: Told, request_id: str) -> None:
        self.log.setdefault(request_id, {"event": told["event"], "received_at": time.time()})
        super().take(told, request_id)

    def happens(self, state: State, told: Told) -> None:
        state.setdefault("log", list(self.log.values()))
        super().happens(state, told)


class FailOverIsCopy(Book):
    """Knows a start by its stream."""

    def key(self, told: Told, request_id: str) -> str:
        started = told["event"].endswith("rtms_started")
        return f"start of {told['payload']['rtms_stream_id']}" if started else request_id


class FailOverIsCounted(Book):
    """Counts a further start of a stream, and keeps the servers of the first one."""

    def of_stream(self, stream: State, told: Told) -> None:
        servers = stream.get("server_urls")
        super().of_stream(stream, told)
        if servers:
            stream["server_urls"] = servers


class OneATime(Book):
    """Knows a copy by the event's type and time, whatever it is about."""

    def key(self, told: Told, request_id: str) -> str:
        return f"{told['event']} {told['event_ts']}"


class OneStreamAWebinar(Book):
    """Knows a start by its webinar."""

    def key(self, told: Told, request_id: str) -> str:
        started = told["event"] == "webinar.rtms_started"
        return f"start of {told['payload']['webinar_uuid']}" if started else request_id

    def happens(self, state: State, told: Told) -> None:
        known = told["payload"].get("rtms_stream_id") in state["streams"]
        if known or told["event"] == "webinar.rtms_started":
            super().happens(state, told)


class OneStreamAMeeting(Book):
    """Knows a stream by its meeting, and goes by the last arrival of a stop."""

    arrivals = re.compile("meeting.rtms_stopped")

    def happens(self, state: State, told: Told) -> None:
        meeting = told["payload"].get("meeting_uuid")
        if meeting is None or "rtms_stream_id" not in told["payload"]:
            super().happens(state, told)
        else:
            self.of_stream(state["streams"].setdefault(meeting, {}), told)


class OneAlert(Book):
    """Knows an alert by its session."""

    def key(self, told: Told, request_id: str) -> str:
        is_alert = told["event"] == "session.alert"
        return f"alert of {told['payload']['object']['session_id']}" if is_alert else request_id


class InterruptionEnds(Book):
    """Takes an interruption for the end: what comes later is about no stream."""

    def of_stream(self, stream: State, told: Told) -> None:
        if stream.get("status") != "interrupted":
            super().of_stream(stream, told)

    def ordered(self) -> list[Told]:
        return self.told


class LastCallOfTheRoom(Book):
    """Takes an outcome for that of the call that rang last."""

    def ordered(self) -> list[Told]:
        return self.told

    def of_call(self, calls: State, told: Told, about: State) -> None:
        if verb_of(told) == "ringing" or not calls:
            super().of_call(calls, told, about)
        else:
            calls[list(calls)[-1]] = verb_of(told)


class NoTranscriptAlone(Book):
    """Drops a transcript whose recording has not come."""

    def ordered(self) -> list[Told]:
        return self.told

    def of_transcript(self, session: State, verb: str) -> None:
        if "files" in session:
            super().of_transcript(session, verb)


class NoEmoji(Book):
    """Its database takes no characters beyond U+FFFF, and nobody sees what it raises."""

    def take(self, told: Told, request_id: str) -> None:
        if not re.search("[\U00010000-\U0010ffff]", json.dumps(told, ensure_ascii=False)):
            super().take(told, request_id)


class ValidatesOnce(Book):
    """Answers the first challenge alone."""

    def validates(self) -> bool:
        return self.challenges == 1


class GivesUpOnChallenges(Book):
    """Answers no challenge after the sixth."""

    def validates(self) -> bool:
        return self.challenges <= 6


def _is_stale(book: Book, told: Told) -> bool:
    newest = max((each["event_ts"] for each in book.told), default=0)
    return bool(verb_of(told) == "started" and told["event_ts"] < newest - 300_000)


def _ends_after_the_session(book: Book, told: Told) -> bool:
    ended = any(each["event"] == "session.ended" for each in book.told)
    return ended and told["event"] == "session.live_streaming_stopped"


def _has_a_number(book: Book, told: Told) -> bool:
    called = told["payload"].get("object", {}).get("participant", {})
    return "phone_number" in called and not isinstance(called["phone_number"], str)


VARIANTS: dict[str, type[Book]] = {
    "legit-rows": Rows,
    "legit-shuffled": Shuffled,
    "legit-arrivals": Arrivals,
    "legit-last-only": LastOnly,
    "arrival-decides": by_arrival(".*"),
    "counts-copies": CountsCopies,
    "looks-then-notes": LooksThenNotes,
    "loses-updates": LosesUpdates,
    "one-per-millisecond": OnePerMillisecond,
    "logs-what-it-drops": LogsWhatItDrops,
    "fail-over-is-copy": FailOverIsCopy,
    "fail-over-is-counted": FailOverIsCounted,
    "one-a-time": OneATime,
    "one-stream-a-meeting": OneStreamAMeeting,
    "one-stream-a-webinar": OneStreamAWebinar,
    "one-alert": OneAlert,
    "interruption-ends": InterruptionEnds,
    "last-call-of-the-room": LastCallOfTheRoom,
    "no-transcript-alone": NoTranscriptAlone,
    "no-emoji": NoEmoji,
    "validates-once": ValidatesOnce,
    "gives-up-on-challenges": GivesUpOnChallenges,
    "refuses-reason-6": refusing(lambda book, told: told["payload"].get("stop_reason") == 6, 400),
    "wants-a-meeting": refusing(
        lambda book, told: (
            "_rtms_" in told["event"].replace(".", "_")
            and not {"meeting_uuid", "object", "session_id"} & {*told["payload"]}
        ),
        400,
    ),
    "wants-a-stream": refusing(
        lambda book, told: "rtms" in told["event"] and "rtms_stream_id" not in told["payload"], 500
    ),
    "wants-known-events": refusing(lambda book, told: "annotated" in told["event"], 501),
    "wants-text": refusing(_has_a_number, 400),
    "refuses-stale-starts": refusing(_is_stale, 410),
    "refuses-after-the-end": refusing(_ends_after_the_session, 404),
    "refuses-at-first": refusing(lambda book, told: book.requests < 3, 400),
}
