"""Delivery: requests as Zoom sends them, over HTTP or to an application in this process."""

from __future__ import annotations

from mockzoom.delivery.asgi import ASGITransport, is_asgi
from mockzoom.delivery.auth import EndpointAuth, TokenSource, credentials, parse_auth
from mockzoom.delivery.courier import Courier, Transport, request_id
from mockzoom.delivery.dial import Dialer, DialError
from mockzoom.delivery.forgeries import FORGERIES, forgery
from mockzoom.delivery.inprocess import WSGITransport
from mockzoom.delivery.permit import Permit, parse_permit
from mockzoom.delivery.policy import POLICIES, RetryPolicy, retry_policy
from mockzoom.delivery.pool import HttpTransport
from mockzoom.delivery.target import Target, parse_proxy, parse_target

__all__ = [
    "FORGERIES",
    "POLICIES",
    "ASGITransport",
    "Courier",
    "DialError",
    "Dialer",
    "EndpointAuth",
    "HttpTransport",
    "Permit",
    "RetryPolicy",
    "Target",
    "TokenSource",
    "Transport",
    "WSGITransport",
    "credentials",
    "forgery",
    "is_asgi",
    "parse_auth",
    "parse_permit",
    "parse_proxy",
    "parse_target",
    "request_id",
    "retry_policy",
]
