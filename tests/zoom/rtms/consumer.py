"""A consumer on raw websockets: correct as it stands, with one defect where a test asks for it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake


@dataclass
class Style:
    """How a consumer does what it does; the defaults are correct, and so are the first few."""

    binary: bool = False
    one_media_socket: bool = False
    only: str = ""
    """The one kind of media that it asks for, at the URL of all kinds."""
    timestamp_only: bool = False
    sequence: int | None = 1
    own_keep_alives: bool = False
    rejoin: str = "at once"
    """`at once`, `when told` (by `*.rtms_interrupted`), `media only`, or `never`."""
    rejoin_media: bool = True
    moves_late: bool = False
    """Whether it keeps the URL of a second start until the old socket dies."""
    backoff: float = 0.02
    """Seconds before the next try; each one in vain doubles it, unless `backs_off` is off."""
    backs_off: bool = True
    tries_again: bool = True
    """Whether it tries again when the server cannot be reached, or waits to be told once more."""
    # -- defects -------------------------------------------------------------------------------
    secret: str | None = None
    upper_case: bool = False
    ready: bool = True
    ready_first: bool = False
    answers_signaling: bool = True
    answers_media: bool = True
    answers_first_only: bool = False
    """Whether it answers one keep-alive of each socket, and no other."""
    closes: bool = True
    drop_field: str = ""
    """A field that is left out of the handshakes."""
    mend: Callable[[dict[str, Any]], Any] = field(default=lambda message: message)
    """What is done to every message before it goes out."""
    joins_twice: bool = False
    ignores_failover: bool = False
    retries_after_stop: bool = False
    storms: int = 0


class Consumer:
    """Joins the streams it is told of."""

    def __init__(
        self, style: Style, client_id: str, client_secret: str, ca_file: str | None = None
    ) -> None:
        self.style, self.client_id, self.client_secret = style, client_id, client_secret
        self.context = ssl.create_default_context(cafile=ca_file) if ca_file else None
        self.messages: list[dict[str, Any]] = []
        self.answers: list[dict[str, Any]] = []
        self.urls = ""
        self.ids = ("", "")
        self.stopped = False
        self.told = asyncio.Event()
        self.tasks: set[asyncio.Task[None]] = set()
        self.sockets: set[ClientConnection] = set()
        self.signaling: ClientConnection | None = None
        self.media: dict[str, ClientConnection] = {}

    # -- webhooks ------------------------------------------------------------------------------

    def started(self, owner: str, stream: str, urls: str) -> None:
        known, self.ids = self.urls, (owner, stream)
        url = next(item for item in urls.split(",") if item.startswith("ws"))
        if known == url and not self.style.joins_twice and not self.stopped:
            return
        if known and known != url and self.style.ignores_failover:
            return
        moves_by_itself = known and known != url and self.style.moves_late and not self.stopped
        self.stopped, self.urls = False, url
        if not moves_by_itself:
            self.go(self.run(url))

    def interrupted(self) -> None:
        self.told.set()

    def ended(self) -> None:
        before, self.stopped = self.stopped, True
        if self.style.closes:
            for socket in list(self.sockets):
                self.go(self.close(socket))
        if self.style.retries_after_stop and not before:
            self.go(self.retry())

    # -- joining -------------------------------------------------------------------------------

    def go(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def close(self, socket: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            await socket.close(1000)

    async def retry(self) -> None:
        for _ in range(4):
            await asyncio.sleep(0.4)
            await self.join(self.urls)

    async def run(self, url: str) -> None:
        """Join, and come back, as long as the stream goes on and its URL is this one."""
        for _ in range(self.style.storms):
            await self.join(url, once=True)
        pause = self.style.backoff
        while not self.stopped and (self.urls == url or self.style.moves_late):
            url = self.urls
            self.told.clear()
            joined = len(self.answers)
            await self.join(url)
            if self.stopped or self.style.rejoin == "never":
                return
            in_vain = len(self.answers) == joined
            if self.style.rejoin == "when told" and not (in_vain and self.style.tries_again):
                await self.told.wait()
            pause = 2 * pause if in_vain and self.style.backs_off else self.style.backoff
            await asyncio.sleep(pause)

    async def join(self, url: str, *, once: bool = False) -> None:
        with contextlib.suppress(OSError, ConnectionClosed, InvalidHandshake):
            async with connect(url, ssl=self.context, max_size=2**24) as socket:
                self.sockets.add(socket)
                try:
                    await self.signal(socket, url, once)
                finally:
                    self.sockets.discard(socket)
                    for item in list(self.media.values()):
                        if not self.stopped and self.style.rejoin != "never":
                            await self.close(item)

    async def signal(self, socket: ClientConnection, url: str, once: bool) -> None:
        await self.send(socket, self.hand_shake(1))
        async for frame in socket:
            message = self.read(frame)
            if message is None:
                continue
            self.messages.append(message)
            match message.get("msg_type"):
                case 2:
                    self.answers.append(message)
                    if message["status_code"] != 0 or once:
                        return
                    self.signaling = socket
                    if self.style.ready_first:
                        await self.send(socket, {"msg_type": 7, "rtms_stream_id": self.ids[1]})
                    await self.open_media(socket, message["media_server"]["server_urls"])
                case 8 if message["state"] == 4:
                    self.ended()
                case 12 if self.style.answers_signaling:
                    await self.keep(socket, message)
            if self.urls != url and not (self.style.joins_twice or self.style.moves_late):
                return

    def read(self, frame: str | bytes) -> dict[str, Any] | None:
        try:
            message: dict[str, Any] = json.loads(frame)
        except ValueError:
            return None
        return message

    def hand_shake(self, number: int, **more: Any) -> dict[str, Any]:
        owner, stream = self.ids
        secret = self.client_secret if self.style.secret is None else self.style.secret
        text = f"{self.client_id},{owner},{stream}".encode()
        signature = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
        message = {
            "msg_type": number, "protocol_version": 1, "meeting_uuid": owner,
            "rtms_stream_id": stream,
            "signature": signature.upper() if self.style.upper_case else signature, **more,
        }  # fmt: skip
        if self.style.sequence is not None:
            message["sequence"] = self.style.sequence
        message.pop(self.style.drop_field, None)
        return message

    async def send(self, socket: ClientConnection, message: dict[str, Any]) -> None:
        made = self.style.mend(dict(message))
        text = made if isinstance(made, str) else json.dumps(made, indent=1)
        with contextlib.suppress(ConnectionClosed):
            await socket.send(text.encode() if self.style.binary else text)

    async def keep(self, socket: ClientConnection, message: dict[str, Any]) -> None:
        if self.style.answers_first_only and message["sequence"] > 1:
            return
        answer = {"msg_type": 13, "timestamp": message["timestamp"]}
        if not self.style.timestamp_only:
            answer["sequence"] = message["sequence"]
        await self.send(socket, answer)
        if self.style.own_keep_alives:
            await self.send(socket, {"msg_type": 12, "timestamp": 1, "sequence": 1})

    # -- media ---------------------------------------------------------------------------------

    KINDS = {"audio": 1, "video": 2, "deskshare": 4, "transcript": 8, "chat": 16}  # noqa: RUF012

    async def open_media(self, signaling: ClientConnection, urls: dict[str, str]) -> None:
        ready = asyncio.Event()
        at_once = self.style.one_media_socket or self.style.only
        kinds = ["all"] if at_once else [key for key in urls if key != "all"]
        for kind in kinds:
            self.go(self.run_media(signaling, kind, urls[kind], ready))
        if self.style.ready and not self.style.ready_first:
            self.go(self.acknowledge(signaling, ready))

    async def acknowledge(self, signaling: ClientConnection, ready: asyncio.Event) -> None:
        """Say once that media may flow: when the first media handshake is answered."""
        await ready.wait()
        await self.send(signaling, {"msg_type": 7, "rtms_stream_id": self.ids[1]})

    async def run_media(
        self, signaling: ClientConnection, kind: str, url: str, ready: asyncio.Event
    ) -> None:
        pause = self.style.backoff
        while True:
            joined = len(self.answers)
            with contextlib.suppress(OSError, ConnectionClosed, InvalidHandshake):
                async with connect(url, ssl=self.context, max_size=2**24) as socket:
                    self.sockets.add(socket)
                    self.media[kind] = socket
                    try:
                        await self.listen(socket, kind, ready)
                    finally:
                        self.sockets.discard(socket)
            in_vain = len(self.answers) == joined
            pause = 2 * pause if in_vain and self.style.backs_off else self.style.backoff
            await asyncio.sleep(pause)
            alive = self.signaling is signaling and signaling.close_code is None
            if self.stopped or not self.style.rejoin_media or not alive:
                return

    async def listen(self, socket: ClientConnection, kind: str, ready: asyncio.Event) -> None:
        bits = self.KINDS.get(self.style.only or kind, 32)
        await self.send(socket, self.hand_shake(3, media_type=bits))
        async for frame in socket:
            message = self.read(frame)
            if message is None:
                continue
            self.messages.append(message)
            if message.get("msg_type") == 4:
                if message["status_code"] != 0:
                    return
                self.answers.append(message)
                ready.set()
            elif message.get("msg_type") == 12 and self.style.answers_media:
                await self.keep(socket, message)

    async def leave(self) -> None:
        """End everything without a word."""
        self.stopped = True
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def of_type(self, number: int) -> list[dict[str, Any]]:
        return [message for message in self.messages if message.get("msg_type") == number]
