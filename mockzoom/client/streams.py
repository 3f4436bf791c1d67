"""For tests: the RTMS server as an object whose methods block, and what one stream of it showed.

`with MockzoomStream() as server: stream = server.open("meeting")`; the consumer under test gets
`stream.server_urls` by a webhook, or in any other way.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from mockzoom.background import Background, Blocking
from mockzoom.client.outcome import Verified
from mockzoom.errors import UsageError, nearest
from mockzoom.model import JSON, Coverage, Observation, RunResult, Violation
from mockzoom.report import FailOn
from mockzoom.suites.stream_checks import judge_stream
from mockzoom.zoom.rtms import MEDIA, Kind, Stream, StreamServer, Timing, given, made
from mockzoom.zoom.rtms.stream import Word

if TYPE_CHECKING:
    from mockzoom.client.mockzoom import Mockzoom
    from mockzoom.client.outcome import Delivered


class MockzoomStream(Blocking):
    """The RTMS server, on a loop of its own; it listens from the first `open` on.

    `client_id` and `client_secret` are what the consumer signs its handshakes with. `scale`
    shortens all times of the protocol (0.1: a tenth), `timing` sets each. `tls` makes the URLs
    wss://, with a certificate made on the spot (`ca_file` is its CA) or (certificate, key) given.
    """

    def __init__(
        self, client_id: str = "mockzoom-client-id", client_secret: str = "mockzoom-client-secret",
        *, scale: float = 1.0, timing: Timing | None = None, seed: int = 1,
        tls: bool | tuple[str, str] = False, background: Background | None = None,
    ) -> None:  # fmt: skip
        super().__init__(background)
        self.client_id, self.client_secret = client_id, client_secret
        self.timing = (timing or Timing()).scaled(scale)
        self.streams: list[LiveStream] = []
        self.ca_file: Path | None = None
        self.seed, self._tls = seed, tls
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._server: StreamServer | None = None

    def open(
        self, kind: Kind = "meeting", *, owner_id: str = "", stream_id: str = "",
        media: Iterable[str] = tuple(MEDIA), webhooks: bool = True,
        **options: Any,
    ) -> LiveStream:  # fmt: skip
        """Register a stream; ids are drawn where none are given.

        `webhooks=False` says that no webhook tells the consumer of an interruption, so that it is
        expected to come back by itself. Further `options` are those of `StreamServer.add`:
        `sources`, `people`, `also_offered`.
        """
        __tracebackhide__ = True
        stream = self.blocking(
            self._opened(
                kind, owner_id or secrets.token_urlsafe(16), stream_id or secrets.token_hex(16),
                media=media, webhooks=webhooks, **options,
            )
        )  # fmt: skip
        self.streams.append(LiveStream(self, stream))
        return self.streams[-1]

    def close(self) -> None:
        """Close every connection."""
        server, self._server = self._server, None
        if server is not None:
            self._background.run(server.stop())
        super().close()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    async def _opened(self, kind: Kind, owner: str, stream: str, **options: Any) -> Stream:
        if self._server is None:
            server = StreamServer(tls=self._certificate(), timing=self.timing, seed=self.seed)
            await server.start()
            self._server = server
        return self._server.add(
            kind, owner, stream, client_id=self.client_id, client_secret=self.client_secret,
            **options,
        )  # fmt: skip

    def _certificate(self) -> Any:
        if isinstance(self._tls, tuple):
            return given(*self._tls)
        if not self._tls:
            return None
        self._folder = tempfile.TemporaryDirectory(prefix="mockzoom-stream-")
        tls = made(self._folder.name)
        self.ca_file = tls.ca_file
        return tls


class LiveStream:
    """One stream; every method blocks."""

    def __init__(self, server: MockzoomStream, stream: Stream) -> None:
        self._server, self._stream = server, stream

    @property
    def server_urls(self) -> str:
        """What `server_urls` of its start says now."""
        return self._stream.server_urls

    @property
    def stream_id(self) -> str:
        """Its id, by which its webhooks name it."""
        return self._stream.identity.stream_id

    @property
    def owner_id(self) -> str:
        """The meeting's or webinar's UUID, the session's id or the engagement's."""
        return self._stream.identity.owner_id

    def fields(self, word: Word = "started", reason: int | None = None) -> dict[str, JSON]:
        """Return what `*.rtms_<word>` says of this stream, by path: for `Mockzoom.send(set=…)`."""
        said = dict(self._stream.payload())
        if word == "started":
            said["server_urls"] = self.server_urls
        elif word == "stopped" and reason is not None:
            said["stop_reason"] = reason
        return {f"payload.{key}": value for key, value in said.items()}

    def deliver(self, zoom: Mockzoom, word: Word, reason: int | None = None) -> Delivered:
        """Deliver `*.rtms_<word>` of this stream by `zoom`, and take note of the answer."""
        __tracebackhide__ = True
        self._server.blocking(self._prepare(word))
        sent = zoom.send(self._stream.identity.event(word), self.fields(word, reason))
        self.webhook(word, acknowledged=sent.acknowledged, reason=reason)
        return sent

    async def _prepare(self, word: Word) -> None:
        if word == "started":
            self._stream.open_again()

    def webhook(self, word: Word, *, acknowledged: bool = True, reason: int | None = None) -> None:
        """Take note that `*.rtms_<word>` was delivered just now by somebody else."""

        async def note() -> None:
            self._stream.webhook(word, acknowledged=acknowledged, reason=reason)

        self._server.blocking(note())

    def wait(self, condition: str, within: float = 60.0) -> bool:
        """Wait for `joined`, `ready`, `rejoined`, `closed`, `message NAME`; False: not in time."""
        __tracebackhide__ = True
        return self._server.blocking(self._stream.wait(condition, within))

    def fault(self, name: str, **parameters: Any) -> str:
        """Play a fault, such as `drop-signaling`; an unknown name lists them."""
        __tracebackhide__ = True
        return self._server.blocking(self._stream.fault(name, **parameters))

    def happen(self, name: str, **parameters: Any) -> str:
        """Let something ordinary happen, such as `speaker`; an unknown name lists them."""
        __tracebackhide__ = True
        return self._server.blocking(self._stream.happen(name, **parameters))

    def settle(self) -> None:
        """Wait until no deadline of the protocol is open, so that every rule can be judged."""
        self._server.blocking(self._stream.settle())

    @property
    def observations(self) -> tuple[Observation, ...]:
        """What the server saw of it."""
        return self._stream.case().observations

    @property
    def violations(self) -> tuple[Violation, ...]:
        """What the consumer did wrong until now."""
        return judge_stream(self._stream.case())

    def assert_ok(self, fail_on: FailOn = "error") -> Self:
        """Settle, then raise `ContractFailure` for violations of severity `fail_on` or worse."""
        __tracebackhide__ = True
        self.settle()
        case = self._stream.case()
        result = RunResult(
            self.server_urls, self._server.seed, case.until, 0, Coverage(),
            violations=judge_stream(case),
        )  # fmt: skip
        Verified(result).assert_ok(fail_on)
        return self

    def __repr__(self) -> str:
        return f"<LiveStream {self._stream.identity.kind} {self.stream_id}: {self._stream.phase}>"


def stream_options(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a `MockzoomStream`, checked; raise `UsageError` for others."""
    known = ("client_id", "client_secret", "scale", "timing", "seed", "tls")
    for name in settings:
        if name not in known:
            raise UsageError(
                f"no setting of streams is called {name!r}{nearest(name, known)}"
                f" (known: {', '.join(known)})"
            )
    return dict(settings)
