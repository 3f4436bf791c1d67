"""The lines of Python that show a finding again to a receiver that a test holds."""

from __future__ import annotations

from msgspec import field

from mockzoom.engine.reproduce import TRACES, Reproducer


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

    `words` are what names each scenario, `arguments` the further arguments as Python spells them.
    """

    words: dict[str, str] = field(default_factory=dict)
    arguments: str = ""

    def command(self, event: str, case: str, forge: str = "", *, fresh: bool = False) -> str:
        """Return a call of `play`, or of `replay` for a case that is no step."""
        scenario, slash, _ = case.partition("/")
        if not slash:
            return ReplayLines.command(self, event, case, forge, fresh=fresh)
        word = self.words.get(scenario, scenario)
        return f"mockzoom.play({word!r}{self.arguments}{self.pinned}, seed={self.seed})"
