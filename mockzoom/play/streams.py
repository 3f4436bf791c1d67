"""The stream server of a play: every started event of the scenario names URLs of its own.

The server records what the consumer does from then on; once the play is over, and no deadline of
the protocol is open any more, that is judged by rules MZ601 to MZ612.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

from msgspec.structs import replace

from mockzoom.engine.runner import Runner
from mockzoom.errors import UsageError
from mockzoom.model import JSON, Delivery, Event, NotJudged, Violation
from mockzoom.scenario.model import Place, Scenario, Send, StepError, walk
from mockzoom.scenario.steps import Await, StreamFault
from mockzoom.suites.expectations import stream_expectation
from mockzoom.suites.stream_checks import judge_stream, unjudged
from mockzoom.suites.stream_history import not_offered, refused
from mockzoom.suites.streams import NO_REJOIN, OF_ONE_STREAM

if TYPE_CHECKING:
    from mockzoom.zoom.rtms import (
        Honeypot,
        MediaSource,
        Stream,
        StreamCase,
        StreamServer,
        Timing,
        WebhookDue,
    )

Due = Callable[[int, str, Mapping[str, JSON]], None]
"""Delivers a webhook of an entity set's stream: its event's name, and values of its payload."""
_NO_CREDENTIALS = (
    "the consumer signs its handshakes with the app's client id and secret; pass --client-id and"
    " --client-secret (or set MOCKZOOM_CLIENT_ID and MOCKZOOM_CLIENT_SECRET)"
)


def lacking_credentials(client_id: str, client_secret: str) -> str:
    """Return what to do where a credential of the handshakes is missing; empty where none is."""
    return "" if client_id and client_secret else _NO_CREDENTIALS


def check_credentials(client_id: str, client_secret: str) -> None:
    """Raise `UsageError` where a credential of the handshakes is missing."""
    missing = lacking_credentials(client_id, client_secret)
    if missing:
        raise UsageError(missing)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one stream of a scenario showed; `unmet` is the step that waited for it in vain."""

    scenario: str
    case: StreamCase
    violations: tuple[Violation, ...]
    unjudged: tuple[NotJudged, ...]
    unmet: Await | None = None

    @property
    def joined(self) -> bool:
        """Whether anybody tried to join it."""
        return not any(item.rule == "MZ602" for item in self.unjudged)


def check_actions(scenario: Scenario) -> None:
    """Raise `UsageError` for an option or a file that is of no use, with its place."""
    from mockzoom.zoom.rtms import FAULTS, MEETING_ACTIONS

    known = {item.name: item for item in (*FAULTS, *MEETING_ACTIONS)}
    sources_of(scenario)
    for step in walk(scenario.steps):
        if isinstance(step, StreamFault) and step.action in known:
            try:
                known[step.action].arguments(step.options)
            except UsageError as error:
                raise UsageError(f"{step.place}: {error}") from None


def sources_of(scenario: Scenario) -> dict[str, MediaSource]:
    """Return the media that come from the scenario's files; raise `UsageError` with the place."""
    from mockzoom.zoom.rtms import source_of

    found = {}
    for kind, path, place in scenario.stream.files if scenario.stream is not None else ():
        try:
            found[kind] = source_of(kind, path)
        except UsageError as error:
            raise UsageError(f"{place}: {error}") from None
    return found


class Streams:
    """The streams of one scenario run; `async with` runs their server."""

    def __init__(
        self,
        scenario: Scenario,
        runner: Runner,
        *,
        client_id: str,
        client_secret: str,
        timing: Timing | None = None,
        scale: float = 1.0,
    ) -> None:
        check_credentials(client_id, client_secret)
        self._scenario = scenario
        self._runner = runner
        self._client_id, self._client_secret = client_id, client_secret
        self._timing, self._scale = timing, scale
        self._sources = sources_of(scenario)
        self._deliver: Due = lambda entities, event, payload: None
        self._server: StreamServer | None = None
        self._by_id: dict[str, tuple[Stream, int]] = {}
        self._newest: dict[int, str] = {}
        self._unmet: dict[str, Await] = {}

    async def __aenter__(self) -> Self:
        from mockzoom.zoom.rtms import StreamServer

        self._server = StreamServer(
            timing=self._timing,
            seed=self._runner.cases.seed,
            listener=self._runner.observe,
            on_webhook=self._webhook_due,
        )
        await self._server.start()
        self._runner.keep_timeline()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._server is not None:
            await self._server.stop()

    def deliver_by(self, deliver: Due) -> None:
        """Have the webhooks that are due delivered by `deliver`."""
        self._deliver = deliver

    # -- webhooks ------------------------------------------------------------------------------

    def addressed(self, event: Event, entities: int) -> Event:
        """Return a started event with the URLs of its stream; others as they are."""
        stream = self._started(event, entities)
        if stream is None:
            return event
        stream.open_again()
        self._newest[entities] = stream.identity.stream_id
        return _with_urls(event, stream)

    def addressed_later(self, event: Event, entities: int) -> Event:
        """Return what `addressed` will, of an event that is not delivered yet."""
        stream = self._started(event, entities)
        return event if stream is None else _with_urls(event, stream)

    def _started(self, event: Event, entities: int) -> Stream | None:
        """Return the stream that a started event tells of, which is made where there is none."""
        from mockzoom.zoom.rtms import STREAM_ID, told_by

        told = told_by(event.name)
        if told is None or told[1] != "started" or not isinstance(event.payload, Mapping):
            return None
        kind, _, owner = told
        stream_id = str(event.payload.get(STREAM_ID, ""))
        if stream_id not in self._by_id:
            assert self._server is not None
            stream = self._server.add(
                kind,
                str(event.payload.get(owner, "")),
                stream_id,
                media=self._media(),
                sources=self._sources,
                webhooks=self._tells_interruptions(),
                client_id=self._client_id,
                client_secret=self._client_secret,
            )
            self._by_id[stream_id] = (stream, entities)
        return self._by_id[stream_id][0]

    def delivered(self, delivery: Delivery, body: JSON, *, acknowledged: bool) -> None:
        """Take note of a concluded delivery that tells something of a stream."""
        from mockzoom.zoom.rtms import STREAM_ID, told_by

        told = told_by(delivery.event or "")
        payload = body.get("payload") if isinstance(body, Mapping) else None
        if told is None or delivery.forge or not isinstance(payload, Mapping):
            return
        known = self._by_id.get(str(payload.get(STREAM_ID, "")))
        if known is None:
            return
        word, reason = told[1], payload.get("stop_reason")
        known[0].webhook(
            word,  # type: ignore[arg-type]
            acknowledged=acknowledged,
            reason=reason if isinstance(reason, int) else None,
        )

    async def honeypot(self) -> Honeypot:
        """Open a URL that only records who connects to it."""
        assert self._server is not None
        return await self._server.honeypot()

    # -- steps ---------------------------------------------------------------------------------

    async def wait(self, step: Await, entities: int, within: float) -> bool:
        """Wait for a condition of the newest stream; tell whether it was met in time."""
        condition = f"{step.condition} {step.argument}".strip()
        return await self._stream(step, entities).wait(condition, within)

    def missed(self, step: Await, entities: int) -> None:
        """Note that the condition of `step` was waited for in vain."""
        self._unmet.setdefault(self._newest[entities], step)

    def within(self, step: Await) -> float:
        """Return the seconds that a step really waits: what waits for a consumer is scaled."""
        return step.within * self._scale

    async def act(self, step: StreamFault, entities: int) -> str:
        """Have the entity set's newest stream do something; return what was done, in words."""
        from mockzoom.zoom.rtms import MEETING_ACTIONS

        stream = self._stream(step, entities)
        if step.action in {item.name for item in MEETING_ACTIONS}:
            return await stream.happen(step.action, **step.options)
        return await stream.fault(step.action, **step.options)

    async def verdicts(self, *, settled: bool = True) -> tuple[Verdict, ...]:
        """Judge each stream; if `settled`, once no deadline is open and all can be judged."""
        made = []
        for stream_id, (stream, _) in self._by_id.items():
            if settled:
                await stream.settle()
            case = stream.case()
            made.append(
                Verdict(
                    self._scenario.name,
                    case,
                    judge_stream(case),
                    unjudged(case),
                    self._unmet.get(stream_id),
                )
            )
        return tuple(made)

    def end_rest(self) -> tuple[Send, ...]:
        """End what still runs; return the webhooks that tell of it, which are to be delivered."""
        from mockzoom.zoom.rtms import StopReason

        steps: list[Send] = []
        self.deliver_by(lambda entities, event, payload: steps.append(webhook_step(event, payload)))
        for stream, _ in self._by_id.values():
            stream.terminate(StopReason.MEETING_ENDED)
        return tuple(steps)

    @property
    def joined(self) -> bool:
        """Whether anybody has joined a stream."""
        return any(stream.timeline.counts["joined"] for stream, _ in self._by_id.values())

    # -- within --------------------------------------------------------------------------------

    def _stream(self, step: Await | StreamFault, entities: int) -> Stream:
        if entities not in self._newest:
            raise StepError(
                f"{step.place}: {step.name}: no stream has been started yet; deliver a"
                " *.rtms_started before it"
            )
        return self._by_id[self._newest[entities]][0]

    def _media(self) -> tuple[str, ...]:
        from mockzoom.zoom.rtms import MEDIA

        plan = self._scenario.stream
        return plan.media if plan is not None and plan.media else tuple(MEDIA)

    def _tells_interruptions(self) -> bool:
        if self._scenario.stream is not None and self._scenario.stream.webhooks == "auto":
            return True
        told = (event for event in self._scenario.events if event.endswith("rtms_interrupted"))
        return any(told)

    def _webhook_due(self, stream: Stream, due: WebhookDue) -> None:
        if self._scenario.stream is not None and self._scenario.stream.webhooks == "auto":
            entities = self._by_id[stream.identity.stream_id][1]
            self._deliver(entities, due.event, due.payload)


def webhook_step(event: str, payload: Mapping[str, JSON], file: str = "") -> Send:
    """Return the step that delivers a webhook of a stream, with these fields in its payload."""
    changes = tuple((f"payload.{key}", value) for key, value in payload.items())
    return Send(place=Place(file, 1, 1), name=f"{event} (auto)", event=event, changes=changes)


def report(runner: Runner, verdicts: Iterable[Verdict]) -> None:
    """Keep what streams showed, and say which rules none of them gave an occasion for.

    What was asked for and mockzoom cannot do is a run error where the consumer got no further.
    """
    limits: dict[str, bool] = {}
    for verdict in verdicts:
        case = verdict.case
        where = f"{verdict.scenario}/{case.stream}"
        missing = {item.rule for item in verdict.unjudged}
        judged = [rule.id for rule in OF_ONE_STREAM if rule.id not in missing]
        runner.count_rules(case.event, *judged)
        for violation in verdict.violations:
            if not runner.findings.has(violation.rule):
                runner.point_to(case.stream)
            runner.add_case(violation, where)
        explained = any(
            item.severity == "error" or item.rule == NO_REJOIN.id for item in verdict.violations
        )
        stuck = verdict.unmet is not None and not explained
        beyond = not_offered(case)
        if beyond:
            limits[beyond] = limits.get(beyond, False) or stuck
        elif verdict.unmet is not None and stuck:
            unmet = stream_expectation(verdict.unmet, case.event, refused(case))
            runner.point_to(case.stream)
            runner.add_case(unmet, where)
    for text, is_error in limits.items():
        (runner.run_error if is_error else runner.notice)(text)
    known = {rule for rule, _ in runner.judged}
    for item in (item for verdict in verdicts for item in verdict.unjudged):
        if item.rule not in known:
            runner.skip_rules(item.why, item.rule)


def _with_urls(event: Event, stream: Stream) -> Event:
    payload = {**event.payload, "server_urls": stream.server_urls}
    return replace(event, body={**event.body, "payload": payload})


def streamed(scenario: Scenario) -> bool:
    """Whether a scenario has the stream server run."""
    steps = walk(scenario.steps)
    return scenario.stream is not None or any(isinstance(s, Await | StreamFault) for s in steps)
