"""A receiver on Flask, as small as a correct one can be."""

import hashlib
import hmac
import json
import time

from flask import Flask, request

SECRET = "s3cret"
app = Flask(__name__)


def digest(message: bytes) -> str:
    return hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()


@app.post("/zoom")
def webhook():
    body = request.get_data()
    timestamp = request.headers.get("x-zm-request-timestamp", "")
    signature = request.headers.get("x-zm-signature", "")
    expected = "v0=" + digest(b"v0:" + timestamp.encode() + b":" + body)
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        return "wrong signature", 401
    if abs(time.time() - int(timestamp)) > 300:
        return "too old", 401
    try:
        event = json.loads(body)
        name, payload = event["event"], event["payload"]
        if name == "endpoint.url_validation":
            token = payload["plainToken"]
            return {"plainToken": token, "encryptedToken": digest(token.encode())}
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return "malformed", 400
    return "", 204
