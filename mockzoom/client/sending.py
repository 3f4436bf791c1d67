"""Delivers single cases by hand: what `mockzoom send` does."""

from __future__ import annotations

import json
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from mockzoom.background import run_blocking
from mockzoom.client.connect import open_runner, open_sender, redactor
from mockzoom.client.settings import Receiver, check, load_contract
from mockzoom.contract import Contract
from mockzoom.engine.case import CHALLENGE, CaseName, TestCase
from mockzoom.engine.single import SingleDeliveries
from mockzoom.errors import UsageError
from mockzoom.model import JSON, Delivery, Event, Exchange, Request, RunResult
from mockzoom.settings import Settings
from mockzoom.suites.authenticity import forged
from mockzoom.suites.cases import TestCases, parse_case, read_json
from mockzoom.synth import BrokenValue, override, parse_set
from mockzoom.synth.pins import pins_of

MOST_BYTES = 16 * 1024 * 1024
"""The size up to which a body is delivered by hand: Zoom's have some kilobytes."""


class BrokenBody(UsageError):
    """A body that was written by hand is no JSON object in UTF-8; says where."""


class Sent(Struct, frozen=True):
    """What one delivery by hand showed."""

    case: TestCase
    exchange: Exchange
    result: RunResult


class ByHand:
    """Makes what is delivered by hand, and delivers it to one receiver.

    The payload clock stands still: every case that it makes belongs to one moment. Raises
    `UsageError` for what cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._cases = TestCases(
            load_contract(settings), settings.seed, settings.at_ms(), pins_of(settings.entities)
        )

    @property
    def contract(self) -> Contract:
        """The contract that the settings name."""
        return self._cases.contract

    def named(
        self, event: str, name: str = "", forge: str = "", *, fresh: bool = False
    ) -> TestCase:
        """Make one case of `event` (`valid:0` by default), as a reproduce line names it.

        `fresh` makes it about entities never used before, after what happens before it.
        """
        default = CaseName("challenge" if event == CHALLENGE else "valid")
        case = self._cases.replayed(event, parse_case(name) if name else default)
        return forged(self._cases.unused(case) if fresh else case, forge)

    def changed(
        self, event: str, name: str, sets: Sequence[str], forge: str = "", *, raw: bool = False
    ) -> TestCase:
        """Make a case with single values set by hand, `PATH=VALUE` each; judged as what it is.

        With `raw`, a value that is broken JSON is a text.
        """
        base = self.named(event, name)
        spec = self._cases.contract.known.get(event)
        made = Event(base.event, read_json(base.body))
        for text in sets:
            try:
                path, value = parse_set(text, raw=raw)
            except BrokenValue as error:
                raise UsageError(f"--set {error}, or pass --raw") from None
            made = override(made, path, value, spec)
        return forged(self._cases.by_hand(made), forge)

    def written(
        self, event: str, body: str | bytes, forge: str = "", *, raw: bool = False, place: str = ""
    ) -> TestCase:
        """Make a case of a whole body, which is delivered byte for byte; judged as what it is.

        The contract has to know `event`, unless the body names it itself. What is no JSON object
        raises `UsageError` with its `place`; with `raw`, it is judged as a malformed body, and
        `event` may be empty.
        """
        data = body.encode("utf-8", "surrogateescape") if isinstance(body, str) else body
        place = place or "--body"
        if len(data) > MOST_BYTES:
            raise UsageError(f"{place}: it has more than {MOST_BYTES} bytes; expected an event")
        try:
            read = _object(data, place)
        except BrokenBody as error:
            if not raw:
                raise UsageError(f"{error}; pass --raw to deliver it as it is") from None
            read = {}
        if read.get("event") != event and (event or not raw):
            self._check(event)
        return forged(self._cases.of_bytes(event, data), forge)

    def kept(self, delivery: Delivery, forge: str = "") -> TestCase:
        """Make a case of a delivery that a run has made: the same bytes, forged as it was.

        `forge` names another forgery.
        """
        case = self._cases.of_bytes(delivery.event or "", delivery.body)
        case = replace(case, content_type=delivery.content_type, headers=delivery.headers)
        return forged(case, forge or delivery.forge)

    def _check(self, event: str) -> None:
        if event != CHALLENGE:
            self._cases.contract.get(event)

    def send(self, receiver: Receiver, case: TestCase, times: int = 1) -> list[Sent]:
        """Deliver a case `times` times, under one request id, and judge each answer."""
        check(self._settings)
        return run_blocking(self._send(receiver, case, times))

    async def _send(self, receiver: Receiver, case: TestCase, times: int) -> list[Sent]:
        async with open_sender(receiver, self._settings) as sender:
            runner = open_runner(sender, self._cases.contract, self._settings)
            single = SingleDeliveries(runner)
            clean = redactor(self._settings)
            exchange, result = await single.deliver(case)
            sent = [Sent(case, exchange, clean.result(result))]
            for _ in range(times - 1):
                again, result = await single.repeat(case, exchange.delivery)
                sent.append(Sent(case, again, clean.result(result)))
            return sent

    def request(self, receiver: Receiver, case: TestCase) -> Request:
        """Return the request that would deliver a case now; send nothing."""
        check(self._settings)

        async def make() -> Request:
            sender = open_sender(receiver, self._settings)
            runner = open_runner(sender, self._cases.contract, self._settings)
            return await sender.request(runner.delivery(case))

        return run_blocking(make())


def _object(data: bytes, place: str) -> dict[str, JSON]:
    """Return the JSON object that `data` is; raise `BrokenBody` where it is none."""
    try:
        read = read_json(data.decode())
    except UnicodeDecodeError as error:
        raise BrokenBody(f"{place}: no text in UTF-8 from byte {error.start + 1} on") from None
    except json.JSONDecodeError as error:
        where = f"{place}:{error.lineno}:{error.colno}"
        raise BrokenBody(f"{where}: broken JSON: {error.msg}; expected one JSON object") from None
    except (ValueError, RecursionError) as error:
        raise BrokenBody(f"{place}: broken JSON: {error}; expected one JSON object") from None
    if not isinstance(read, dict):
        shown = data[:40].decode("utf-8", "replace")
        raise BrokenBody(f"{place}: expected one JSON object, found {shown}")
    return read
