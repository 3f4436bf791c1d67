"""Builds scenarios from documents: `let` and `matrix` filled in, played scenarios inlined."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from mockzoom.errors import UsageError, nearest
from mockzoom.model import JSON
from mockzoom.scenario.context import Budget, Context
from mockzoom.scenario.document import YamlNode, parse
from mockzoom.scenario.fields import Fields, is_slug
from mockzoom.scenario.heading import at, common
from mockzoom.scenario.library import find, is_path, label, names_in, text_of
from mockzoom.scenario.mistakes import Mistakes
from mockzoom.scenario.model import (
    AnyStep,
    Place,
    ProbeSource,
    RetryPolicy,
    Scenario,
    StreamPlan,
)
from mockzoom.scenario.names import Names
from mockzoom.scenario.naming import free, named, prefixed
from mockzoom.scenario.parts import RETRIES, read_source, read_stream
from mockzoom.scenario.steps import read_steps
from mockzoom.scenario.values import NAME, Scope

TOP = (
    "name", "about", "because", "stream", "probe", "revalidate", "retry", "let", "matrix", "steps",
)  # fmt: skip
"""The keys of a scenario."""
MOST_VARIANTS = 500
"""How many scenarios a matrix may make."""


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
    """One reading of a scenario and of those that it plays; what is wrong goes to `notebook`."""

    names: Names
    folders: Sequence[str | Path] = ()
    trusted: bool = True
    notebook: Mistakes = field(default_factory=Mistakes)
    budget: Budget = field(init=False)
    _sources: dict[Path, Source] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.budget = Budget(self.notebook)

    def file(self, path: Path) -> Source:
        """Return the document of a file, read once."""
        try:
            key = path.resolve()
        except (OSError, ValueError, RuntimeError):  # no path at all; reading it tells the reason
            key = path
        if key not in self._sources:
            name = label(path)
            text = text_of(path, name, self.notebook)
            root = None if text is None else parse(text, name, self.notebook)
            self._sources[key] = Source(name, root, path.parent)
        return self._sources[key]

    def scenarios(self, source: Source, overrides: Mapping[str, JSON]) -> tuple[Scenario, ...]:
        """Return the scenarios of a document, one for each combination of its `matrix`."""
        if source.root is None:
            return ()
        fields = Fields(source.root, Scope(self.notebook), "a scenario", TOP)
        if not source.root.is_object:
            return ()
        self._check_overrides(fields, overrides)
        axes = self._axes(fields, overrides)
        chain = (source,)
        made = []
        for values in itertools.product(*axes.values()):
            variant = dict(zip(axes, values, strict=True))
            shown = {name: value for name, value in variant.items() if len(axes[name]) > 1}
            scope = self._scope(fields, variant, overrides)
            made.append(self._scenario(source.root, scope, chain, _variant(shown)))
        return tuple(made)

    def _check_overrides(self, fields: Fields, overrides: Mapping[str, JSON]) -> None:
        known = [name for key in ("let", "matrix") for name in _keys(fields.raw(key))]
        for name in overrides:
            if name not in known:
                self.notebook.add(
                    fields.place, f"the scenario has no value called '{name}' to be set",
                    f"one of {', '.join(known)}" if known else "a scenario with `let`",
                    nearest(name, known).removeprefix("; "),
                )  # fmt: skip

    def _axes(self, fields: Fields, overrides: Mapping[str, JSON]) -> dict[str, list[JSON]]:
        """Return the values of each variable of `matrix`."""
        axes: dict[str, list[JSON]] = {}
        total = 1
        for name, node, place in fields.pairs("matrix"):
            if not NAME.fullmatch(name):
                self.notebook.add(place, f"no name for a value: {name!r}", "letters, digits and _")
            if name in overrides:
                axes[name] = [overrides[name]]
            elif isinstance(node.content, tuple) and node.content:
                axes[name] = [item.plain() for item in node.content]
            else:
                kind = "an empty list" if isinstance(node.content, tuple) else node.kind
                self.notebook.add(node.place, f"`{name}` is {kind}", "a list of values")
            total *= len(axes.get(name, ())) or 1
        if total > MOST_VARIANTS:
            message = f"the matrix makes {total:,} scenarios"
            self.notebook.add(fields.place_of("matrix"), message, f"at most {MOST_VARIANTS}")
            return {name: values[:1] for name, values in axes.items()}
        return axes

    def _scope(
        self, fields: Fields, variant: Mapping[str, JSON], overrides: Mapping[str, JSON]
    ) -> Scope:
        """Return the values that the steps may name: those of the matrix, and of `let` in order."""
        scope = Scope(self.notebook, dict(variant))
        scope.broken |= {name for name in _keys(fields.raw("matrix")) if name not in variant}
        raw = fields.raw("let")
        if raw is None or raw.bad:
            return scope
        if not isinstance(raw.content, dict):
            self.notebook.add(raw.place, f"`let` is {raw.kind}", "an object: names and values")
            return scope
        for name, entry in raw.content.items():
            if not NAME.fullmatch(name):
                message = f"no name for a value: {name!r}"
                self.notebook.add(entry.place, message, "letters, digits and _")
            if name in variant:
                self.notebook.add(entry.place, f"'{name}' is a variable of `matrix` already")
            filled = scope.fill(entry.node)
            if name in overrides:
                scope.fixed[name] = overrides[name]
            elif _has_bad(filled):
                scope.broken.add(name)
            else:
                scope.fixed[name] = filled.plain()
        return scope

    def _scenario(
        self, root: YamlNode, scope: Scope, chain: tuple[Source, ...], variant: str
    ) -> Scenario:
        fields = Fields(root, scope, "a scenario", TOP)
        name = self._name(fields)
        steps, settings = self._steps(fields, scope, chain, "", None)
        return Scenario(
            name=name,
            file=chain[-1].file,
            steps=steps,
            about=fields.text("about").strip(),
            because=fields.text("because").strip(),
            variant=variant,
            stream=settings.stream,
            probe=settings.probe,
            revalidate=settings.revalidate,
        )

    def _name(self, fields: Fields) -> str:
        name = fields.text("name")
        if "name" not in fields:
            expected = "`name: words-with-hyphens`"
            self.notebook.add(fields.place, "the scenario has no `name`", expected)
        elif name and not is_slug(name):
            expected = "lower-case letters, digits and hyphens, such as rtms-start-stop"
            self.notebook.add(at(fields, "name"), f"no name for a scenario: {name[:80]}", expected)
        return name

    def _steps(
        self, fields: Fields, scope: Scope, chain: tuple[Source, ...], path: str,
        around: Context | None,
    ) -> tuple[tuple[AnyStep, ...], _Settings]:  # fmt: skip
        """Return the steps of a document and what its top says, played ones included."""
        settings = self._settings(fields, scope)
        retry = fields.choice("retry", RETRIES, "zoom")
        context = Context(
            names=self.names,
            scope=scope,
            budget=self.budget,
            play=lambda step, inner: self._play(step, inner, chain, settings),
            retry=cast(RetryPolicy, retry),
            has_stream=bool(settings.stream or (around and around.has_stream)),
            trusted=self.trusted,
            path=path,
            within=around.within if around else "",
        )
        if "steps" not in fields:
            self.notebook.add(fields.place, "the scenario has no `steps`", "a list of steps")
        steps = read_steps(fields.raw("steps"), context)
        return named(steps, set(context.taken)), settings

    def _settings(self, fields: Fields, scope: Scope) -> _Settings:
        settings = _Settings(revalidate=fields.duration("revalidate"))
        if settings.revalidate == 0.0:
            self.notebook.add(at(fields, "revalidate"), "no time between validations",
                              "such as 72h")  # fmt: skip
        stream, probe = fields.raw("stream"), fields.raw("probe")
        if stream is not None and not stream.bad:
            settings.stream = read_stream(stream, scope, self.names)
        if probe is not None and not probe.bad:
            settings.probe = read_source(probe, scope, trusted=self.trusted)
        return settings

    # -- play ----------------------------------------------------------------------------------

    def _play(
        self, step: Fields, context: Context, chain: tuple[Source, ...], settings: _Settings
    ) -> tuple[AnyStep, ...]:
        """Return the steps of the scenario that a `play` step names."""
        head = common(step, context)
        given = {name: node.plain() for name, node, _ in step.pairs("let")}
        text = step.text("play")
        source = self._played(text, at(step, "play"), chain) if text else None
        if source is None or source.root is None:
            return ()
        if not isinstance(source.root.content, dict):
            self.notebook.add(source.root.place, f"a scenario is {source.root.kind}", "an object")
            return ()
        fields = Fields(source.root, Scope(self.notebook), "a scenario", TOP)
        self._check_lets(fields, given, step)
        axes = self._axes(fields, given)
        scope = self._scope(fields, {name: values[0] for name, values in axes.items()}, given)
        fields = Fields(source.root, scope, "a scenario", TOP)
        prefix = head["name"] or free(self._name(fields) or Path(source.file).stem,
                                      set(context.taken))  # fmt: skip
        context.taken.setdefault(prefix, step.place)
        path = f"{context.path}{prefix}."
        steps, played = self._steps(fields, scope, (*chain, source), path, context)
        settings.inherit(played)
        for name, whole in scope.saved.items():
            context.scope.saved[f"{prefix}.{name}"] = whole
        return _after(prefixed(steps, prefix), head["after"])

    def _check_lets(self, fields: Fields, given: Mapping[str, JSON], step: Fields) -> None:
        """Note what a `play` step sets that the other scenario lacks, and what it leaves open."""
        known = {key: _keys(fields.raw(key)) for key in ("let", "matrix")}
        for name, _, place in step.pairs("let"):
            names = [*known["let"], *known["matrix"]]
            if name not in names:
                self.notebook.unknown(place, "the played scenario has no value called", name, names)
        for name in known["matrix"]:
            if name not in given:
                self.notebook.add(
                    at(step, "play"), f"the played scenario has a matrix over '{name}'",
                    f"one value of it: `let: {{{name}: …}}`",
                )  # fmt: skip

    def _played(self, text: str, place: Place, chain: tuple[Source, ...]) -> Source | None:
        """Return the document that `text` names, seen from the last of `chain`."""
        folder = chain[-1].folder
        near = [folder] if folder is not None and self.trusted else []
        shelves = [*near, *self.folders] if self.trusted else []
        if is_path(text):
            if not self.trusted or folder is None:
                self.notebook.add(place, "an uploaded scenario may not play files",
                                  "the name of a bundled scenario")  # fmt: skip
                return None
            path = folder / text
        else:
            try:
                path = find(text, shelves)
            except UsageError:
                self.notebook.unknown(place, "no scenario is called", text, names_in(shelves))
                return None
        if is_path(text) and not path.is_file():
            self.notebook.add(place, f"no file {path.as_posix()}", "the path of a scenario")
            return None
        source = self.file(path)
        if any(source is link for link in chain):
            circle = [link.file for link in chain[_index(chain, source) :]] + [source.file]
            self.notebook.add(place, f"`play` goes in a circle: {' → '.join(circle)}",
                              "a scenario that does not lead back to itself")  # fmt: skip
            return None
        return source


def _index(chain: tuple[Source, ...], source: Source) -> int:
    return next(number for number, link in enumerate(chain) if link is source)


def _after(steps: tuple[AnyStep, ...], seconds: float) -> tuple[AnyStep, ...]:
    if not steps or not seconds:
        return steps
    return replace(steps[0], after=steps[0].after + seconds), *steps[1:]


def _keys(node: YamlNode | None) -> list[str]:
    return list(node.content) if node is not None and isinstance(node.content, dict) else []


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
