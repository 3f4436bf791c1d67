"""Retry policies against the facts: which outcomes are tried again, and when."""

from __future__ import annotations

from itertools import accumulate

import pytest

from mockzoom.errors import UsageError
from mockzoom.model import Attempt, Failure, Request, Response, Timings
from mockzoom.zoom.retry_policies import POLICIES, retry_policy


def answered(status: int) -> Attempt:
    request = Request("POST", "http://receiver.test/", (), b"{}")
    return Attempt(request, Response(status, "", (), b""), Timings(), 0.0)


def failed(code: int | None) -> Attempt:
    request = Request("POST", "http://receiver.test/", (), b"{}")
    failure = Failure("timeout", "no answer within 3 s")
    return Attempt(request, failure, Timings(), 0.0, delivery_code=code)


def test_zoom_retries_three_times_5_25_and_85_minutes_after_the_first_attempt() -> None:
    assert tuple(accumulate(POLICIES["zoom"].waits)) == (300.0, 1500.0, 5100.0)
    assert [POLICIES["zoom"].wait_after(number) for number in (1, 2, 3, 4)] == [
        300.0, 1200.0, 3600.0, None,
    ]  # fmt: skip


@pytest.mark.parametrize("status", [200, 201, 204, 301, 400, 401, 404, 429, 499])
def test_zoom_does_not_retry_answers_below_500(status: int) -> None:
    assert not POLICIES["zoom"].retried(answered(status))


@pytest.mark.parametrize("status", [500, 501, 503, 599])
def test_zoom_retries_answers_from_500_on(status: int) -> None:
    assert POLICIES["zoom"].retried(answered(status))


@pytest.mark.parametrize("code", [-1, -2, -3, -4, -5, -7, -8, -10, -13, -14, -15])
def test_zoom_retries_the_retried_delivery_codes(code: int) -> None:
    assert POLICIES["zoom"].retried(failed(code))


@pytest.mark.parametrize("code", [None, -6, -9, -11, -12])
def test_zoom_does_not_retry_failures_without_a_retried_code(code: int | None) -> None:
    assert not POLICIES["zoom"].retried(failed(code))


@pytest.mark.parametrize(
    ("status", "again"),
    [(200, False), (204, False), (201, True), (302, True), (404, True), (500, True)],
)
def test_the_blog_has_everything_but_200_and_204_retried(status: int, again: bool) -> None:
    assert POLICIES["zoom-blog"].retried(answered(status)) is again


def test_the_blog_has_every_failure_retried() -> None:
    assert POLICIES["zoom-blog"].retried(failed(None))


@pytest.mark.parametrize("name", ["zoom", "zoom-blog"])
def test_after_a_retry_any_2xx_counts(name: str) -> None:
    assert not POLICIES[name].retried(answered(202), number=2)


def test_none_never_retries() -> None:
    policy = POLICIES["none"]
    assert not policy.retried(answered(500))
    assert not policy.retried(failed(-1))
    assert policy.wait_after(1) is None


def test_an_unknown_policy_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match=r"'zoom-blogg'; did you mean zoom-blog"):
        retry_policy("zoom-blogg")
