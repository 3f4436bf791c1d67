"""Fixtures of the delivery tests: both event loops, and a certificate authority of our own."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest
import trustme
import uvloop

T = TypeVar("T")
Play = Callable[[Coroutine[Any, Any, T]], T]


@pytest.fixture(params=["asyncio", "uvloop"])
def play(request: pytest.FixtureRequest) -> Play[Any]:
    """Runs a coroutine, once on asyncio's own loop and once on uvloop."""
    factory = asyncio.new_event_loop if request.param == "asyncio" else uvloop.new_event_loop

    def run(work: Coroutine[Any, Any, T]) -> T:
        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(work)

    return run


class Authority:
    """A certificate authority, and server contexts with its certificates."""

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA()
        self.cafile = str(folder / "ca.pem")
        self._ca.cert_pem.write_to_path(self.cafile)

    def server(self, name: str = "127.0.0.1") -> ssl.SSLContext:
        """Return the context of a server whose certificate is for `name`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(name).configure_cert(context)
        return context


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority that no system trusts."""
    return Authority(tmp_path_factory.mktemp("ca"))
