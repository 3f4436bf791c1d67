"""The headers of Zoom's deliveries: their names, how each request gets them, who made a signature.

Facts: Zoom, "Using webhooks" (signature and timestamp), and captured deliveries (order of headers,
their lower case, user agent, request id, tracking and trace ids).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b
from itertools import count

from mockzoom.model import Delivery, HeaderCase, Headers
from mockzoom.zoom.auth import header_value
from mockzoom.zoom.forgeries import SignedBody
from mockzoom.zoom.signing import verify

TIMESTAMP = "x-zm-request-timestamp"
SIGNATURE = "x-zm-signature"
SIGNING_HEADERS = (SIGNATURE, TIMESTAMP)
"""The headers that say what a body is signed with, and when."""
REQUEST_ID = "x-zm-request-id"
TRACKING_ID = "x-zm-trackingid"
_PREFIX = "x-zm-"
_AGENT = ("user-agent", "Zoom Marketplace/1.0a")
_CLUSTER = "v=2.0;clid=us02;rid="
_RESERVED = re.compile(
    rf"{_PREFIX}.*|host|content-type|content-length|transfer-encoding|connection|user-agent|accept"
    r"|accept-encoding|authorization|cookie|traceparent|clientid|zm-trace-upstream|expect|te"
    r"|trailer|upgrade|keep-alive|proxy-.*"
)


class DeliveryHeaders:
    """Makes the headers of every request of a run.

    `netloc` is the receiver's host, `client_id` the app's; `seed` and `now` (epoch seconds) go into
    the trace ids. Raises `UsageError` for a client id that cannot stand in a header.
    """

    def __init__(self, netloc: str, client_id: str, *, seed: int, now: float) -> None:
        self._numbers = count(1)
        self._trace = blake2b(f"{seed}|{now}".encode(), digest_size=8).hexdigest()
        client_id = client_id or f"mockzoom{seed & 0xFFFFFFFF:08x}client"
        self._host = ("host", netloc)
        self._client = (
            ("clientid", header_value(client_id, "--client-id")),
            ("zm-trace-upstream", "Meeting_Web_marketplace-consumer"),
            ("accept-encoding", "gzip"),
        )

    def make(self, delivery: Delivery, signed: SignedBody, extra: Headers) -> Headers:
        """Return the headers of one attempt; `extra` are those of the endpoint's authentication."""
        # New for every attempt, as Zoom's are, and never those of another run.
        number = f"{next(self._numbers):016x}"
        trace = self._trace + number
        kind, second, signature = delivery.content_type, signed.timestamp, signed.signature
        headers = (
            self._host,
            *(() if kind is None else (("content-type", kind),)),
            _AGENT,
            *(() if second is None else ((TIMESTAMP, second),)),
            *(() if signature is None else ((SIGNATURE, signature),)),
            (REQUEST_ID, delivery.request_id),
            (TRACKING_ID, f"{_CLUSTER}WEB_{trace}"),
            ("traceparent", f"00-{trace}-{number}-02"),
            *self._client,
            *extra,
            *delivery.headers,
            ("content-length", str(len(signed.body))),
        )
        how = delivery.header_case
        return tuple((spelt(name, how), value) for name, value in headers) if how else headers


def spelt(name: str, how: HeaderCase) -> str:
    """Return a header's name as gateways spell it: `X-Zm-Signature`, or in capitals."""
    return name.title() if how == "title-case" else name.upper()


def is_own(name: str) -> bool:
    """Return whether Zoom alone uses headers of this name."""
    return name.lower().startswith(_PREFIX)


def is_reserved(name: str) -> bool:
    """Return whether a delivery has a header of this name (lower case), or HTTP does."""
    return bool(_RESERVED.fullmatch(name))


def trace_id(headers: Mapping[str, str]) -> str:
    """Return the trace id of an attempt, as Zoom's delivery log shows it; empty without."""
    return headers.get(TRACKING_ID, "").rpartition("rid=")[2]


def request_id(seed: int, text: str) -> str:
    """Return a request id: `8_4_4_4_12` hex digits, made from `seed` and `text`."""
    key = seed.to_bytes(16, "big", signed=True)
    digits = blake2b(text.encode(), digest_size=16, key=key).hexdigest()
    return "_".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def new_request_id() -> str:
    """Return a request id that nobody has used."""
    import uuid

    return str(uuid.uuid4()).replace("-", "_")


# -- requests of Zoom's as they were received --------------------------------------------------


def missing_headers(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the headers that a signature needs and `headers` do not have.

    The names in `headers` are in lower case.
    """
    return tuple(name for name in SIGNING_HEADERS if name not in headers)


def is_signed(headers: Mapping[str, str] | None) -> bool:
    """Whether a request carries Zoom's signature, whatever it is worth: Zoom sent its body."""
    return headers is not None and not missing_headers(headers)


def is_signed_with(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether the signature in `headers` is the one that `secret` makes over `body`."""
    signature, timestamp = headers[SIGNATURE], headers[TIMESTAMP]
    try:
        return verify(secret, timestamp, body, signature)
    except UnicodeEncodeError:  # a lone surrogate, which no header carries
        return False
