"""Names of Zoom's headers, and the ids that they carry."""

from __future__ import annotations

import re

import pytest

from mockzoom.errors import UsageError
from mockzoom.model import Delivery
from mockzoom.zoom.forgeries import genuine
from mockzoom.zoom.headers import (
    DeliveryHeaders,
    is_own,
    is_reserved,
    new_request_id,
    request_id,
    spelt,
    trace_id,
)

FORM = r"[0-9a-f]{8}(_[0-9a-f]{4}){3}_[0-9a-f]{12}"


def made(client_id: str = "") -> DeliveryHeaders:
    return DeliveryHeaders("receiver.example", client_id, seed=1, now=1_790_000_000.0)


def test_request_ids_have_zooms_form_and_are_made_again_from_seed_and_text() -> None:
    assert re.fullmatch(FORM, request_id(1, "a"))
    assert re.fullmatch(FORM, new_request_id())
    assert request_id(1, "a") == request_id(1, "a") != request_id(2, "a")
    assert new_request_id() != new_request_id()


def test_every_attempt_has_a_trace_id_of_its_own_which_the_log_shows() -> None:
    headers = made()
    delivery = Delivery("d-1", "valid:0", "a.b", b"{}", "id")
    seen = [dict(headers.make(delivery, genuine("secret", 1, b"{}"), ())) for _ in range(2)]
    first, second = (trace_id(one) for one in seen)
    assert first.startswith("WEB_")
    assert first != second
    assert trace_id({}) == ""


def test_a_client_id_that_no_header_can_carry_is_refused() -> None:
    with pytest.raises(UsageError, match="--client-id: 'a\\\\nb' cannot stand in a header"):
        made("a\nb")


def test_names_of_zooms_own_headers_are_reserved_and_known_in_any_case() -> None:
    assert is_own("X-Zm-Anything")
    assert not is_own("x-team")
    assert [is_reserved(name) for name in ("x-zm-new", "host", "x-team")] == [True, True, False]
    assert spelt("x-zm-signature", "title-case") == "X-Zm-Signature"
    assert spelt("x-zm-signature", "upper-case") == "X-ZM-SIGNATURE"
