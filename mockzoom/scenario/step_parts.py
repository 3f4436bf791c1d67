"""Builds what steps are made of: how to deliver, what to expect, where to probe, the stream.

What the schema cannot say of them is checked here: regular expressions, JSON Schemas, JSONPaths,
and who may run commands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from mockzoom.model import JSON
from mockzoom.probe_source import KINDS, WITHIN_S, Fields, ProbeSource
from mockzoom.scenario.asserts import read_path
from mockzoom.scenario.document import YamlNode
from mockzoom.scenario.filling import schema_mistake, statuses_of
from mockzoom.scenario.mistakes import Mistakes
from mockzoom.scenario.model import NOTHING, Assert, Deliver, Expect, Nothing, Place, StreamPlan
from mockzoom.scenario.part import Part

_REFERENCE = "${"


def deliver_of(part: Part | None, default: Deliver, mistakes: Mistakes) -> Deliver:
    """Return how an event is delivered; what is not written is as in `default`."""
    if part is None:
        return default
    altered = any(key in part for key in ("forge", "malform", "fault"))
    retry = part.value("retry", "none" if altered else default.retry)
    lost = int(part.value("lose_response", 0))
    if lost > 1 and retry == "none":
        message = f"`lose_response: {lost}`, and there is one attempt: nothing is retried"
        mistakes.add(part.key_at("lose_response"), message, "`lose_response: true`")
    return Deliver(
        times=part.value("times", default.times),
        gap=part.seconds("gap") if "gap" in part else None,
        same_id=part.value("same_id", default.same_id),
        late=part.seconds("late"),
        lose_response=lost,
        forge=part.text("forge"),
        malform=part.text("malform"),
        fault=part.text("fault"),
        retry=retry,
        lose_at=part.value("lose_at", default.lose_at),
    )


# -- what is expected --------------------------------------------------------------------------


def expect_of(part: Part | None, mistakes: Mistakes) -> Expect | None:
    """Return what is expected of an answer, or of a probed state."""
    if part is None:
        return None
    written = [str(text) if isinstance(text, str) else text for text in _statuses(part)]
    return Expect(
        place=part.place,
        statuses=statuses_of(text for text in written if not _is_saved(text)),
        within=part.seconds("within") if "within" in part else None,
        headers=tuple(_headers(part, mistakes)),
        body=part.value("body", NOTHING),
        schema=_schema(part, mistakes),
        asserts=tuple(_asserts(part, mistakes)),
        saved_statuses=tuple(str(text) for text in written if _is_saved(text)),
    )


def _statuses(part: Part) -> list[JSON]:
    value: JSON = part.value("status", [])
    return value if isinstance(value, list) else [value]


def _is_saved(value: JSON) -> bool:
    return isinstance(value, str) and _REFERENCE in value


def _headers(part: Part, mistakes: Mistakes) -> Iterator[tuple[str, str]]:
    for name, node, _ in part.pairs("headers"):
        pattern = str(node.content)
        _check_pattern(pattern, node.place, mistakes)
        yield name.lower(), pattern


def _check_pattern(pattern: str, place: Place, mistakes: Mistakes) -> None:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        expected = "one that the whole value matches"
        mistakes.add(place, f"no regular expression: {error}", expected)


def _schema(part: Part, mistakes: Mistakes) -> dict[str, JSON] | bool | Nothing:
    if "schema" not in part:
        return NOTHING
    schema: dict[str, JSON] | bool = part.value("schema")
    reason = schema_mistake(schema)
    if reason:
        mistakes.add(part.value_at("schema"), f"no JSON Schema: {reason}", "JSON Schema 2020-12")
    return schema


def _asserts(part: Part, mistakes: Mistakes) -> Iterator[Assert]:
    node = part.node("asserts")
    items: tuple[YamlNode, ...] = ()
    if node is not None and isinstance(node.content, tuple):
        items = node.content
    for item in items:
        own = Part(item)
        values = own.source.plain()
        if "path" not in own or not isinstance(values, dict):
            continue
        path = own.text("path")
        try:
            read_path(path)
        except ValueError as error:
            expected = "a JSONPath such as $.meetings[0].status"
            mistakes.add(own.value_at("path"), f"no JSONPath: {path}: {error}", expected)
            continue
        if "matches" in own:
            _check_pattern(own.text("matches"), own.value_at("matches"), mistakes)
        yield Assert(
            item.place, path, tuple((key, value) for key, value in values.items() if key != "path")
        )


# -- probes and streams ------------------------------------------------------------------------


def source_of(part: Part | None, mistakes: Mistakes, *, trusted: bool) -> ProbeSource | None:
    """Return where the receiver's state is read."""
    if part is None:
        return None
    own: Fields = {}
    for kind in KINDS:
        if kind.key not in part:
            continue
        if kind.refused and not trusted:
            message = f"an uploaded scenario may not {kind.refused}"
            mistakes.add(part.key_at(kind.key), message, "`get`, or no source at all")
        mistake = kind.mistake(part.value(kind.key))
        if mistake:
            found, _, expected = mistake.partition("; expected ")
            inner, named = part.part(kind.key), found.split("`")[1]
            place = inner.value_at(named) if inner is not None else part.value_at(kind.key)
            mistakes.add(place, found, expected)
        own |= kind.of_scenario(part.value(kind.key))
    return ProbeSource(
        **own,
        ignore=part.texts("ignore"),
        unordered=part.texts("unordered"),
        reset=part.text("reset"),
        advance=part.text("advance"),
        within=part.seconds("within", WITHIN_S),
    )


def stream_of(part: Part | None, mistakes: Mistakes, *, trusted: bool) -> StreamPlan | None:
    """Return a scenario's stream server; paths of its files are relative to the scenario's."""
    if part is None:
        return None
    if "files" in part and not trusted:
        message = "an uploaded scenario may not read files"
        mistakes.add(part.key_at("files"), message, "media without files")
    files = tuple(
        (kind, str(Path(place.file).parent / str(node.plain())), place)
        for kind, node, place in part.pairs("files")
    )
    return StreamPlan(part.texts("media"), part.value("webhooks", "scripted"), files)
