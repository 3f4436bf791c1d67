"""Plays scenarios against a receiver."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from mockzoom import catalog as contract
from mockzoom.background import run_blocking
from mockzoom.casebook import CLIENT_SECRET, Casebook, Reproducer
from mockzoom.delivery import Courier
from mockzoom.model import RunEvent, RunResult
from mockzoom.play import Director, PlayPlan
from mockzoom.play import check as check_plan
from mockzoom.play.streams import streamed
from mockzoom.run import Run
from mockzoom.scenario.model import Probe, Scenario
from mockzoom.session.opening import command_options, dialer_of, open_courier
from mockzoom.session.settings import Receiver, Settings, check, load_catalog
from mockzoom.signing import encrypted_token


def play(
    receiver: Receiver,
    settings: Settings,
    plan: PlayPlan,
    listener: Callable[[RunEvent], None] = lambda event: None,
) -> RunResult:
    """Play the scenarios of `plan` against `receiver` and return what was found.

    Raises `UsageError` for settings and plans that cannot be used, before anything is sent. An
    interrupt (Ctrl-C) ends the run early: the result holds what was judged until then.
    """
    check(settings)
    plan = with_credentials(plan, settings)
    check_plan(plan, wire=isinstance(receiver, str))
    catalog = load_catalog(settings)

    async def run() -> RunResult:
        courier = open_courier(receiver, settings)
        try:
            return await perform(courier, catalog, settings, plan, listener)
        finally:
            await courier.transport.close()

    return run_blocking(run())


def with_credentials(plan: PlayPlan, settings: Settings) -> PlayPlan:
    """Return the plan with the credentials that a stream's consumer signs its handshakes with."""
    return replace(
        plan,
        client_id=plan.client_id or settings.client_id,
        client_secret=plan.client_secret or settings.client_secret,
    )


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
            token = json.load(environ["wsgi.input"])["payload"]["plainToken"]
            answer = {"plainToken": token, "encryptedToken": encrypted_token(secret, token)}
        except (ValueError, KeyError, TypeError):
            answer = {}
        start_response("200 OK", [("content-type", "application/json")])
        return [json.dumps(answer).encode()]

    return application


async def perform(
    courier: Courier,
    catalog: contract.Catalog,
    settings: Settings,
    plan: PlayPlan,
    listener: Callable[[RunEvent], None] = lambda event: None,
) -> RunResult:
    """Play the scenarios of `plan` against what `courier` delivers to."""
    book = Casebook(catalog, settings.seed, settings.at_ms())
    lines = _play_lines(settings, courier, book, plan)
    run = Run(courier, book, lines, listener)
    run.strict = settings.strict
    target = courier.transport.target
    context = None
    if courier.transport.wire:
        context = dialer_of(target.url, settings).context()
    return await Director(run, plan, context, settings.permit).play()


@dataclass(frozen=True, slots=True)
class PlayReproducer(Reproducer):
    """Writes the command that plays a case's scenario again; `files` names those of one's own."""

    files: tuple[tuple[str, str], ...] = ()

    def command(self, event: str, case: str, forge: str = "") -> str:
        """Return one shell line; a case of a play is called `SCENARIO/STEP`."""
        scenario, slash, _ = case.partition("/")
        if not slash:
            return Reproducer.command(self, event, case, forge)
        named = dict(self.files).get(scenario, scenario)
        words = ["mockzoom", "play", named, "--to", self.target, "--seed", str(self.seed)]
        return " ".join([shlex.join(words), *self.options])


def _play_lines(
    settings: Settings, courier: Courier, book: Casebook, plan: PlayPlan
) -> PlayReproducer:
    own = (item for item in plan.scenarios if not item.file.startswith("scenarios/"))
    more = [word for glob in plan.effects for word in ("--effect", shlex.quote(glob))]
    if plan.probe is not None:
        flag = "--probe" if plan.probe.get else "--probe-command"
        more += [flag, shlex.quote(plan.probe.get or shlex.join(plan.probe.run))]
    if plan.next_secret:
        more.append('--next-secret "$MOCKZOOM_NEXT_SECRET"')
    if plan.client_secret and any(streamed(item) for item in plan.scenarios):
        more.append(CLIENT_SECRET)
    return PlayReproducer(
        courier.transport.target.url,
        book.seed,
        book.at_ms,
        (*more, *command_options(settings)),
        tuple((item.name, item.file) for item in own),
    )
