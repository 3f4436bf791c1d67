"""`mockzoom stream`: the RTMS server by hand, for a developer who wants to point a client at it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shlex
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockzoom.cli.options import (
    at_option,
    contract_options,
    media_option,
    secret_options,
    settings_from,
)
from mockzoom.cli.setting_options import config_option, option, together
from mockzoom.cli.show import echo_lines
from mockzoom.errors import UsageError
from mockzoom.model import Observation, Violation
from mockzoom.wording import counted

if TYPE_CHECKING:
    from mockzoom.settings import Settings
    from mockzoom.zoom.rtms import Stream, StreamServer, Timing, Tls

_DIM = ("KEEP_ALIVE_REQ", "KEEP_ALIVE_RESP")


@click.group()
def command() -> None:
    """Run the RTMS server that server_urls point at."""


source_options = together(
    media_option,
    option("--audio", metavar="FILE",
           help="Sound in place of a tone: .wav (16-bit mono; L16, G.711), .opus or .g722."),
    option("--video", metavar="PATH",
           help="Pictures in place of a test picture: a file or folder of .h264, .jpg or .png."),
    option("--deskshare", metavar="PATH", help="The same for the screen share."),
    option("--transcript", metavar="FILE", help="Lines of the transcript: text or WebVTT."),
    option("--chat", metavar="FILE", help="Lines of the chat: text or WebVTT."),
)  # fmt: skip


@command.command("serve")
@option("--kind", type=click.Choice(("meeting", "webinar", "session", "engagement")),
        default="meeting", show_default=True, help="What the stream belongs to.")  # fmt: skip
@option("--client-id", default="mockzoom-client-id", show_default=True, metavar="TEXT",
        help="Client id (Video SDK: SDK key) that handshakes are signed with.")  # fmt: skip
@option("--client-secret", default="mockzoom-client-secret", metavar="TEXT",
        help="Client secret of the handshakes; better set MOCKZOOM_CLIENT_SECRET.")  # fmt: skip
@secret_options
@option("--to", default="http://127.0.0.1:5000/webhook", show_default=True, metavar="URL",
        help="The receiver that the start is written for.")  # fmt: skip
@source_options
@option("--tls", is_flag=True, help="Serve wss:// with a certificate made on the spot.")
@option("--certificate", metavar="FILE", help="Serve wss:// with this certificate (PEM).")
@option("--key", metavar="FILE", help="The certificate's key (PEM), if it is not in its file.")
@option("--time-scale", type=float, default=1.0, show_default=True, metavar="FACTOR",
        help="Multiply all times of the protocol, such as 0.1.")  # fmt: skip
@option("--seconds", type=float, default=0.0, metavar="N", help="End after so long by itself.")
@contract_options
@at_option
@config_option
@click.pass_context
def serve_stream(ctx: click.Context, /, **values: Any) -> int:
    """Serve one stream: print its URLs and a ready-made start, then what the client does.

    Ctrl-C ends it with a summary and what is wrong. Exits with 1 where an error was found.
    """
    from mockzoom.zoom.rtms import MEDIA, Timing

    names = ("kind", "client_secret", "to", "media", *MEDIA, "tls", "certificate", "key",
             "time_scale", "seconds")  # fmt: skip
    chosen = {name: values.pop(name) for name in names}
    settings: Settings = settings_from(ctx, values)
    if not 0 <= chosen["seconds"] < 1e9:
        raise UsageError(f"--seconds {chosen['seconds']:g}: expected seconds, a number from 0 up")
    timing = Timing().scaled(chosen["time_scale"])
    with tempfile.TemporaryDirectory(prefix="mockzoom-stream-") as folder:
        tls = _certificate(chosen, folder)
        return asyncio.run(_serve(settings, chosen, timing, tls))


def _certificate(chosen: dict[str, Any], folder: str) -> Tls | None:
    from mockzoom.zoom.rtms import given, made

    if chosen["certificate"]:
        return given(chosen["certificate"], chosen["key"])
    if chosen["key"]:
        raise UsageError("--key needs --certificate, the file that it belongs to")
    return made(folder) if chosen["tls"] else None


async def _serve(
    settings: Settings, chosen: dict[str, Any], timing: Timing, tls: Tls | None
) -> int:
    from mockzoom.suites.stream_checks import judge_stream
    from mockzoom.zoom.rtms import StreamServer

    server = StreamServer(tls=tls, timing=timing, seed=settings.seed, listener=_show)
    async with server:
        stream = _stream(server, settings, chosen)
        echo_lines(_introduction(stream, settings, chosen, tls))
        with contextlib.suppress(asyncio.CancelledError, TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), chosen["seconds"] or None)
        case = stream.case()
    found = judge_stream(case)
    echo_lines(_summary(case.observations, found))
    return int(any(item.severity == "error" for item in found))


def _stream(server: StreamServer, settings: Settings, chosen: dict[str, Any]) -> Stream:
    """Register the stream that a synthesised start names."""
    from mockzoom.client.sending import ByHand
    from mockzoom.zoom.rtms import MEDIA, STREAM_ID, Identity, media_named, source_of

    sources = {kind: source_of(kind, chosen[kind]) for kind in MEDIA if chosen[kind]}
    client_id = settings.client_id
    named = Identity(chosen["kind"], "unknown", "unknown", client_id, chosen["client_secret"])
    case = ByHand(settings).named(named.event("started"), "valid:0a")
    payload = json.loads(case.body)["payload"]
    return server.add(
        chosen["kind"], payload[named.owner_field], payload[STREAM_ID],
        client_id=client_id, client_secret=chosen["client_secret"], sources=sources,
        media=media_named(chosen["media"]),
    )  # fmt: skip


def _introduction(
    stream: Stream, settings: Settings, chosen: dict[str, Any], tls: Tls | None
) -> Iterator[tuple[str, str]]:
    from mockzoom.zoom.rtms import STREAM_ID

    yield "head", f"server_urls: {stream.server_urls}"
    if tls is not None and tls.ca_file is not None:
        yield "", f"CA of its certificate (the SDK reads ZM_RTMS_CA): {Path(tls.ca_file)}"
    yield "", f"{stream.identity.owner_field}: {stream.identity.owner_id}"
    yield "", f"{STREAM_ID}: {stream.identity.stream_id}"
    yield "", f"handshakes are signed with the client id {stream.identity.client_id}"
    yield "", ""
    yield "head", f"A signed {stream.identity.event('started')} that starts it:"
    yield "", _start(stream, settings, chosen["to"])
    yield "", ""
    yield "head", "What the client does (Ctrl-C ends it):"


def _start(stream: Stream, settings: Settings, to: str) -> str:
    """Return a curl line with the start, or the `mockzoom send` that makes one."""
    from mockzoom.client.sending import ByHand
    from mockzoom.transport.curl import as_curl

    name, path = stream.identity.event("started"), "payload.server_urls"
    if not settings.secret:
        words = ["mockzoom", "send", name, "--to", to, "--case", "valid:0a",
                 "--seed", str(settings.seed), "--set", f"{path}={stream.server_urls}"]  # fmt: skip
        return shlex.join(words) + ' --secret "$MOCKZOOM_SECRET"'
    by_hand = ByHand(settings)
    case = by_hand.changed(name, "valid:0a", [f"{path}={json.dumps(stream.server_urls)}"])
    # The line is made within a running loop, and the facade brings its own.
    return as_curl(by_hand.request(to, case), ["--noproxy", "'*'"])


def _show(seen: Observation) -> None:
    code = "" if seen.code is None else f" ({seen.code})"
    text = f" {seen.message}" if seen.message else ""
    line = (
        f"{seen.elapsed:9.3f} {seen.direction:<4} {seen.socket:<13} {seen.recognised}{code}{text}"
    )
    bad = seen.recognised.startswith(("bad ", "keep-alives", "duplicate", "left open"))
    style = "error" if bad else "dim" if seen.recognised in _DIM else ""
    echo_lines([(style, line)])


def _summary(
    seen: tuple[Observation, ...], found: tuple[Violation, ...]
) -> Iterator[tuple[str, str]]:
    from mockzoom.report.text import finding

    yield "", ""
    joined = sum(item.recognised == "joined" for item in seen)
    media = sum(item.recognised == "media joined" for item in seen)
    frames = sum(item.direction == "in" for item in seen)
    for violation in found:
        yield from finding(violation)
    verdict = counted(len(found), "finding") if found else "no violations"
    facts = f"{joined} joins, {media} media sockets, {frames} messages"
    yield "error" if found else "pass", f"{verdict}: {facts}"
