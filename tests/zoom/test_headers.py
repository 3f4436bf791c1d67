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
    is_signed,
    is_signed_with,
    missing_headers,
    new_request_id,
    request_id,
    spelt,
    trace_id,
)
from mockzoom.zoom.signing import sign

BODY = '{"event":"a","payload":{"name":"Zoë"}}'.encode()
HEADERS = {
    "x-zm-signature": sign("secret", "1790000000", BODY),
    "x-zm-request-timestamp": "1790000000",
}
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


def test_a_signature_is_over_timestamp_and_bytes_under_one_secret() -> None:
    assert is_signed_with("secret", HEADERS, BODY)
    assert not is_signed_with("other", HEADERS, BODY)
    assert not is_signed_with("secret", HEADERS, BODY.replace(b":", b": ", 1))
    assert not is_signed_with("secret", {**HEADERS, "x-zm-request-timestamp": "1790000001"}, BODY)


def test_a_signature_that_no_header_carries_is_none() -> None:
    assert not is_signed_with("secret", {**HEADERS, "x-zm-signature": "v0=\ud800"}, BODY)
    assert not is_signed_with("secret", {**HEADERS, "x-zm-request-timestamp": "\ud800"}, BODY)


def test_a_request_is_signed_only_with_both_headers() -> None:
    assert is_signed(HEADERS)
    assert not is_signed(None)
    assert not is_signed({"x-zm-signature": "v0=00"})
    assert missing_headers({}) == ("x-zm-signature", "x-zm-request-timestamp")
