"""Reads what several kinds of step have alike: name, about, after, and what they save."""

from __future__ import annotations

from typing import Any

from mockzoom.scenario.context import Context
from mockzoom.scenario.fields import Fields
from mockzoom.scenario.model import Place
from mockzoom.scenario.paths import is_path
from mockzoom.scenario.values import NAME


def common(fields: Fields, context: Context) -> dict[str, Any]:
    """Return what every step has; a name that was not written is empty for now."""
    name = fields.text("name")
    node = fields.raw("name")
    place = node.place if node else fields.place
    if name and ("/" in name or "${" in name or len(name) > 80 or not name.isprintable()):
        context.notebook.add(place, f"no name for a step: {name[:80]}",
                             "at most 80 characters, without `/`")  # fmt: skip
    elif name:
        context.take(name, place)
    return {
        "place": fields.place,
        "name": name,
        "about": fields.text("about"),
        "after": fields.duration("after") or 0.0,
    }


def at(fields: Fields, key: str) -> Place:
    """Return where the value of `key` stands."""
    node = fields.raw(key)
    return node.place if node else fields.place_of(key)


def read_saves(fields: Fields, context: Context) -> list[tuple[str, str, Place]]:
    """Return names, paths and places of what is saved."""
    found = []
    if "save" in fields and context.within == "shuffle":
        message = "`save` within `shuffle`: every order would save another value"
        context.notebook.add(fields.place_of("save"), message, "`save` in a step before it")
        return []
    for name, node, place in fields.pairs("save"):
        path = fields.as_text(node, f"the path of {name}")
        if not NAME.fullmatch(name):
            context.notebook.add(place, f"no name for a value: {name!r}", "letters, digits and _")
        elif name in context.scope.fixed:
            context.notebook.add(place, f"'{name}' is a value of `let` or `matrix` already")
        elif path and not is_path(path):
            context.notebook.add(node.place, f"no path: {path!r}", "such as payload.object.id")
        elif path:
            found.append((name, path, node.place))
    return found
