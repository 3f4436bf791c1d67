"""A request of Zoom's as it was received: whether it is signed, and with which secret.

Facts: Zoom, "Using webhooks". `x-zm-signature` is over `x-zm-request-timestamp` and the raw body.
"""

from __future__ import annotations

from collections.abc import Mapping

from mockzoom.zoom import signing
from mockzoom.zoom.headers import SIGNATURE, TIMESTAMP

SIGNING_HEADERS = (SIGNATURE, TIMESTAMP)
"""The headers that say what a body is signed with, and when."""


def missing_headers(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the headers that a signature needs and `headers` do not have.

    The names in `headers` are in lower case.
    """
    return tuple(name for name in SIGNING_HEADERS if name not in headers)


def is_signed(headers: Mapping[str, str] | None) -> bool:
    """Tell whether a request carries Zoom's signature, whatever it is worth: Zoom sent its body."""
    return headers is not None and not missing_headers(headers)


def is_signed_with(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Tell whether the signature in `headers` is the one that `secret` makes over `body`."""
    signature, timestamp = headers[SIGNATURE], headers[TIMESTAMP]
    try:
        return signing.verify(secret, timestamp, body, signature)
    except UnicodeEncodeError:  # a lone surrogate, which no header carries
        return False
