"""What requests of Zoom's Marketplace API may hold, and the code of each refusal."""

from __future__ import annotations

from typing import Any

import pytest

from mockzoom.zoom.marketplace import (
    ZoomError,
    is_event_name,
    is_plain_name,
    read_registration,
    read_subscribers,
    shown_auth,
)
from mockzoom.zoom.subscription_auth import SubscriptionAuth
from tests.each import each

RIGHT: dict[str, Any] = {
    "events": ["meeting.started"], "event_webhook_url": "https://hooks.example/zoom",
    "subscription_scope": "user", "user_ids": ["a,b", "c"], "account_id": "acc",
}  # fmt: skip
BASIC = {"custom_header_type": 1, "username": "u", "password": "p"}


def test_a_registration_is_read_whole() -> None:
    asked = read_registration({**RIGHT, "custom_header": BASIC, "event_subscription_name": "n"})
    assert (asked.url, asked.scope, asked.name) == ("https://hooks.example/zoom", "user", "n")
    assert asked.user_ids == ["a", "b", "c"]
    assert asked.auth == SubscriptionAuth("basic", {"username": "u", "password": "p"})
    assert read_registration(RIGHT).auth == SubscriptionAuth()


@pytest.mark.parametrize(
    ("change", "code", "reason"),
    [
        ({"events": []}, 1500, "events: it is empty"),
        ({"events": [1]}, 1500, "events: expected a list of strings"),
        ({"event_webhook_url": 5}, 1500, "event_webhook_url: expected a string"),
        ({"subscription_scope": "all"}, 1500, "subscription_scope: expected one of user, account"),
        ({"user_ids": ["x"] * 11}, 1500, "user_ids: expected at most 10"),
        ({"custom_header": []}, 1500, "custom_header: expected an object"),
        ({"custom_header": {"custom_header_type": True}}, 1500, "expected 0, 1, 2 or 3"),
        ({"custom_header": {"custom_header_type": 7}}, 1801, "custom_header_type 7"),
        ({"custom_header": {**BASIC, "username": "u" * 257}}, 1500, "longer than 256 characters"),
        ({"custom_header": {**BASIC, "password": "a\nb"}}, 1500, "password: it holds line feeds"),
        ({"custom_header": {**BASIC, "username": "a:b"}}, 1500, "must not hold a colon"),
        (
            {"custom_header": {"custom_header_type": 2, "client_id": "c", "client_secret": "s",
                               "token_url": "nothing"}},
            1702, "token_url: 'nothing' is not a URL",
        ),
    ],
)  # fmt: skip
def test_a_wrong_registration_is_refused_with_zooms_code(
    change: dict[str, Any], code: int, reason: str
) -> None:
    with pytest.raises(ZoomError) as caught:
        read_registration({**RIGHT, **change})
    assert caught.value.code == code
    assert reason in str(caught.value)


@each("body", [None, [], "text", 1], str)
def test_a_body_that_is_no_object_is_refused(body: Any) -> None:
    for read in (read_registration, read_subscribers):
        with pytest.raises(ZoomError, match="the body: expected an object"):
            read(body)


def test_names_of_events_are_known_by_their_namespace() -> None:
    assert is_event_name("phone.callee_ringing")
    assert not is_event_name("nothing.happened")
    assert not is_event_name("phone.*")
    assert is_plain_name("nothing.happened")
    assert not is_plain_name("phone")


def test_secrets_are_not_shown() -> None:
    assert shown_auth(SubscriptionAuth("basic", {"username": "u", "password": "p"})) == {
        "custom_header_type": 1, "username": "u",
    }  # fmt: skip
    assert shown_auth(SubscriptionAuth("header", {"name": "x-a", "value": "v"})) == {
        "custom_header_type": 3, "custom_header_key": "x-a",
    }  # fmt: skip
