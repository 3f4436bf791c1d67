"""Where deliveries go: the receiver's URL, taken apart and checked once."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from mockzoom.errors import UsageError

_PORTS = {"http": 80, "https": 443}
_SAFE = "%/?&=:@!$'()*+,;~-._[]"


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
    def authority(self) -> str:
        """Host and port, as `CONNECT` wants them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def netloc(self) -> str:
        """The `Host` header: the port stands there only where it is not the scheme's own."""
        return self.authority.removesuffix(f":{_PORTS[self.scheme]}")

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
    shape = "expected http://HOST[:PORT]/PATH or https://…"
    shown = repr(re.sub(r"//[^/?#]*@", "//…@", text))
    stripped = text.strip()
    wrong = _wrong_text(stripped)
    if wrong:
        raise UsageError(f"{shown} {wrong}; {shape}")
    try:
        parts = urlsplit(stripped)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"{shown} is not a URL: {error}; {shape}") from None
    if parts.scheme not in _PORTS:
        raise UsageError(f"{shown} has the scheme {parts.scheme!r}; {shape}")
    if not parts.hostname:
        raise UsageError(f"{shown} names no host; {shape}")
    if port == 0:
        raise UsageError(f"{shown} names port 0, where nothing can listen; {shape}")
    try:
        host = parts.hostname.encode("ascii" if parts.hostname.isascii() else "idna").decode()
    except UnicodeError:
        raise UsageError(f"{shown} names a host that is no valid name; {shape}") from None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    credentials = ""
    if parts.username is not None:
        credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    port = port or _PORTS[parts.scheme]
    return Target(parts.scheme, host, port, quote(path, safe=_SAFE), credentials)


def path_of(url: str) -> str:
    """Return the path of a URL with its query, as a request line names it."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def parse_proxy(text: str) -> Target:
    """Return the `Target` of an HTTP proxy; raise `UsageError` where it cannot be one."""
    try:
        proxy = parse_target(text)
    except UsageError as error:
        raise UsageError(f"--proxy {error}") from None
    if proxy.scheme != "http":
        raise UsageError(
            f"--proxy {proxy.url}: a proxy that itself speaks TLS is not supported; expected"
            " http://[USER:PASSWORD@]HOST:PORT"
        )
    return proxy


def _wrong_text(text: str) -> str:
    if "://" not in text:
        return "is not a URL: it has no scheme"
    if any(ord(char) <= 32 or ord(char) == 127 for char in text):
        return "holds white space or control characters"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "is no text in UTF-8"
    return ""
