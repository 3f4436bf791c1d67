"""A service, its application, and receivers, for the tests of the server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mockzoom.service import Service, ServiceSettings
from mockzoom.web import WebSettings, create_app
from mockzoom.zoom.sample_receiver import create_app as create_receiver
from mockzoom.zoom.sample_receiver import serving as serving_receiver

SECRET = "secret-of-the-app-under-test"

MINE = """\
name: mine
about: Two events of a session.
because: Sessions begin and end.
steps:
  - name: begun
    send: session.started
  - name: ended
    send: session.ended
"""
"""A scenario to be uploaded."""


@pytest.fixture(scope="session")
def receiver() -> Iterator[str]:
    """The URL of a correct receiver."""
    with serving_receiver(create_receiver(SECRET)) as url:
        yield url


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A service on a fresh file."""
    made = Service(ServiceSettings(tmp_path / "mock.db", SECRET))
    yield made
    made.close()


@pytest.fixture
def app(service: Service) -> Flask:
    """The application of the service."""
    return create_app(service, WebSettings(feeds=3))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of the application, as a program on this machine is."""
    return app.test_client()


def until(done: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Wait until `done` returns something true, and return that."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        found = done()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds:g} s")
