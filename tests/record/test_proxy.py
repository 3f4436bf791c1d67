"""The proxy passes bytes on unchanged, both ways, and notes what has passed."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress

from mockzoom.record import Proxied, Proxy
from mockzoom.transport.target import parse_target

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
ODD = (
    b"POST /web%20hook?x=1 HTTP/1.1\r\nhost:  tunnel.example \r\nX-Zm-Signature: v0=1\r\n"
    b"x-zm-signature: v0=2\r\nContent-Length: 4\r\n\r\n\x00\xff{}"
)
ANSWER = (
    b"HTTP/1.1 201 Fine by me\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\n"
    b"content-length: 3\r\n\r\nok\n"
)


async def through(
    script: Script, talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bytes]],
    host_header: str = "",
) -> tuple[bytes, list[Proxied], Proxy]:  # fmt: skip
    """Talk to a receiver that follows a script, through the proxy."""
    noted: list[Proxied] = []
    receiver = await asyncio.start_server(script, "127.0.0.1", 0)
    port = receiver.sockets[0].getsockname()[1]
    proxy = Proxy(parse_target(f"http://127.0.0.1:{port}/"), noted.append, host_header=host_header)
    reader, writer = await asyncio.open_connection("127.0.0.1", await proxy.start("127.0.0.1", 0))
    got = await talk(reader, writer)
    writer.close()
    await proxy.close()
    receiver.close()
    return got, noted, proxy


def taking(received: list[bytes], answer: bytes, count: int) -> Script:
    """Return the script of a receiver that answers once it has got so many bytes, and ends."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.readexactly(count))
        writer.write(answer)
        await writer.drain()
        writer.close()

    return script


def sending(
    *parts: bytes,
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bytes]]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        for part in parts:
            writer.write(part)
            await writer.drain()
        return await reader.read(-1)

    return talk


def test_bytes_pass_unchanged_both_ways_and_are_noted() -> None:
    received: list[bytes] = []
    got, noted, _ = asyncio.run(through(taking(received, ANSWER, len(ODD)), sending(ODD)))
    assert received == [ODD]
    assert got == ANSWER
    (passed,) = noted
    assert passed.request.body == b"\x00\xff{}"
    assert passed.answer is not None
    assert (passed.answer.status, passed.answer.body) == (201, b"ok\n")
    assert passed.complete is not None
    assert passed.complete >= (passed.first_byte or 0) >= 0


def test_a_body_passes_while_it_comes_and_not_when_it_is_whole() -> None:
    arrived = asyncio.Event

    async def play() -> bytes:
        first = arrived()

        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(3) == b"abc"
            first.set()
            await reader.readexactly(3)
            writer.write(ANSWER)
            await writer.drain()
            writer.close()

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
            writer.write(b"POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\nabc")
            await asyncio.wait_for(first.wait(), 20)
            writer.write(b"def")
            return await reader.read(-1)

        got, _, _ = await through(script, talk)
        return got

    assert asyncio.run(play()) == ANSWER


def test_only_the_host_is_changed_where_that_is_asked_for() -> None:
    received: list[bytes] = []
    wanted = ODD.replace(b"host:  tunnel.example ", b"host: app.example")
    script = taking(received, ANSWER, len(wanted))
    got, noted, _ = asyncio.run(through(script, sending(ODD[:20], ODD[20:]), "app.example"))
    assert received == [wanted]
    assert got == ANSWER
    assert len(noted) == 1


def test_what_is_no_http_passes_and_is_counted() -> None:
    async def both() -> None:
        for host in ("", "app.example"):
            received: list[bytes] = []
            data = b"\x16\x03\x01 no http\r\n\r\n and more"
            script = taking(received, b"\x15\x03", len(data))
            got, noted, proxy = await through(script, sending(data), host)
            assert (received, got, noted, proxy.not_understood) == ([data], b"\x15\x03", [], 1)

    asyncio.run(both())


def test_a_receiver_that_is_not_there_is_answered_for_with_502() -> None:
    async def play() -> tuple[bytes, list[Proxied]]:
        noted: list[Proxied] = []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        proxy = Proxy(parse_target(f"http://127.0.0.1:{port}/"), noted.append)
        where = await proxy.start("127.0.0.1", 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", where)
        writer.write(ODD)
        got = await reader.read(-1)
        writer.close()
        await proxy.close()
        return got, noted

    got, noted = asyncio.run(play())
    assert got.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    assert b"refused" in got
    (passed,) = noted
    assert passed.failure is not None
    assert passed.failure.kind == "refused"


def test_a_connection_that_the_receiver_drops_is_noted_without_an_answer() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(len(ODD))
        writer.close()

    got, noted, _ = asyncio.run(through(script, sending(ODD)))
    assert got == b""
    (passed,) = noted
    assert passed.answer is None
    assert passed.failure is not None
    assert passed.failure.kind == "closed"


def test_a_sender_that_goes_away_ends_its_connection_only() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            await reader.readexactly(10**6)
        writer.close()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(ODD)
        writer.transport.abort()
        return b""

    _, noted, _ = asyncio.run(through(script, talk))
    assert all(passed.answer is None for passed in noted)
