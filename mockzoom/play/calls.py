"""Calls: requests of a scenario to other endpoints of the receiver, over its own transport."""

from __future__ import annotations

import json
from urllib.parse import quote, urljoin

from mockzoom.engine.evidence import describe
from mockzoom.engine.runner import Runner
from mockzoom.model import Attempt, Failure, Request, Response
from mockzoom.play.scenario_events import ScenarioEvents, answer_values
from mockzoom.scenario.filling import filled_headers
from mockzoom.scenario.model import Expect, Nothing, StepError
from mockzoom.scenario.sending import EndpointCall
from mockzoom.suites.expectations import call_expectation, unmet

_SAFE = "/?#[]@!$&'()*+,;=:%~-._"
_STATUSES = ((200, 399),)
"""What a call has to be answered with where the scenario expects nothing else."""


async def call(
    step: EndpointCall, events: ScenarioEvents, runner: Runner, scenario: str, *, judged: bool
) -> None:
    """Send the request of a step, and keep what it saves.

    A judged answer that is not as expected is a violation; without an expectation of its own, one
    that is no success stops the scenario (`StepError`), as does a failure of the connection.
    """
    path = _path(step, events)
    attempt = await _sent(step, path, events, runner)
    outcome = attempt.outcome
    if step.expect is not None and judged:
        expect = events.expected(step.expect)
        assert expect is not None
        missed = unmet(expect, attempt, events.role)
        if missed:
            name = f"{step.name} ({step.method} {path})"
            found = call_expectation(expect, name, missed, attempt)
            runner.add_case(found, f"{scenario}/{step.name}")
    elif isinstance(outcome, Failure) or unmet(Expect(step.place, _STATUSES), attempt):
        expected = "expected an answer below 400; `expect` says otherwise"
        raise StepError(
            f"{step.place}: {step.name}: {step.method} {path}: {describe(attempt)}; {expected}"
        )
    values = answer_values(outcome if isinstance(outcome, Response) else None)
    events.save(step.name, step.saves, values)


def _path(step: EndpointCall, events: ScenarioEvents) -> str:
    """Return the path with its values; refuse one that would lead to another host."""
    path = quote(str(events.fill(step.path)), safe=_SAFE)
    if path.startswith("//"):
        raise StepError(f"{step.place}: {step.name}: no path at the receiver's host: {path!r}")
    return path


async def _sent(step: EndpointCall, path: str, events: ScenarioEvents, runner: Runner) -> Attempt:
    transport = runner.sender.transport
    filled = None if isinstance(step.body, Nothing) else events.fill(step.body)
    body = b"" if isinstance(step.body, Nothing) else json.dumps(filled).encode()
    headers = {
        "host": transport.target.netloc,
        "accept": "application/json",
        "user-agent": "mockzoom-call",
        **({"content-type": "application/json"} if body else {}),
        **{name.lower(): _header(text, step)
           for name, text in filled_headers(dict(step.headers), events.fill).items()},
        "content-length": str(len(body)),
    }  # fmt: skip
    request = Request(
        step.method, urljoin(transport.target.url, path), tuple(headers.items()), body
    )
    return await transport.exchange(request, runner.sender.timeout)


def _header(text: str, step: EndpointCall) -> str:
    """Return a header's value; refuse one that would break out of its line."""
    if any(ord(char) < 32 or ord(char) > 255 for char in text):
        raise StepError(f"{step.place}: {step.name}: no value for a header: {text[:80]!r}")
    return text
