"""What a test holds after a delivery or a run, and the failure that it can raise from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from mockzoom.engine.evidence import summary
from mockzoom.errors import UsageError
from mockzoom.model import Exchange, Failure, Request, Response, RunResult, Violation
from mockzoom.report import FAIL_ON, FailOn, as_text, verdict
from mockzoom.wording import printable

_BODY_SHOWN = 2000


class ContractFailure(AssertionError):
    """The receiver breaks the contract, or the run could not be completed; carries the result."""

    def __init__(self, message: str, result: RunResult) -> None:
        super().__init__(message)
        self.result = result


# The name that it has for those who see or catch it.
ContractFailure.__module__ = "mockzoom"


class _Outcome:
    """What came of a delivery or a run, in `result`."""

    __slots__ = ()
    result: RunResult

    @property
    def violations(self) -> tuple[Violation, ...]:
        """What the receiver did wrong, also what is accepted; the worst need not come first."""
        return self.result.violations

    @property
    def text(self) -> str:
        """The report as the terminal shows it; of a delivery, with the body that was delivered."""
        return self._text(None)

    def _text(self, fail_on: FailOn | None) -> str:
        return as_text(self.result, fail_on)

    def assert_ok(self, fail_on: FailOn | None = None) -> Self:
        """Raise `ContractFailure` for violations of severity `fail_on` or worse.

        By default the setting of this name holds. Also where the run could not be completed, or
        the receiver not be reached. Returns the object itself.
        """
        __tracebackhide__ = True
        if fail_on is not None and fail_on not in FAIL_ON:
            raise UsageError(
                f"assert_ok({fail_on!r}): expected a severity, one of"
                f" {', '.join(map(repr, FAIL_ON))}"
            )
        if verdict(self.result, fail_on) != "pass":
            text = f"{_headline(self.result, fail_on)}\n\n{self._text(fail_on)}"
            raise ContractFailure(text, self.result)
        return self


@dataclass(frozen=True, slots=True, repr=False)
class Verified(_Outcome):
    """The outcome of a whole run."""

    result: RunResult

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {_headline(self.result, None)}>"


@dataclass(frozen=True, slots=True, repr=False)
class Played(Verified):
    """The outcome of a play."""


@dataclass(frozen=True, slots=True, repr=False)
class Delivered(_Outcome):
    """One delivery: what was answered, and what is wrong with that."""

    exchange: Exchange
    result: RunResult

    @property
    def status(self) -> int | None:
        """The answer's status; None where there was no answer."""
        return self.exchange.last.status

    @property
    def acknowledged(self) -> bool:
        """Whether the answer was any 2xx."""
        return self.exchange.last.acknowledged

    @property
    def request(self) -> Request:
        """What went out, headers and bytes."""
        return self.exchange.last.request

    @property
    def response(self) -> Response | None:
        """The answer; None where there was none."""
        outcome = self.exchange.last.outcome
        return None if isinstance(outcome, Failure) else outcome

    def _text(self, fail_on: FailOn | None) -> str:
        body = self.request.body
        shown = printable(body[:_BODY_SHOWN].decode("utf-8", "backslashreplace"), line_feeds=True)
        more = f" … ({len(body)} bytes)" if len(body) > _BODY_SHOWN else ""
        return f"{as_text(self.result, fail_on)}delivered: {shown}{more}\n"

    def __repr__(self) -> str:
        return f"<Delivered {self.exchange.delivery.event}: {summary(self.exchange.last)}>"


def _headline(result: RunResult, fail_on: FailOn | None) -> str:
    """Say in one line what is wrong: it is what pytest's short summary shows."""
    outcome = verdict(result, fail_on)
    if outcome == "pass":
        return "no violations"
    if outcome == "broken":
        return f"not checked: {result.breakages[0]}"
    rules = sorted({(item.rule, item.slug) for item in result.violations if not item.is_accepted})
    return ", ".join(f"{rule} {slug}" for rule, slug in rules)
