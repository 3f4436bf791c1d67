"""The courier: every header of Zoom's, the signature over the bytes sent, and manners with 429."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import pytest

from mockzoom.delivery import Courier, Dialer, HttpTransport, parse_target, request_id
from mockzoom.errors import UsageError
from mockzoom.model import Delivery, Exchange, Failure
from tests.delivery.servers import NO_CONTENT, Received, answering, http, serving, unused_port

SECRET = "a secret – not in ASCII"
BODY = '{"event":"a.b","payload":{"name":"Zoë 😀"}}'.encode()
REQUEST_ID = request_id(1, "x")


def delivery(forge: str = "", **changes: Any) -> Delivery:
    values = {"id": "d-1", "case": "valid:0", "event": "a.b", "body": BODY,
              "request_id": REQUEST_ID, "forge": forge, **changes}  # fmt: skip
    return Delivery(**values)


class FakeClock:
    """A clock that a test moves; waiting moves it too, and takes no time."""

    def __init__(self, now: float = 1_790_000_000.7) -> None:
        self.time = now
        self.waits: list[float] = []

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds


def run(url: str, work: Callable[[Courier], Any], **options: Any) -> Any:
    """Play `work` with a courier to `url`."""

    async def play() -> Any:
        transport = HttpTransport(Dialer(parse_target(url), 2.0))
        courier = Courier(transport, SECRET, **options)
        try:
            return await work(courier)
        finally:
            await transport.close()

    return asyncio.run(play())


def signature(received: Received, key: str = SECRET) -> str:
    """The signature as Zoom's documentation has it, over the bytes that came."""
    timestamp = received.header("x-zm-request-timestamp") or ""
    message = b"v0:" + timestamp.encode() + b":" + received.body
    return "v0=" + hmac.new(key.encode(), message, hashlib.sha256).hexdigest()


def deliver_one(*deliveries: Delivery, **options: Any) -> tuple[list[Received], list[Exchange]]:
    async def work(courier: Courier) -> list[Exchange]:
        return [await courier.deliver(item) for item in deliveries]

    with serving(answering(NO_CONTENT)) as server:
        exchanges = run(server.url, work, **options)
    return server.received, exchanges


def test_every_header_has_the_form_that_zoom_gives_it() -> None:
    before = int(time.time())
    (received,), _ = deliver_one(delivery(), client_id="q5zv_UMKRHyTuPe_gQ1mIg")
    forms = {
        "host": r"127\.0\.0\.1:\d+",
        "content-type": r"application/json; charset=utf-8",
        "user-agent": r"Zoom Marketplace/1\.0a",
        "x-zm-request-timestamp": r"\d{10}",
        "x-zm-signature": r"v0=[0-9a-f]{64}",
        "x-zm-request-id": r"[0-9a-f]{8}(_[0-9a-f]{4}){3}_[0-9a-f]{12}",
        "x-zm-trackingid": r"v=2\.0;clid=us02;rid=WEB_[0-9a-f]{32}",
        "traceparent": r"00-[0-9a-f]{32}-[0-9a-f]{16}-02",
        "clientid": r"q5zv_UMKRHyTuPe_gQ1mIg",
        "zm-trace-upstream": r"Meeting_Web_marketplace-consumer",
        "accept-encoding": r"gzip",
        "content-length": str(len(BODY)),
    }
    assert received.line == "POST /webhook HTTP/1.1"
    assert [name for name, _ in received.headers] == list(forms)
    for name, value in received.headers:
        assert re.fullmatch(forms[name], value), f"{name}: {value}"
    sent_at = int(received.header("x-zm-request-timestamp") or 0)
    assert before <= sent_at <= time.time()


def test_the_signature_is_over_the_bytes_that_came() -> None:
    (received,), (exchange,) = deliver_one(delivery())
    assert received.body == BODY
    assert received.header("x-zm-signature") == signature(received)
    assert exchange.last.request.body == BODY
    assert ("x-zm-request-id", REQUEST_ID) in exchange.last.request.headers


def test_a_forgery_goes_out_as_the_seal_has_it() -> None:
    received, exchanges = deliver_one(
        delivery("unsigned-bare"), delivery("empty-secret"), delivery("signature-empty"),
        delivery("tampered-text"),
    )  # fmt: skip
    bare, empty, blank, tampered = received
    assert bare.header("x-zm-signature") is None
    assert bare.header("x-zm-request-timestamp") is None
    assert empty.header("x-zm-signature") == signature(empty, "")
    assert blank.header("x-zm-signature") == ""
    assert tampered.body != BODY
    assert tampered.header("content-length") == str(len(tampered.body))
    assert tampered.header("x-zm-signature") != signature(tampered)
    assert exchanges[3].last.request.body == tampered.body


def test_content_type_is_the_deliverys_own() -> None:
    received, _ = deliver_one(delivery(content_type=None), delivery(content_type="text/plain"))
    assert [item.header("content-type") for item in received] == [None, "text/plain"]


def test_one_delivery_keeps_its_request_id_and_takes_new_trace_ids_when_it_is_retried() -> None:
    answers = iter([http(429, b"", "retry-after: 0"), NO_CONTENT])
    with serving(answering(lambda received: next(answers))) as server:
        exchange = run(server.url, lambda courier: courier.deliver(delivery()))
    first, second = server.received
    assert first.body == second.body
    for name in ("x-zm-request-id", "clientid", "user-agent"):
        assert first.header(name) == second.header(name)
    for name in ("x-zm-trackingid", "traceparent", "x-zm-signature", "x-zm-request-timestamp"):
        assert first.header(name) != second.header(name), name
    assert second.header("x-zm-signature") == signature(second)
    assert [attempt.status for attempt in exchange.attempts] == [429, 204]


def test_trace_ids_are_new_for_each_attempt_and_each_run() -> None:
    def traces(now: float, seed: int = 5) -> list[str | None]:
        clock = FakeClock(now)
        received, _ = deliver_one(delivery(), delivery(id="d-2"), seed=seed, clock=clock)
        return [
            item.header(name) for item in received for name in ("traceparent", "x-zm-trackingid")
        ]

    runs = traces(1_790_000_000.0), traces(1_790_000_001.0), traces(1_790_000_000.0, seed=6)
    assert len({trace for run in runs for trace in run}) == 12


def test_request_ids_differ_by_seed_and_text() -> None:
    ids = {request_id(seed, text) for seed in (-1, 0, 1) for text in ("a", "b", "ä")}
    assert len(ids) == 9


def test_no_body_is_signed_twice_with_one_timestamp() -> None:
    """A receiver that remembers signatures must not take our second delivery for a replay."""
    clock = FakeClock()
    repeated = [delivery() for _ in range(5)]
    received, _ = deliver_one(*repeated, delivery(body=b"{}"), clock=clock)
    stamps = [int(item.header("x-zm-request-timestamp") or 0) for item in received]
    assert stamps == [1_790_000_000 - back for back in range(5)] + [1_790_000_000]
    assert len({item.header("x-zm-signature") for item in received}) == 6
    for item in received:
        assert item.header("x-zm-signature") == signature(item)


def test_timestamps_lie_never_far_back_whatever_is_repeated() -> None:
    """A receiver with a short replay window must take the hundredth delivery of a body too."""
    clock = FakeClock()
    received, _ = deliver_one(*[delivery() for _ in range(100)], clock=clock)
    stamps = [int(item.header("x-zm-request-timestamp") or 0) for item in received]
    assert len(set(stamps)) == 100
    assert clock.time - 1_790_000_000.7 == pytest.approx(sum(clock.waits))
    assert min(stamps) >= 1_790_000_000 - 11


def test_deliveries_of_one_body_at_once_take_timestamps_of_their_own() -> None:
    """Those that have to wait for a new second, all at once, must not wake up to the same one."""

    class SharedClock(FakeClock):
        async def sleep(self, seconds: float) -> None:
            until = self.time + seconds
            await asyncio.sleep(0)
            self.time = max(self.time, until)

    async def at_once(courier: Courier) -> list[str]:
        requests = await asyncio.gather(*[courier.request(delivery()) for _ in range(16)])
        return [dict(request.headers)["x-zm-request-timestamp"] for request in requests]

    stamps = run("http://127.0.0.1:9/webhook", at_once, clock=SharedClock())
    assert len(set(stamps)) == 16


def test_a_forgery_that_is_signed_rightly_takes_a_timestamp_of_its_own() -> None:
    received, _ = deliver_one(
        delivery(), delivery("no-endpoint-auth"), delivery("wrong-endpoint-auth"), delivery(),
        clock=FakeClock(),
    )  # fmt: skip
    assert len({item.header("x-zm-signature") for item in received}) == 4


def test_rate_limits_deliveries_a_second() -> None:
    clock = FakeClock()
    deliver_one(*[delivery() for _ in range(5)], clock=clock, rate=4.0)
    assert clock.waits == [0.25] * 4


def test_a_rate_that_is_not_reached_makes_no_burst_later() -> None:
    clock = FakeClock()

    async def work(courier: Courier) -> None:
        await courier.deliver(delivery())
        clock.time += 100
        for _ in range(3):
            await courier.deliver(delivery())

    with serving(answering(NO_CONTENT)) as server:
        run(server.url, work, clock=clock, rate=2.0)
    assert clock.waits == [0.5, 0.5]


# -- failures ----------------------------------------------------------------------------------


def test_a_failure_carries_zooms_code() -> None:
    refused = run(f"http://127.0.0.1:{unused_port()}/", lambda courier: courier.deliver(delivery()))
    assert (refused.last.delivery_code, len(refused.attempts)) == (-2, 1)
    with serving(lambda peer: peer.linger()) as server:
        late = run(server.url, lambda courier: courier.deliver(delivery()), timeout=0.2)
    assert late.last.outcome == Failure("timeout", "no answer within 0.2 s")
    assert late.last.delivery_code == -1
    with serving(lambda peer: peer.read() and peer.reset()) as server:  # type: ignore[func-returns-value]
        reset = run(server.url, lambda courier: courier.deliver(delivery()))
    assert reset.last.delivery_code == -7


# -- 429 ---------------------------------------------------------------------------------------


def throttled(
    *retry_after: str, count: int = 1
) -> tuple[FakeClock, list[Exchange], list[Received]]:
    """Deliver to a receiver that answers 429 with these headers, the last one for ever."""
    clock = FakeClock()
    left = list(retry_after)

    def answer(received: Received) -> bytes:
        value = left.pop(0) if len(left) > 1 else left[0]
        return NO_CONTENT if value == "ok" else http(429, b"", *([value] if value else []))

    async def work(courier: Courier) -> list[Exchange]:
        return [await courier.deliver(delivery()) for _ in range(count)]

    with serving(answering(answer)) as server:
        return clock, run(server.url, work, clock=clock), server.received


@pytest.mark.parametrize(
    ("header", "waited"),
    [
        ("retry-after: 7", 7.0),
        ("Retry-After: 2", 2.0),
        ("retry-after: 1.5", 1.5),
        ("retry-after: 0", 0.05),
        ("retry-after: -3", 0.05),
        ("", 1.0),
        ("retry-after: soon", 1.0),
        ("retry-after: " + formatdate(1_790_000_009, usegmt=True), 8.3),
        ("retry-after: " + formatdate(1_780_000_000, usegmt=True), 0.05),
    ],
)
def test_a_429_is_obeyed(header: str, waited: float) -> None:
    clock, (exchange,), _ = throttled(header, "ok")
    assert clock.waits == [pytest.approx(waited)]
    assert exchange.last.acknowledged


@pytest.mark.parametrize("value", ["31", "999999999999", "inf", "1e400",
                                   formatdate(1_790_000_060, usegmt=True)])  # fmt: skip
def test_a_429_that_asks_for_more_than_30_s_is_not_waited_for(value: str) -> None:
    clock, (exchange,), _ = throttled(f"retry-after: {value}")
    assert clock.waits == []
    assert [attempt.status for attempt in exchange.attempts] == [429]


@pytest.mark.parametrize("value", ["nan", "²"])
def test_a_retry_after_that_is_no_number_is_one_second(value: str) -> None:
    clock, _, _ = throttled(f"retry-after: {value}", "ok")
    assert clock.waits == [1.0]


def test_a_run_waits_30_s_in_all_for_a_receiver_that_throttles() -> None:
    clock, exchanges, _ = throttled("retry-after: 8", count=4)
    assert clock.waits == [8.0] * 3
    assert [len(exchange.attempts) for exchange in exchanges] == [4, 1, 1, 1]


def test_other_statuses_with_retry_after_are_not_obeyed() -> None:
    clock = FakeClock()
    with serving(answering(http(503, b"", "retry-after: 5"))) as server:
        exchange = run(server.url, lambda courier: courier.deliver(delivery()), clock=clock)
    assert (clock.waits, len(exchange.attempts)) == ([], 1)


def test_waiting_takes_real_time_with_the_systems_clock() -> None:
    answers = iter([http(429, b"", "retry-after: 0.3"), NO_CONTENT])
    with serving(answering(lambda received: next(answers))) as server:
        started = time.perf_counter()
        run(server.url, lambda courier: courier.deliver(delivery()))
        assert time.perf_counter() - started >= 0.3


# -- what no header can carry ------------------------------------------------------------------


@pytest.mark.parametrize("client_id", ["漢", "a\r\nx-injected: 1", "a\nb", "\0"])
def test_a_client_id_that_no_header_can_carry_is_bad_usage(client_id: str) -> None:
    transport = HttpTransport(Dialer(parse_target("http://127.0.0.1/"), 2.0))
    with pytest.raises(UsageError, match=r"--client-id: .* cannot stand in a header"):
        Courier(transport, SECRET, client_id=client_id)
