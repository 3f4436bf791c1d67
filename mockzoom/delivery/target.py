"""Where deliveries go: the receiver's URL, taken apart and checked once."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from mockzoom.errors import UsageError

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """An HTTP endpoint: `http` or `https`, host, port, and the path with its query."""

    scheme: str
    host: str
    port: int
    path: str
    credentials: str = ""
    """`user:password` where the URL carries them; they are never printed."""

    @property
    def netloc(self) -> str:
        """The `Host` header: the port stands there only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL, without credentials."""
        return f"{self.scheme}://{self.netloc}{self.path}"

    @property
    def public(self) -> bool:
        """Whether the host looks like one on the public internet (by its spelling alone)."""
        try:
            return ipaddress.ip_address(self.host).is_global
        except ValueError:
            local = (".localhost", ".local", ".internal", ".test", ".example", ".invalid")
            return "." in self.host and not f".{self.host}".endswith(local)


def parse_target(text: str) -> Target:
    """Return the `Target` that `text` names; raise `UsageError` where it is no http(s) URL."""
    shape = "expected http://HOST[:PORT]/PATH or https://…, as registered with Zoom"
    stripped = text.strip()
    if "://" not in stripped:
        raise UsageError(f"{text!r} is not a URL: it has no scheme; {shape}")
    try:
        parts = urlsplit(stripped)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"{text!r} is not a URL: {error}; {shape}") from None
    if parts.scheme not in _PORTS:
        raise UsageError(f"{text!r} has the scheme {parts.scheme!r}; {shape}")
    if not parts.hostname:
        raise UsageError(f"{text!r} names no host; {shape}")
    if any(ord(char) <= 32 or ord(char) == 127 for char in stripped):
        raise UsageError(f"{text!r} holds white space or control characters; {shape}")
    try:
        host = parts.hostname.encode("ascii" if parts.hostname.isascii() else "idna").decode()
    except UnicodeError:
        raise UsageError(f"{text!r} names a host that is no valid name; {shape}") from None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    credentials = ""
    if parts.username is not None:
        credentials = f"{parts.username}:{parts.password or ''}"
    return Target(parts.scheme, host, port or _PORTS[parts.scheme], _ascii_path(path), credentials)


def _ascii_path(path: str) -> str:
    from urllib.parse import quote

    return quote(path, safe="%/?&=:@!$'()*+,;~-._[]")
