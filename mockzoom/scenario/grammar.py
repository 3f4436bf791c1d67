"""The language's grammar: `scenarios/schema.json`, which decides what a scenario may contain.

A document is checked object by object, once its values are filled in: its top, and each step as it
is read, since what a step saves is known to the next. jsonschema-rs decides whether an object keeps
its schema; where it does not, jsonschema says why. What is wrong is noted and cut out, so that what
is left can be read on for further mistakes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from mockzoom.contract import bundled as packed
from mockzoom.model import JSON
from mockzoom.scenario.complaints import FORMATS, Complaint, complaints
from mockzoom.scenario.document import Entry, YamlNode
from mockzoom.scenario.mistakes import Mistakes
from mockzoom.scenario.model import Place

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

Definition = Literal["top", "step", "lane-step", "shuffled-step"]
Path = tuple[str | int, ...]
Schema = dict[str, Any]
STEP_LISTS = ("steps", "together", "shuffle")
"""Keys whose value is a list of steps: each of these is filled in and checked by itself."""


def checked(node: YamlNode, definition: Definition, mistakes: Mistakes) -> YamlNode | None:
    """Return `node` without what breaks `definition`, which is noted; None if nothing is left."""
    spoiled = _bad_paths(node) if mistakes.count else []
    value = _plain(node)
    cut = set(spoiled)
    if not _keeps(definition, value):
        for complaint in complaints(_exact(definition).iter_errors(value), _schema()["$defs"]):
            if not _is_below(complaint.path, spoiled):
                _note(node, complaint, mistakes)
            cut |= set(complaint.cuts)
            if mistakes.is_full:
                break
    return _without(node, cut) if cut else node


def step_kinds() -> tuple[str, ...]:
    """Return the kinds of step, in the order of the schema."""
    return tuple(each["required"][0] for each in _schema()["$defs"]["step"]["oneOf"])


def _plain(node: YamlNode) -> JSON:
    """Return the value of an object in which lists of steps are as long as they are, and empty."""
    if not isinstance(node.content, dict):
        return node.plain()
    return {
        key: [None] * len(entry.node.content)
        if key in STEP_LISTS and isinstance(entry.node.content, tuple)
        else entry.node.plain()
        for key, entry in node.content.items()
    }


# -- schemas -----------------------------------------------------------------------------------


@cache
def _schema() -> Schema:
    """Return the schema for objects whose values are filled in: no reference is left in them.

    Lists of steps are not looked into, since each step is checked by itself.
    """
    path = packed("scenarios") / "schema.json"
    schema: Schema = json.loads(path.read_text(encoding="utf-8"))
    defs = schema["$defs"]
    defs["reference"] = False
    del defs["lane-step"]["properties"]["steps"]
    lists = ((schema, "steps"), (defs["repeat"], "steps"), (defs["together"], "together"),
             (defs["shuffle"], "shuffle"))  # fmt: skip
    for holder, key in lists:
        del holder["properties"][key]["items"]
    return schema


@cache
def _of(definition: Definition) -> Schema:
    schema = _schema()
    if definition == "top":
        return schema
    return {"$schema": schema["$schema"], "$defs": schema["$defs"],
            "$ref": f"#/$defs/{definition}"}  # fmt: skip


@cache
def _fast(definition: Definition) -> Callable[[JSON], bool]:
    import jsonschema_rs

    formats = {name: _accepts(reason) for name, reason in FORMATS.items()}
    check: Callable[[JSON], bool] = jsonschema_rs.Draft202012Validator(
        _of(definition), validate_formats=True, formats=formats
    ).is_valid
    return check


def _keeps(definition: Definition, value: JSON) -> bool:
    try:
        return _fast(definition)(value)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return False


def _accepts(reason: Callable[[object], str]) -> Callable[[object], bool]:
    return lambda text: not reason(text)


@cache
def _exact(definition: Definition) -> Draft202012Validator:
    from jsonschema import Draft202012Validator, FormatChecker

    checker = FormatChecker(formats=())
    checker.checkers = {name: (_accepts(reason), ()) for name, reason in FORMATS.items()}
    return Draft202012Validator(_of(definition), format_checker=checker)


# -- places ------------------------------------------------------------------------------------


def _note(node: YamlNode, complaint: Complaint, mistakes: Mistakes) -> None:
    place = _place(node, complaint.path, of_key=complaint.at_key)
    if complaint.known is None:
        mistakes.add(place, complaint.message, complaint.expected, complaint.hint)
    else:
        mistakes.unknown(
            place, complaint.message, complaint.name, complaint.known, complaint.expected
        )


def _place(node: YamlNode, path: Path, *, of_key: bool) -> Place:
    place = node.place
    for step in path:
        if isinstance(node.content, dict) and step in node.content:
            entry = node.content[str(step)]
            place, node = entry.place, entry.node
        elif isinstance(node.content, tuple) and isinstance(step, int):
            node = node.content[step]
            place = node.place
        else:
            break
    return place if of_key else node.place


def _is_below(path: Path, places: Iterable[Path]) -> bool:
    return any(path[: len(place)] == place for place in places)


def _bad_paths(node: YamlNode, path: Path = ()) -> list[Path]:
    """Return where a value stands whose mistake is noted already."""
    if node.bad:
        return [path]
    if isinstance(node.content, dict):
        pairs: Iterable[tuple[str | int, YamlNode]] = (
            (key, entry.node)
            for key, entry in node.content.items()
            if path or key not in STEP_LISTS
        )
    elif isinstance(node.content, tuple):
        pairs = enumerate(node.content)
    else:
        return []
    return [found for key, inner in pairs for found in _bad_paths(inner, (*path, key))]


def _without(node: YamlNode, cut: set[Path], path: Path = ()) -> YamlNode | None:
    if path in cut:
        return None
    if isinstance(node.content, dict):
        entries = {}
        for key, entry in node.content.items():
            inner = _without(entry.node, cut, (*path, key))
            if inner is not None:
                entries[key] = Entry(entry.place, inner)
        return YamlNode(node.place, entries, node.bad)
    if isinstance(node.content, tuple):
        items = (_without(item, cut, (*path, n)) for n, item in enumerate(node.content))
        return YamlNode(node.place, tuple(item for item in items if item is not None), node.bad)
    return node
