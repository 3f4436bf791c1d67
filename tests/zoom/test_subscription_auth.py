"""The four ways in which a subscription lets its endpoint authenticate the caller."""

from __future__ import annotations

from base64 import b64decode

import pytest

from mockzoom.errors import UsageError
from mockzoom.zoom.subscription_auth import (
    SIGNATURE_ONLY,
    SubscriptionAuth,
    check_auth,
    read_auth,
    write_auth,
)

TOKEN = {"client_id": "c", "client_secret": "s", "token_url": "https://issuer.example/token"}


def test_signature_only_needs_nothing_and_sends_no_header() -> None:
    assert check_auth(SIGNATURE_ONLY) == SIGNATURE_ONLY
    assert SIGNATURE_ONLY.endpoint() is None
    assert SIGNATURE_ONLY.secrets == ()


def test_basic_and_a_custom_header_become_headers() -> None:
    basic = SubscriptionAuth("basic", {"username": "u", "password": "p:q"}).endpoint()
    custom = SubscriptionAuth("header", {"name": "X-Team", "value": "v"}).endpoint()
    assert basic is not None
    assert custom is not None
    ((name, value),) = basic.headers("right")
    assert (name, b64decode(value.removeprefix("Basic "))) == ("authorization", b"u:p:q")
    assert custom.headers("right") == (("x-team", "v"),)


def test_client_credentials_go_into_the_header_or_the_form_with_scope_and_state() -> None:
    plain = SubscriptionAuth("token", TOKEN).endpoint()
    told = {**TOKEN, "scope": "a b", "state": "x", "client_authentication": "body"}
    more = SubscriptionAuth("token", told).endpoint()
    assert plain is not None
    assert more is not None
    assert (plain.token_url, plain.token_form) == (TOKEN["token_url"], "")
    assert more.token_url.endswith("/token?grant_type=client_credentials&scope=a+b&state=x")
    assert more.token_form == "client_id=c&client_secret=s"


@pytest.mark.parametrize(
    ("auth", "reason"),
    [
        (SubscriptionAuth("digest"), "'digest' is unknown (known: none, basic, token, header)"),
        (SubscriptionAuth("basic", {"username": "u"}), "authentication basic needs password"),
        (SubscriptionAuth("none", {"name": "x"}), "authentication none has no field 'name'"),
        (SubscriptionAuth("basic", {"username": "a:b", "password": "p"}), "must not hold a colon"),
        (
            SubscriptionAuth("header", {"name": "X-Zm-Signature", "value": "v"}),
            "no header that is part of",
        ),
        (
            SubscriptionAuth("header", {"name": "x team", "value": "v"}),
            "expected letters, digits and hyphens",
        ),
        (
            SubscriptionAuth("header", {"name": "x-team", "value": "a\nb"}),
            "cannot stand in a header",
        ),
        (SubscriptionAuth("token", {**TOKEN, "token_url": "nothing"}), "is not a URL"),
        (
            SubscriptionAuth("token", {**TOKEN, "client_authentication": "query"}),
            "expected header or body",
        ),
    ],
)
def test_settings_that_cannot_be_are_refused_with_their_reason(
    auth: SubscriptionAuth, reason: str
) -> None:
    with pytest.raises(UsageError) as caught:
        check_auth(auth)
    assert reason in str(caught.value)


def test_settings_survive_being_written_and_secrets_are_known() -> None:
    auth = SubscriptionAuth("token", TOKEN)
    assert read_auth(write_auth(auth)) == auth
    assert auth.secrets == ("s",)
    assert "s3cret" not in repr(SubscriptionAuth("header", {"name": "x-a", "value": "s3cret"}))
