"""What shows a finding again: the command that plays a scenario, or the line of a test."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from msgspec import field

from mockzoom.client.connect import options_of_probe, reproducer_for, reproducer_for_url
from mockzoom.engine.reproduce import CLIENT_SECRET, TRACES, Reproducer
from mockzoom.play import PlayPlan
from mockzoom.play.streams import streamed
from mockzoom.scenario import Scenario, bundled
from mockzoom.scenario.library import label
from mockzoom.settings import Settings
from mockzoom.zoom.delivery_sender import DeliverySender


class PlayReproducer(Reproducer, frozen=True):
    """Writes the command that plays a case's scenario again.

    `words` are what names each scenario on the command line: its name, or the path of its file.
    """

    words: Mapping[str, str] = field(default_factory=dict)

    def command(self, event: str, case: str, forge: str = "", *, fresh: bool = False) -> str:
        """Return one shell line; a case of a play is called `SCENARIO/STEP`."""
        scenario, slash, _ = case.partition("/")
        if not slash:
            return Reproducer.command(self, event, case, forge, fresh=fresh)
        word = self.words.get(scenario, scenario)
        words = ["mockzoom", "play", word, "--to", self.target, "--seed", str(self.seed)]
        return " ".join([shlex.join(words), *self.options])


class ReplayLines(Reproducer, frozen=True):
    """Writes the line that delivers a case again; `entities` are pinned in it."""

    entities: dict[str, str] = field(default_factory=dict)

    def command(self, event: str, case: str, forge: str = "", *, fresh: bool = False) -> str:
        """Return a call of `replay`."""
        if case.startswith(f"{TRACES}/"):
            return f"mockzoom.verify(events={event!r}{self.pinned}, seed={self.seed})"
        how = f", forge={forge!r}" if forge else ""
        how += ", fresh=True" if fresh else ""
        how += self.pinned
        return f"mockzoom.replay({event!r}, {case!r}{how}, seed={self.seed}, at={self.at_ms})"

    @property
    def pinned(self) -> str:
        """The argument that pins entities; nothing where none are."""
        return f", entities={self.entities!r}" if self.entities else ""


class PlayLines(ReplayLines, frozen=True):
    """Writes the line that plays a case's scenario again; a case is called `SCENARIO/STEP`.

    `words` are what names each scenario, `arguments` the further arguments as Python spells them,
    `stand_in` the fixture that plays.
    """

    words: dict[str, str] = field(default_factory=dict)
    arguments: str = ""
    stand_in: str = "mockzoom"

    def command(self, event: str, case: str, forge: str = "", *, fresh: bool = False) -> str:
        """Return a call of `play`, or of `replay` for a case that is no step."""
        scenario, slash, _ = case.partition("/")
        if not slash:
            return ReplayLines.command(self, event, case, forge, fresh=fresh)
        word = self.words.get(scenario, scenario)
        return f"{self.stand_in}.play({word!r}{self.arguments}{self.pinned}, seed={self.seed})"


class ClientLines(Reproducer, frozen=True):
    """Writes the command that examines a client over WebSocket again, which has no single cases."""

    def command(self, event: str, case: str, forge: str = "", *, fresh: bool = False) -> str:
        """Return one shell line; a case that scenarios judge is called `SCENARIO/STEP`."""
        words = ["mockzoom", "verify", "--websocket", *self.options]
        if "/" in case:
            words += ["--seed", str(self.seed), *self.of_probe]
        return " ".join(words)


def reproducer_of_client(settings: Settings, url: str) -> ClientLines:
    """Return what writes the reproduce lines of a client over WebSocket."""
    plainly = reproducer_for_url(settings, url, settings.at_ms())
    options = list(plainly.of_streams)
    if settings.websocket_client:
        options += ["--websocket-client", shlex.quote(settings.websocket_client)]
    options += plainly.options
    if settings.client_secret:
        options.append(CLIENT_SECRET)
    events = (shlex.quote(word) for name in settings.events for word in ("--events", name))
    return ClientLines(
        plainly.target, plainly.seed, plainly.at_ms, tuple(options),
        of_probe=(*events, *plainly.of_probe),
    )  # fmt: skip


def reproducer_of_play(
    settings: Settings, sender: DeliverySender, plan: PlayPlan
) -> PlayReproducer:
    """Return what writes the reproduce lines of a play."""
    plainly = reproducer_for(settings, sender, settings.at_ms())
    words = {scenario.name: word_of(scenario) for scenario in plan.scenarios}
    options = (*options_of(plan, secrets=settings.show_secrets), *plainly.options)
    return PlayReproducer(plainly.target, plainly.seed, plainly.at_ms, options, words=words)


def word_of(scenario: Scenario) -> str:
    """Return what a scenario is called by: the name of a bundled one, the path of another."""
    path, file = bundled().get(scenario.name), Path(scenario.file)
    if path and label(path) == scenario.file:
        return scenario.name
    here = Path.cwd()
    return file.relative_to(here).as_posix() if file.is_relative_to(here) else scenario.file


def options_of(plan: PlayPlan, *, secrets: bool = False) -> list[str]:
    """Return the words of the command line that a plan was made from, as the shell sees them."""
    words = [shlex.quote(word) for word in plan.given]
    if plan.scale is not None:
        words += ["--time-scale", f"{plan.scale:.6f}s=1s"]
    elif plan.clock != "auto":
        words.append("--real-time" if plan.clock == "real" else "--virtual")
    if plan.probe is not None:
        words += options_of_probe(plan.probe)
    for pattern in plan.effects:
        words += ["--effect", shlex.quote(pattern)]
    if plan.next_secret:
        shown = shlex.quote(plan.next_secret) if secrets else '"$MOCKZOOM_NEXT_SECRET"'
        words += ["--next-secret", shown]
    if plan.client_secret and any(streamed(scenario) for scenario in plan.scenarios):
        words.append(CLIENT_SECRET)
    if plan.stream_scale != 1:
        words += ["--stream-scale", f"{plan.stream_scale:g}"]
    return words
