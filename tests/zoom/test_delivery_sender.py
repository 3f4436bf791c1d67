"""The sender: every header of Zoom's, the signature over the bytes sent, and manners with 429."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import time
from collections import Counter
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import pytest

from mockzoom.errors import UsageError
from mockzoom.model import Delivery, Exchange, Failure
from mockzoom.transport import Dialer, HttpTransport, parse_target
from mockzoom.zoom.delivery_sender import DeliverySender
from mockzoom.zoom.headers import request_id
from tests.transport.servers import NO_CONTENT, Received, answering, http, serving, unused_port

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


def run(url: str, work: Callable[[DeliverySender], Any], **options: Any) -> Any:
    """Play `work` with a sender to `url`."""

    async def play() -> Any:
        transport = HttpTransport(Dialer(parse_target(url), 2.0))
        sender = DeliverySender(transport, SECRET, **options)
        try:
            return await work(sender)
        finally:
            await transport.close()

    return asyncio.run(play())


def signature(received: Received, key: str = SECRET) -> str:
    """The signature as Zoom's documentation has it, over the bytes that came."""
    timestamp = received.header("x-zm-request-timestamp") or ""
    message = b"v0:" + timestamp.encode() + b":" + received.body
    return "v0=" + hmac.new(key.encode(), message, hashlib.sha256).hexdigest()


def deliver_one(*deliveries: Delivery, **options: Any) -> tuple[list[Received], list[Exchange]]:
    async def work(sender: DeliverySender) -> list[Exchange]:
        return [await sender.deliver(item) for item in deliveries]

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
        exchange = run(server.url, lambda sender: sender.deliver(delivery()))
    first, second = server.received
    assert first.body == second.body
    for name in ("x-zm-request-id", "clientid", "user-agent"):
        assert first.header(name) == second.header(name)
    for name in ("x-zm-trackingid", "traceparent"):
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


def stamps_of(received: list[Received]) -> list[int]:
    for item in received:
        assert item.header("x-zm-signature") == signature(item)
    return [int(item.header("x-zm-request-timestamp") or 0) for item in received]


def test_no_two_deliveries_of_the_same_bytes_are_signed_with_one_timestamp() -> None:
    """A receiver that remembers signatures must not take our second delivery for a replay."""
    clock = FakeClock()
    repeated = [delivery(request_id=f"id-{number}") for number in range(5)]
    received, _ = deliver_one(*repeated, delivery(body=b"{}"), clock=clock)
    now = 1_790_000_000
    assert stamps_of(received) == [now, now + 1, now + 2, now + 3, now + 4, now + 4]
    assert len({item.header("x-zm-signature") for item in received}) == 6
    assert clock.waits == [pytest.approx(0.3), *[pytest.approx(1.0)] * 3]


def test_copies_of_one_delivery_go_out_at_once_with_the_timestamp_of_now() -> None:
    """They may carry one signature; an old timestamp is what a receiver must refuse."""
    clock = FakeClock()
    received, _ = deliver_one(*[delivery() for _ in range(400)], clock=clock)
    assert set(stamps_of(received)) == {1_790_000_000}
    assert clock.waits == []


class Remembering:
    """Refuses a signature that it has seen."""

    def __init__(self) -> None:
        self.seen: set[str | None] = set()

    def __call__(self, received: Received) -> bytes:
        known = received.header("x-zm-signature") in self.seen
        self.seen.add(received.header("x-zm-signature"))
        return http(401) if known else NO_CONTENT


def statuses_of(answer: Callable[[Received], bytes], copies: int) -> tuple[list[Any], FakeClock]:
    clock = FakeClock()

    async def work(sender: DeliverySender) -> list[Exchange]:
        return [await sender.deliver(delivery()) for _ in range(copies)]

    with serving(answering(answer)) as server:
        exchanges = run(server.url, work, clock=clock)
        stamps = stamps_of(server.received)
    assert stamps == sorted(stamps)
    return [[attempt.status for attempt in exchange.attempts] for exchange in exchanges], clock


def test_a_copy_that_is_refused_for_its_signature_is_made_again_with_its_own() -> None:
    statuses, clock = statuses_of(Remembering(), 3)
    assert statuses == [[204], [401, 204], [401, 204]]
    assert clock.waits == [pytest.approx(0.3), pytest.approx(1.0)]
    statuses, _ = statuses_of(Remembering(), 40)
    assert statuses[1:] == [[401, 204]] * 39, "as many as the copies of all bundled scenarios"


def test_copies_that_are_refused_whatever_their_signature_are_made_again_three_times() -> None:
    seen: list[str | None] = []

    def answer(received: Received) -> bytes:
        seen.append(received.header("x-zm-request-id"))
        return NO_CONTENT if len(seen) == 1 else http(409)

    statuses, _ = statuses_of(answer, 6)
    assert statuses == [[204], [409, 409], [409, 409], [409, 409], [409], [409]]


def test_what_is_refused_at_once_is_made_once() -> None:
    statuses, clock = statuses_of(lambda received: http(401), 1)
    assert (statuses, clock.waits) == ([[401]], [])


def test_copies_at_once_are_all_taken_in_the_end() -> None:
    async def at_once(sender: DeliverySender) -> list[Exchange]:
        return await asyncio.gather(*[sender.deliver(delivery()) for _ in range(3)])

    with serving(answering(Remembering())) as server:
        exchanges = run(server.url, at_once)
    assert all(exchange.last.acknowledged for exchange in exchanges)


def test_what_may_be_refused_anyway_waits_for_no_second_of_its_own() -> None:
    clock = FakeClock()
    odd = [delivery(request_id=f"id-{number}", refusable=True) for number in range(4)]
    received, _ = deliver_one(delivery(), *odd, delivery(), clock=clock)
    assert set(stamps_of(received)) == {1_790_000_000}
    assert clock.waits == []


def test_a_copy_never_carries_the_signature_of_another_delivery() -> None:
    clock = FakeClock()
    other = delivery(request_id="other")
    received, _ = deliver_one(delivery(), other, delivery(), delivery(), other, clock=clock)
    now = 1_790_000_000
    assert stamps_of(received) == [now, now + 1, now + 2, now + 2, now + 3]


def test_timestamps_never_go_back_whatever_is_repeated() -> None:
    clock = FakeClock()
    bodies = [b'{"n":%d}' % (number % 3) for number in range(30)]
    repeated = [
        delivery(body=body, request_id=f"id-{number // 2}") for number, body in enumerate(bodies)
    ]
    stamps = stamps_of(deliver_one(*repeated, clock=clock)[0])
    assert stamps == sorted(stamps)


def test_a_sender_with_another_secret_shares_trace_ids_and_what_429_may_cost() -> None:
    async def work(sender: DeliverySender) -> tuple[DeliverySender, DeliverySender]:
        other = sender.signing_with("another")
        await sender.deliver(delivery())
        await other.deliver(delivery())
        return sender, other

    with serving(answering(http(429, b"", "retry-after: 99"))) as server:
        sender, other = run(server.url, work)
    assert sender.out_of_patience
    assert other.out_of_patience
    assert len({received.header("traceparent") for received in server.received}) == 2


def test_deliveries_of_one_body_at_once_take_timestamps_of_their_own() -> None:
    """Those that have to wait for a new second, all at once, must not wake up to the same one."""

    class SharedClock(FakeClock):
        async def sleep(self, seconds: float) -> None:
            until = self.time + seconds
            await asyncio.sleep(0)
            self.time = max(self.time, until)

    async def at_once(sender: DeliverySender) -> list[str]:
        different = [delivery(request_id=f"id-{number}") for number in range(16)]
        requests = await asyncio.gather(*map(sender.request, different))
        return [dict(request.headers)["x-zm-request-timestamp"] for request in requests]

    stamps = run("http://127.0.0.1:9/webhook", at_once, clock=SharedClock())
    assert len(set(stamps)) == 16


def test_a_forgery_that_is_signed_rightly_takes_a_timestamp_of_its_own() -> None:
    received, _ = deliver_one(
        delivery(), delivery("no-endpoint-auth", request_id="2"),
        delivery("wrong-endpoint-auth", request_id="3"), delivery(), clock=FakeClock(),
    )  # fmt: skip
    assert len({item.header("x-zm-signature") for item in received}) == 4


def test_rate_limits_deliveries_a_second() -> None:
    clock = FakeClock()
    deliver_one(*[delivery() for _ in range(5)], clock=clock, rate=4.0)
    assert clock.waits == [0.25] * 4


def test_a_rate_that_is_not_reached_makes_no_burst_later() -> None:
    clock = FakeClock()

    async def work(sender: DeliverySender) -> None:
        await sender.deliver(delivery())
        clock.time += 100
        for _ in range(3):
            await sender.deliver(delivery())

    with serving(answering(NO_CONTENT)) as server:
        run(server.url, work, clock=clock, rate=2.0)
    assert clock.waits == [0.5, 0.5]


# -- failures ----------------------------------------------------------------------------------


def test_a_failure_carries_zooms_code() -> None:
    refused = run(f"http://127.0.0.1:{unused_port()}/", lambda sender: sender.deliver(delivery()))
    assert (refused.last.delivery_code, len(refused.attempts)) == (-2, 1)
    with serving(lambda peer: peer.linger()) as server:
        late = run(server.url, lambda sender: sender.deliver(delivery()), timeout=0.2)
    assert late.last.outcome == Failure("timeout", "no answer within 0.2 s")
    assert late.last.delivery_code == -1
    with serving(lambda peer: peer.read() and peer.reset()) as server:  # type: ignore[func-returns-value]
        reset = run(server.url, lambda sender: sender.deliver(delivery()))
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

    async def work(sender: DeliverySender) -> list[Exchange]:
        return [await sender.deliver(delivery()) for _ in range(count)]

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


def test_a_429_without_retry_after_waits_twice_as_long_each_time_up_to_8_s() -> None:
    clock, _, _ = throttled("")
    assert clock.waits == [1.0, 2.0, 4.0, 8.0, 8.0]


def test_a_run_waits_30_s_in_all_for_a_receiver_that_throttles() -> None:
    clock, exchanges, _ = throttled("retry-after: 8", count=4)
    assert clock.waits == [8.0] * 3
    assert [len(exchange.attempts) for exchange in exchanges] == [4, 1, 1, 1]


def test_a_429_that_asks_for_no_wait_for_ever_ends_within_30_s() -> None:
    clock, exchanges, received = throttled("retry-after: 0", count=3)
    assert 20 < sum(clock.waits) <= 30
    assert len(received) < 20
    assert [len(exchange.attempts) for exchange in exchanges][1:] == [1, 1]


def test_what_is_left_of_the_30_s_is_not_exceeded() -> None:
    clock, exchanges, _ = throttled(
        "retry-after: 20", "ok", "retry-after: 11", "retry-after: 1", count=3
    )
    assert clock.waits == [20.0]
    assert [len(exchange.attempts) for exchange in exchanges] == [2, 1, 1]


def test_repeated_attempts_count_as_waiting_does_and_what_lies_between_does_not() -> None:
    clock = FakeClock()
    left = [429, 204] * 4

    def answer(received: Received) -> bytes:
        status = left.pop(0)
        clock.time += 10 if status == 204 else 0  # the repeated attempt takes so long
        return http(status, b"", "retry-after: 1") if status == 429 else NO_CONTENT

    async def work(sender: DeliverySender) -> list[tuple[int, float, bool]]:
        seen = []
        for _ in range(3):
            exchange = await sender.deliver(delivery())
            seen.append((len(exchange.attempts), sender.throttled, sender.out_of_patience))
            clock.time += 1000
        return seen

    with serving(answering(answer)) as server:
        seen = run(server.url, work, clock=clock)
    assert seen == [(2, 11.0, False), (2, 22.0, False), (2, 33.0, False)]


def test_deliveries_that_wait_at_the_same_time_spend_it_once() -> None:
    async def work(sender: DeliverySender) -> float:
        await asyncio.gather(*[sender.deliver(delivery()) for _ in range(8)])
        return sender.throttled

    seen = Counter[int]()

    def answer(received: Received) -> bytes:
        seen[received.connection] += 1
        return http(429, b"", "retry-after: 0.3") if seen[received.connection] == 1 else NO_CONTENT

    with serving(answering(answer)) as server:
        began = time.perf_counter()
        spent = run(server.url, work)
        assert 0.29 < spent <= time.perf_counter() - began
    assert sum(seen.values()) == 16


def test_other_statuses_with_retry_after_are_not_obeyed() -> None:
    clock = FakeClock()
    with serving(answering(http(503, b"", "retry-after: 5"))) as server:
        exchange = run(server.url, lambda sender: sender.deliver(delivery()), clock=clock)
    assert (clock.waits, len(exchange.attempts)) == ([], 1)


def test_waiting_takes_real_time_with_the_systems_clock() -> None:
    answers = iter([http(429, b"", "retry-after: 0.3"), NO_CONTENT])
    with serving(answering(lambda received: next(answers))) as server:
        started = time.perf_counter()
        run(server.url, lambda sender: sender.deliver(delivery()))
        assert time.perf_counter() - started >= 0.3


# -- what no header can carry ------------------------------------------------------------------


@pytest.mark.parametrize("client_id", ["漢", "a\r\nx-injected: 1", "a\nb", "\0"])
def test_a_client_id_that_no_header_can_carry_is_bad_usage(client_id: str) -> None:
    transport = HttpTransport(Dialer(parse_target("http://127.0.0.1/"), 2.0))
    with pytest.raises(UsageError, match=r"--client-id: .* cannot stand in a header"):
        DeliverySender(transport, SECRET, client_id=client_id)
