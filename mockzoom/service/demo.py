"""The bundled demo receiver: correct, and started at one click, so that there is one to send to."""

from __future__ import annotations

import secrets
import threading
from contextlib import ExitStack

from mockzoom.dispatch import Subscription
from mockzoom.service.subscriptions import Subscriptions
from mockzoom.zoom.sample_receiver import create_app, serving

NAME = "Demo receiver"


class Demo:
    """The demo receiver of one server: runs from its first `start` to `close`."""

    def __init__(self, subscriptions: Subscriptions) -> None:
        self._subscriptions = subscriptions
        self._running = ExitStack()
        self._endpoint = ("", "")
        self._lock = threading.Lock()

    def start(self) -> Subscription:
        """Return its subscription, validated; it is registered where it is not.

        One that a former process registered leads to a port where nothing listens any more, and is
        given the new one.
        """
        with self._lock:
            if not self._endpoint[0]:
                secret = secrets.token_urlsafe(16)
                url = self._running.enter_context(serving(create_app(secret)))
                self._endpoint = (url, secret)
            url, secret = self._endpoint
            for old in self._subscriptions.all():
                if old.name == NAME and old.url != url:
                    self._subscriptions.delete(old.id)
            found = next((item for item in self._subscriptions.all() if item.url == url), None)
            item = found or self._subscriptions.create(url, secret, name=NAME)
        if item.state != "validated":
            item, _ = self._subscriptions.validate(item.id)
        return item

    def close(self) -> None:
        """End it."""
        self._running.close()
