"""Keeping a run in a journal, without the credentials that it was played with."""

from __future__ import annotations

from mockzoom.delivery import credentials, parse_proxy, parse_target
from mockzoom.journal import Described, Recorder, Redactor, Writer
from mockzoom.settings import Settings


def redactor(settings: Settings) -> Redactor:
    """Return what takes the credentials of `settings` out of what is stored."""
    values, headers = credentials(settings.auth)
    proxy = parse_proxy(settings.proxy).credentials if settings.proxy else ""
    return Redactor((settings.secret, *values, proxy.partition(":")[2]), headers)


def recorder(writer: Writer, url: str, settings: Settings, kind: str = "verify") -> Recorder:
    """Return the listener that keeps a run against `url` in a journal."""
    about = Described(kind, parse_target(url).url, settings.seed)
    return Recorder(writer, about, redactor(settings))
