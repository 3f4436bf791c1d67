"""Deliveries as code: what repeats one as a test of one's own."""

from __future__ import annotations

import re

from mockzoom.model import Delivery
from mockzoom.web.pages.json_text import indented
from mockzoom.zoom.forgeries import FORGERIES

_TEST = '''\
import json

from mockzoom.model import Event

BODY = json.loads(r"""
{body}
""")


def test_{name}(mockzoom):
    mockzoom.send(Event({event!r}, BODY){forge}).assert_ok()
'''


def as_test(delivery: Delivery) -> str:
    """Return a pytest module that delivers a JSON object as it was delivered, and judges it."""
    event = delivery.event or "event"
    return _TEST.format(
        body=indented(delivery.body.decode()), event=event, name=re.sub(r"\W+", "_", event),
        forge=f", forge={delivery.forge!r}" if delivery.forge in FORGERIES else "",
    )  # fmt: skip
