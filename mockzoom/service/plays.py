"""Plays that the service has under way: what is played, and the controls as others see them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin

from mockzoom.errors import UsageError
from mockzoom.journal import Recorder
from mockzoom.model import JSON, Exchange, Failure, RunEvent, RunFinished
from mockzoom.play import Controls, PlayPlan, check
from mockzoom.play.plan import Clocks
from mockzoom.play.view import View
from mockzoom.probe_source import ProbeSource
from mockzoom.scenario import Scenario
from mockzoom.scenario.model import Nothing, walk
from mockzoom.scenario.steps import Probe
from mockzoom.service.scenarios import needs
from mockzoom.transport import Permit
from mockzoom.transport.permit import check_target

COALESCED_S = 0.05
"""Seconds within which changes of the controls are told as one."""


@dataclass(frozen=True, slots=True)
class PlaySettings:
    """How scenarios are played; credentials are never shown again."""

    paused: bool = False
    clock: Clocks = "auto"
    seed: int = 1
    probe: ProbeSource | None = None
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    next_secret: str = field(default="", repr=False)
    stream_scale: float = 1.0
    entities: Mapping[str, str] = field(default_factory=dict)


def plan_of(
    scenarios: tuple[Scenario, ...], options: PlaySettings, target: str, permit: Permit
) -> PlayPlan:
    """Return what is to be played against `target`.

    Raises `UsageError` for what it lacks, and `Forbidden` for a probe that `permit` does not allow.
    """
    given = {
        "client_id": options.client_id, "client_secret": options.client_secret,
        "next_secret": options.next_secret, "probe": options.probe,
    }  # fmt: skip
    missing = [name for name in needs(scenarios) if not given[name]]
    if missing:
        raise UsageError(f"the scenario {scenarios[0].name} needs {' and '.join(missing)}")
    plan = PlayPlan(
        scenarios, options.clock, probe=options.probe, next_secret=options.next_secret,
        client_id=options.client_id, client_secret=options.client_secret,
        stream_scale=options.stream_scale,
    )  # fmt: skip
    check(plan)
    for url in _probed(plan):
        check_target(urljoin(target, url), permit)
    return plan


def _probed(plan: PlayPlan) -> Iterable[str]:
    sources = [plan.source(scenario) for scenario in plan.scenarios]
    for scenario in plan.scenarios:
        sources += [step.source for step in walk(scenario.steps) if isinstance(step, Probe)]
    named = (url for item in sources if item is not None
             for url in (item.get, item.reset, item.advance))  # fmt: skip
    return set(filter(None, named))


COMMANDS: Mapping[str, Callable[[Controls], None]] = {
    "pause": Controls.pause, "play": Controls.play, "next": Controls.next, "skip": Controls.skip,
    "resend": Controls.resend, "duplicate": Controls.duplicate, "stop": Controls.stop,
}  # fmt: skip


def steer(controls: Controls, command: str, given: Mapping[str, JSON]) -> None:
    """Do what a command says; raise `UsageError` where it lacks, or has, what it should not."""
    wanted = {"inject": "fault", "edit": "body"}.get(command)
    if wanted is not None and wanted not in given:
        raise UsageError(f"{command} needs `{wanted}`")
    for name in ("fault", "body"):
        if name in given and name != wanted:
            raise UsageError(f"{command} takes no `{name}`")
    if command == "inject":
        controls.inject(given["fault"])
    elif command == "edit":
        controls.unedit() if given["body"] is None else controls.edit(given["body"])
    else:
        COMMANDS[command](controls)


def state_of(controls: Controls, number_of: Callable[[str], int | None]) -> JSON:
    """Return the controls as surfaces show them; `number_of` finds a delivery's row by its name."""
    view = controls.view()
    sent: set[str] = set()
    return {
        "title": view.title, "paused": view.paused, "cursor": view.cursor,
        "finished": view.phase == "finished", "fault": view.upcoming.fault,
        "edited": not isinstance(view.upcoming.body, Nothing),
        "draft": _draft(view),
        "steps": [
            {
                "name": step.name, "what": step.what, "about": step.about, "status": step.status,
                "due_in": view.late.get(step.name),
                "exchanges": [
                    _in_short(item, number_of, view.retries.get(item.delivery.id), sent)
                    for item in step.exchanges
                ],
            }
            for step in view.steps
        ],
    }  # fmt: skip


def _draft(view: View) -> JSON:
    """Return the body that goes out next: what was written for it, or the step's own."""
    written = view.upcoming.body
    body = view.draft.body if isinstance(written, Nothing) else written
    return {"step": view.draft.step, "body": body} if isinstance(body, dict) else None


def _in_short(
    exchange: Exchange, number_of: Callable[[str], int | None], retry_in: float | None,
    sent: set[str],
) -> JSON:  # fmt: skip
    """Return an exchange in a line; `sent` has the request ids of those before it."""
    item, last = exchange.delivery, exchange.last
    duplicate = item.request_id in sent
    sent.add(item.request_id)
    failure = last.outcome.kind if isinstance(last.outcome, Failure) else None
    took = last.timings.answer
    return {
        "delivery": number_of(item.id), "name": item.id, "event": item.event,
        "status": last.status, "failure": failure, "attempts": len(exchange.attempts),
        "answer_ms": None if took is None else round(took * 1000, 1), "retry_in": retry_in,
        "duplicate": duplicate,
    }  # fmt: skip


class ControlsFeed:
    """Puts a play's controls into its live feed whenever they change; lives on the play's loop."""

    def __init__(self, recorder: Recorder, *, paused: bool = False) -> None:
        self._recorder = recorder
        self._loop: asyncio.AbstractEventLoop | None = None
        self.controls = Controls(paused=paused, watcher=self._changed)
        self._due: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Watch from now on; call it on the loop of the play."""
        self._loop = asyncio.get_running_loop()
        self._loop.call_soon(self._plan)

    def take(self, event: RunEvent) -> None:
        """Record a run event; before the last one, how the steps went."""
        if isinstance(event, RunFinished):
            self._show()
            self._recorder.keep_steps(self.state)
        self._recorder(event)

    def state(self) -> JSON:
        """Return the controls as they are now."""
        return state_of(self.controls, self._recorder.number)

    def _changed(self) -> None:
        """Take note of a change, on whatever thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._plan)

    def _plan(self) -> None:
        if self._due is None and not self.controls.finished and self._loop is not None:
            self._due = self._loop.call_later(COALESCED_S, self._show)

    def _show(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
        self._recorder.show("controls", self.state)
