"""Addresses that a server may deliver to: each refusal with its reason, before any connection."""

from __future__ import annotations

import asyncio
import socket

import pytest

from mockzoom.errors import UsageError
from mockzoom.transport import Dialer, DialError, Permit, parse_permit, parse_target


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "127.8.9.1", "10.1.2.3", "172.16.0.1", "172.31.255.1", "192.168.1.1",
                "::1", "fd12::1", "::ffff:10.0.0.1"],
)  # fmt: skip
def test_loopback_and_private_addresses_are_allowed(address: str) -> None:
    assert Permit().refusal("receiver", address) == ""


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("169.254.169.254", "metadata"), ("::ffff:169.254.169.254", "metadata"),
        ("fd00:ec2::254", "metadata"), ("100.100.100.200", "metadata"), ("192.0.0.192", "metadata"),
        ("169.254.1.1", "link-local"), ("fe80::1", "link-local"), ("fe80::1%eth0", "link-local"),
        ("0.0.0.0", "unspecified"), ("::", "unspecified"), ("224.0.0.1", "multicast"),
        ("8.8.8.8", "neither a loopback nor a private"), ("172.32.0.1", "neither a loopback"),
        ("100.64.0.1", "neither a loopback"), ("2001:db8::1", "neither a loopback"),
        ("64:ff9b::a00:1", "neither a loopback"), ("255.255.255.255", "neither a loopback"),
    ],
)  # fmt: skip
def test_all_others_are_refused_with_the_reason(address: str, reason: str) -> None:
    assert reason in Permit().refusal("receiver", address)


def test_what_is_allowed_by_name_address_or_network_may_be_reached() -> None:
    permit = parse_permit(["Hooks.example.com", "203.0.113.7", "198.51.100.0/24"])
    assert permit.refusal("hooks.example.com", "8.8.8.8") == ""
    assert permit.refusal("other.example.com", "203.0.113.7") == ""
    assert permit.refusal("other.example.com", "198.51.100.99") == ""
    assert permit.refusal("other.example.com", "8.8.8.8") != ""


def test_a_name_that_is_allowed_does_not_open_the_metadata_service() -> None:
    permit = parse_permit(["hooks.example.com"])
    assert "metadata" in permit.refusal("hooks.example.com", "169.254.169.254")


@pytest.mark.parametrize("text", ["", "http://x/", "10.0.0.0/99"])
def test_an_allowance_that_names_nothing_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected a host name, an address or a network"):
        parse_permit([text])


def test_the_address_is_checked_where_it_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that pointed elsewhere when it was registered is refused when it is dialled."""
    connected: list[object] = []

    async def open_it() -> None:
        loop = asyncio.get_running_loop()

        async def rebound(*args: object, **kwargs: object) -> object:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 80))]

        async def connect(sock: object, address: object) -> None:
            connected.append(address)

        monkeypatch.setattr(loop, "getaddrinfo", rebound)
        monkeypatch.setattr(loop, "sock_connect", connect)
        dialer = Dialer(parse_target("http://rebound.test/x"), permit=Permit())
        with pytest.raises(DialError) as caught:
            await dialer.open(None)
        assert caught.value.failure.kind == "forbidden"
        assert "metadata service" in caught.value.failure.message

    asyncio.run(open_it())
    assert connected == []
