"""A receiver on FastAPI; it keeps what it was told in `events`."""

import hashlib
import hmac
import json
import time

from fastapi import FastAPI, Request, Response

SECRET = "s3cret"
app = FastAPI()
events: list[str] = []


def digest(message: bytes) -> str:
    return hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()


@app.post("/zoom")
async def webhook(request: Request):
    body = await request.body()
    timestamp = request.headers.get("x-zm-request-timestamp", "")
    signature = request.headers.get("x-zm-signature", "")
    expected = "v0=" + digest(b"v0:" + timestamp.encode() + b":" + body)
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        return Response("wrong signature", 401)
    if abs(time.time() - int(timestamp)) > 300:
        return Response("too old", 401)
    try:
        event = json.loads(body)
        name, payload = event["event"], event["payload"]
        if name == "endpoint.url_validation":
            token = payload["plainToken"]
            return {"plainToken": token, "encryptedToken": digest(token.encode())}
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return Response("malformed", 400)
    events.append(name)
    return Response(status_code=204)
