"""Which addresses a server may deliver to: loopback and private ones, and what is allowed by name.

`mockzoom serve` is told over HTTP where to deliver, so it must not become a way into what it can
reach. The addresses that a name has are checked when the connection is opened, and the one that was
checked is the one connected to: another answer of the name server in between changes nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass

from mockzoom.errors import Forbidden, UsageError
from mockzoom.transport.target import parse_target

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_OPEN: tuple[_Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7",
    )
)  # fmt: skip
_METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in ("169.254.169.254", "169.254.170.2", "100.100.100.200", "192.0.0.192",
                 "fd00:ec2::254", "fd20:ce::254")
)  # fmt: skip
"""Where clouds tell a machine its credentials; some of these lie in private networks."""


@dataclass(frozen=True, slots=True)
class Permit:
    """`hosts` are names whose addresses are all allowed, `networks` further addresses."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[_Network, ...] = ()

    def refusal(self, host: str, address: str) -> str:
        """Say why `address` of `host` must not be connected to; nothing where it may be."""
        found = _plain(ipaddress.ip_address(address.partition("%")[0]))
        if any(found in network for network in self.networks):
            return ""
        if found in _METADATA:
            return f"{address} is a cloud's metadata service"
        if found.is_link_local or found.is_unspecified or found.is_multicast:
            return f"{address} is a link-local, unspecified or multicast address"
        if host.lower() in self.hosts or any(found in network for network in _OPEN):
            return ""
        return f"{address} is neither a loopback nor a private address; see --allow-target"


def parse_permit(allowed: Iterable[str]) -> Permit:
    """Read `--allow-target` values: host names, addresses and networks (`192.0.2.0/24`)."""
    hosts: set[str] = set()
    networks: list[_Network] = []
    for text in allowed:
        try:
            networks.append(ipaddress.ip_network(text.strip("[]"), strict=False))
        except ValueError:
            if "/" in text or ":" in text or not text.strip():
                raise UsageError(
                    f"--allow-target {text!r}: expected a host name, an address or a network, such"
                    " as hooks.example.com, 203.0.113.7 or 203.0.113.0/24"
                ) from None
            hosts.add(text.strip().lower())
    return Permit(frozenset(hosts), tuple(networks))


def _plain(address: _Address) -> _Address:
    """Return the IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


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
