"""Builds scenarios from documents: `let` and `matrix` filled in, played scenarios inlined."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from mockzoom.errors import UsageError
from mockzoom.model import JSON
from mockzoom.probe_source import ProbeSource
from mockzoom.scenario.context import Context, Names
from mockzoom.scenario.document import YamlNode, parse
from mockzoom.scenario.grammar import checked
from mockzoom.scenario.library import find, is_path, label, names_in, text_of
from mockzoom.scenario.limits import Budget, TooLarge
from mockzoom.scenario.mistakes import Mistakes
from mockzoom.scenario.model import Place, Scenario, Step, StreamPlan
from mockzoom.scenario.naming import named, prefixed
from mockzoom.scenario.part import Part
from mockzoom.scenario.step_parts import source_of, stream_of
from mockzoom.scenario.steps import after, steps_of
from mockzoom.scenario.values import NAME, Scope

MOST_VARIANTS = 500
"""How many scenarios a matrix may make."""
_RAW = ("let", "matrix", "steps")
"""Keys of a scenario whose values are not filled in with the rest of its top."""


@dataclass(slots=True)
class Source:
    """A document that was read: its tree (None where it has none), its name, its folder."""

    file: str
    root: YamlNode | None
    folder: Path | None


@dataclass(slots=True)
class _Settings:
    """What a scenario says at its top; of what it leaves out, a played one's stands in."""

    stream: StreamPlan | None = None
    probe: ProbeSource | None = None
    revalidate: float | None = None

    def inherit(self, other: _Settings) -> None:
        self.stream = self.stream or other.stream
        self.probe = self.probe or other.probe
        self.revalidate = other.revalidate if self.revalidate is None else self.revalidate


@dataclass(slots=True)
class Reading:
    """One reading of a scenario and of those that it plays; what is wrong goes to `mistakes`."""

    names: Names
    folders: Sequence[str | Path] = ()
    trusted: bool = True
    mistakes: Mistakes = field(default_factory=Mistakes)
    budget: Budget = field(init=False)
    _sources: dict[Path, Source] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.budget = Budget(self.mistakes)

    def file(self, path: Path) -> Source:
        """Return the document of a file, read once."""
        try:
            key = path.resolve()
        except (OSError, ValueError, RuntimeError):  # no path at all; reading it says why
            key = path
        if key not in self._sources:
            name = label(path)
            text = text_of(path, name, self.mistakes)
            root = None if text is None else parse(text, name, self.mistakes)
            self._sources[key] = Source(name, root, path.parent)
        return self._sources[key]

    def scenarios(self, source: Source, overrides: Mapping[str, JSON]) -> tuple[Scenario, ...]:
        """Return the scenarios of a document, one for each combination of its `matrix`."""
        if source.root is None:
            return ()
        if not source.root.is_object:
            checked(source.root, "top", self.mistakes)
            return ()
        raw = Part(source.root)
        self._check_overrides(raw, overrides)
        axes = self._axes(raw, overrides)
        made = []
        for values in itertools.product(*axes.values()):
            variant = dict(zip(axes, values, strict=True))
            shown = {name: value for name, value in variant.items() if len(axes[name]) > 1}
            scope = self._scope(raw, variant, overrides)
            made.append(self._scenario(source.root, scope, (source,), _variant(shown)))
        return tuple(made)

    def _check_overrides(self, raw: Part, overrides: Mapping[str, JSON]) -> None:
        known = [name for key in ("let", "matrix") for name, _, _ in raw.pairs(key)]
        for name in overrides:
            if name not in known:
                self.mistakes.add(
                    raw.place, f"the scenario has no value called '{name}' to be set",
                    f"one of {', '.join(known[:24])}" if known else "a scenario with `let`",
                    self.mistakes.nearest(name, known),
                )  # fmt: skip

    def _axes(self, raw: Part, overrides: Mapping[str, JSON]) -> dict[str, list[JSON]]:
        """Return the values of each variable of `matrix`; what is none, the schema tells."""
        axes: dict[str, list[JSON]] = {}
        total = 1
        for name, node, _ in raw.pairs("matrix"):
            if name in overrides:
                axes[name] = [overrides[name]]
            elif isinstance(node.content, tuple) and node.content:
                axes[name] = [item.plain() for item in node.content]
            total *= len(axes.get(name, ())) or 1
        if total > MOST_VARIANTS:
            message = f"the matrix makes {total:,} scenarios"
            self.mistakes.add(raw.key_at("matrix"), message, f"at most {MOST_VARIANTS}")
            return {name: values[:1] for name, values in axes.items()}
        return axes

    def _scope(
        self, raw: Part, variant: Mapping[str, JSON], overrides: Mapping[str, JSON]
    ) -> Scope:
        """Return the values that the steps may name: those of the matrix, and of `let` in order."""
        scope = Scope(self.budget, dict(variant))
        scope.broken |= {name for name, _, _ in raw.pairs("matrix") if name not in variant}
        for name, node, place in raw.pairs("let"):
            if name in variant:
                self.mistakes.add(place, f"'{name}' is a variable of `matrix` already")
            before = self.mistakes.count
            filled = scope.fill(node)
            if name in overrides:
                scope.fixed[name] = overrides[name]
            elif self.mistakes.count > before or _has_bad(filled) or not NAME.fullmatch(name):
                scope.broken.add(name)
            else:
                scope.fixed[name] = filled.plain()
        return scope

    def _scenario(
        self, root: YamlNode, scope: Scope, chain: tuple[Source, ...], variant: str
    ) -> Scenario:
        top = self._top(root, scope)
        steps, settings = self._steps(top, scope, chain, "", None)
        return Scenario(
            name=top.text("name"),
            file=chain[-1].file,
            steps=steps,
            about=top.text("about").strip(),
            because=top.text("because").strip(),
            variant=variant,
            stream=settings.stream,
            probe=settings.probe,
            revalidate=settings.revalidate,
        )

    def _top(self, root: YamlNode, scope: Scope) -> Part:
        """Return the top of a document, filled in and checked; its steps stay as written."""
        sound = checked(scope.fill(root, leave=_RAW), "top", self.mistakes)
        return Part(YamlNode(root.place, {}) if sound is None else sound)

    def _steps(
        self, top: Part, scope: Scope, chain: tuple[Source, ...], path: str,
        around: Context | None,
    ) -> tuple[tuple[Step, ...], _Settings]:  # fmt: skip
        """Return the steps of a document and what its top says, played ones included."""
        settings = self._settings(top)
        context = Context(
            names=self.names,
            scope=scope,
            play=lambda step, inner: self._play(step, inner, chain, settings),
            retry=top.value("retry", "zoom"),
            has_stream=bool(settings.stream or (around and around.has_stream)),
            trusted=self.trusted,
            path=path,
            within=around.within if around else "",
        )
        steps = steps_of(top.node("steps"), context)
        return named(steps, context.taken), settings

    def _settings(self, top: Part) -> _Settings:
        revalidate = top.seconds("revalidate") if "revalidate" in top else None
        if revalidate == 0.0:
            place = top.value_at("revalidate")
            self.mistakes.add(place, "no time between validations", "such as 72h")
        return _Settings(
            stream=stream_of(top.part("stream"), self.mistakes, trusted=self.trusted),
            probe=source_of(top.part("probe"), self.mistakes, trusted=self.trusted),
            revalidate=revalidate,
        )

    # -- play ----------------------------------------------------------------------------------

    def _play(
        self, step: Part, context: Context, chain: tuple[Source, ...], settings: _Settings
    ) -> tuple[Step, ...]:
        """Return the steps of the scenario that a `play` step names."""
        head = context.common(step)
        given = step.values("let")
        source = self._played(step.text("play"), step.value_at("play"), chain)
        if source is None or source.root is None:
            return ()
        if not source.root.is_object:
            checked(source.root, "top", self.mistakes)
            return ()
        raw = Part(source.root)
        self._check_lets(raw, given, step)
        axes = self._axes(raw, given)
        scope = self._scope(raw, {name: values[0] for name, values in axes.items()}, given)
        top = self._top(source.root, scope)
        prefix = head["name"] or context.taken.free(top.text("name") or Path(source.file).stem)
        context.written.setdefault(prefix, step.place)
        path = f"{context.path}{prefix}."
        steps, played = self._steps(top, scope, (*chain, source), path, context)
        settings.inherit(played)
        for name, whole in scope.saved.items():
            context.scope.saved[f"{prefix}.{name}"] = whole
        return after(prefixed(steps, prefix), head["after"])

    def _check_lets(self, raw: Part, given: Mapping[str, JSON], step: Part) -> None:
        """Note what a `play` step sets that the other scenario lacks, and what it leaves open."""
        matrix = [name for name, _, _ in raw.pairs("matrix")]
        known = [*(name for name, _, _ in raw.pairs("let")), *matrix]
        for name, _, place in step.pairs("let"):
            if name not in known:
                self.mistakes.unknown(place, "the played scenario has no value called", name, known)
        for name in matrix:
            if name not in given:
                self.mistakes.add(
                    step.value_at("play"), f"the played scenario has a matrix over '{name}'",
                    f"one value of it: `let: {{{name}: …}}`",
                )  # fmt: skip

    def _played(self, text: str, place: Place, chain: tuple[Source, ...]) -> Source | None:
        """Return the document that `text` names, seen from the last of `chain`."""
        folder = chain[-1].folder
        near = [folder] if folder is not None and self.trusted else []
        shelves = [*near, *self.folders] if self.trusted else []
        if is_path(text):
            if not self.trusted or folder is None:
                self.mistakes.add(place, "an uploaded scenario may not play files",
                                  "the name of a bundled scenario")  # fmt: skip
                return None
            path = folder / text
        else:
            try:
                path = find(text, shelves)
            except UsageError:
                self.mistakes.unknown(place, "no scenario is called", text, names_in(shelves))
                return None
        if is_path(text) and not path.is_file():
            self.mistakes.add(place, f"no file {path.as_posix()}", "the path of a scenario")
            return None
        source = self.file(path)
        if any(source is link for link in chain):
            circle = [link.file for link in chain[_index(chain, source) :]] + [source.file]
            self.mistakes.add(place, f"`play` goes in a circle: {' → '.join(circle)}",
                              "a scenario that does not lead back to itself")  # fmt: skip
            return None
        return source


def _index(chain: tuple[Source, ...], source: Source) -> int:
    return next(number for number, link in enumerate(chain) if link is source)


def _has_bad(node: YamlNode) -> bool:
    if isinstance(node.content, dict):
        return any(_has_bad(entry.node) for entry in node.content.values())
    if isinstance(node.content, tuple):
        return any(map(_has_bad, node.content))
    return node.bad


def _variant(values: Mapping[str, JSON]) -> str:
    def spell(value: JSON) -> str:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return text if len(text) <= 40 else text[:39] + "…"

    return ", ".join(f"{name}={spell(value)}" for name, value in values.items())


_NONE: Mapping[str, JSON] = {}


def read(
    name: str | Path,
    names: Names,
    overrides: Mapping[str, JSON] = _NONE,
    *,
    folders: Sequence[str | Path] = (),
) -> tuple[Scenario, ...]:
    """Return the scenarios of a document: several where its `matrix` has several values.

    `name` is a path, or the name of a scenario in `folders` or among the bundled ones. `overrides`
    are values for names of its `let` or `matrix`. Raises `UsageError` for an unknown name, and
    `ScenarioError` with every mistake of the document and of those that it plays.
    """
    path = find(name, folders) if isinstance(name, str) else name
    reading = Reading(names, folders)
    return _finished(reading, reading.file(path), overrides)


def read_text(
    text: str,
    file: str,
    names: Names,
    overrides: Mapping[str, JSON] = _NONE,
    *,
    trusted: bool = False,
) -> tuple[Scenario, ...]:
    """Return the scenarios of a text, which mistakes will call `file`.

    Unless `trusted`, it may not run commands, and plays bundled scenarios only. Raises
    `ScenarioError` with every mistake.
    """
    mistakes = Mistakes()
    reading = Reading(names, trusted=trusted, mistakes=mistakes)
    root = parse(text, file, mistakes)
    return _finished(reading, Source(file, root, Path() if trusted else None), overrides)


def _finished(
    reading: Reading, source: Source, overrides: Mapping[str, JSON]
) -> tuple[Scenario, ...]:
    made: tuple[Scenario, ...] = ()
    with suppress(TooLarge):
        made = reading.scenarios(source, overrides)
    reading.mistakes.check()
    return made
