"""What takes the credentials of settings out of what is stored, reported or printed."""

from __future__ import annotations

from mockzoom.redact import Redactor
from mockzoom.settings import Settings
from mockzoom.transport import parse_proxy
from mockzoom.zoom.auth import credentials


def redactor(settings: Settings) -> Redactor:
    """Return what takes the credentials of `settings` out of what is stored or reported."""
    values, headers = credentials(settings.auth)
    proxy = parse_proxy(settings.proxy).credentials if settings.proxy else ""
    secrets = (settings.secret, settings.client_secret, *values, proxy.partition(":")[2])
    return Redactor(secrets, headers)
