"""TLS for the server: a certificate that is given, or one made on the spot for `localhost`."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from mockzoom.errors import UsageError


@dataclass(frozen=True, slots=True)
class Tls:
    """A context to serve with, and the file with the CA that clients must trust, if it is ours."""

    context: ssl.SSLContext
    ca_file: Path | None = None


def given(certificate: str | Path, key: str | Path | None = None) -> Tls:
    """Return TLS with a certificate chain and key (PEM); raise `UsageError` where there is none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(
            f"{certificate}: cannot be used as certificate: {error}; expected PEM files with the"
            " chain and its key"
        ) from None
    return Tls(context)


def made(folder: str | Path, host: str = "localhost") -> Tls:
    """Make a CA and a certificate for `host` with trustme; the CA goes to `folder`/ca.pem.

    The official SDK takes it from the environment variable ZM_RTMS_CA. Raises `UsageError` without
    trustme (extra `stream`).
    """
    try:
        import trustme
    except ImportError:
        raise UsageError(
            "wss:// needs a certificate: give one, or install mockzoom[stream], which makes one"
        ) from None
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    ca_file = Path(folder) / "ca.pem"
    try:
        authority.cert_pem.write_to_path(str(ca_file))
    except OSError as error:
        raise UsageError(f"{ca_file}: cannot be written: {error.strerror or error}") from None
    return Tls(context, ca_file)
