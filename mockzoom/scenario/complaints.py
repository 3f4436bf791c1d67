"""Turns what jsonschema finds wrong with a scenario into words for whoever wrote it.

The words are the schema's own: `title` says what an object is, `x-message` what is wrong with a
value, `x-expected` what was expected, `x-key` at which key that stands, and `x-renamed` how a key
is called now. Of the branches of an `anyOf` only the one is spoken of that fits the value's type.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from mockzoom.scenario import durations
from mockzoom.scenario.document import kind_of
from mockzoom.scenario.mistakes import quoted

Notes: TypeAlias = Sequence[Mapping[str, Any]]
"""Schemas that say something about one value, the innermost first."""
_FOR_TEXTS = re.compile(r"\{(value|text)\}")
"""What the words for a text have in them; of other values it is said what they are."""
_LATE_HINT = "use `let`, `matrix` or `repeat` here"


class BrokenKeyword(Protocol):
    """What jsonschema's errors have of what is looked at here."""

    validator: Any
    """The keyword that is broken; None where a schema accepts nothing."""
    validator_value: Any
    schema: Any
    instance: Any
    context: Any
    """The errors of the branches of an `anyOf`."""
    path: Any
    absolute_path: Any
    schema_path: Any


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing wrong: the path to it, and the words; `name` is none of those `known`."""

    path: tuple[str | int, ...]
    message: str
    expected: str = ""
    hint: str = ""
    at_key: bool = False
    name: str = ""
    known: tuple[str, ...] | None = None
    cuts: tuple[tuple[str | int, ...], ...] = ()
    """What cannot be read on account of it."""


def complaints(
    errors: Iterable[BrokenKeyword], definitions: Mapping[str, Any]
) -> Iterator[Complaint]:
    """Yield what is wrong, in words; of a step that is of no kind, that alone."""
    unkind: list[tuple[str | int, ...]] = []
    for error in errors:
        path = tuple(error.absolute_path)
        if any(path[: len(whole)] == whole for whole in unkind):
            continue
        if error.validator == "oneOf":
            unkind.append(path)
            yield _of_kind(error, definitions)
        else:
            yield from _of(error, ())


# -- formats -----------------------------------------------------------------------------------


def _no_duration(value: object) -> str:
    try:
        durations.seconds(value)
    except ValueError as error:
        shown = value if isinstance(value, str | int | float) else kind_of(value)
        return f"{str(shown)[:60]}: {error}"
    return ""


def _no_status(value: object) -> str:
    """Say what is wrong with a range of statuses; the schema's pattern says how it is written."""
    found = re.fullmatch(r"([1-5]\d\d)-([1-5]\d\d)", str(value).replace(" ", ""), re.ASCII)
    return f"no HTTP status: {value}" if found and int(found[1]) > int(found[2]) else ""


FORMATS: Mapping[str, Callable[[object], str]] = {
    "mockzoom-duration": _no_duration,
    "mockzoom-status": _no_status,
}
"""The formats of the schema: each returns what is wrong with a value, or nothing."""


# -- errors ------------------------------------------------------------------------------------


def _of(error: BrokenKeyword, around: Notes) -> Iterator[Complaint]:
    """Yield the complaints of one error; `around` are schemas that speak of the same value."""
    if error.validator == "anyOf":
        yield from _of_choice(error, around)
        return
    maker = _MAKERS.get(str(error.validator), _of_value)
    yield from maker(error, _notes(error, around))


def _notes(error: BrokenKeyword, around: Notes) -> Notes:
    own = error.schema
    return (own, *around) if isinstance(own, Mapping) else around


def _of_choice(error: BrokenKeyword, around: Notes) -> Iterator[Complaint]:
    branches: dict[object, list[BrokenKeyword]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.schema_path[0], []).append(inner)
    notes = _notes(error, around)
    fitting = [each for each in branches.values() if not _is_of_other_type(each)]
    if len(fitting) == 1:
        for inner in fitting[0]:
            yield from _of(inner, () if inner.path else notes)
        return
    inner_errors = error.context or ()
    listed = (each for each in inner_errors if each.validator == "enum")
    notes = (*notes, *({"enum": each.validator_value} for each in listed))
    is_late = isinstance(error.instance, str) and "${" in error.instance
    if is_late and any(each.validator is None for each in inner_errors):
        yield _late(error, notes)
    else:
        yield from _of_value(error, notes)


def _is_of_other_type(branch: Sequence[BrokenKeyword]) -> bool:
    """Return whether a branch of `anyOf` is about values of another type than this one."""
    return any(not error.path and _excludes_type(error) for error in branch)


def _excludes_type(error: BrokenKeyword) -> bool:
    if error.validator is None or error.validator == "type":
        return True
    if error.validator == "const":
        return type(error.validator_value) is not type(error.instance)
    if error.validator == "enum":
        if isinstance(error.instance, str) and "${" in error.instance:
            return True
        return not any(type(each) is type(error.instance) for each in error.validator_value)
    if error.validator == "anyOf":
        branches: dict[object, list[BrokenKeyword]] = {}
        for inner in error.context or ():
            branches.setdefault(inner.schema_path[0], []).append(inner)
        return all(map(_is_of_other_type, branches.values()))
    return False


def _late(error: BrokenKeyword, notes: Notes) -> Complaint:
    """Say that a saved value stands where the plan has to know it."""
    path = tuple(error.absolute_path)
    message = f"{error.instance} is known only while playing"
    return Complaint(path, message, _expected(error, notes), _LATE_HINT, cuts=(path,))


def _of_value(error: BrokenKeyword, notes: Notes) -> Iterator[Complaint]:
    """Say that a value is not as it has to be."""
    value, path = error.instance, tuple(error.absolute_path)
    in_key = _is_about_a_key(error)
    at = (*path, str(value)) if in_key else path
    expected, words = _expected(error, notes), _first(notes, "x-message")
    names = (name for note in notes for name in note.get("enum", ()))
    known = tuple(name for name in names if isinstance(name, str))
    reason = FORMATS.get(str(_first(notes, "format")))
    is_late = isinstance(value, str) and "${" in value
    if is_late and reason is not None and not in_key:
        yield _late(error, notes)
    elif reason is not None and words is None:
        yield Complaint(at, reason(value), expected, cuts=(at,))
    elif isinstance(value, str) and not value.strip() and not in_key:
        yield Complaint(at, f"{_subject(path, notes)} is an empty text", expected, cuts=(at,))
    elif isinstance(value, str) and known:
        message = words or f"no {_subject(path, ())} is called {{value}}"
        message = message.removesuffix("{value}").rstrip()
        yield Complaint(at, message, expected, "", in_key, value, known, (at,))
    elif words is not None and (isinstance(value, str) or not _FOR_TEXTS.search(words)):
        yield Complaint(at, _worded(words, value), expected, at_key=in_key, cuts=(at,))
    else:
        subject = _subject(path, notes)
        verb = "are" if subject.startswith("these ") else "is"
        kind = "an empty list" if error.validator == "minItems" else kind_of(value)
        yield Complaint(at, f"{subject} {verb} {kind}", expected, cuts=(at,))


def _of_extra_keys(error: BrokenKeyword, notes: Notes) -> Iterator[Complaint]:
    known = tuple(error.schema["properties"])
    renamed = error.schema.get("x-renamed", {})
    path = tuple(error.absolute_path)
    for key in error.instance:
        if key in known:
            continue
        at = (*path, key)
        message = f"{_subject(path, notes)} has no"
        if key in renamed:
            hint = f"it is called `{renamed[key]}`"
            yield Complaint(at, f"{message} {quoted(key)}", "", hint, at_key=True, cuts=(at,))
        else:
            yield Complaint(at, message, at_key=True, name=key, known=known, cuts=(at,))


def _of_missing_keys(error: BrokenKeyword, notes: Notes) -> Iterator[Complaint]:
    path = tuple(error.absolute_path)
    subject = re.sub(r"^an? ", "the ", _subject(path, notes))
    for key in error.validator_value:
        if key not in error.instance:
            own = error.schema.get("properties", {}).get(key, {})
            yield Complaint(
                path, f"{subject} has no `{key}`", str(own.get("x-expected", "")),
                cuts=(path,) if path or "steps" not in error.validator_value else (),
            )  # fmt: skip


def _of_exclusion(error: BrokenKeyword, notes: Notes) -> Iterator[Complaint]:
    """Say that keys do not go together, or that a key may not stand here."""
    own = error.validator_value if isinstance(error.validator_value, Mapping) else {}
    notes = (own, *notes)
    path, key = tuple(error.absolute_path), _first(notes, "x-key")
    at = (*path, key) if key is not None else path
    words = _first(notes, "x-message") or f"{_subject(path, notes)} can't stand here"
    # Keys that do not go together are read on all the same, for mistakes within them.
    cuts = (at,) if key is None else ()
    yield Complaint(at, words, _first(notes, "x-expected") or "", at_key=True, cuts=cuts)


def _of_size(error: BrokenKeyword, notes: Notes) -> Iterator[Complaint]:
    """Say that an object has too few keys, or a list or an object too many."""
    path, words = tuple(error.absolute_path), _first(notes, "x-message")
    expected = str(error.schema.get("x-expected", ""))
    if error.validator == "minProperties":
        names = ", ".join(error.schema.get("properties", {}))
        words = words or f"{_subject(path, notes)} names nothing"
        expected = expected or f"one of {names}"
    else:
        words = words or f"{_subject(path, notes)} has {len(error.instance):,} items"
        expected = expected or f"at most {error.validator_value:,}"
    yield Complaint(path, words, expected, cuts=(path,))


def _of_kind(error: BrokenKeyword, definitions: Mapping[str, Any]) -> Complaint:
    """Say that a step is of no kind, or of several."""
    path = tuple(error.absolute_path)
    kinds = tuple(each["required"][0] for each in error.validator_value)
    expected = f"one of {', '.join(kinds)}"
    if not isinstance(error.instance, Mapping):
        message = f"this step is {kind_of(error.instance)}"
        return Complaint(path, message, f"an object with {expected}", cuts=(path,))
    found = [key for key in error.instance if key in kinds]
    if found:
        message = f"a step does one thing, and this has `{'` and `'.join(found)}`"
        at = (*path, found[1])
        return Complaint(at, message, expected, "write two steps", at_key=True, cuts=(path,))
    keys = {key for kind in kinds for key in definitions[kind]["properties"]}
    odd = [key for key in error.instance if key not in keys]
    if not odd:
        return Complaint(path, "this step does nothing", expected, cuts=(path,))
    at = (*path, odd[0])
    return Complaint(
        at, "no kind of step is called", expected, at_key=True, name=odd[0], known=kinds,
        cuts=(path,),
    )  # fmt: skip


_MAKERS: Mapping[str, Callable[[BrokenKeyword, Notes], Iterator[Complaint]]] = {
    "additionalProperties": _of_extra_keys, "required": _of_missing_keys, "not": _of_exclusion,
    "minProperties": _of_size, "maxProperties": _of_size, "maxItems": _of_size,
}  # fmt: skip


# -- words -------------------------------------------------------------------------------------


def _first(notes: Notes, key: str) -> Any:
    return next((note[key] for note in notes if key in note), None)


def _worded(words: str, value: object) -> str:
    text = str(value)[:80] if isinstance(value, str | int | float) else kind_of(value)
    shown = text if isinstance(value, str) else kind_of(value)
    filled = {"value": quoted(value) if isinstance(value, str) else kind_of(value),
              "text": text, "shown": shown}  # fmt: skip
    return re.sub(r"\{(value|text|shown)\}", lambda found: filled[found[1]], words)


def _subject(path: Sequence[str | int], notes: Notes) -> str:
    """Return what a value is called: by its title, or by its key."""
    title = _first(notes, "title")
    if title:
        return str(title)
    key = next((step for step in reversed(path) if isinstance(step, str)), "")
    return f"`{key}`" if key else "this value"


def _expected(error: BrokenKeyword, notes: Notes) -> str:
    words = _first(notes, "x-expected")
    if words:
        return str(words)
    names = [str(name) for note in notes for name in note.get("enum", ())]
    if names:
        return f"one of {', '.join(names)}"
    properties = _first(notes, "properties")
    if properties:
        return f"an object with {', '.join(properties)}"
    kind = _first(notes, "type")
    return _TYPES.get(kind, "") if isinstance(kind, str) else ""


_TYPES = {"object": "an object", "array": "a list", "string": "a text", "boolean": "true or false"}


def _is_about_a_key(error: BrokenKeyword) -> bool:
    for step in reversed(error.schema_path):
        if step == "propertyNames":
            return True
        if step in ("properties", "additionalProperties", "items"):
            return False
    return False
