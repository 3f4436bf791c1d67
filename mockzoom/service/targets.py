"""Which URLs the service may be told to reach: refused early, and again at each connection."""

from __future__ import annotations

import socket

from mockzoom.delivery import Permit, parse_target
from mockzoom.service.errors import Forbidden


def check_target(url: str, permit: Permit) -> None:
    """Raise `Forbidden` for a URL that would be refused at each connection (that is the guard).

    A name that is not known yet passes: each connection asks again.
    """
    target = parse_target(url)
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except OSError:
        return
    for *_, address in found:
        refusal = permit.refusal(target.host, str(address[0]))
        if refusal:
            raise Forbidden(f"{target.url}: {refusal}")
