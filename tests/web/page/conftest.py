"""A browser for each worker, the server that it looks at, and receivers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from selenium import webdriver

from mockzoom.service import Service
from mockzoom.web import WebSettings, create_app
from mockzoom.web.serving import serving
from mockzoom.zoom.sample_receiver import create_app as create_receiver
from mockzoom.zoom.sample_receiver import serving as serving_receiver
from tests.web.browser import browsing, complaints, darken, resize
from tests.web.conftest import SECRET


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """One browser for each worker: its start takes longest."""
    with browsing(tmp_path_factory.mktemp("profile")) as made:
        yield made


@pytest.fixture
def app(service: Service) -> Flask:
    """The application, with feeds for a browser that goes from page to page quickly."""
    return create_app(service, WebSettings(feeds=60))


@pytest.fixture
def base(app: Flask) -> Iterator[str]:
    """The server's URL."""
    with serving(app) as url:
        yield url


@pytest.fixture
def browser(chromium: webdriver.Chrome, base: str) -> Iterator[webdriver.Chrome]:
    """The browser, wide and light, which must have nothing to complain about."""
    resize(chromium, 1200)
    darken(chromium, False)
    complaints(chromium)
    yield chromium
    found = complaints(chromium)
    chromium.get("about:blank")  # so that no feed outlives its server
    assert found == []


@pytest.fixture
def defective() -> Iterator[str]:
    """The URL of a receiver that makes the three mistakes of the demo."""
    with serving_receiver(create_receiver(SECRET, defective=True)) as url:
        yield url


@pytest.fixture
def name(client: FlaskClient, receiver: str) -> str:
    """The id of a validated subscription."""
    made = client.post("/api/v1/subscriptions", json={"url": receiver, "validate": True})
    assert made.get_json()["state"] == "validated"
    return str(made.get_json()["id"])
