"""Plays scenarios against a receiver."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from mockzoom.background import run_blocking
from mockzoom.client.accepting import Accepting
from mockzoom.client.connect import dialer_of, open_runner, open_sender, redactor
from mockzoom.client.reproduce import reproducer_of_play
from mockzoom.client.settings import Receiver, check, load_contract
from mockzoom.contract import Contract
from mockzoom.engine.reproduce import Reproducer
from mockzoom.errors import UsageError, nearest
from mockzoom.model import RunEvent, RunFinished, RunResult, ViolationFound
from mockzoom.play import Player, PlayPlan
from mockzoom.play import check as check_plan
from mockzoom.scenario.model import Scenario
from mockzoom.scenario.steps import Probe
from mockzoom.settings import Settings
from mockzoom.zoom.delivery_sender import DeliverySender
from mockzoom.zoom.url_validation import plain_token, right_answer


def play(
    receiver: Receiver,
    settings: Settings,
    plan: PlayPlan,
    listener: Callable[[RunEvent], None] = lambda event: None,
    *,
    whole: bool = False,
) -> RunResult:
    """Play the scenarios of `plan` against `receiver` and return what was found.

    `whole` says that these are all scenarios, so that accepted findings that are not met are gone.
    Raises `UsageError` for settings and plans that cannot be used, before anything is sent. An
    interrupt (Ctrl-C) ends the run early: the result holds what was judged until then.
    """
    plan = with_credentials(plan, settings)
    contract = load_contract(settings)
    check_play(settings, plan, contract, wire=isinstance(receiver, str))

    async def run() -> RunResult:
        async with open_sender(receiver, settings) as sender:
            return await perform(sender, contract, settings, plan, listener, whole=whole)

    return run_blocking(run())


def with_credentials(plan: PlayPlan, settings: Settings) -> PlayPlan:
    """Return the plan with the credentials that a stream's consumer signs its handshakes with."""
    return replace(
        plan,
        client_id=plan.client_id or settings.client_id,
        client_secret=plan.client_secret or settings.client_secret,
    )


def check_play(settings: Settings, plan: PlayPlan, contract: Contract, *, wire: bool) -> None:
    """Raise `UsageError` for settings and a plan that cannot be played, before anything is sent.

    `wire` says whether the receiver is reached over a network.
    """
    check(settings)
    check_plan(plan, wire=wire)
    known = {*contract.known, *(event for each in plan.scenarios for event in each.events)}
    for pattern in plan.effects:
        if not any(fnmatchcase(name, pattern) for name in known):
            raise UsageError(f"no event matches the effect {pattern!r}{nearest(pattern, known)}")


def rehearse(settings: Settings, plan: PlayPlan, listener: Callable[[RunEvent], None]) -> RunResult:
    """Play a plan to a receiver of our own that acknowledges everything: nothing is sent.

    The listener is told the timeline; retries that a receiver's answers would ask for are not in
    it, those after lost answers are.
    """
    stand_in = replace(settings, secret=settings.secret or "rehearsal")
    scenarios = tuple(_without_probe(scenario) for scenario in plan.scenarios)
    silent = replace(
        plan, scenarios=scenarios, clock="auto", scale=None, probe=None, reader=dict,
        compare=False, next_secret=plan.next_secret or "rehearsal", rehearsal=True,
    )  # fmt: skip
    return play(_accepting(stand_in.secret), stand_in, silent, listener)


def _without_probe(scenario: Scenario) -> Scenario:
    steps = tuple(
        replace(step, source=None, expect=None) if isinstance(step, Probe) else step
        for step in scenario.steps
    )
    return replace(scenario, probe=None, stream=None, steps=steps)


def _accepting(secret: str) -> Callable[..., list[bytes]]:
    """Return a WSGI application that acknowledges everything and answers the URL validation."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        try:
            token = plain_token(json.load(environ["wsgi.input"]))
        except ValueError:
            token = ""
        answer = right_answer(secret, token) if token else {}
        start_response("200 OK", [("content-type", "application/json")])
        return [json.dumps(answer).encode()]

    return application


async def perform(
    sender: DeliverySender,
    contract: Contract,
    settings: Settings,
    plan: PlayPlan,
    listener: Callable[[RunEvent], None] = lambda event: None,
    lines: Reproducer | None = None,
    *,
    whole: bool = False,
) -> RunResult:
    """Play the scenarios of `plan` against what `sender` delivers to; `lines` reproduce."""
    settings = replace(settings, at=settings.at_ms(), ack_first=False)
    lines = lines or reproducer_of_play(settings, sender, plan)
    clean = redactor(settings).also(plan.next_secret, plan.client_secret)

    def listen(event: RunEvent) -> None:
        listener(clean.event(event) if isinstance(event, ViolationFound | RunFinished) else event)

    accepting = Accepting(settings, "play", listen, whole=whole, specs=contract.known)
    names = {event for scenario in plan.scenarios for event in scenario.events}
    specs = [contract.known[name] for name in sorted(names) if name in contract.known]
    runner = open_runner(sender, contract, settings, accepting, lines, specs)
    target = sender.transport.target
    context = None
    if sender.transport.wire:
        context = dialer_of(target.url, settings).context()
    await Player(runner, plan, context, settings.permit).play()
    return clean.result(accepting.result)
