"""Placeholders in the URL of a probe: `/meetings/{payload.object.id}` reads one entity.

A placeholder is the path of a value in the events that are delivered.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from mockzoom.model import JSON
from mockzoom.schema import pointer

_PLACEHOLDER = re.compile(r"(?<!\$)\{([^{}]*)\}")
_PATH = re.compile(r"[\w-]+(\.[\w-]+)*", re.ASCII)
_REFERENCE = re.compile(r"\$\{[^{}]*\}")
_HOST = re.compile(r"[a-z]+://[^/?#]*", re.IGNORECASE)


def placeholders(url: str) -> tuple[str, ...]:
    """Return the paths that `url` has placeholders for, in order."""
    return tuple(_PLACEHOLDER.findall(url))


def mistake_in(url: str) -> str:
    """Return what is wrong with the placeholders of `url`; empty if nothing is."""
    for path in placeholders(url):
        if not _PATH.fullmatch(path):
            return f"{{{path}}} is no path of an event; expected one such as {{payload.object.id}}"
    host = _HOST.match(url)
    if host is not None and placeholders(host[0]):
        return "a placeholder stands in the host; expected it in the path or the query"
    rest = _PLACEHOLDER.sub("", _REFERENCE.sub("", url))
    if "{" in rest or "}" in rest:
        return "a brace has no partner; expected a placeholder such as {payload.object.id}"
    return ""


def filled_url(url: str, body: JSON) -> tuple[tuple[str, ...], str] | None:
    """Return the values of an event's `body` for the placeholders, and the URL with them.

    None where the body does not have all of them.
    """
    values = []
    for path in placeholders(url):
        value = pointer.get(body, pointer.steps(path))
        if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
            return None
        values.append(str(value))
    rest = iter(values)
    return tuple(values), _PLACEHOLDER.sub(lambda _: quote(next(rest), safe=""), url)
