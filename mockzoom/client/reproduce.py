"""The command that plays a scenario again, with everything that the play was given."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from msgspec import field

from mockzoom.client.connect import reproducer_for
from mockzoom.engine.reproduce import CLIENT_SECRET, Reproducer
from mockzoom.play import PlayPlan
from mockzoom.play.streams import streamed
from mockzoom.redact import has_password
from mockzoom.scenario import Scenario, bundled
from mockzoom.scenario.durations import spell
from mockzoom.scenario.library import label
from mockzoom.scenario.model import ProbeSource
from mockzoom.settings import Settings
from mockzoom.zoom.courier import Courier


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


def reproducer_of_play(settings: Settings, courier: Courier, plan: PlayPlan) -> PlayReproducer:
    """Return what writes the reproduce lines of a play."""
    plainly = reproducer_for(settings, courier, settings.at_ms())
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


def options_of_probe(probe: ProbeSource) -> list[str]:
    """Return the words for a probe, as the shell sees them; a URL with a password is a variable."""
    words = []
    if probe.get:
        words += ["--probe", probe.get]
    if probe.run:
        words += ["--probe-command", shlex.join(probe.run)]
    if probe.reset:
        words += ["--probe-reset", probe.reset]
    if probe.advance:
        words += ["--probe-advance", probe.advance]
    for flag, paths in (("--probe-ignore", probe.ignore), ("--probe-unordered", probe.unordered)):
        for path in paths:
            words += [flag, path]
    if probe.within != ProbeSource.__dataclass_fields__["within"].default:
        words += ["--probe-within", spell(probe.within)]
    quoted = [shlex.quote(word) for word in words]
    if probe.sql:
        url = shlex.quote(probe.database)
        shown = '"$DATABASE_URL"' if has_password(probe.database) else url
        quoted += ["--probe-sql", shown, shlex.quote(probe.sql)]
    return quoted
