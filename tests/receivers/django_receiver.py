"""A receiver on Django in one file, served by Django's own threaded server, and its variants.

Legitimate choices made here: 204, keep-alive where the request allows it, 403 for forgeries, and
acknowledgement of whatever is signed, malformed or not.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import os
import sqlite3
import time
from collections import deque
from enum import IntEnum
from typing import Any, ClassVar

from django.conf import settings
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, path
from django.utils.crypto import constant_time_compare
from django.views import View
from django.views.decorators.csrf import csrf_exempt

SECRET = os.environ.get("ZOOM_WEBHOOK_SECRET_TOKEN", "test-secret-1234567890")
TOKEN_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=")
urlpatterns: list[URLPattern] = []

SESSION_EVENTS = """
alert ended live_streaming_started live_streaming_stopped recording_completed recording_deleted
recording_paused recording_recovered recording_resumed recording_started recording_stopped
recording_summary_completed recording_transcript_completed recording_transcript_failed
recording_trashed sharing_ended sharing_started started stream_ingestion_connected
stream_ingestion_disconnected stream_ingestion_started stream_ingestion_stopped
stream_ingestion_unbind user_joined user_left user_phone_callout_accepted
user_phone_callout_canceled user_phone_callout_missed user_phone_callout_rejected
user_phone_callout_ringing user_room_system_callout_accepted user_room_system_callout_failed
user_room_system_callout_missed user_room_system_callout_rejected
user_room_system_callout_ringing
"""


def hexdigest(key: str, message: bytes) -> str:
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()


class ZoomView(View):
    """The correct receiver. A defect is a subclass that gets one step wrong."""

    exempt_from_csrf: ClassVar[bool] = True
    auth: ClassVar[str] = ""
    latest: ClassVar[deque[Any]] = deque(maxlen=1000)

    def post(self, request: HttpRequest) -> HttpResponse:
        body = request.body
        if not self.has_credentials(request) or not self.check_signature(request, body):
            return self.refused()
        event = self.load(request, body)
        if not isinstance(event, dict):
            return HttpResponse(status=204)
        if event.get("event") == "endpoint.url_validation":
            return self.url_validation(event.get("payload"))
        return self.event(event)

    def has_credentials(self, request: HttpRequest) -> bool:
        scheme, _, rest = self.auth.partition(":")
        name, wanted = "Authorization", ""
        if scheme == "basic":
            wanted = "Basic " + base64.b64encode(rest.encode()).decode()
        elif scheme == "bearer":
            wanted = "Bearer " + rest
        elif scheme == "header":
            name, _, wanted = rest.partition(":")
        return not scheme or constant_time_compare(request.headers.get(name, ""), wanted)

    def check_signature(self, request: HttpRequest, body: bytes) -> bool:
        timestamp = request.headers.get("x-zm-request-timestamp", "")
        if not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > 12:
            return False
        return self.is_recent(int(timestamp)) and self.is_signed(request, timestamp, body)

    def is_recent(self, timestamp: int) -> bool:
        return -300 <= time.time() - timestamp <= 300

    def is_signed(self, request: HttpRequest, timestamp: str, body: bytes) -> bool:
        expected = "v0=" + hexdigest(SECRET, f"v0:{timestamp}:".encode() + body)
        return constant_time_compare(expected, request.headers.get("x-zm-signature", ""))

    def refused(self) -> HttpResponse:
        return HttpResponse(status=403)

    def load(self, request: HttpRequest, body: bytes) -> Any:
        """Return the body as JSON, or None where it is none."""
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            return None

    def url_validation(self, payload: Any) -> HttpResponse:
        token = payload.get("plainToken") if isinstance(payload, dict) else None
        if not isinstance(token, str) or not 8 <= len(token) <= 128:
            return HttpResponse(status=400)
        if not TOKEN_ALPHABET.issuperset(token):
            return HttpResponse(status=400)
        return JsonResponse(self.tokens(token))

    def tokens(self, token: str) -> dict[str, str]:
        return {"plainToken": token, "encryptedToken": hexdigest(SECRET, token.encode())}

    def event(self, event: dict[str, Any]) -> HttpResponse:
        self.latest.append(event)
        return HttpResponse(status=204)


class PatientChallenge(ZoomView):
    """No defect: takes a second and a half over a challenge."""

    def url_validation(self, payload: Any) -> HttpResponse:
        time.sleep(1.5)
        return super().url_validation(payload)


class LoginRequired(ZoomView):
    """Stands behind the login of the site: every request is sent to its page."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponseRedirect("/accounts/login/?next=" + request.path)


class CsrfProtected(ZoomView):
    """Forgot `csrf_exempt`: Django refuses every request."""

    exempt_from_csrf = False


class OneEventCrash(ZoomView):
    """Expects in one event what it does not carry: 500."""

    def event(self, event: dict[str, Any]) -> HttpResponse:
        if event.get("event") == "session.user_phone_callout_missed":
            event["payload"]["object"]["participant"]["email"].lower()
        return super().event(event)


class NotImplementedEvents(ZoomView):
    """501 for an event that it has no handler for, so that Zoom sends it three times more."""

    EVENTS = frozenset(
        [
            "rtms.concurrency_limited",
            "rtms.concurrency_near_limit",
            *(
                f"{kind}rtms_{what}"
                for kind in ("meeting.", "webinar.", "session.", "contact_center.voice_")
                for what in ("started", "interrupted", "stopped")
            ),
            *map("session.".__add__, SESSION_EVENTS.split()),
        ]
    )

    def event(self, event: dict[str, Any]) -> HttpResponse:
        name = event.get("event")
        if isinstance(name, str) and name not in self.EVENTS:
            return HttpResponse(status=501)
        return super().event(event)


class StopReason(IntEnum):
    HOST = 1
    APP_USER = 2
    USER_LEFT = 3
    USER_EJECTED = 4
    CANCELED = 7
    REVOKED = 8
    ALL_APPS_DISABLED = 9
    SERVER_EXCEPTION = 10
    TIMED_OUT = 11


class ListedStopReasonsOnly(ZoomView):
    """Knows the stop reasons that the schema lists; 5, 6 and 18 arrive as well."""

    def event(self, event: dict[str, Any]) -> HttpResponse:
        payload = event.get("payload")
        if isinstance(payload, dict) and "engagement_id" not in payload:
            try:
                StopReason(payload.get("stop_reason", StopReason.HOST))
            except ValueError:
                return HttpResponse(status=400)
        return super().event(event)


class AsciiOnly(ZoomView):
    """Decodes the body as ASCII before hashing: names with accents are refused."""

    def is_signed(self, request: HttpRequest, timestamp: str, body: bytes) -> bool:
        try:
            text = body.decode("ascii")
        except UnicodeDecodeError:
            return False
        return super().is_signed(request, timestamp, text.encode("ascii"))


class NoReplayCheck(ZoomView):
    """Never looks at the age of a request."""

    def is_recent(self, timestamp: int) -> bool:
        return True


class TimestampCrash(ZoomView):
    """int() of a timestamp that is none raises."""

    def check_signature(self, request: HttpRequest, body: bytes) -> bool:
        int(request.headers.get("x-zm-request-timestamp", "0"))
        return super().check_signature(request, body)


class ErrorsWith200(ZoomView):
    """Says in the body that it refuses, with status 200."""

    def refused(self) -> HttpResponse:
        return JsonResponse({"ok": False, "error": "invalid signature"})


class ChallengeUpperCase(ZoomView):
    """Prints the challenge's hash in upper case."""

    def tokens(self, token: str) -> dict[str, str]:
        return {"plainToken": token, "encryptedToken": hexdigest(SECRET, token.encode()).upper()}


class ChallengeEchoed(ZoomView):
    """Gives the plain token back and forgets the encrypted one."""

    def tokens(self, token: str) -> dict[str, str]:
        return {"plainToken": token}


class CustomHeaderNotEnforced(ZoomView):
    """A custom header was set in the Zoom app and is looked at by nobody."""

    def has_credentials(self, request: HttpRequest) -> bool:
        return True


class StoresInSqlite(ZoomView):
    """Stores what came in typed columns: a missing time or one of 64 bits raises."""

    database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    database.execute("CREATE TABLE events (event_ts INTEGER NOT NULL)")

    def event(self, event: dict[str, Any]) -> HttpResponse:
        self.database.execute("INSERT INTO events VALUES (?)", [event.get("event_ts")])
        return super().event(event)


class CharsetFromHeader(ZoomView):
    """Takes the character set from the content type: where it has none, IndexError."""

    def load(self, request: HttpRequest, body: bytes) -> Any:
        request.META["CONTENT_TYPE"].split("charset=")[1]
        return super().load(request, body)


class ArrayCrash(ZoomView):
    """Takes any JSON for an object."""

    def load(self, request: HttpRequest, body: bytes) -> Any:
        event = super().load(request, body)
        return None if event is None or event.get("event") is None else event


DEFECTS: dict[str, type[ZoomView]] = {
    "legit-patient-challenge": PatientChallenge,
    "login-required": LoginRequired,
    "csrf-protected": CsrfProtected,
    "one-event-crash": OneEventCrash,
    "not-implemented-events": NotImplementedEvents,
    "listed-stop-reasons-only": ListedStopReasonsOnly,
    "ascii-only": AsciiOnly,
    "no-replay-check": NoReplayCheck,
    "timestamp-crash": TimestampCrash,
    "errors-with-200": ErrorsWith200,
    "challenge-upper-case": ChallengeUpperCase,
    "challenge-echoed": ChallengeEchoed,
    "custom-header-not-enforced": CustomHeaderNotEnforced,
    "stores-in-sqlite": StoresInSqlite,
    "charset-from-header": CharsetFromHeader,
    "array-crash": ArrayCrash,
}


class Server(ThreadedWSGIServer):
    request_queue_size = 128


class Handler(WSGIRequestHandler):
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        pass


def configure() -> None:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        DATA_UPLOAD_MAX_MEMORY_SIZE=2 * 1024 * 1024,
        DEBUG=False,
        LOGGING_CONFIG=None,
        MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"],
        ROOT_URLCONF=__name__,
        SECRET_KEY="for tests",
    )
    logging.disable(logging.CRITICAL)


def main() -> None:
    from program import options, serve

    given = options(__doc__, DEFECTS, str)
    configure()
    view = DEFECTS.get(given.defect, ZoomView)
    view.auth = given.auth
    handler = view.as_view()
    urlpatterns.append(path("webhook", csrf_exempt(handler) if view.exempt_from_csrf else handler))
    server = Server(("127.0.0.1", given.port), Handler)
    server.set_app(get_wsgi_application())
    serve(server)


if __name__ == "__main__":
    main()
