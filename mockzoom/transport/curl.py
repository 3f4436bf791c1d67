"""A request as a curl command line that sends the same bytes."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from mockzoom.errors import UsageError
from mockzoom.model import Request

_LARGEST = 100_000
"""Bytes of body that still fit into one argument of a command line."""


def as_curl(
    request: Request, options: Sequence[str] = (), *, credentials: frozenset[str] = frozenset()
) -> str:
    """Return one runnable line; header names in `credentials` get a shell variable as value.

    `options` are further words, as the shell shall see them. Settings of the machine (`.curlrc`)
    and what curl reads into a URL (globs, dot segments) are kept out.

    The signature is the one in `request`, so receivers with a replay window take the line for some
    minutes only. Raises `UsageError` for a body that no command line can carry.
    """
    words = ["curl", "--disable", "--silent", "--show-error", "--include", "--http1.1"]
    words += ["--globoff", "--path-as-is", *options, "--request", "POST"]
    for name, value in request.headers:
        if name in ("host", "content-length"):
            continue
        if name in credentials:
            words += ["--header", f'"{name}: $MOCKZOOM_CREDENTIAL"']
        else:
            # curl drops `name:` and sends an empty header for `name;`
            words += ["--header", shlex.quote(f"{name}: {value}" if value else f"{name};")]
    words += ["--header", "accept:", "--header", "expect:"]
    if all(name != "content-type" for name, _ in request.headers):
        words += ["--header", "content-type:"]
    words += ["--data-binary", _quoted(request.body), shlex.quote(request.url)]
    return " ".join(words)


def _quoted(body: bytes) -> str:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text or len(body) > _LARGEST:
        raise UsageError(
            f"this body ({len(body)} bytes) fits into no command line; send it with mockzoom send"
        )
    # curl reads @… from a file; a JSON text never begins so
    return shlex.quote(text)
