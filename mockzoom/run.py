"""A run: delivers cases one after the other, judges them, and tells its listener what happens.

The plan (`mockzoom.verify`) decides what is sent next; the run counts, repeats what needs a second
look, groups what was found, and keeps no exchange longer than it is judged.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from os.path import commonprefix

from msgspec.structs import replace

from mockzoom.casebook import KINDS, RANDOM, Casebook, Prepared, Reproducer
from mockzoom.checks import Kind, Trial, judge
from mockzoom.chronicle import Chronicle
from mockzoom.delivery import FORGERIES, Courier, request_id
from mockzoom.model import (
    Coverage,
    Delivery,
    Exchange,
    ExchangeFinished,
    Failure,
    NotJudged,
    RunEvent,
    RunFinished,
    RunResult,
    StepStarted,
    Violation,
    ViolationFound,
)

Listener = Callable[[RunEvent], None]

PURSUED = 3
"""How often one rule and cause is pursued when each time costs a whole deadline."""
COMEBACK_S = 10.0
"""Seconds in which a receiver that has gone away may come back."""
KEPT_IDS = 50
"""Delivery ids that one finding lists at most; its count goes on."""


class ReceiverGone(Exception):
    """The receiver does not come back: what follows cannot be judged."""


@dataclass(slots=True)
class _Group:
    first: Violation
    count: int
    ids: list[str]
    messages: dict[str, None]
    events: dict[str, None]


class Findings:
    """Violations, grouped by rule and cause as they come in."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str], _Group] = {}

    def add(self, violation: Violation) -> None:
        """Take one violation."""
        key = (violation.rule, violation.cause)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Group(violation, 0, [], {}, {})
        group.count += violation.count
        group.ids.extend(violation.deliveries[: KEPT_IDS - len(group.ids)])
        if violation.event is not None:
            group.events.setdefault(violation.event)
        if len(group.messages) < KEPT_IDS:
            group.messages.setdefault(violation.message)

    def has(self, rule: str, cause: str = "") -> bool:
        """Tell whether `rule` was broken (for `cause`, where one is given)."""
        return any(key[0] == rule and cause in ("", key[1]) for key in self._groups)

    def drop(self, rule: str, cause: str = "") -> None:
        """Forget the findings of `rule` (and `cause`): another one explains them."""
        for key in list(self._groups):
            if key[0] == rule and cause in ("", key[1]):
                del self._groups[key]

    def all(self) -> tuple[Violation, ...]:
        """Return one violation a group, in the order of their rules."""
        found = [_merged(group) for group in self._groups.values()]
        return tuple(sorted(found, key=lambda item: (item.rule, item.cause)))


def _merged(group: _Group) -> Violation:
    text, *others = group.messages
    if others:
        shared = len(commonprefix([text, *others]))  # noqa: RUF071 - texts, not paths
        shared = text.rfind(" ", 0, shared + 1) + 1
        shown = ["… " + other[shared:] if shared > 12 else other for other in others[:3]]
        more = f"; and {len(others) - 3} more" if len(others) > 3 else ""
        text += "; also " + "; ".join(shown) + more
    return replace(
        group.first,
        message=text,
        count=group.count,
        deliveries=tuple(group.ids),
        events=tuple(group.events),
    )


class Run:
    """One run against one receiver."""

    def __init__(
        self, courier: Courier, casebook: Casebook, reproducer: Reproducer, listener: Listener
    ) -> None:
        self.courier = courier
        self.casebook = casebook
        self.findings = Findings()
        self.notices: dict[str, None] = {}
        self.breakages: list[str] = []
        self.not_judged: dict[str, str] = {}
        self._judged: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self.covered: set[str] = set()
        self.muted: frozenset[str] = frozenset()
        self.strict = False
        self.constraints = (0, 0)
        self.deliveries = 0
        self.chronicle: Chronicle | None = None
        """Keeps the timeline of streams, once there is one."""
        self._reproducer = reproducer
        self._listener = listener
        self._started = courier.clock.monotonic()
        # Retries share a request id, two deliveries never, nor do two runs.
        self._request_ids = request_id(casebook.seed, str(courier.clock.now()))[:24]

    # -- telling -------------------------------------------------------------------------------

    def tell(self, event: RunEvent) -> None:
        """Hand a run event to the listener."""
        if self.chronicle is not None:
            self.chronicle.take(event)
        self._listener(event)

    def step(self, name: str, about: str) -> None:
        """Say that a group of deliveries begins."""
        self.tell(StepStarted(name, about))

    def notice(self, text: str) -> None:
        """Add something worth knowing that is no violation; the same text is added once."""
        self.notices.setdefault(text)

    def skip_rules(self, why: str, *rules: str) -> None:
        """List rules as not judged, with the first reason given."""
        for rule in rules:
            self.not_judged.setdefault(rule, why)

    # -- delivering ----------------------------------------------------------------------------

    def delivery(self, prepared: Prepared, forge: str = "") -> Delivery:
        """Return a new delivery of a prepared case."""
        self.deliveries = number = self.deliveries + 1
        again = f"{self._request_ids}{number:012x}"
        return Delivery(
            f"d-{number}", str(prepared.case), prepared.event, prepared.body, again, forge,
            prepared.content_type,
        )  # fmt: skip

    async def send(self, prepared: Prepared, forge: str = "") -> Exchange:
        """Deliver a prepared case once."""
        exchange = await self.courier.deliver(self.delivery(prepared, forge))
        self.tell(ExchangeFinished(exchange))
        if self.courier.out_of_patience and exchange.last.status == 429:
            self.notice(
                "the receiver goes on answering 429 although its Retry-After was obeyed for 30 s;"
                " such deliveries were not judged (see --rate)"
            )
        return exchange

    async def send_carefully(self, prepared: Prepared, forge: str = "") -> Exchange:
        """Deliver; repeat alone, with other entities, what was too slow the first time."""
        exchange = await self.send(prepared, forge)
        if not exchange.last.timed_out:
            return exchange
        await asyncio.sleep(0.2)
        repeated = await self.send(self._again(prepared), forge)
        if not repeated.last.timed_out:
            self.notice(
                f"{exchange.delivery.id} ({prepared.event}) had no answer in time, its repetition"
                " had: not reported"
            )
        return repeated

    def _again(self, prepared: Prepared) -> Prepared:
        """Return the same case with other entities, where its kind has such; else the same."""
        if KINDS[prepared.case.kind] in ("malformed", "random", "body"):
            return prepared
        case = replace(prepared.case, world=prepared.case.world + 1)
        return self.casebook.prepare(prepared.event, case)

    # -- judging -------------------------------------------------------------------------------

    def judge(
        self,
        prepared: Prepared,
        exchange: Exchange,
        control: Exchange | None = None,
        kind: Kind | None = None,
    ) -> tuple[Violation, ...]:
        """Judge one exchange (as `kind`, where it is not what its case says), keep the findings."""
        found = self.verdict(prepared, exchange, control, kind)
        for violation in found:
            self.add(violation, exchange.delivery)
        return found

    def verdict(
        self,
        prepared: Prepared,
        exchange: Exchange,
        control: Exchange | None = None,
        kind: Kind | None = None,
    ) -> tuple[Violation, ...]:
        """Judge one exchange, and keep nothing."""
        secret, strict = self.courier.secret, self.strict
        found = judge(trial_of(prepared, exchange, secret, control, kind, strict=strict))
        return tuple([item for item in found if item.rule not in self.muted]) if found else ()

    def add(self, violation: Violation, delivery: Delivery) -> None:
        """Keep a violation, with the command that reproduces its delivery."""
        if delivery.case.startswith(RANDOM):
            line = self._reproducer.command_with(delivery.event or "", delivery.body)
        else:
            line = self._reproducer.command(delivery.event or "", delivery.case, delivery.forge)
        self._keep(replace(violation, reproduce=line))

    def add_case(self, violation: Violation, case: str) -> None:
        """Keep a violation that no single delivery shows, with the command for its `case`."""
        line = self._reproducer.command(violation.event or "", case)
        self._keep(replace(violation, reproduce=line))

    def _keep(self, complete: Violation) -> None:
        self.findings.add(complete)
        self.tell(ViolationFound(complete))

    def count(self, event: str | None, *rules: str) -> None:
        """Note that a delivery judged `rules` for `event`."""
        self._judged[event or "", rules] += 1

    @property
    def judged(self) -> dict[tuple[str, str], int]:
        """How many deliveries judged each (rule, event)."""
        judged: Counter[tuple[str, str]] = Counter()
        for (event, rules), number in self._judged.items():
            for rule in rules:
                judged[rule, event] += number
        return dict(judged)

    async def stays_reachable(self, after: Exchange) -> None:
        """Make sure that a lost connection did not mean a lost receiver.

        Raises `ReceiverGone` where no connection can be opened for ten seconds.
        """
        outcome = after.last.outcome
        if not isinstance(outcome, Failure) or outcome.kind == "timeout":
            return
        ends = self.courier.clock.monotonic() + COMEBACK_S
        while True:
            if await self.courier.transport.reach() is None:
                return
            if self.courier.clock.monotonic() > ends:
                break
            await asyncio.sleep(0.5)
        raise ReceiverGone(
            f"the receiver has gone away after {after.delivery.id} ({after.delivery.event}, case"
            f" {after.delivery.case}): {outcome.message}; it did not come back within"
            f" {COMEBACK_S:g} s"
        )

    # -- ending --------------------------------------------------------------------------------

    def finish(self, events_total: int) -> RunResult:
        """Return the outcome, and tell it."""
        result = RunResult(
            target=self.courier.transport.target.url,
            seed=self.casebook.seed,
            elapsed=self.courier.clock.monotonic() - self._started,
            deliveries=self.deliveries,
            coverage=Coverage((len(self.covered), events_total), self.constraints),
            violations=self.findings.all(),
            not_judged=tuple(NotJudged(rule, why) for rule, why in sorted(self.not_judged.items())),
            notices=tuple(self.notices),
            breakages=tuple(self.breakages),
            cases=self.judged,
            timeline=self.chronicle.moments if self.chronicle is not None else (),
        )
        self.tell(RunFinished(result))
        return result


def trial_of(
    prepared: Prepared,
    exchange: Exchange,
    secret: str,
    control: Exchange | None = None,
    kind: Kind | None = None,
    *,
    strict: bool = False,
) -> Trial:
    """Return the judged case of one exchange."""
    forge = exchange.delivery.forge
    detail = prepared.detail or (FORGERIES[forge].about if forge else "")
    judged_as = kind or KINDS[prepared.case.kind]
    if forge and kind is None and judged_as != "challenge-oracle":
        judged_as = "challenge-forged" if judged_as == "challenge" else "forged"
    return Trial(
        judged_as, exchange, control, detail, secret, prepared.plain_token, strict,
        prepared.oversize,
    )  # fmt: skip
