"""A correct receiver that validates every event against Zoom's schemas before it acknowledges.

It refuses whatever breaks a schema (422), and still takes what Zoom sends beyond it: fields and
events that the schemas do not know, stop reasons that they do not list, and the values of Zoom's
own examples where these contradict them. So `verify --strict` has nothing to report.
"""

from __future__ import annotations

import hmac
import json
import re
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from jsonschema import Draft202012Validator, FormatChecker

SPECS = Path(__file__).resolve().parents[2] / "specs"
FORMATS = FormatChecker(["date-time", "email"])
DESCRIBED: dict[str, list[Any]] = {"reason_type": [5, 6], "file_type": ["TIMELINE"]}
"""Values that the descriptions explain and the enums leave out."""


@FORMATS.checks("int64")
def is_int64(value: object) -> bool:
    return not isinstance(value, int) or -(2**63) <= value < 2**63


@FORMATS.checks("int32")
def is_int32(value: object) -> bool:
    return not isinstance(value, int) or -(2**31) <= value < 2**31


SUMMED_UP = "session.recording_summary_completed"
"""The one event of recordings whose example has a `session_id` as its schema wants it."""


def opened(schema: Any, name: str = "", event: str = "") -> Any:
    """Return the schema of `name` without its claims about what Zoom will never send."""
    if isinstance(schema, list):
        return [opened(item, "", event) for item in schema]
    if not isinstance(schema, dict):
        return schema
    wide = {key: opened(value, "", event) for key, value in schema.items() if key != "properties"}
    wide.pop("additionalProperties", None)
    if "properties" in schema:
        properties = schema["properties"].items()
        wide["properties"] = {key: opened(value, key, event) for key, value in properties}
    return widened(wide, name, event)


def widened(schema: dict[str, Any], name: str, event: str) -> dict[str, Any]:
    """Add what Zoom's descriptions and examples have beyond the schema of a field."""
    if name == "stop_reason":
        return {key: value for key, value in schema.items() if key != "enum"}
    if name == "session_id" and event.startswith("session.recording_") and event != SUMMED_UP:
        return {**schema, "type": ["string", "integer"]}
    if name == "issues":
        return {"anyOf": [schema, schema["items"]]}
    if name in DESCRIBED and "enum" in schema:
        return {**schema, "enum": [*schema["enum"], *DESCRIBED[name]]}
    return schema


def validators() -> dict[str, Draft202012Validator]:
    found = {}
    for file in ("rtms.json", "video-sdk.json"):
        for event, item in json.loads((SPECS / file).read_text("utf-8"))["webhooks"].items():
            schema = item["post"]["requestBody"]["content"]["application/json"]["schema"]
            found[event] = Draft202012Validator(opened(schema, "", event), format_checker=FORMATS)
    return found


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    secret: ClassVar[bytes] = b""
    validators: ClassVar[dict[str, Draft202012Validator]] = {}

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch(r"[0-9]{1,7}", length):
            self.close_connection = True
            self.answer(411)
            return
        body = self.rfile.read(int(length))
        if len(body) != int(length):
            self.close_connection = True
        elif not self.is_signed(body):
            self.answer(401)
        else:
            self.answer(*self.judge(body))

    def is_signed(self, body: bytes) -> bool:
        timestamp = self.headers.get("x-zm-request-timestamp", "")
        if not re.fullmatch(r"[0-9]{1,12}", timestamp) or abs(time.time() - int(timestamp)) > 300:
            return False
        digest = hmac.digest(self.secret, b"v0:%b:%b" % (timestamp.encode(), body), "sha256")
        given = self.headers.get("x-zm-signature", "").encode()
        return hmac.compare_digest(b"v0=" + digest.hex().encode(), given)

    def judge(self, body: bytes) -> tuple[int, Any]:
        """Return the status, and the JSON if there is any, that answer a signed body."""
        try:
            event = json.loads(body)
            name = event["event"]
            if name == "endpoint.url_validation":
                return 200, self.tokens(event["payload"]["plainToken"])
            validator = self.validators.get(name)
            if validator is not None:
                validator.validate(event)
            elif not isinstance(name, str):
                return 422, None
        except Exception as problem:  # whatever is wrong with it, it is the sender's
            return 422, {"error": type(problem).__name__}
        return 200, {"event": name}

    def tokens(self, plain: str) -> dict[str, str]:
        if not re.fullmatch(r"[A-Za-z0-9_+/=-]{8,128}", plain):
            raise ValueError("not a token")
        digest = hmac.digest(self.secret, plain.encode(), "sha256")
        return {"plainToken": plain, "encryptedToken": digest.hex()}

    def answer(self, status: int, body: Any = None) -> None:
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


def main() -> None:
    from program import options, serve

    given = options(__doc__)
    Receiver.secret = given.secret.encode()
    Receiver.validators = validators()
    server = Server(("127.0.0.1", given.port), Receiver)
    serve(server)


if __name__ == "__main__":
    main()
