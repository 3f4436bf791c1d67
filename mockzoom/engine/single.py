"""Single deliveries: judged like those of a whole run, without one around them.

A whole run judges what is odd only after the receiver has acknowledged something genuine. Whoever
delivers by hand may begin with the odd thing. As long as that is acknowledged, nothing else goes
out. Where it is refused, rightly, one URL validation (which leaves no trace in a receiver) shows
that not simply everything is refused; where there is something to report, a genuine event is sent
for comparison.
"""

from __future__ import annotations

from mockzoom.engine.case import CHALLENGE, CaseName, TestCase
from mockzoom.engine.runner import HIDDEN, Runner
from mockzoom.model import Coverage, Delivery, Exchange, Failure, RunResult, Violation
from mockzoom.transport.dial import WANTS_HTTPS, unreachable


class SingleDeliveries:
    """Makes deliveries one at a time, and remembers whether the receiver took a genuine one."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._takes_genuine = False

    async def deliver(self, case: TestCase) -> tuple[Exchange, RunResult]:
        """Deliver a case and judge the answer."""
        exchange = await self._runner.send_carefully(case)
        exchange = await self._runner.repeat_server_error(case, exchange)
        return exchange, await self.concluded(case, exchange)

    async def repeat(self, case: TestCase, delivery: Delivery) -> tuple[Exchange, RunResult]:
        """Make the same delivery again, under its request id, and judge the answer."""
        exchange = self._runner.delivered(await self._runner.sender.deliver(delivery))
        return exchange, await self.concluded(case, exchange)

    async def concluded(self, case: TestCase, exchange: Exchange) -> RunResult:
        """Judge a delivery that was made; return what it comes to, as a result of its own."""
        runner = self._runner
        violations: tuple[Violation, ...] = ()
        run_errors: tuple[str, ...] = ()
        outcome = exchange.last.outcome
        if isinstance(outcome, Failure) and exchange.last.timings.connected is None:
            run_errors = (unreachable(outcome),)
        elif await runner.wants_https(exchange):
            run_errors = (WANTS_HTTPS,)
        else:
            violations = await self._violations(case, exchange)
            failed = runner.genuine.take_violation()
            violations += (failed[0],) if failed is not None else ()
        return RunResult(
            target=runner.sender.transport.target.url,
            seed=runner.cases.seed,
            elapsed=exchange.last.timings.complete or 0.0,
            deliveries=runner.deliveries,
            coverage=Coverage((1, 1)),
            violations=violations,
            notices=runner.take_notices(),
            breakages=run_errors,
        )

    async def _violations(self, case: TestCase, exchange: Exchange) -> tuple[Violation, ...]:
        runner = self._runner
        if case.kind.plain:
            self._takes_genuine = self._takes_genuine or exchange.last.acknowledged
            return (await runner.conclude(case, exchange)).violations
        found = runner.verdict(case, exchange)
        if case.event == CHALLENGE or exchange.last.status == 429:
            return found
        if not found and (exchange.last.acknowledged or await self._accepts()):
            return found
        genuine = runner.cases.genuine_like(case)
        if found and not exchange.last.acknowledged:
            confirmed, control = await runner.confirm(case, exchange, genuine)
        else:
            confirmed, control = True, await runner.control(genuine)
        if control is None or control.last.acknowledged:
            self._takes_genuine = True
            if not confirmed:
                runner.notice(
                    f"refused, and not refused when it was repeated: {case.detail or case.forge};"
                    " not reported"
                )
            if found and exchange.last.acknowledged:
                judged = await runner.conclude(case, exchange)
                if not judged.violations:
                    runner.notice(HIDDEN)
                return judged.violations
            return found if confirmed else ()
        runner.notice(
            f"what was sent ({case.detail or case.forge}) is not checked: the receiver does not"
            f" acknowledge a genuine {genuine.event} either"
        )
        return (await runner.conclude(genuine, control)).violations

    async def _accepts(self) -> bool:
        """Whether a signed delivery is known to be acknowledged, if only a URL validation."""
        if not self._takes_genuine:
            challenge = self._runner.cases.prepare(CHALLENGE, CaseName("challenge"))
            control = await self._runner.send_carefully(challenge)
            self._takes_genuine = control.last.acknowledged
        return self._takes_genuine
