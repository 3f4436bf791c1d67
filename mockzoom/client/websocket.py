"""Examines a client of delivery over WebSocket, which connects to mockzoom."""

from __future__ import annotations

import socket
from collections.abc import Callable

from mockzoom.background import run_blocking
from mockzoom.client.accepting import Accepting
from mockzoom.client.connect import open_courier, open_runner, redactor
from mockzoom.client.settings import check, load_contract
from mockzoom.errors import UsageError
from mockzoom.model import RunEvent, RunResult
from mockzoom.settings import Settings
from mockzoom.verify.websocket import ClientExamination
from mockzoom.zoom.websocket import PATH
from mockzoom.zoom.websocket.server import listen

HOST = "127.0.0.1"


def listening(port: int) -> tuple[socket.socket, str]:
    """Return a socket that listens for a client, and the URL that reports name.

    Raises `UsageError` where that port cannot be listened on.
    """
    try:
        made = listen(HOST, port)
    except OSError as error:
        raise UsageError(
            f"{HOST}:{port}: cannot be listened on: {error.strerror}; choose another"
            " --websocket-port (0 takes a free one)"
        ) from None
    return made, f"http://{HOST}:{made.getsockname()[1]}{PATH}"


def verify_client(
    sock: socket.socket,
    settings: Settings,
    listener: Callable[[RunEvent], None] = lambda event: None,
    told: Callable[[dict[str, str]], None] = lambda environment: None,
) -> RunResult:
    """Examine the client that connects to a socket that listens, and return what was found.

    `told` is called with what the client has to know, once it can connect. Raises `UsageError` for
    settings that cannot be used; an interrupt (Ctrl-C) ends the run early.
    """
    check(settings)
    contract = load_contract(settings)
    accepting = Accepting(settings, "verify", listener, whole=False, specs=contract.known)
    specs = contract.select(settings.events)
    url = f"http://{HOST}:{sock.getsockname()[1]}{PATH}"

    async def run() -> RunResult:
        courier = open_courier(url, settings)
        runner = open_runner(courier, contract, settings, accepting, specs=specs)
        await ClientExamination(runner, specs, settings, told).run(sock)
        return redactor(settings).result(accepting.result)

    with sock:
        return run_blocking(run())
