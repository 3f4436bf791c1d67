"""Delivers single cases by hand."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from mockzoom.background import run_blocking
from mockzoom.client.connect import open_courier, open_runner
from mockzoom.client.redacting import redactor
from mockzoom.client.settings import Receiver, check, load_catalog
from mockzoom.engine.case import CHALLENGE, CaseName, TestCase
from mockzoom.engine.single import SingleDeliveries
from mockzoom.errors import UsageError
from mockzoom.model import Event, Exchange, Request, RunResult
from mockzoom.settings import Settings
from mockzoom.suites.authenticity import forged
from mockzoom.suites.cases import TestCases, parse_case, read_json
from mockzoom.synth import override, parse_set


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
        self._cases = TestCases(load_catalog(settings), settings.seed, settings.at_ms())

    def named(
        self, event: str, name: str = "", forge: str = "", *, fresh: bool = False
    ) -> TestCase:
        """Make one case of `event` (`valid:0` by default), as a reproduce line names it.

        `fresh` makes it about entities never used before, after what happens before it.
        """
        default = CaseName("challenge" if event == CHALLENGE else "valid")
        case = self._cases.replayed(event, parse_case(name) if name else default)
        return forged(self._cases.unused(case) if fresh else case, forge)

    def changed(self, event: str, name: str, sets: Sequence[str], forge: str = "") -> TestCase:
        """Make a case with single values set by hand, `PATH=VALUE` each; judged as what it is."""
        base = self.named(event, name)
        spec = self._cases.contract.events.get(event)
        made = Event(base.event, read_json(base.body))
        for text in sets:
            path, value = parse_set(text)
            made = override(made, path, value, spec)
        return forged(self._cases.by_hand(made), forge)

    def written(self, event: str, body: str, forge: str = "") -> TestCase:
        """Make a case of a whole body, a JSON object that is delivered byte for byte."""
        if event != CHALLENGE:
            self._cases.contract.get(event)
        try:
            data, read = body.encode(), read_json(body)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"--body: no JSON: {error}; expected one JSON object") from None
        if not isinstance(read, dict):
            raise UsageError(f"--body: expected one JSON object, found {body[:40]}")
        return forged(self._cases.by_hand(Event(event, read), data), forge)

    def send(self, receiver: Receiver, case: TestCase, times: int = 1) -> list[Sent]:
        """Deliver a case `times` times, under one request id, and judge each answer."""
        check(self._settings)
        return run_blocking(self._send(receiver, case, times))

    async def _send(self, receiver: Receiver, case: TestCase, times: int) -> list[Sent]:
        courier = open_courier(receiver, self._settings)
        try:
            runner = open_runner(courier, self._cases.contract, self._settings)
            single = SingleDeliveries(runner)
            clean = redactor(self._settings)
            exchange, result = await single.deliver(case)
            sent = [Sent(case, exchange, clean.result(result))]
            for _ in range(times - 1):
                again, result = await single.repeat(case, exchange.delivery)
                sent.append(Sent(case, again, clean.result(result)))
            return sent
        finally:
            await courier.transport.close()

    def request(self, receiver: Receiver, case: TestCase) -> Request:
        """Return the request that would deliver a case now; send nothing."""
        check(self._settings)

        async def make() -> Request:
            courier = open_courier(receiver, self._settings)
            runner = open_runner(courier, self._cases.contract, self._settings)
            return await courier.request(runner.delivery(case))

        return run_blocking(make())
