"""The server: one port of the loopback interface, on which every stream has URLs of its own."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from http import HTTPStatus
from pathlib import Path
from typing import Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from mockzoom.errors import UsageError
from mockzoom.zoom.rtms import media, signaling
from mockzoom.zoom.rtms.honeypot import Honeypot
from mockzoom.zoom.rtms.identity import Identity, Kind
from mockzoom.zoom.rtms.media_feeds import StreamedMeeting
from mockzoom.zoom.rtms.messages import LARGEST, Message
from mockzoom.zoom.rtms.params import check_media
from mockzoom.zoom.rtms.protocol import MEDIA
from mockzoom.zoom.rtms.sockets import Role, Socket
from mockzoom.zoom.rtms.sources import Lines, MediaSource, Participant, Pictures, Tone, participants
from mockzoom.zoom.rtms.stream import Stream, WebhookDue
from mockzoom.zoom.rtms.timeline import Listener, Note, Timeline
from mockzoom.zoom.rtms.timing import Timing

Place = tuple[Stream, Role, str, int]
"""What a path leads to: the stream, the role, the kind of media, the generation of the URLs."""

_SILENT = logging.getLogger("mockzoom.zoom.rtms.websockets")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False


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


class StreamServer:
    """The RTMS server; `async with StreamServer() as server` runs it on the running loop.

    `tls` makes it wss://; `timing` are the protocol's times; `listener` gets every observation;
    `on_webhook` is called when Zoom would deliver a webhook (`*.rtms_interrupted`,
    `*.rtms_stopped`). Both are called on the loop and must not block.
    """

    def __init__(
        self, *, tls: Tls | None = None, timing: Timing | None = None, seed: int = 1,
        listener: Listener = lambda seen: None,
        on_webhook: Callable[[Stream, WebhookDue], None] = lambda stream, due: None,
    ) -> None:  # fmt: skip
        self.tls, self.timing, self.seed = tls, timing or Timing(), seed
        self._listener, self._on_webhook = listener, on_webhook
        self.streams: dict[str, Stream] = {}
        self._started = time.perf_counter()
        self.stray = Timeline("", self._listener, self._started)
        """Connections that belong to no stream."""
        self.open: set[ServerConnection] = set()
        """Connections that are open now, shaken hands or not."""
        self._honeypots: list[Honeypot] = []
        self._places: dict[str, Place] = {}
        self._counts: dict[tuple[str, str], int] = {}
        self._server: Server | None = None
        self._port = 0

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.stop()

    # -- running -------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen on an ephemeral port."""
        context: ssl.SSLContext | None = None if self.tls is None else self.tls.context

        class Counted(_Counted):
            owner = self

        self._server = await serve(
            self._serve, "127.0.0.1", 0, ssl=context, process_request=self._admit,
            create_connection=Counted, compression=None, max_size=LARGEST, max_queue=16,
            ping_interval=None, open_timeout=self.timing.handshake,
            close_timeout=min(1.0, self.timing.leave), logger=_SILENT, server_header=None,
            backlog=1024,
        )  # fmt: skip
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close every connection, and listen no more."""
        if self._server is None:
            return
        for honeypot in self._honeypots:
            await honeypot.close()
        for stream in self.streams.values():
            await stream.close()
        for connection in list(self.open):
            connection.transport.abort()
        self._server.close(close_connections=True)
        await self._server.wait_closed()
        self._server = None

    @property
    def base_url(self) -> str:
        """The scheme, host and port of its URLs."""
        if not self._port:
            raise UsageError("the stream server has no URL before it is started")
        # Under TLS the name counts: the certificate is for localhost.
        host = "127.0.0.1" if self.tls is None else "localhost"
        return f"{'ws' if self.tls is None else 'wss'}://{host}:{self._port}"

    # -- streams -------------------------------------------------------------------------------

    def add(
        self, kind: Kind, owner_id: str, stream_id: str, *, client_id: str, client_secret: str,
        media: Iterable[str] = tuple(MEDIA),
        sources: Mapping[str, MediaSource] | None = None,
        people: Collection[Participant] | None = None,
        webhooks: bool = True, also_offered: Iterable[str] = (),
    ) -> Stream:  # fmt: skip
        """Register a stream, before its start is delivered.

        `owner_id` is the meeting's or webinar's UUID, the session's id or the engagement's; `media`
        are the app's scopes; `sources` replace what is drawn from the seed; `webhooks=False` says
        that nobody tells the consumer of an interruption; `also_offered` are URLs of other
        protocols that `server_urls` lists first. Raises `UsageError`.
        """
        identity = Identity(kind, owner_id, stream_id, client_id, client_secret)
        if stream_id in self.streams:
            raise UsageError(f"a stream {stream_id!r} is registered already")
        scopes = tuple(media)
        check_media((*scopes, *(sources or {})))
        others = tuple(also_offered)

        def urls(stream: Stream, generation: int) -> tuple[str, dict[str, str]]:
            signaling, by_kind = self._urls(stream, generation)
            return ",".join((*others, signaling)), by_kind

        meeting = StreamedMeeting(
            {**self._sources(scopes), **(sources or {})},
            list(participants(self.seed) if people is None else people),
            channels=identity.is_engagement,
        )
        stream = Stream(
            identity, scopes, meeting, Timeline(stream_id, self._listener, self._started),
            self.timing, webhooks=webhooks, urls=urls, due=self._on_webhook,
        )  # fmt: skip
        self.streams[stream_id] = stream
        return stream

    async def remove(self, stream: Stream) -> None:
        """Close a stream's connections and forget it."""
        await stream.close()
        self.streams.pop(stream.identity.stream_id, None)
        for path, place in list(self._places.items()):
            if place[0] is stream:
                del self._places[path]

    async def honeypot(self) -> Honeypot:
        """Open a URL that only records connections, for a forged start to name."""
        number = len(self._honeypots)
        timeline = Timeline("", self._listener, self._started)
        honeypot = Honeypot(
            timeline, self._token(f"honeypot-{number}", 0), secure=self.tls is not None
        )
        await honeypot.open()
        self._honeypots.append(honeypot)
        return honeypot

    def _sources(self, scopes: Iterable[str]) -> dict[str, MediaSource]:
        made: dict[str, Callable[[], MediaSource]] = {
            "audio": lambda: Tone(self.seed),
            "video": lambda: Pictures("video"),
            "deskshare": lambda: Pictures("deskshare"),
            "transcript": lambda: Lines.drawn(self.seed),
            "chat": lambda: Lines.drawn(self.seed + 1, every=5.0),
        }
        return {name: made[name]() for name in scopes}

    def _token(self, name: str, generation: int) -> str:
        key = f"{self.seed},{name},{generation}".encode()
        return blake2b(key, digest_size=8).hexdigest()

    def _urls(self, stream: Stream, generation: int) -> tuple[str, dict[str, str]]:
        token = self._token(stream.identity.stream_id, generation)
        places: dict[str, Place] = {f"/{token}/signaling": (stream, "signaling", "", generation)}
        for key in (*stream.scopes, "all"):
            places[f"/{token}/media/{key}"] = (stream, "media", key, generation)
        if not stream.closed:
            self._places.update(places)
        first, *others = (self.base_url + path for path in places)
        return first, dict(zip((*stream.scopes, "all"), others, strict=True))

    # -- connections ---------------------------------------------------------------------------

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse what leads nowhere with 404, and what cannot be reached now with 503."""
        path = request.path.split("?", 1)[0]
        place = self._places.get(path)
        if place is None:
            self.stray.note(Note.STRAY, f"{path[:200]}: no stream has this path")
            return connection.respond(HTTPStatus.NOT_FOUND, "no stream has this path\n")
        stream, role, key, generation = place
        if stream.admits(key or role, generation):
            return None
        return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "this server is down\n")

    async def _serve(self, connection: ServerConnection) -> None:
        request = connection.request
        place = self._places.get(request.path.split("?", 1)[0] if request else "")
        if place is None:
            return
        stream, role, key, generation = place
        name = key or role
        number = self._counts[stream.identity.stream_id, name] = (
            self._counts.get((stream.identity.stream_id, name), 0) + 1
        )
        socket = Socket(
            connection, f"{name}-{number}", role, key, generation, stream.timeline,
            self.timing, stream.active_faults,
        )  # fmt: skip
        socket.on_lost = stream.gone
        stream.sockets.add(socket)
        stream.timeline.note(Note.CONNECTED, "", socket.name, generation)
        try:
            await socket.run(partial(_take, stream))
        finally:
            stream.gone(socket)


def _take(stream: Stream, socket: Socket, message: Message) -> None:
    """Act on one message of a socket of `stream`."""
    (signaling if socket.role == "signaling" else media).take(stream, socket, message)
    if not message.flaw:
        stream.conditions.reached(f"message {message.name}")


class _Counted(ServerConnection):
    """A connection that is recorded from its first byte on, shaken hands or not."""

    owner: StreamServer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """List it."""
        super().connection_made(transport)
        self.owner.open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """List it no more; record it where it never became a WebSocket."""
        self.owner.open.discard(self)
        if self.request is None:
            self.owner.stray.note(Note.STRAY, "ended without an upgrade to WebSocket")
        super().connection_lost(exc)
