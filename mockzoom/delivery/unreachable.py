"""What is said of a receiver that cannot be reached, with what to do about it."""

from __future__ import annotations

from mockzoom.model import Failure

_ADVICE = {
    "refused": "start the receiver first, or check the port",
    "dns": "check the host name",
    "certificate": "name the CA with --cafile, or pass --insecure to check no certificate",
    "tls": "check that the port speaks TLS, or use http://",
}


def unreachable(failure: Failure, *, waited: float | None = None) -> str:
    """Say why the receiver cannot be reached, and what to do.

    `waited` are the seconds that it was waited for; None where `--wait` cannot be passed.
    """
    after = f" (waited {waited:g} s)" if waited else ""
    advice = _ADVICE.get(failure.kind, "check the URL and the network")
    if failure.kind == "refused" and waited is not None:
        advice += "; --wait 30 waits for it"
    return f"receiver unreachable: {failure.message}{after}; {advice}"
